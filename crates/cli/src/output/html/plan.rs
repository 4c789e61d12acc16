//! The plan: what each action saves, its proof and steps; what holds but is not proven; the YAML.

use std::io::{self, Write};

use promsieve_core::units::{Bytes, SeriesCount};

use super::escape::{Prose, Text};
use super::{close, open, plural};
use crate::output::view::optimize::{ActionView, OptimizeView, STOP_JOB};

/// Metrics named in an action's heading.
const NAMED: usize = 2;
/// Metrics listed in an action.
const LISTED: usize = 100;
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
    if plan.choices.is_some() && !plan.actions.is_empty() {
        choice(out, plan)?;
    }
    for (at, action) in plan.actions.iter().take(SHOWN).enumerate() {
        write!(
            out,
            "<div class=\"take\"><input type=\"checkbox\" checked hidden data-action=\"{at}\" \
             aria-labelledby=\"action-{at}\">"
        )?;
        write_action(out, action, Some(at))?;
        writeln!(out, "</div>")?;
    }
    more(out, plan.actions.len())?;
    if !plan.not_applied.is_empty() {
        writeln!(
            out,
            "<h3>Not applied</h3><p class=\"lead\">These hold for what was seen, but nothing proves \
             that they will; they are not part of the plan.</p>\n<details class=\"group\">\
             <summary>{} change{} that would save more</summary>",
            plan.not_applied.len(),
            plural(plan.not_applied.len() as u64),
        )?;
        for action in plan.not_applied.iter().take(SHOWN) {
            write_action(out, action, None)?;
        }
        more(out, plan.not_applied.len())?;
        writeln!(out, "</details>")?;
    }
    if !plan.config.is_empty() {
        writeln!(
            out,
            "<details class=\"config\"><summary>The configuration with the plan’s steps</summary>\
             <pre tabindex=\"0\">{}</pre></details>",
            Text(&plan.config),
        )?;
    }
    close(out)
}

/// The sums over the chosen actions and their steps, which the script fills.
fn choice(out: &mut dyn Write, plan: &OptimizeView) -> io::Result<()> {
    let caveat = plan.choices.as_ref().and_then(|choices| choices.caveat.as_deref());
    writeln!(
        out,
        "<div id=\"choice\" hidden>\n<div class=\"controls\"><strong id=\"choice-says\" role=\"status\"></strong>\
         <span><button type=\"button\" id=\"choice-all\">All</button> \
         <button type=\"button\" id=\"choice-none\">None</button></span></div>\n\
         <p class=\"legend\">Series are exact for every choice. Memory is estimated for the whole plan and \
         none of it; between, it is taken to fall with the live heap that the chosen actions save.</p>\n\
         <p class=\"legend\" id=\"choice-rest\" hidden>The actions beyond the first {SHOWN} are always taken.</p>\n\
         <p class=\"notes\" id=\"choice-caveat\" hidden>This choice is not proven, as the whole plan is: {}.</p>\n\
         <details class=\"config\"><summary>The steps of the chosen actions</summary>\
         <pre tabindex=\"0\" id=\"choice-steps\"></pre></details>\n</div>",
        Prose(caveat.unwrap_or_default()),
    )
}

/// Says how many actions are not written out.
fn more(out: &mut dyn Write, actions: usize) -> io::Result<()> {
    if let Some(rest) = actions.checked_sub(SHOWN).filter(|&rest| rest > 0) {
        writeln!(out, "<p>… and {rest} more, in the page’s data.</p>")?;
    }
    Ok(())
}

/// An action, with its index where it can be switched.
fn write_action(out: &mut dyn Write, action: &ActionView, at: Option<usize>) -> io::Result<()> {
    let id = at.map_or_else(String::new, |at| format!(" id=\"action-{at}\""));
    let class = if action.proof == "proven" { "proven" } else { "observed" };
    writeln!(
        out,
        "<details class=\"action\"><summary><span class=\"badge {class}\">{}</span> <span class=\"job\">{}</span> <span class=\"what\"{id}>{}</span> \
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
        for metric in action.metrics.iter().take(LISTED) {
            write!(out, "<code>{}</code> ", Text(metric))?;
        }
        if let Some(rest) = action.metrics.len().checked_sub(LISTED).filter(|&rest| rest > 0) {
            write!(out, "and {rest} more, in the page’s data")?;
        }
        writeln!(out, "</p>")?;
    }
    if !action.steps.is_empty() {
        writeln!(out, "<pre tabindex=\"0\">{}</pre>", Text(&action.steps.join("\n")))?;
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
    if action.kind == STOP_JOB {
        return format!("Stop scraping it: {metrics}");
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::html::sample;

    #[test]
    fn an_action_on_thousands_of_metrics_names_some_of_them() {
        let mut plan = sample::review("m").optimize.unwrap();
        plan.actions[0].metrics = vec!["m".to_owned(); 10_000];
        let mut out = Vec::new();
        write_action(&mut out, &plan.actions[0], None).unwrap();
        let html = String::from_utf8(out).unwrap();
        assert_eq!(html.matches("<code>m</code>").count(), NAMED + LISTED);
        assert!(html.contains("and 9900 more, in the page’s data"), "{html}");
    }
}
