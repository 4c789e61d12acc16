//! Fits what an agent keeps in place of a head.

use promsieve_core::cost::{
    AGENT, AGENT_GARBAGE, CostModel, Role, Run, estimate, live_terms, more_garbage,
};

use super::fit::{Equation, situation, solve};

/// Fits an agent's own terms to the runs that are for it, at the prices of what it shares with a
/// server.
pub(super) fn fit_agent(model: &mut CostModel, runs: &[Run]) {
    let runs: Vec<&Run> = runs.iter().filter(|run| run.role() == Role::Agent).collect();
    let equation = |run: &&Run| {
        let settings = run.settings(model);
        let it = situation(run, &settings);
        let own = |key: &str| AGENT.iter().any(|term| term.key == key);
        let shared: f64 = live_terms(&settings)
            .filter(|term| !own(term.key))
            .map(|term| (term.quantity)(&it) * model.value(term.key))
            .sum();
        let quantities = AGENT.iter().map(|term| (term.quantity)(&it)).collect();
        let scale = run.read.live_heap as f64;
        Equation { quantities, wanted: scale - shared, scale }
    };
    let equations: Vec<Equation> = runs.iter().map(equation).collect();
    solve(model, &AGENT.map(|term| term.key), &equations);
    fit_garbage(model, &runs);
}

/// Fits what an agent's resident memory is beyond a server's, at the expected live heap.
fn fit_garbage(model: &mut CostModel, runs: &[&Run]) {
    let equation = |run: &&Run| {
        let settings = run.settings(model);
        let expected = estimate(&run.load, model, &settings);
        let live = expected.live_heap.expected.0 as f64;
        let garbage = more_garbage(&situation(run, &settings), live);
        let without = expected.rss.expected.0 as f64 - garbage * model.value(AGENT_GARBAGE.0);
        let scale = run.read.rss_anon_peak as f64;
        Equation { quantities: vec![garbage], wanted: scale - without, scale }
    };
    let equations: Vec<Equation> = runs.iter().map(equation).collect();
    solve(model, &[AGENT_GARBAGE.0], &equations);
}
