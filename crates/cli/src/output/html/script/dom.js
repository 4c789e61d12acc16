// Elements, numbers and names, for the rest of the script. Text goes in as text, never as markup.

function byId(id) { return document.getElementById(id); }

/** A new element; attributes that are functions listen to the event of their name. */
function html(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same in the namespace of the map's drawing. */
function svg(tag, attributes, ...children) {
  const space = byId("map-drawing").namespaceURI;
  return filled(document.createElementNS(space, tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

function count(number) { return number.toLocaleString("en-US"); }

/** With the unit after it, in the plural where it is not one. */
function counted(number, unit) { return count(number) + " " + unit + (number === 1 ? "" : "s"); }

/** Three digits and a binary unit: `1.25 GiB`. */
function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit + 1 < units.length) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(digits) + " " + units[unit];
}

function percent(part, whole) { return (part * 100 / Math.max(whole, 1)).toFixed(1) + " %"; }

/** A name that may hold anything: what nobody can see is shown as a sign. */
function shown(name) {
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** A name as code, cut by the style where it is long; all of it is its title. */
function code(name) {
  return html("code", { class: "name", title: shown(name) }, shown(name));
}

/** A bar of a part out of the whole. */
function bar(part, whole, kind) {
  const width = Math.min(1000, part * 1000 / Math.max(whole, 1));
  return svg("svg", { class: "bar", viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "track", width: 1000, height: 10 }),
    svg("rect", { class: kind, width: width.toFixed(1), height: 10 }));
}

/** A layer's name with its colour. */
function layerKey(layer) { return html("span", { class: "key " + layer }, layer); }
