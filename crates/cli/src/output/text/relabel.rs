//! What each step of a chain does to whole scrapes, for people.

use std::io::Write;

use promsieve_core::units::SeriesCount;

use super::Columns;
use crate::output::view::relabel::{Labels, RelabelView, StepView};

/// Longer summaries of steps are cut.
const WIDEST: usize = 60;
/// How many targets or metrics are listed.
const SHOWN: usize = 5;

/// Writes a simulation.
pub(crate) fn write(out: &mut impl Write, view: &RelabelView) -> std::io::Result<()> {
    let (series, dropped, kept) =
        (SeriesCount(view.series), SeriesCount(view.dropped), SeriesCount(view.kept));
    let steps = view.steps.len();
    writeln!(
        out,
        "{}: {series} series, {steps} steps: {dropped} dropped, {kept} left",
        view.chain
    )?;
    writeln!(out)?;
    let headings =
        [">step", ">line", "what", ">reached", ">matched", ">dropped", ">changed", ">merged"];
    let mut columns = Columns::new(&headings);
    for step in &view.steps {
        let count = |count: u64| SeriesCount(count).to_string();
        let mut summary: String = step.summary.chars().take(WIDEST).collect();
        if summary.len() < step.summary.len() {
            summary.push('…');
        }
        columns.row([
            step.step.to_string(),
            step.line.to_string(),
            summary,
            count(step.reached),
            count(step.matched),
            count(step.dropped),
            count(step.changed),
            count(step.merged),
        ]);
    }
    columns.write(out)?;
    writeln!(out)?;
    for step in &view.steps {
        examples(out, step)?;
    }
    broken(out, view)
}

fn examples(out: &mut impl Write, step: &StepView) -> std::io::Result<()> {
    if let Some(idle) = idle(step) {
        writeln!(out, "step {} {idle}", step.step)?;
    }
    if let Some(labels) = &step.examples.dropped {
        writeln!(out, "step {} drops   {}", step.step, shown(labels))?;
    }
    if let Some(change) = &step.examples.changed {
        writeln!(out, "step {} changes {}", step.step, shown(&change.before))?;
        writeln!(out, "          into {}", shown(&change.after))?;
    }
    if let Some([first, second]) = step.examples.merged.as_deref() {
        writeln!(out, "step {} merges  {}", step.step, shown(first))?;
        writeln!(out, "          with {}", shown(second))?;
    }
    Ok(())
}

/// Why a step does nothing to these scrapes, if so.
fn idle(step: &StepView) -> Option<&'static str> {
    if !step.does_nothing {
        return None;
    }
    Some(match (step.reached, step.matched) {
        (0, _) => "is reached by no series",
        (_, 0) => "matched none: the step does nothing here",
        _ if step.action.starts_with("keep") => "keeps all: the step does nothing here",
        _ => "writes what is there already: the step does nothing here",
    })
}

fn broken(out: &mut impl Write, view: &RelabelView) -> std::io::Result<()> {
    if view.lost > 0 {
        let lost = SeriesCount(view.lost);
        writeln!(out, "{lost} series are lost: of those that become one, the server stores the")?;
        writeln!(out, "first sample of each scrape, without any error")?;
    }
    if view.interleaved > 0 {
        let series = SeriesCount(view.interleaved);
        writeln!(
            out,
            "{series} series interleave with others that they become, without any error"
        )?;
    }
    for collision in view.collisions.iter().take(SHOWN) {
        let (before, after) = (SeriesCount(collision.before), SeriesCount(collision.after));
        writeln!(out, "  {}: {before} series become {after}", collision.metric)?;
    }
    rest(out, view.collisions.len(), "metrics")?;
    for failure in view.failures.iter().take(SHOWN) {
        let by = failure.step.map_or_else(String::new, |step| format!(" (step {step})"));
        let (instance, reason) = (&failure.instance, &failure.reason);
        writeln!(out, "the whole scrape of `{instance}` fails: {reason}{by}")?;
        if !failure.series.is_empty() {
            writeln!(out, "          over {}", shown(&failure.series))?;
        }
    }
    rest(out, view.failures.len(), "targets")
}

fn rest(out: &mut impl Write, all: usize, what: &str) -> std::io::Result<()> {
    match all.saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  … and {more} more {what}"),
    }
}

/// A label set as a selector.
fn shown(labels: &Labels) -> String {
    let label = |(name, value): (&String, &String)| format!("{name}={value:?}");
    format!("{{{}}}", labels.iter().map(label).collect::<Vec<_>>().join(","))
}
