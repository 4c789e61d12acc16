//! An estimate for people: what a server needs, with ranges, and what its heap is made of.

use std::io::Write;

use promsieve_core::units::{Bytes, SeriesCount};

use super::Columns;
use crate::output::view::estimate::{EstimateView, FitView, NetworkView, RangeView, ShareView};
use crate::output::view::recorded::RulesView;

pub(crate) fn write(out: &mut impl Write, view: &EstimateView) -> std::io::Result<()> {
    writeln!(
        out,
        "{} series on {}{} need {} of resident memory ({} to {}), {:.1} samples a second\n",
        SeriesCount(view.series),
        view.server,
        if view.agent { " as an agent" } else { "" },
        Bytes(view.rss.expected),
        Bytes(view.rss.low),
        Bytes(view.rss.high),
        view.samples_per_second,
    )?;
    quantities(out, view)?;
    let mut parts: Vec<_> = view.parts.iter().filter(|part| part.bytes > 0).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.bytes));
    let parts: Vec<String> =
        parts.iter().map(|part| format!("{} {}", part.name, Bytes(part.bytes))).collect();
    if !parts.is_empty() {
        writeln!(out, "  live heap: {}", parts.join(", "))?;
    }
    let [request, limit] = [view.container.request, view.container.limit].map(Bytes);
    writeln!(
        out,
        "  container: request {request}, limit {limit} (the high end, and a tenth above GOMEMLIMIT)"
    )?;
    if let Some(network) = &view.network {
        sent(out, network)?;
    }
    if let Some(rules) = &view.rules {
        recorded(out, rules)?;
    }
    if let Some(live) = &view.live {
        writeln!(
            out,
            "\n  the server has {} series in its head, a heap goal of {} ({} expected) and {} resident, \
             file pages included; the prices above are multiplied with {:.3}",
            SeriesCount(live.series),
            Bytes(live.memory),
            Bytes(live.expected_memory),
            Bytes(live.resident),
            live.factor,
        )?;
    }
    if let Some(breakdown) = &view.breakdown {
        shares(out, "metric", &breakdown.metrics)?;
        shares(out, "label", &breakdown.labels)?;
    }
    if let Some(fit) = &view.fit {
        fitting(out, fit)?;
    }
    for note in &view.notes {
        writeln!(out, "  note: {note}")?;
    }
    Ok(())
}

fn quantities(out: &mut impl Write, view: &EstimateView) -> std::io::Result<()> {
    let mut columns = Columns::new(&["quantity", ">expected", ">low", ">high"]);
    let blocks = (!view.agent).then_some(view.disk);
    let ranges: [(&str, Option<RangeView>); 6] = [
        ("resident memory", Some(view.rss)),
        ("resident, start over its log", view.start),
        ("peak heap", Some(view.memory)),
        ("live heap", Some(view.live_heap)),
        ("write-ahead log", Some(view.wal)),
        ("blocks, whole retention", blocks),
    ];
    for (name, range) in ranges.into_iter().filter_map(|(name, range)| Some((name, range?))) {
        let sizes = [range.expected, range.low, range.high].map(|size| Bytes(size).to_string());
        columns.row([name.to_owned()].into_iter().chain(sizes));
    }
    if !view.agent {
        columns.row(["blocks, each day".to_owned(), Bytes(view.disk_per_day).to_string()]);
    }
    columns.write(out)
}

fn sent(out: &mut impl Write, view: &NetworkView) -> std::io::Result<()> {
    write!(out, "  network: pages of {} a second before compression", Bytes(view.scraped))?;
    if view.sent_samples > 0.0 {
        let [expected, low, high] = [view.sent.expected, view.sent.low, view.sent.high].map(Bytes);
        let samples = view.sent_samples;
        write!(
            out,
            "; remote write: {samples:.1} samples in {expected} a second ({low} to {high})"
        )?;
    }
    writeln!(out)
}

/// The most rules of a kind that are named.
const RULES_NAMED: usize = 5;

/// What rules record; of each kind of doubt the first few.
fn recorded(out: &mut impl Write, view: &RulesView) -> std::io::Result<()> {
    let most = if view.at_least < view.series { "at most " } else { "" };
    let (rules, exact, series) = (view.rules, view.exact, SeriesCount(view.series));
    writeln!(
        out,
        "  rules: {rules} record {most}{series} series, {exact} of them counted exactly; alerts add \
         at most {} while all are active, which no quantity has",
        SeriesCount(view.alerts)
    )?;
    for rule in view.bounded.iter().take(RULES_NAMED) {
        let (least, most) = (SeriesCount(rule.at_least), SeriesCount(rule.at_most));
        writeln!(out, "    `{}`: {least} to {most}: {}", rule.record, rule.why)?;
    }
    for rule in view.failing.iter().take(RULES_NAMED) {
        writeln!(out, "    `{}` records nothing, as it fails: {}", rule.record, rule.why)?;
    }
    if !view.without_series.is_empty() {
        let (count, named) = (view.without_series.len(), view.without_series.iter());
        let named: Vec<String> = named.take(RULES_NAMED).map(|name| format!("`{name}`")).collect();
        writeln!(out, "    {count} find nothing in these scrapes: {}", named.join(", "))?;
    }
    Ok(())
}

/// The dearest metrics or labels.
fn shares(out: &mut impl Write, what: &str, shares: &[ShareView]) -> std::io::Result<()> {
    if shares.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let mut columns = Columns::new(&[what, ">live heap", ">series"]);
    for share in shares {
        let (bytes, series) = (Bytes(share.bytes), SeriesCount(share.series));
        columns.row([share.name.clone(), bytes.to_string(), series.to_string()]);
    }
    columns.write(out)
}

fn fitting(out: &mut impl Write, fit: &FitView) -> std::io::Result<()> {
    let verdict = match fit.verdict {
        "fits" => "fits: the whole range lies below",
        "exceeds" => "does not fit: the whole range lies above",
        _ => "uncertain: it lies within the range",
    };
    writeln!(out, "  limit {}: {verdict}", Bytes(fit.limit))?;
    let counts = |range: RangeView| {
        [range.expected, range.low, range.high].map(|count| SeriesCount(count).to_string())
    };
    let [expected, low, high] = counts(fit.series);
    writeln!(out, "    {expected} series like these fit ({low} to {high})")?;
    let [expected, low, high] = counts(fit.targets);
    writeln!(out, "    {expected} targets like these fit ({low} to {high})")?;
    if let Some(days) = fit.days {
        let [expected, low, high] = counts(days);
        writeln!(out, "    at this growth it is reached in {expected} days ({low} to {high})")?;
    }
    Ok(())
}
