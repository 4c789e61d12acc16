//! One metric under a plan, for people.

use std::io::Write;

use promsieve_core::units::SeriesCount;

use super::optimize::{proof, what};
use crate::output::view::explain::{EffectView, ExplainView};

/// Writes who uses the metric, and what each action does to it.
pub(crate) fn write(out: &mut impl Write, view: &ExplainView) -> std::io::Result<()> {
    writeln!(out, "{}: {} series, {}", view.metric, SeriesCount(view.series), view.verdict)?;
    for found in &view.uses {
        writeln!(out, "  {}: {}", found.by, found.reason)?;
        writeln!(out, "    {}", found.query.split_whitespace().collect::<Vec<_>>().join(" "))?;
    }
    if view.actions.is_empty() {
        writeln!(out, "The plan leaves it as it is.")?;
    }
    effects(out, "The plan", &view.actions)?;
    effects(out, "Not applied, since it is not proven", &view.not_applied)?;
    effects(out, "A loss for the budget", &view.losses)
}

fn effects(out: &mut impl Write, title: &str, effects: &[EffectView]) -> std::io::Result<()> {
    for effect in effects {
        let series = SeriesCount(effect.series);
        let does = match effect.dropped {
            0 => format!("changes {series} series of it and drops none"),
            dropped => format!("drops {} of its {series} series", SeriesCount(dropped)),
        };
        writeln!(out, "{title}: {}: {does}", what(&effect.action))?;
        writeln!(out, "  {} ({})", effect.action.reason, effect.action.proof)?;
        writeln!(out, "  {}", proof(&effect.action))?;
    }
    Ok(())
}
