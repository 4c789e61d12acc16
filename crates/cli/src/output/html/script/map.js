// The map of the series: groups and their metrics as areas, a metric's labels, a label's values. What
// is drawn stands in the table below it, too.

/** Metrics drawn one by one; the smaller ones of a group share an area. */
const DRAWN = 150;
/** Rows of the table before it is asked for all. */
const ROWS = 12;
const AREA = { x: 0, y: 0, width: 1080, height: 460 };
/** Height of a group's heading. */
const BAND = 20;

/** Shows the map; gives the function that goes to a metric. */
function startMap(data) {
  const map = { data, by: "layer", path: [], from: 0, all: false };
  const chosen = byId("map-by");
  chosen.addEventListener("change", () => {
    map.by = chosen.value;
    go(map, [], { focused: chosen });
  });
  byId("map").addEventListener("keydown", (event) => mapKey(map, event));
  byId("map").hidden = false;
  showMap(map);
  return (metric) => {
    const group = map.by === "layer" ? metric.layer : Array.from(metric.jobs.keys())[0];
    go(map, [group, metric.name]);
    byId("map").scrollIntoView();
  };
}

/** Goes to a place, past so many of its metrics; puts the focus there, or where it is said. */
function go(map, path, { focused, from } = {}) {
  map.path = path;
  map.from = from || 0;
  map.all = false;
  showMap(map);
  const next = focused || byId("map-drawing").querySelector("[tabindex]")
    || byId("map-table").querySelector("button") || byId("map-way").querySelector("[aria-current]");
  next.focus({ preventScroll: true });
}

function mapKey(map, event) {
  const cell = event.target.closest("[data-cell]");
  if (event.key === "Escape" && map.from > 0) {
    go(map, map.path, { from: map.from - DRAWN });
  } else if (event.key === "Escape" && map.path.length > 0) {
    go(map, map.path.slice(0, -1));
  } else if (cell && (event.key === "Enter" || event.key === " ")) {
    cell.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  } else if (cell && /^(Arrow|Home|End)/.test(event.key)) {
    moveFocus(cell, event.key);
  } else {
    return;
  }
  event.preventDefault();
}

