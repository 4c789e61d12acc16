//! The plan: what each action saves, its proof and steps; what holds but is not proven; the YAML.

use std::io::{self, Write};

use promsieve_core::units::{Bytes, SeriesCount};

use super::escape::{Prose, Text};
use super::{close, open, plural};
use crate::output::view::optimize::{ActionView, OptimizeView};

/// Metrics named in an action's heading.
const NAMED: usize = 2;
/// Actions written out of each list.
const SHOWN: usize = 100;

pub(super) fn write(out: &mut dyn Write, plan: &OptimizeView) -> io::Result<()> {
    let lead = format!(
        "{} action{} proven by replay over {} snapshot{}: {} → {} series, {} → {} resident.",
        plan.actions.len(),
        plural(plan.actions.len() as u64),
        plan.snapshots,
        plural(plan.snapshots as u64),
        SeriesCount(plan.before.series),
        SeriesCount(plan.after.series),
        Bytes(plan.before.rss),
        Bytes(plan.after.rss),
    );
    open(out, "plan", "The plan", &lead)?;
    if !plan.consumers_not_given.is_empty() {
        writeln!(
            out,
            "<aside class=\"notes\" aria-label=\"Consumers not given\"><p>Not given: {}. What only \
             they use looks unused here; ask their owners before you apply the plan.</p></aside>",
            Text(&plan.consumers_not_given.join(", ").replace('_', " ")),
        )?;
    }
    actions(out, &plan.actions)?;
    if !plan.not_applied.is_empty() {
        writeln!(
            out,
            "<h3>Not applied</h3><p class=\"lead\">These hold for what was seen, but nothing proves \
             that they will; they are not part of the plan.</p>\n<details class=\"group\">\
             <summary>{} change{} that would save more</summary>",
            plan.not_applied.len(),
            plural(plan.not_applied.len() as u64),
        )?;
        actions(out, &plan.not_applied)?;
        writeln!(out, "</details>")?;
    }
    if !plan.config.is_empty() {
        writeln!(
            out,
            "<details class=\"config\"><summary>The configuration with the plan’s steps</summary>\
             <pre>{}</pre></details>",
            Text(&plan.config),
        )?;
    }
    close(out)
}

fn actions(out: &mut dyn Write, actions: &[ActionView]) -> io::Result<()> {
    for action in actions.iter().take(SHOWN) {
        write_action(out, action)?;
    }
    if let Some(rest) = actions.len().checked_sub(SHOWN).filter(|&rest| rest > 0) {
        writeln!(out, "<p>… and {rest} more, in the page’s data.</p>")?;
    }
    Ok(())
}

fn write_action(out: &mut dyn Write, action: &ActionView) -> io::Result<()> {
    let class = if action.proof == "proven" { "proven" } else { "observed" };
    writeln!(
        out,
        "<details class=\"action\"><summary><span class=\"badge {class}\">{}</span> <span class=\"job\">{}</span> <span class=\"what\">{}</span> \
         <span class=\"saves\">{}</span></summary>\n<p>{}</p>\n<p>Proof: {}.</p>",
        Text(&action.proof),
        Text(&action.job),
        what(action),
        saves(action),
        Prose(&action.reason),
        Text(&action.replay.sentence()),
    )?;
    if action.metrics.len() > NAMED {
        write!(out, "<p class=\"names\">")?;
        for metric in &action.metrics {
            write!(out, "<code>{}</code> ", Text(metric))?;
        }
        writeln!(out, "</p>")?;
    }
    if !action.steps.is_empty() {
        writeln!(out, "<pre>{}</pre>", Text(&action.steps.join("\n")))?;
    }
    writeln!(out, "</details>")
}

/// A dropped label that merges nothing saves memory alone.
fn saves(action: &ActionView) -> String {
    let memory = Bytes(action.bytes_saved);
    match action.series_saved {
        0 => format!("−{memory}"),
        series => format!("−{} series, −{memory}", SeriesCount(series)),
    }
}

/// The action as a sentence.
fn what(action: &ActionView) -> String {
    let code = |name: &String| format!("<code>{}</code>", Text(name));
    let named: Vec<String> = action.metrics.iter().take(NAMED).map(code).collect();
    let metrics = match action.metrics.len().checked_sub(NAMED) {
        Some(rest) if rest > 0 => format!("{} and {rest} more", named.join(", ")),
        _ => named.join(", "),
    };
    if action.labels.is_empty() {
        return format!("Drop {metrics}");
    }
    let labels: Vec<String> = action.labels.iter().map(code).collect();
    if !action.values.is_empty() {
        let values = action.values.len();
        let s = plural(values as u64);
        return format!("Drop {values} value{s} of {} of {metrics}", labels.join(", "));
    }
    format!("Drop label{} {} of {metrics}", plural(labels.len() as u64), labels.join(", "))
}
