//! A plan for people: before and after, then an action a line.

use std::io::Write;

use promsieve_core::units::{Bytes, SeriesCount};

use super::{Columns, some_of};
use crate::output::view::answers::QueriesView;
use crate::output::view::optimize::{
    ActionView, AdviceView, FootprintView, OptimizeView, PriceView, STOP_JOB,
};
use crate::output::view::rollout::PhaseView;

/// Metrics named in a line.
const NAMED: usize = 2;

/// Queries shown as they are to be; all are in the JSON.
const REWRITTEN: usize = 3;

/// Writes the plan with all of its actions, and the steps of each.
pub(crate) fn write(out: &mut impl Write, view: &OptimizeView) -> std::io::Result<()> {
    summary(out, view, usize::MAX)?;
    phases(out, &view.phases)?;
    advice(out, &view.advice)?;
    for action in &view.actions {
        writeln!(out, "\n# {}: {}", what(action), action.reason)?;
        writeln!(out, "# {}", proof(action))?;
        for step in &action.steps {
            writeln!(out, "{}", step.trim_end())?;
        }
    }
    Ok(())
}

/// Writes before and after, and at most `top` actions of each list.
pub(super) fn summary(
    out: &mut impl Write,
    view: &OptimizeView,
    top: usize,
) -> std::io::Result<()> {
    let saved = view.before.series.saturating_sub(view.after.series);
    writeln!(
        out,
        "The plan: {} → {} ({:.1} % fewer series), proven over {} snapshot{}",
        footprint(view.before),
        footprint(view.after),
        saved as f64 * 100.0 / view.before.series.max(1) as f64,
        view.snapshots,
        if view.snapshots == 1 { "" } else { "s" },
    )?;
    writeln!(out, "  while old and new series live side by side: {}", footprint(view.during))?;
    actions(out, &view.actions, top)?;
    if !view.not_applied.is_empty() {
        writeln!(out, "Not applied, since they hold for what was seen but are not proven:")?;
        actions(out, &view.not_applied, top)?;
        for action in view.not_applied.iter().filter(|action| action.kind == STOP_JOB).take(top) {
            writeln!(out, "  {}, with `--stop-jobs`: {}", action.job, action.reason)?;
        }
    }
    if let Some(price) = &view.price {
        losses(out, view, price, top)?;
    }
    if !view.consumers_not_given.is_empty() {
        writeln!(
            out,
            "Not given: {}; what only they use looks unused",
            view.consumers_not_given.join(", ")
        )?;
    }
    queries(out, &view.queries, top)
}

/// Whose answers stay, and at most `top` of the others.
fn queries(out: &mut impl Write, view: &QueriesView, top: usize) -> std::io::Result<()> {
    let QueriesView { given, safe, others } = view;
    if others.is_empty() {
        return writeln!(out, "Queries: all {given} get the answers of today");
    }
    writeln!(out, "Queries: {safe} of {given} get the answers of today; the others:")?;
    for other in others.iter().take(top) {
        writeln!(out, "  {}: {}", other.asked_by, other.reason)?;
    }
    more(out, "  ", others.len(), top)
}

/// The order in which the plan is rolled out.
fn phases(out: &mut impl Write, phases: &[PhaseView]) -> std::io::Result<()> {
    if phases.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\nRoll it out in phases, each once the head is collected (3 h) after the one before:"
    )?;
    for (at, phase) in phases.iter().enumerate() {
        writeln!(
            out,
            "  {}. {}: at most {}, then {}",
            at + 1,
            phase.what,
            footprint(phase.peak),
            footprint(phase.after)
        )?;
        for note in &phase.notes {
            writeln!(out, "     {note}")?;
        }
    }
    Ok(())
}

/// What to set by hand.
fn advice(out: &mut impl Write, advice: &[AdviceView]) -> std::io::Result<()> {
    if !advice.is_empty() {
        writeln!(out, "\nTo set by hand:")?;
    }
    for advice in advice {
        writeln!(out, "  {}: {}", advice.job, advice.set)?;
        writeln!(out, "     {}", advice.reason)?;
        for query in advice.queries.iter().take(REWRITTEN) {
            let told = query.becomes.as_ref().or(query.reason.as_ref());
            let told = told
                .map_or_else(String::new, |it| it.split_whitespace().collect::<Vec<_>>().join(" "));
            writeln!(out, "     {}: {told}", query.asked_by)?;
        }
        more(out, "     ", advice.queries.len(), REWRITTEN)?;
    }
    Ok(())
}

