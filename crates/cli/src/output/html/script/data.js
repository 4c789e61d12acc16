// What the page knows, from its element `promsieve-data`. Names are keys of maps, never of objects.

/** The review, with its metrics by name and each with its jobs. */
function read() {
  const review = JSON.parse(byId("promsieve-data").textContent);
  const metrics = review.census.metrics.map((metric) => Object.assign({}, metric, {
    layer: metric.layer || "other",
    lower: metric.name.toLowerCase(),
    jobs: new Map(),
    best: largestSaving(metric),
  }));
  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  for (const job of review.by_job) {
    for (const entry of job.metrics) {
      const metric = byName.get(entry.name);
      if (metric) metric.jobs.set(job.job, entry.value);
    }
  }
  return { review, metrics, byName, series: review.census.series };
}

/** Metrics in groups, by `layer` or `job`: the largest group first, and so its metrics. */
function grouped(data, by) {
  const groups = new Map();
  const add = (name, kind, metric, series) => {
    if (series === 0) return;
    if (!groups.has(name)) groups.set(name, { name, kind, series: 0, metrics: [] });
    const group = groups.get(name);
    group.series += series;
    group.metrics.push({ metric, series });
  };
  for (const metric of data.metrics) {
    if (by === "layer") add(metric.layer, metric.layer, metric, metric.series);
    else metric.jobs.forEach((series, job) => add(job, "accent", metric, series));
  }
  const sorted = Array.from(groups.values()).sort((a, b) => b.series - a.series);
  for (const group of sorted) group.metrics.sort((a, b) => b.series - a.series);
  return sorted;
}

/** What a metric loses without a label; 0 where that was not counted. */
function saving(metric, label) {
  return label.without === null ? 0 : metric.series - label.without;
}

/** The label without which the fewest series are left. */
function largestSaving(metric) {
  let best = { label: null, saved: 0 };
  for (const label of metric.labels) {
    const saved = saving(metric, label);
    if (saved > best.saved) best = { label, saved };
  }
  return best;
}

/** What the values of a label look like, in words. */
function shapes(label) {
  const one = (shape) => shape.shape.replace(/_/g, " ") + " " + percent(shape.share, 1);
  return label.shapes.map(one).join(", ");
}
