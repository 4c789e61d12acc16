//! Fits what the memory of float series is not: what is kept beside them, and starts over a log.

use promsieve_core::cost::terms::{LIVE_HEAP, START_AGAIN, start_again};
use promsieve_core::cost::{BESIDE, CostModel, Margin, QUERIED, Role, Run, estimate};

use super::fit::{Equation, margin, situation, solve};

/// Fits what is kept beside float series to the runs that are for it, at the prices of those.
pub(super) fn fit_beside(model: &mut CostModel, runs: &[Run]) {
    let equation = |run: &Run| {
        let settings = run.settings(model);
        let it = situation(run, &settings);
        let series: f64 =
            LIVE_HEAP.iter().map(|term| (term.quantity)(&it) * model.value(term.key)).sum();
        let quantities = BESIDE.iter().map(|term| (term.quantity)(&it)).collect();
        let scale = run.read.live_heap as f64;
        Equation { quantities, wanted: scale - series, scale }
    };
    let told = runs.iter().filter(|run| run.role() == Role::Beside && !run.beside.is_none());
    let equations: Vec<Equation> = told.map(equation).collect();
    solve(model, &BESIDE.map(|term| term.key), &equations);
    fit_queried(model, runs);
}

/// Fits what queries take to the runs that have some, at the prices of all else.
fn fit_queried(model: &mut CostModel, runs: &[Run]) {
    let equation = |run: &Run| {
        let asked = run.beside.queried_series as f64;
        let with = estimate(&run.load, model, &run.settings(model)).rss.expected.0 as f64;
        let without = with - asked * model.value(QUERIED.0);
        let scale = run.read.rss_anon_peak as f64;
        Equation { quantities: vec![asked], wanted: scale - without, scale }
    };
    let asked =
        runs.iter().filter(|run| run.role() == Role::Beside && run.beside.queried_series > 0);
    let equations: Vec<Equation> = asked.map(equation).collect();
    solve(model, &[QUERIED.0], &equations);
}

/// Fits what a start over a log takes to the runs that are for it; the margin that leaving one out at
/// a time shows.
pub(super) fn fit_start(model: &mut CostModel, runs: &[Run]) -> Margin {
    let runs: Vec<&Run> = runs.iter().filter(|run| run.role() == Role::Replayed).collect();
    let unfitted = model.clone();
    put_start(model, &runs);
    let ratio = |left_out: &&Run| {
        let others: Vec<&Run> =
            runs.iter().copied().filter(|run| run.workload != left_out.workload).collect();
        let mut model = unfitted.clone();
        put_start(&mut model, &others);
        let expected = estimate(&left_out.load, &model, &left_out.settings(&model));
        start_peak(left_out) / expected.start.map_or(1, |start| start.expected.0.max(1)) as f64
    };
    margin(&runs.iter().map(ratio).collect::<Vec<f64>>())
}

fn put_start(model: &mut CostModel, runs: &[&Run]) {
    let equation = |run: &&Run| {
        let settings = run.settings(model);
        let live = run.read.live_heap as f64;
        let price = |key: &'static str| model.value(key);
        let (allowed, beside) = start_again(&situation(run, &settings), live, price);
        let scale = start_peak(run);
        Equation { quantities: vec![allowed], wanted: scale - live - beside, scale }
    };
    let equations: Vec<Equation> = runs.iter().map(equation).collect();
    solve(model, &[START_AGAIN.0], &equations);
}

fn start_peak(run: &Run) -> f64 {
    run.read.replay.map_or(0, |replay| replay.start_peak) as f64
}
