//! What is used: how many series somebody needs, and the largest that nobody does.

use std::collections::BTreeMap;
use std::io::{self, Write};

use promsieve_core::units::SeriesCount;

use super::escape::{Prose, Text};
use super::{chart, close, close_table, open, open_table, plural};
use crate::output::view::review::ReviewView;
use crate::output::view::usage::{MetricUseView, NotUnderstoodView, UsageView};

/// Unused metrics listed, the largest first.
const UNUSED: usize = 25;
/// Queries listed that were not understood.
const QUERIES: usize = 25;
/// The verdicts, each with the class of its bar.
const VERDICTS: [(&str, &str); 3] = [("used", "good"), ("unused", "warn"), ("unknown", "other")];

pub(super) fn write(out: &mut dyn Write, view: &ReviewView) -> io::Result<()> {
    let usage = &view.usage;
    open(out, "usage", "What is used", &lead(usage))?;
    let series: BTreeMap<&str, u64> =
        view.census.metrics.iter().map(|metric| (metric.name.as_str(), metric.series)).collect();
    let series = |metric: &MetricUseView| series.get(metric.name.as_str()).copied().unwrap_or(0);
    verdicts(out, usage, &series)?;
    unused(out, usage, &series)?;
    not_understood(out, &usage.not_understood)?;
    close(out)
}

fn lead(usage: &UsageView) -> String {
    let list = |names: &[&str]| Text(&names.join(", ").replace('_', " ")).to_string();
    let part = |before: &str, names: &[&str], after: &str| match names {
        [] => String::new(),
        names => format!("{before} {}{after}", list(names)),
    };
    format!(
        "{} quer{} read{}.{}",
        usage.queries,
        if usage.queries == 1 { "y" } else { "ies" },
        part(" of", &usage.consumers_given, ""),
        part(" Not given:", &usage.consumers_not_given, "."),
    )
}

fn verdicts(
    out: &mut dyn Write,
    usage: &UsageView,
    series: &dyn Fn(&MetricUseView) -> u64,
) -> io::Result<()> {
    let of = |verdict: &str| -> (u64, u64) {
        let metrics = usage.metrics.iter().filter(|metric| metric.verdict == verdict);
        metrics.fold((0, 0), |(count, sum), metric| (count + 1, sum + series(metric)))
    };
    let parts = VERDICTS.map(|(verdict, class)| (class, of(verdict).1));
    writeln!(out, "<figure>{}<figcaption class=\"legend\">", chart::stacked(&parts))?;
    for (verdict, class) in VERDICTS {
        let (metrics, series) = of(verdict);
        writeln!(
            out,
            "<span class=\"key {class}\">{verdict}: {} series of {metrics} metric{}</span> ",
            SeriesCount(series),
            plural(metrics),
        )?;
    }
    writeln!(out, "</figcaption></figure>")
}

fn unused(
    out: &mut dyn Write,
    usage: &UsageView,
    series: &dyn Fn(&MetricUseView) -> u64,
) -> io::Result<()> {
    let mut unused: Vec<&MetricUseView> =
        usage.metrics.iter().filter(|metric| metric.verdict == "unused").collect();
    if unused.is_empty() {
        return Ok(());
    }
    unused.sort_by(|a, b| series(b).cmp(&series(a)).then_with(|| a.name.cmp(&b.name)));
    let most = series(unused[0]);
    open_table(out, "The largest unused metrics", &["Metric", "|", ">Series"])?;
    for metric in unused.iter().take(UNUSED) {
        writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td class=\"chart\">{}</td><td class=\"n\">{}</td></tr>",
            Text(&metric.name),
            chart::bar(series(metric), most, "warn"),
            SeriesCount(series(metric)),
        )?;
    }
    close_table(out)
}

fn not_understood(out: &mut dyn Write, queries: &[NotUnderstoodView]) -> io::Result<()> {
    if queries.is_empty() {
        return Ok(());
    }
    let headings = ["Query", "Where", "Why"];
    open_table(
        out,
        "Queries that were not understood: what they may use is not proposed",
        &headings,
    )?;
    for query in queries.iter().take(QUERIES) {
        writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{} <code>{}</code></td><td class=\"text\">{}</td></tr>",
            Text(&query.query),
            Text(&query.name),
            Text(&query.file),
            Prose(&query.reason),
        )?;
    }
    close_table(out)
}
