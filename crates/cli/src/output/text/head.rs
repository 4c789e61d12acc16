//! A server's head for people: what is active, what never changes, and when series came and went.

use std::io::Write;

use promsieve_core::units::{SeriesCount, duration_text};

use super::{Columns, count};
use crate::output::view::head::{HeadMetricView, HeadView};

/// Writes a head; of its metrics those that churn most.
pub(crate) fn write(out: &mut impl Write, head: &HeadView, top: usize) -> std::io::Result<()> {
    let segments = count(head.segments as usize, "segment");
    let checkpoint = head.checkpoint.map(|number| format!(", checkpoint {number}"));
    let checkpoint = checkpoint.unwrap_or_default();
    writeln!(
        out,
        "{}: {} head series after a replay, {} active in the last 5m, {} never change; {} created \
         in {segments}{checkpoint}",
        head.source,
        SeriesCount(head.series),
        SeriesCount(head.active),
        SeriesCount(head.unchanging),
        SeriesCount(head.created),
    )?;
    if head.intervals.len() > 1 {
        intervals(out, head)?;
        churn(out, &head.metrics, top)?;
    }
    Ok(())
}

fn intervals(out: &mut impl Write, head: &HeadView) -> std::io::Result<()> {
    let mut columns = Columns::new(&["before the end", ">appeared", ">vanished"]);
    let last = head.intervals.last().map_or(0.0, |last| last.start + last.seconds);
    for interval in &head.intervals {
        let before = ((last - interval.start - interval.seconds) * 1000.0).max(0.0);
        let length = interval.seconds * 1000.0;
        #[expect(
            clippy::cast_sign_loss,
            reason = "no time is before the last by less than nothing"
        )]
        let (before, length) = (duration_text(before as u64), duration_text(length as u64));
        columns.row([
            format!("{before} for {length}"),
            SeriesCount(interval.appeared).to_string(),
            SeriesCount(interval.vanished).to_string(),
        ]);
    }
    columns.write(out)
}

fn churn(out: &mut impl Write, metrics: &[HeadMetricView], top: usize) -> std::io::Result<()> {
    let mut metrics: Vec<&HeadMetricView> =
        metrics.iter().filter(|metric| metric.appeared > 0).collect();
    if metrics.is_empty() {
        return Ok(());
    }
    metrics.sort_by(|a, b| b.appeared.cmp(&a.appeared).then_with(|| a.name.cmp(&b.name)));
    let mut columns = Columns::new(&[
        "metrics with new series",
        ">appeared",
        ">head",
        ">active",
        ">never change",
    ]);
    for metric in metrics.iter().take(if top == 0 { metrics.len() } else { top }) {
        columns.row([
            metric.name.clone(),
            SeriesCount(metric.appeared).to_string(),
            SeriesCount(metric.series).to_string(),
            SeriesCount(metric.active).to_string(),
            SeriesCount(metric.unchanging).to_string(),
        ]);
    }
    columns.write(out)
}
