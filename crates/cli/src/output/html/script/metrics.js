// All metrics as a table that is searched, filtered and sorted; it holds one page of rows at a time, so
// that ten thousand metrics are no more to lay out than twenty-five.

const PAGE = 25;

/** The columns that sort, each with what it sorts by. */
const ORDERS = {
  name: (metric) => metric.name,
  layer: (metric) => metric.layer,
  type: (metric) => metric.type,
  series: (metric) => metric.series,
  labels: (metric) => metric.labels.length,
  left: (metric) => metric.series - metric.best.saved,
};

/** Shows the table; `open` goes to a metric in the map. */
function startMetrics(data, open) {
  const table = { data, open, sort: "series", descending: true, page: 0, found: [] };
  const restart = () => {
    table.page = 0;
    findMetrics(table);
  };
  options(byId("metrics-layer"), new Set(data.metrics.map((metric) => metric.layer)));
  options(byId("metrics-job"), new Set(data.review.by_job.map((job) => job.job)));
  for (const id of ["metrics-search", "metrics-layer", "metrics-job"]) {
    byId(id).addEventListener("input", restart);
  }
  for (const button of byId("metrics").querySelectorAll("[data-sort]")) {
    button.addEventListener("click", () => {
      const key = button.dataset.sort;
      table.descending = table.sort === key ? !table.descending : key === "series" || key === "labels";
      table.sort = key;
      restart();
    });
  }
  byId("metrics-before").addEventListener("click", () => turn(table, -1));
  byId("metrics-after").addEventListener("click", () => turn(table, 1));
  byId("metrics").hidden = false;
  byId("largest").hidden = true;
  findMetrics(table);
}

function options(select, names) {
  for (const name of Array.from(names).sort()) {
    select.append(html("option", { value: name }, shown(name).slice(0, 80) || "no job"));
  }
}

function turn(table, by) {
  table.page += by;
  showMetrics(table);
}

/** Finds the metrics whose names have all words searched for, in order. */
function findMetrics(table) {
  const words = byId("metrics-search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [layer, job] = [byId("metrics-layer"), byId("metrics-job")];
  const any = (select) => select.selectedIndex === 0;
  table.found = table.data.metrics.filter((metric) => words.every((word) => metric.lower.includes(word))
    && (any(layer) || metric.layer === layer.value) && (any(job) || metric.jobs.has(job.value)));
  const of = ORDERS[table.sort];
  const sign = table.descending ? -1 : 1;
  table.found.sort((a, b) => sign * (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0)
    || (a.name < b.name ? -1 : 1));
  showMetrics(table);
}

function showMetrics(table) {
  const start = table.page * PAGE;
  const rows = table.found.slice(start, start + PAGE);
  const most = table.data.metrics.length > 0 ? table.data.metrics[0].series : 0;
  byId("metrics-rows").replaceChildren(...rows.map((metric) => metricRow(table, metric, most)));
  const sum = table.found.reduce((total, metric) => total + metric.series, 0);
  byId("metrics-says").textContent = rows.length === 0 ? "No metric is like that."
    : count(start + 1) + " to " + count(start + rows.length) + " of " + counted(table.found.length, "metric")
      + ", which have " + count(sum) + " series";
  byId("metrics-before").disabled = start === 0;
  byId("metrics-after").disabled = start + PAGE >= table.found.length;
  for (const button of byId("metrics").querySelectorAll("[data-sort]")) {
    const order = table.descending ? "descending" : "ascending";
    const is = button.dataset.sort === table.sort ? order : "none";
    button.closest("th").setAttribute("aria-sort", is);
  }
}

function metricRow(table, metric, most) {
  const { label, saved } = metric.best;
  return html("tr", {},
    html("th", { scope: "row" }, html("button", { type: "button", class: "link",
      click: () => table.open(metric) }, code(metric.name))),
    html("td", {}, layerKey(metric.layer)),
    html("td", {}, metric.type),
    html("td", { class: "chart" }, bar(metric.series, most, metric.layer)),
    html("td", { class: "n" }, count(metric.series)),
    html("td", { class: "n" }, count(metric.labels.length)),
    html("td", { class: "text" }, ...(saved > 0
      ? [code(label.name), " " + count(metric.series - saved) + " left"]
      : ["as many without any one"])));
}
