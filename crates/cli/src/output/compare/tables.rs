//! The tables of a comparison, in words.

use promsieve_core::units::{Bytes, SeriesCount};

use crate::output::view::compare::{
    ComparisonView, CountsView, LabelDriverView, MetricChangeView, QueryChangeView, WeightView,
};

/// A table under a title; a column whose heading starts with `>` is set to the right.
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) headings: &'static [&'static str],
    pub(super) rows: Vec<Vec<String>>,
}

/// Every table of a comparison that has rows; what everything weighs, which has no title, first.
pub(super) fn tables(view: &ComparisonView) -> Vec<Table> {
    let mut tables = vec![
        totals(view),
        refused(view),
        metrics(view),
        jobs(view),
        labels(view),
        scrapes(view),
        signals(view),
        queries(view),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn totals(view: &ComparisonView) -> Table {
    let (before, after) = (&view.before, &view.after);
    let series = |count| SeriesCount(count).to_string();
    let size = |bytes| Bytes(bytes).to_string();
    let row = |name: &str, counts: CountsView, shown: &dyn Fn(u64) -> String| {
        let CountsView { before, after } = counts;
        vec![
            name.to_owned(),
            shown(before),
            shown(after),
            signed(before, after, shown),
            share(before as f64, after as f64),
        ]
    };
    let counts = |of: fn(&WeightView) -> u64| CountsView { before: of(before), after: of(after) };
    let (old, new) = (before.samples_per_second, after.samples_per_second);
    let mut rows = vec![
        row("series", counts(|weight| weight.series), &series),
        row("resident memory", counts(|weight| weight.memory), &size),
        row("blocks, each day", counts(|weight| weight.disk_per_day), &size),
        vec![
            "samples a second".to_owned(),
            format!("{old:.1}"),
            format!("{new:.1}"),
            format!("{:+.1}", new - old),
            share(old, new),
        ],
    ];
    let rare = [("targets", view.targets), ("series lost by merging", view.merged)];
    let changed = rare.into_iter().filter(|(_, counts)| counts.before != counts.after);
    rows.extend(changed.map(|(name, counts)| row(name, counts, &series)));
    Table {
        title: "",
        headings: &["all that is stored", ">before", ">after", ">change", ">share"],
        rows,
    }
}

fn refused(view: &ComparisonView) -> Table {
    Table {
        title: "The server refuses the new configuration, and did not the old one",
        headings: &["why"],
        rows: view.refused.iter().map(|words| vec![words.clone()]).collect(),
    }
}

fn metrics(view: &ComparisonView) -> Table {
    let row = |metric: &MetricChangeView| {
        let [before, after, change, memory] = weights(&metric.before, &metric.after);
        let driver = driver(metric);
        vec![metric.metric.clone(), metric.job.clone(), before, after, change, memory, driver]
    };
    Table {
        title: "Metrics whose series came or went",
        headings: &["metric", "job", ">before", ">after", ">change", ">memory", "what drives it"],
        rows: view.metrics.iter().map(row).collect(),
    }
}

fn jobs(view: &ComparisonView) -> Table {
    let rows = view.jobs.iter().map(|job| {
        let [before, after, change, memory] = weights(&job.before, &job.after);
        let (came, went) = (SeriesCount(job.came).to_string(), SeriesCount(job.went).to_string());
        vec![job.job.clone(), before, after, change, memory, came, went]
    });
    Table {
        title: "Jobs",
        headings: &["job", ">before", ">after", ">change", ">memory", ">came", ">went"],
        rows: rows.collect(),
    }
}

fn labels(view: &ComparisonView) -> Table {
    let rows = view.labels.iter().map(|label| {
        let CountsView { before, after } = label.values;
        let counts = [before, after, label.drives].map(|count| SeriesCount(count).to_string());
        [label.label.clone()].into_iter().chain(counts).collect()
    });
    Table {
        title: "Labels whose values are more or fewer",
        headings: &["label", ">before", ">after", ">series more that it drives"],
        rows: rows.collect(),
    }
}

fn scrapes(view: &ComparisonView) -> Table {
    let rows = view.scrapes.iter().map(|scrape| {
        let (job, instance) = (scrape.job.clone(), scrape.instance.clone());
        vec![scrape.fate.to_owned(), job, instance, scrape.reason.clone()]
    });
    Table {
        title: "Scrapes that are lost as a whole, or no longer",
        headings: &["", "job", "instance", "reason"],
        rows: rows.collect(),
    }
}

fn signals(view: &ComparisonView) -> Table {
    let rows = view.signals.iter().map(|signal| {
        let (cell, job) = (signal.cell.clone(), signal.job.clone());
        vec![signal.fate.to_owned(), signal.layer.to_owned(), cell, job]
    });
    Table {
        title: "Signals that a job gives no longer, or newly",
        headings: &["", "layer", "signal", "job"],
        rows: rows.collect(),
    }
}

fn queries(view: &ComparisonView) -> Table {
    let row = |query: &QueryChangeView| {
        let origin = format!("{} {} ({})", query.kind, query.name, query.file);
        let selector = |it: &crate::output::view::compare::SelectorChangeView| {
            let CountsView { before, after } = it.series;
            let counts = [before, after].map(|count| SeriesCount(count).to_string());
            format!("`{}` {} → {}", one_line(&it.selector), counts[0], counts[1])
        };
        let selectors: Vec<String> = query.selectors.iter().map(selector).collect();
        vec![query.fate.to_owned(), origin, selectors.join(", ")]
    };
    Table {
        title: "Queries that find other series",
        headings: &["", "query", "selects"],
        rows: view.queries.iter().map(row).collect(),
    }
}

/// Series before, after and more, and memory more.
fn weights(before: &WeightView, after: &WeightView) -> [String; 4] {
    let series = |count: u64| SeriesCount(count).to_string();
    [
        series(before.series),
        series(after.series),
        signed(before.series, after.series, &series),
        signed(before.memory, after.memory, &|bytes| Bytes(bytes).to_string()),
    ]
}

/// What makes a metric's series more, or others.
pub(super) fn driver(metric: &MetricChangeView) -> String {
    let named = metric.drivers.first().map(|driver| label(metric, driver));
    match (metric.before.series, metric.after.series) {
        (_, 0) => "gone".to_owned(),
        (0, _) => {
            let label = named.filter(|_| metric.drivers[0].label != "__name__");
            label.map_or_else(|| "new".to_owned(), |label| format!("new; {label}"))
        }
        _ => named.unwrap_or_default(),
    }
}

fn label(metric: &MetricChangeView, driver: &LabelDriverView) -> String {
    let CountsView { before, after } = driver.values;
    let shape = driver.shape.filter(|_| driver.unbounded);
    let shape = shape.map(|shape| format!(" ({shape}, without end)")).unwrap_or_default();
    let came = if metric.came == driver.new_series || driver.new_series == 0 {
        String::new()
    } else {
        format!(", in {} of the {} new series", driver.new_series, metric.came)
    };
    let (before, after) = (SeriesCount(before), SeriesCount(after));
    format!("`{}`: {before} → {after} values{shape}{came}", driver.label)
}

/// The difference with its sign.
pub(super) fn signed(before: u64, after: u64, shown: &dyn Fn(u64) -> String) -> String {
    match before.cmp(&after) {
        std::cmp::Ordering::Less => format!("+{}", shown(after - before)),
        std::cmp::Ordering::Greater => format!("-{}", shown(before - after)),
        std::cmp::Ordering::Equal => "0".to_owned(),
    }
}

/// The difference as a share of what was.
fn share(before: f64, after: f64) -> String {
    if before > 0.0 { format!("{:+.1} %", (after / before - 1.0) * 100.0) } else { String::new() }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
