//! A shard plan for people: how even it is, and what cannot be sharded.

use std::io::Write;

use promsieve_core::units::{Bytes, SeriesCount};

use super::Columns;
use crate::output::view::shard::{MovementView, RuleView, ShardView};

/// Writes the plan with the steps of shard 0 and every rule that needs all shards.
pub(crate) fn write(out: &mut impl Write, view: &ShardView) -> std::io::Result<()> {
    summary(out, view)?;
    for rejected in &view.rejected {
        let labels = rejected.source_labels.join(", ");
        writeln!(out, "  rejected: {labels} (imbalance {:.2})", rejected.imbalance)?;
    }
    for rule in beyond(view) {
        let reason = rule.reason.as_deref().unwrap_or_default();
        let word = if rule.verdict == "global" { "global" } else { "two levels" };
        writeln!(out, "  {word}: {} ({}): {reason}", rule.name, rule.file)?;
    }
    if let Some(movement) = &view.movement {
        write_movement(out, movement)?;
    }
    if !view.steps.is_empty() {
        writeln!(out, "\n# shard 0; the others differ in the residue alone")?;
    }
    for step in &view.steps {
        writeln!(out, "{}", step.trim_end())?;
    }
    for split in view.splits.iter().filter(|_| view.shards > 1) {
        writeln!(out, "\n# shard 0, `metric_relabel_configs` of {}", split.job)?;
        for step in &split.steps {
            writeln!(out, "{}", step.trim_end())?;
        }
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
    writeln!(
        out,
        "  when all targets are replaced: {:.2} half of the time, {:.2} in 19 of 20, {:.2} at worst",
        view.churn.median, view.churn.p95, view.churn.worst,
    )?;
    if view.mapped > 0 {
        writeln!(out, "  {} values leave the shard of their hash", SeriesCount(view.mapped))?;
    }
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
    large(out, view)?;
    if beyond(view).next().is_some() {
        let levels = beyond(view).filter(|rule| rule.verdict == "two_level").count();
        writeln!(
            out,
            "  {} of {} rules need a global view, {levels} of them for the parts that shards record",
            beyond(view).count(),
            view.rules.len(),
        )?;
    }
    Ok(())
}

/// Jobs and targets that are too large for a shard, and what became of them.
fn large(out: &mut impl Write, view: &ShardView) -> std::io::Result<()> {
    for (job, server) in view.dedicated.iter().zip(view.shards..) {
        writeln!(out, "  server {server} is for {job} alone")?;
    }
    for split in view.splits.iter().filter(|_| view.shards > 1) {
        writeln!(
            out,
            "  {} is split by {}: {} scrapes of its targets ({}), {} of memory for what is dropped, and \
             their `up` on every shard",
            split.job,
            split.source_labels.join(", "),
            view.shards,
            SeriesCount(split.targets),
            Bytes(split.dropped_bytes),
        )?;
    }
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
    Ok(())
}

/// Rules that no shard can evaluate alone.
fn beyond(view: &ShardView) -> impl Iterator<Item = &RuleView> {
    view.rules.iter().filter(|rule| rule.verdict != "shard")
}

fn write_movement(out: &mut impl Write, movement: &MovementView) -> std::io::Result<()> {
    writeln!(
        out,
        "\nFrom {} to {} shards {:.0} % of the series move ({} targets, {} series)",
        movement.from,
        movement.to,
        movement.share * 100.0,
        SeriesCount(movement.targets),
        SeriesCount(movement.series),
    )?;
    for (step, number) in movement.procedure.iter().zip(1..) {
        writeln!(out, "  {number}. {step}")?;
    }
    Ok(())
}
