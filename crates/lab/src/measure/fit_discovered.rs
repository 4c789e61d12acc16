//! Fits what a server keeps of targets that it discovered.

use promsieve_core::cost::{CostModel, DISCOVERED, Role, Run, live_terms};

use super::fit::{Equation, situation, solve};

/// Fits the terms of discovered targets to the runs that are for them, at the prices of all else.
pub(super) fn fit_discovered(model: &mut CostModel, runs: &[Run]) {
    let equation = |run: &Run| {
        let settings = run.settings(model);
        let it = situation(run, &settings);
        let series: f64 =
            live_terms(&settings).map(|term| (term.quantity)(&it) * model.value(term.key)).sum();
        let quantities = DISCOVERED.iter().map(|term| (term.quantity)(&it)).collect();
        let scale = run.read.live_heap as f64;
        Equation { quantities, wanted: scale - series, scale }
    };
    let equations: Vec<Equation> =
        runs.iter().filter(|run| run.role() == Role::Discovered).map(equation).collect();
    solve(model, &DISCOVERED.map(|term| term.key), &equations);
}
