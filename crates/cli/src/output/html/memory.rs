//! What the series cost: memory before, during and after the plan, its parts, disk and samples.

use std::io::{self, Write};

use promsieve_core::units::{Bytes, SeriesCount};

use super::escape::{Prose, Text};
use super::{chart, close, close_table, open, open_table};
use crate::output::view::estimate::{EstimateView, RangeView};
use crate::output::view::optimize::FootprintView;
use crate::output::view::review::ReviewView;

pub(super) fn write(out: &mut dyn Write, view: &ReviewView) -> io::Result<()> {
    let lead = format!(
        "Anonymous resident memory, what the OOM killer counts, on {}. The line across a bar spans \
         the calibration's error.",
        Text(&view.estimate.server)
    );
    open(out, "memory", "What it costs", &lead)?;
    over_time(out, view)?;
    writeln!(out, "<div class=\"columns\">")?;
    parts(out, &view.estimate)?;
    others(out, &view.estimate)?;
    writeln!(out, "</div>")?;
    if !view.estimate.notes.is_empty() {
        write!(out, "<p class=\"legend\">")?;
        for note in &view.estimate.notes {
            write!(out, "{}. ", Prose(note))?;
        }
        writeln!(out, "</p>")?;
    }
    close(out)
}

/// A row of the chart: when, series, resident memory, class of the bar.
struct Row {
    when: &'static str,
    series: u64,
    rss: [u64; 3],
    class: &'static str,
}

fn over_time(out: &mut dyn Write, view: &ReviewView) -> io::Result<()> {
    let margin = view.estimate.rss;
    let row = |when, footprint: &FootprintView, class| Row {
        when,
        series: footprint.series,
        rss: around(footprint.rss, margin),
        class,
    };
    let rows = match &view.optimize {
        Some(plan) => vec![
            row("Before the plan", &plan.before, "accent"),
            row("During the change", &plan.during, "warn"),
            row("After the plan", &plan.after, "good"),
        ],
        None => vec![Row {
            when: "Now",
            series: view.census.series,
            rss: [margin.low, margin.expected, margin.high],
            class: "accent",
        }],
    };
    let most = rows.iter().map(|row| row.rss[2]).max().unwrap_or(0);
    open_table(out, "Resident memory", &["When", "|", ">Expected", ">Range", ">Series"])?;
    for row in rows {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"chart wide\">{}</td><td class=\"n strong\">{}</td>\
             <td class=\"n\">{} – {}</td><td class=\"n\">{}</td></tr>",
            row.when,
            chart::range_bar(row.rss, most, row.class),
            Bytes(row.rss[1]),
            Bytes(row.rss[0]),
            Bytes(row.rss[2]),
            SeriesCount(row.series),
        )?;
    }
    close_table(out)?;
    if view.optimize.is_some() {
        writeln!(
            out,
            "<p class=\"legend\">During the change old and new series live side by side, until the \
             head is collected.</p>"
        )?;
    }
    Ok(())
}

/// The estimate's relative error around another expected value.
fn around(expected: u64, margin: RangeView) -> [u64; 3] {
    let of = margin.expected.max(1);
    let scaled = |edge: u64| {
        let wide = u128::from(expected) * u128::from(edge) / u128::from(of);
        u64::try_from(wide).unwrap_or(u64::MAX)
    };
    [scaled(margin.low), expected, scaled(margin.high)]
}

fn parts(out: &mut dyn Write, estimate: &EstimateView) -> io::Result<()> {
    let mut parts: Vec<_> = estimate.parts.iter().filter(|part| part.bytes > 0).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.bytes));
    let most = parts.first().map_or(0, |part| part.bytes);
    open_table(out, "Live heap by part", &["Part", "|", ">Size"])?;
    for part in parts {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"chart\">{}</td><td class=\"n\">{}</td></tr>",
            Text(part.name),
            chart::bar(part.bytes, most, "accent"),
            Bytes(part.bytes),
        )?;
    }
    close_table(out)
}

fn others(out: &mut dyn Write, estimate: &EstimateView) -> io::Result<()> {
    open_table(out, "Heap, disk and ingest", &["Quantity", ">Expected", ">Range"])?;
    let ranges = [
        ("Live heap", estimate.live_heap),
        ("Peak heap", estimate.memory),
        ("Write-ahead log", estimate.wal),
        ("Blocks, whole retention", estimate.disk),
    ];
    for (name, range) in ranges {
        quantity(
            out,
            name,
            &Bytes(range.expected).to_string(),
            &format!("{} – {}", Bytes(range.low), Bytes(range.high)),
        )?;
    }
    quantity(out, "Blocks, each day", &Bytes(estimate.disk_per_day).to_string(), "")?;
    quantity(out, "Samples a second", &format!("{:.1}", estimate.samples_per_second), "")?;
    close_table(out)
}

fn quantity(out: &mut dyn Write, name: &str, expected: &str, range: &str) -> io::Result<()> {
    writeln!(
        out,
        "<tr><th scope=\"row\">{name}</th><td class=\"n\">{expected}</td><td class=\"n\">{range}</td></tr>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_relative() {
        let margin = RangeView { low: 80, expected: 100, high: 150 };
        assert_eq!(around(1000, margin), [800, 1000, 1500]);
        assert_eq!(around(u64::MAX, margin)[2], u64::MAX);
    }
}
