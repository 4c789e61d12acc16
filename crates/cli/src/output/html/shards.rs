//! The shard plan: how even it is, what is too large for it, and which rules need all shards.

use std::io::{self, Write};

use promsieve_core::units::{Bytes, SeriesCount};

use super::escape::{Prose, Text};
use super::{chart, close, close_table, open, open_table, plural};
use crate::output::view::shard::{RuleView, ShardView, TooLargeView};

pub(super) fn write(out: &mut dyn Write, plan: &ShardView) -> io::Result<()> {
    let lead = format!(
        "{} server{} by hashmod of <code>{}</code>. The largest has {:.2} times the mean series; \
         targets assigned by weight would reach {:.2}, and no assignment less than {:.2}. {}",
        plan.shards,
        plural(plan.shards),
        Text(&plan.source_labels.join(", ")),
        plan.imbalance,
        plan.balanced_imbalance,
        plan.least_imbalance,
        if plan.fits { "Every shard fits." } else { "<strong>Not every shard fits.</strong>" },
    );
    open(out, "shards", "Shards", &lead)?;
    balance(out, plan)?;
    too_large(out, &plan.too_large)?;
    if !plan.rejected.is_empty() {
        open_table(out, "Labels that spread worse", &["Source labels", ">Imbalance"])?;
        for candidate in &plan.rejected {
            writeln!(
                out,
                "<tr><th scope=\"row\"><code>{}</code></th><td class=\"n\">{:.2}</td></tr>",
                Text(&candidate.source_labels.join(", ")),
                candidate.imbalance,
            )?;
        }
        close_table(out)?;
    }
    if !plan.steps.is_empty() {
        writeln!(
            out,
            "<details class=\"config\"><summary>The steps of shard 0; the others differ in the residue \
             alone</summary><pre tabindex=\"0\">{}</pre></details>",
            Text(&plan.steps.join("\n")),
        )?;
    }
    rules(out, &plan.rules)?;
    close(out)
}

fn balance(out: &mut dyn Write, plan: &ShardView) -> io::Result<()> {
    let most = plan.shards_detail.iter().map(|shard| shard.series).max().unwrap_or(0);
    let headings = ["Shard", "|", ">Series", ">Resident", ">Targets"];
    open_table(out, "Balance", &headings)?;
    for shard in &plan.shards_detail {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"chart wide\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            shard.index,
            chart::bar(shard.series, most, "accent"),
            SeriesCount(shard.series),
            Bytes(shard.rss),
            SeriesCount(shard.targets),
        )?;
    }
    close_table(out)
}

fn too_large(out: &mut dyn Write, targets: &[TooLargeView]) -> io::Result<()> {
    if targets.is_empty() {
        return Ok(());
    }
    open_table(out, "Targets too large for any shard", &["Target", "Job", ">Series", ">Resident"])?;
    for target in targets {
        writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td></tr>",
            Text(&target.address),
            Text(&target.job),
            SeriesCount(target.series),
            Bytes(target.rss),
        )?;
    }
    close_table(out)
}

/// Rules that need all shards; the others are a number.
fn rules(out: &mut dyn Write, rules: &[RuleView]) -> io::Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    let global: Vec<&RuleView> = rules.iter().filter(|rule| rule.verdict != "shard").collect();
    let local = rules.len() - global.len();
    writeln!(
        out,
        "<p class=\"legend\">{local} of {} rules can run on each shard. {}</p>",
        rules.len(),
        if global.is_empty() { "" } else { "These need all of them, as Thanos Ruler sees them:" },
    )?;
    if global.is_empty() {
        return Ok(());
    }
    open_table(out, "Rules that need all shards", &["Rule", "File", "Why"])?;
    for rule in global {
        writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td><code>{}</code></td><td class=\"text\">{}</td></tr>",
            Text(&rule.name),
            Text(&rule.file),
            Prose(rule.reason.as_deref().unwrap_or("")),
        )?;
    }
    close_table(out)
}