/** Moves the focus to the next area in a direction; one of the areas is always in the tab order. */
function moveFocus(cell, key) {
  const cells = Array.from(byId("map-drawing").querySelectorAll("[data-cell]"));
  const ends = { Home: cells[0], End: cells[cells.length - 1] };
  const next = ends[key] || nearest(cell, cells, key);
  if (!next) return;
  cell.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

function nearest(cell, cells, key) {
  const centre = (other) => {
    const box = other.querySelector("rect").getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const from = centre(cell);
  const sign = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
  const [along, across] = /Left|Right/.test(key) ? ["x", "y"] : ["y", "x"];
  let best = null;
  for (const other of cells) {
    const at = centre(other);
    const ahead = (at[along] - from[along]) * sign;
    const distance = ahead + 2 * Math.abs(at[across] - from[across]);
    if (other !== cell && ahead > 0.5 && (!best || distance < best.distance)) best = { other, distance };
  }
  return best && best.other;
}

function showMap(map) {
  const groups = grouped(map.data, map.by);
  const group = groups.find((one) => one.name === map.path[0]);
  const metric = map.data.byName.get(map.path[1]);
  const label = metric && metric.labels.find((one) => one.name === map.path[2]);
  const view = label ? valuesView(metric, label)
    : metric ? labelsView(map, metric)
      : group ? metricsView(map, group) : groupsView(map, groups);
  byId("map-way").replaceChildren(...way(map));
  byId("map-says").textContent = view.says;
  const drawing = byId("map-drawing");
  drawing.replaceChildren(...(view.drawn || []));
  drawing.parentNode.hidden = !view.drawn;
  const first = drawing.querySelector("[data-cell]");
  if (first) first.setAttribute("tabindex", "0");
  showRows(map, view);
}

/** The way to the place that is shown: each step but the last leads back. */
function way(map) {
  const name = (step) => shown(step) || "no job";
  return [null].concat(map.path).map((step, at) => {
    const text = step === null ? "All series" : name(step);
    const to = map.path.slice(0, at);
    return html("li", {}, at === map.path.length
      ? html("span", { "aria-current": "location", tabindex: "-1", class: "name", title: text }, text)
      : html("button", { type: "button", class: "name", title: text, click: () => go(map, to) }, text));
  });
}

function showRows(map, view) {
  const rows = map.all ? view.rows : view.rows.slice(0, ROWS);
  byId("map-caption").textContent = view.caption;
  byId("map-head").replaceChildren(...view.headings.map(headed));
  byId("map-rows").replaceChildren(...rows.map((row) => html("tr", {}, ...row)));
  const more = byId("map-more");
  more.hidden = rows.length === view.rows.length;
  more.textContent = "Show all " + count(view.rows.length);
  more.onclick = () => {
    map.all = true;
    showRows(map, view);
    byId("map-table").focus();
  };
}

/** A column's heading: `>` stands before a number's, and the bar's is none. */
function headed(heading) {
  if (heading === "") return html("td", { class: "chart" });
  const kind = heading.startsWith(">") ? "n" : undefined;
  return html("th", { scope: "col", class: kind }, heading.replace(">", ""));
}

/** The row's name, as a button where it leads further. */
function named(name, click) {
  const text = name === "" ? "no job" : name;
  return html("th", { scope: "row" },
    click ? html("button", { type: "button", class: "link", click }, code(text)) : code(text));
}

function cell(text, kind) { return html("td", { class: kind || "n" }, text); }

function groupsView(map, groups) {
  const total = groups.reduce((sum, group) => sum + group.series, 0);
  const placed = squarify(groups.map((group) => group.series), AREA);
  const drawn = groups.flatMap((group, at) => {
    const band = placed[at].height > 3 * BAND && placed[at].width > 120 ? BAND : 0;
    const heading = band > 0 ? [drawnHeading(map, group, placed[at])] : [];
    return heading.concat(drawnMetrics(map, group, inside(placed[at], 1.5, band), 0, total));
  });
  return {
    drawn,
    says: counted(groups.length, map.by) + ", " + count(total) + " series"
      + "; an area is as large as its share of them. Arrows move, Enter goes in, Esc goes back.",
    caption: "Series by " + map.by,
    headings: [map.by === "job" ? "Job" : "Layer", "", ">Series", ">Share", ">Metrics"],
    rows: groups.map((group) => [
      named(group.name, () => go(map, [group.name])),
      cell(bar(group.series, total, group.kind), "chart"),
      cell(count(group.series)),
      cell(percent(group.series, total)),
      cell(count(group.metrics.length)),
    ]),
  };
}

function metricsView(map, group) {
  return {
    drawn: drawnMetrics(map, group, AREA, map.from, group.series),
    says: counted(group.metrics.length, "metric") + ", " + count(group.series) + " series"
      + (map.from > 0 ? ", the largest " + count(map.from) + " left out" : "")
      + ". A metric leads to its labels.",
    caption: "Metrics",
    headings: ["Metric", "", ">Series", ">Share"],
    rows: group.metrics.slice(map.from, map.from + DRAWN).map(({ metric, series }) => [
      named(metric.name, () => go(map, [group.name, metric.name])),
      cell(bar(series, group.metrics[0].series, group.kind), "chart"),
      cell(count(series)),
      cell(percent(series, group.series)),
    ]),
  };
}

function labelsView(map, metric) {
  const labels = metric.labels.slice().sort((a, b) => saving(metric, b) - saving(metric, a));
  return {
    says: count(metric.series) + " series, of " + counted(metric.jobs.size, "job")
      + ". What labels save overlaps: it does not add up over several of them.",
    caption: "What is saved without each label",
    headings: ["Label", "", ">Saved", ">Left without it", ">Values", "They look like"],
    rows: labels.map((label) => [
      named(label.name, () => go(map, map.path.slice(0, 2).concat(label.name))),
      cell(bar(saving(metric, label), metric.series, metric.layer), "chart"),
      cell(count(saving(metric, label))),
      cell(label.without === null ? "not counted" : count(label.without)),
      cell(count(label.values)),
      cell([label.redundant ? "tells no two series apart" : "", shapes(label)].filter(Boolean).join("; "), "text"),
    ]),
  };
}

function valuesView(metric, label) {
  const values = label.top_values || [];
  const rest = label.values - values.length;
  return {
    says: counted(label.values, "value") + " on " + count(label.series) + " of "
      + count(metric.series) + " series; " + (shapes(label) || "no shape known") + "."
      + (rest > 0 ? " The page has the " + count(values.length) + " of the most series, not the other "
        + count(rest) + "." : ""),
    caption: "Values of the most series",
    headings: ["Value", "", ">Series", ">Share"],
    rows: values.map((value) => [
      named(value.value),
      cell(bar(value.series, values[0].series, metric.layer), "chart"),
      cell(count(value.series)),
      cell(percent(value.series, metric.series)),
    ]),
  };
}

function drawnHeading(map, group, area) {
  const text = fitting((shown(group.name) || "no job") + " · " + count(group.series), area.width);
  const click = () => go(map, [group.name]);
  return svg("g", { "data-cell": "group", role: "button", tabindex: "-1", click,
    "aria-label": shown(group.name) + ": " + count(group.series) + " series, all its metrics" },
  svg("rect", { class: "bare", x: area.x, y: area.y + 1, width: area.width, height: BAND }),
  svg("text", { class: "heading", x: area.x + 3, y: area.y + 15 }, text));
}

/** The metrics of a group from the one at `from` on; those that are not drawn are one area. */
function drawnMetrics(map, group, area, from, total) {
  const items = group.metrics.slice(from, from + DRAWN).map(({ metric, series }) => ({
    name: shown(metric.name), series, kind: metric.layer, click: () => go(map, [group.name, metric.name]) }));
  const rest = group.metrics.slice(from + DRAWN);
  if (rest.length > 0) {
    items.push({ name: counted(rest.length, "smaller metric"), kind: "other",
      series: rest.reduce((sum, one) => sum + one.series, 0),
      click: () => go(map, [group.name], { from: from + DRAWN }) });
  }
  const placed = squarify(items.map((item) => item.series), area);
  return items.map((item, at) => drawnCell(item, inside(placed[at], 0.75, 0), total));
}

function drawnCell(item, rect, total) {
  const says = item.name.slice(0, 400) + ": " + count(item.series) + " series (" + percent(item.series, total) + ")";
  const lines = Math.max(1, Math.floor((rect.height - 4) / 13) - 1);
  const texts = wrapped(item.name, rect.width, lines).concat(fitting(count(item.series), rect.width));
  const fit = texts.filter((line, at) => line !== "" && 13 * (at + 1) + 4 <= rect.height);
  return svg("g", { "data-cell": "metric", role: "button", tabindex: "-1", click: item.click, "aria-label": says },
    svg("title", {}, says),
    svg("rect", { class: item.kind, x: rect.x, y: rect.y, width: rect.width, height: rect.height, rx: 2 }),
    ...fit.map((line, at) => svg("text", { class: "on", x: rect.x + 5, y: rect.y + 2 + 13 * (at + 1) }, line)));
}