/// What it would cost to reach the budget, the cheapest way that was found.
fn losses(
    out: &mut impl Write,
    view: &OptimizeView,
    price: &PriceView,
    top: usize,
) -> std::io::Result<()> {
    let is_loss = |action: &ActionView| action.loss.is_some() && action.kind != STOP_JOB;
    let lossy = view.actions.iter().any(is_loss);
    let reached = match (price.reaches, lossy) {
        (true, false) => "is reached only with these losses, taken with `--allow-loss`",
        (true, true) => "is reached with these losses, which are part of the plan",
        (false, _) => "is not reached, not even with all of these losses",
    };
    writeln!(out, "The budget {reached}: {}", footprint(price.after))?;
    let mut columns = Columns::new(&["job", ">price", ">series", ">memory", "action"]);
    for action in view.losses.iter().take(top) {
        let loss = action.loss.as_ref();
        columns.row([
            action.job.clone(),
            loss.map_or(0, |loss| loss.price).to_string(),
            format!("-{}", SeriesCount(action.series_saved)),
            format!("-{}", Bytes(action.bytes_saved)),
            format!("{}: {}", what(action), loss.map_or("", |loss| &loss.what)),
        ]);
    }
    columns.write(out)?;
    writeln!(
        out,
        "  price {} together; no choice costs less than {} (gap {:.1} %)",
        price.total,
        price.at_least,
        price.gap * 100.0
    )
}

fn footprint(footprint: FootprintView) -> String {
    format!("{} series, {} resident", SeriesCount(footprint.series), Bytes(footprint.rss))
}

fn actions(out: &mut impl Write, actions: &[ActionView], top: usize) -> std::io::Result<()> {
    if actions.is_empty() {
        return writeln!(out, "  no action");
    }
    let mut columns = Columns::new(&["job", ">series", ">memory", "proof", "action"]);
    for action in actions.iter().take(top) {
        columns.row([
            action.job.clone(),
            // A dropped label that merges nothing saves memory alone.
            match action.series_saved {
                0 => "0".to_owned(),
                series => format!("-{}", SeriesCount(series)),
            },
            format!("-{}", Bytes(action.bytes_saved)),
            action.proof.clone(),
            what(action),
        ]);
    }
    columns.write(out)?;
    more(out, "  ", actions.len(), top)
}

/// That a list of `all` ends after `top`.
fn more(out: &mut impl Write, pad: &str, all: usize, top: usize) -> std::io::Result<()> {
    match all.checked_sub(top) {
        Some(rest) if rest > 0 => writeln!(out, "{pad}… and {rest} more"),
        _ => Ok(()),
    }
}

/// What the action was tried on, or whom it costs something.
pub(super) fn proof(action: &ActionView) -> String {
    match &action.loss {
        Some(loss) if loss.queries.is_empty() => action.replay.sentence(),
        None => action.replay.sentence(),
        Some(loss) => format!("changes what these say: {}", loss.queries.join("; ")),
    }
}

/// The action in a few words.
pub(super) fn what(action: &ActionView) -> String {
    in_words(action.kind, &action.metrics, &action.labels, &action.values)
}

/// The action of this kind on these metrics, labels of them, or series with these values, in a few
/// words.
pub(super) fn in_words(
    kind: &str,
    metrics: &[String],
    labels: &[String],
    values: &[String],
) -> String {
    let metrics = some_of(metrics, NAMED, ", ");
    if kind == STOP_JOB {
        return format!("stop scraping it: {metrics}");
    }
    match (labels.join(", "), values.len()) {
        (labels, _) if labels.is_empty() => format!("drop {metrics}"),
        (labels, 0) => format!("drop label {labels} of {metrics}"),
        (labels, 1) => format!("drop {labels}={:?} of {metrics}", values[0]),
        (labels, values) => format!("drop {values} values of {labels} of {metrics}"),
    }
}
