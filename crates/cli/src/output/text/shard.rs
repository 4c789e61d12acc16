//! A shard plan for people: how even it is, and what cannot be sharded.

use std::io::Write;

use promsieve_core::units::{Bytes, SeriesCount};

use super::Columns;
use crate::output::view::shard::{RuleView, ShardView};

/// Writes the plan with the steps of shard 0 and every rule that needs all shards.
pub(crate) fn write(out: &mut impl Write, view: &ShardView) -> std::io::Result<()> {
    summary(out, view)?;
    for rejected in &view.rejected {
        let labels = rejected.source_labels.join(", ");
        writeln!(out, "  rejected: {labels} (imbalance {:.2})", rejected.imbalance)?;
    }
    for rule in global(view) {
        let reason = rule.reason.as_deref().unwrap_or("it needs series of several shards");
        writeln!(out, "  global: {} ({}): {reason}", rule.name, rule.file)?;
    }
    if !view.steps.is_empty() {
        writeln!(out, "\n# shard 0; the others differ in the residue alone")?;
    }
    for step in &view.steps {
        writeln!(out, "{}", step.trim_end())?;
    }
    Ok(())
}

/// Writes balance, what is too large, and how many rules need all shards.
pub(super) fn summary(out: &mut impl Write, view: &ShardView) -> std::io::Result<()> {
    writeln!(
        out,
        "Shards: {} by {}, the largest {:.2} times the mean (by weight {:.2}, at least {:.2}){}",
        view.shards,
        view.source_labels.join(", "),
        view.imbalance,
        view.balanced_imbalance,
        view.least_imbalance,
        if view.fits { "" } else { "; NOT EVERY SHARD FITS" },
    )?;
    let mut columns = Columns::new(&[">shard", ">targets", ">series", ">resident"]);
    for shard in &view.shards_detail {
        columns.row([
            shard.index.to_string(),
            SeriesCount(shard.targets).to_string(),
            SeriesCount(shard.series).to_string(),
            Bytes(shard.rss).to_string(),
        ]);
    }
    columns.write(out)?;
    for target in &view.too_large {
        writeln!(
            out,
            "  too large for any shard: {} of {} ({} series, {})",
            target.address,
            target.job,
            SeriesCount(target.series),
            Bytes(target.rss),
        )?;
    }
    let global = global(view).count();
    if global > 0 {
        writeln!(out, "  {global} of {} rules need a global view", view.rules.len())?;
    }
    Ok(())
}

fn global(view: &ShardView) -> impl Iterator<Item = &RuleView> {
    view.rules.iter().filter(|rule| rule.verdict == "global")
}
