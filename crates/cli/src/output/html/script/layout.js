// The squarified treemap (Bruls, Huizing, van Wijk 2000), and names cut to its rectangles.

/** One rectangle for each weight, in their order, filling the area; the largest come first. */
function squarify(weights, area) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const scale = total > 0 ? area.width * area.height / total : 0;
  const areas = weights.map((weight) => weight * scale);
  const placed = [];
  let free = area;
  for (let start = 0; start < areas.length;) {
    const end = rowEnd(areas, start, Math.min(free.width, free.height));
    free = place(areas.slice(start, end), free, placed);
    start = end;
  }
  return placed;
}

/** The end of a row along a side: it takes areas as long as its worst aspect ratio gets better. */
function rowEnd(areas, start, side) {
  const largest = areas[start];
  let sum = largest;
  let worst = aspect(sum, largest, largest, side);
  for (let at = start + 1; at < areas.length; at += 1) {
    sum += areas[at];
    const next = aspect(sum, largest, areas[at], side);
    if (next > worst) return at;
    worst = next;
  }
  return areas.length;
}

function aspect(sum, largest, smallest, side) {
  const square = (sum / side) * (sum / side);
  const ratio = (area) => Math.max(area / square, square / area);
  return Math.max(ratio(largest), ratio(smallest));
}

/** Places a row along the shorter side of what is free; gives what is left. */
function place(row, free, placed) {
  const upright = free.width >= free.height;
  const side = upright ? free.height : free.width;
  const thickness = side > 0 ? row.reduce((sum, area) => sum + area, 0) / side : 0;
  let offset = 0;
  for (const area of row) {
    const length = thickness > 0 ? area / thickness : 0;
    placed.push(upright
      ? { x: free.x, y: free.y + offset, width: thickness, height: length }
      : { x: free.x + offset, y: free.y, width: length, height: thickness });
    offset += length;
  }
  return upright
    ? { x: free.x + thickness, y: free.y, width: Math.max(0, free.width - thickness), height: free.height }
    : { x: free.x, y: free.y + thickness, width: free.width, height: Math.max(0, free.height - thickness) };
}

/** A rectangle less a margin, and less a band at its top. */
function inside(rect, margin, band) {
  return {
    x: rect.x + margin,
    y: rect.y + margin + band,
    width: Math.max(0, rect.width - 2 * margin),
    height: Math.max(0, rect.height - 2 * margin - band),
  };
}

/** Width of a character of the drawing's labels, in its units. */
const CHARACTER = 6.7;

function fits(characters, width) { return characters * CHARACTER + 9 <= width; }

/** As much of a label as fits; nothing where that would say nothing. */
function fitting(label, width) {
  const characters = Array.from(label.slice(0, 400));
  if (characters.length === label.length && fits(characters.length, width)) return label;
  const kept = Math.floor((width - 9) / CHARACTER);
  return kept < 5 ? "" : characters.slice(0, kept - 1).join("") + "…";
}

/** A name in at most so many lines, broken behind its underscores. */
function wrapped(name, width, most) {
  const lines = [""];
  for (const word of name.slice(0, 400).split(/(?<=_)/)) {
    const line = lines[lines.length - 1] + word;
    if (line === word || fits(line.length, width)) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  const kept = lines.slice(0, most - 1).concat(lines.slice(most - 1).join("") || []);
  return kept.map((line) => fitting(line, width));
}
