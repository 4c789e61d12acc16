//! Fits what the memory of float series is not: what is kept beside them, and starts over a log.

use promsieve_core::cost::resident::{BLOCK_CUT, block_cut};
use promsieve_core::cost::start::{AGAIN, DECODED, not_again, start_again};
use promsieve_core::cost::terms::{LIVE_HEAP, Situation};
use promsieve_core::cost::{BESIDE, BESIDE_RESIDENT, CostModel, Margin, Role, Run, estimate};

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
    fit_resident(model, runs);
}

/// Fits what queries, rules and native histograms take in resident memory, at the prices of all else.
fn fit_resident(model: &mut CostModel, runs: &[Run]) {
    let equation = |run: &Run| {
        let settings = run.settings(model);
        let it = situation(run, &settings);
        let quantities: Vec<f64> =
            BESIDE_RESIDENT.iter().map(|term| (term.quantity)(&it)).collect();
        let priced = BESIDE_RESIDENT.iter().zip(&quantities);
        let priced: f64 = priced.map(|(term, of)| of * model.value(term.key)).sum();
        let with = estimate(&run.load, model, &settings).rss.expected.0 as f64;
        let scale = run.read.rss_anon_peak as f64;
        Equation { quantities, wanted: scale - (with - priced), scale }
    };
    let told = runs.iter().filter(|run| run.role() == Role::Beside);
    let asked = told.filter(|run| {
        let beside = &run.beside;
        beside.queried_series + beside.recorded_series + beside.native_histograms > 0
    });
    let equations: Vec<Equation> = asked.map(equation).collect();
    solve(model, &BESIDE_RESIDENT.map(|term| term.key), &equations);
}

/// Fits what a block's cut takes to the runs that are for it, at the prices of all else.
pub(super) fn fit_block_cut(model: &mut CostModel, runs: &[Run]) {
    let equation = |run: &Run| {
        let settings = run.settings(model);
        let cut = block_cut(&situation(run, &settings));
        let with = estimate(&run.load, model, &settings).rss.expected.0 as f64;
        let scale = run.read.rss_anon_peak as f64;
        let wanted = scale - (with - cut * model.value(BLOCK_CUT.0));
        Equation { quantities: vec![cut], wanted, scale }
    };
    let cut = runs.iter().filter(|run| run.role() == Role::BlockCut);
    let equations: Vec<Equation> = cut.map(equation).collect();
    solve(model, &[BLOCK_CUT.0], &equations);
}

/// Fits what a start over a log takes to the runs that are for it; the margin that leaving one out at
/// a time shows.
pub(super) fn fit_start(model: &mut CostModel, all: &[Run]) -> Margin {
    let runs: Vec<&Run> = all.iter().filter(|run| run.role() == Role::Replayed).collect();
    let unfitted = model.clone();
    put_start(model, &runs);
    fit_decoded(model, all);
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
        let it = situation(run, &settings);
        let live = live_again(run, &it, model);
        let start = start_again(&it, live, |key| model.value(key));
        let decoded = start.decoded * model.value(DECODED.0);
        let again = model.value(AGAIN.0);
        // With garbage in both, as a start of samples that fill the channels has it.
        let allowed = (live + decoded / (1.0 + it.allowed() * again)) * it.allowed();
        let scale = start_peak(run);
        let wanted = scale - (start.known + decoded - allowed * again);
        Equation { quantities: vec![allowed], wanted, scale }
    };
    let equations: Vec<Equation> = runs.iter().map(equation).collect();
    solve(model, &[AGAIN.0], &equations);
}

/// Most times that the price of decoded histograms is fitted, with each run in the state that the fit
/// before puts it in.
const ROUNDS: usize = 4;

/// Fits what native histograms take at a start over a log, at the price of its garbage.
fn fit_decoded(model: &mut CostModel, runs: &[Run]) {
    for _ in 0..ROUNDS {
        let equation = |run: &Run| {
            let settings = run.settings(model);
            let it = situation(run, &settings);
            let price = |key: &'static str| model.value(key);
            let start = start_again(&it, live_again(run, &it, model), price);
            let scale = start_peak(run);
            Equation { quantities: vec![start.decoded], wanted: scale - start.known, scale }
        };
        let told = runs.iter().filter(|run| run.role() == Role::Beside);
        let native = told.filter(|run| run.beside.native_histograms > 0);
        let equations: Vec<Equation> = native.map(equation).collect();
        solve(model, &[DECODED.0], &equations);
    }
}

/// Live heap that was read, without what a start does not bring back.
fn live_again(run: &Run, it: &Situation<'_>, model: &CostModel) -> f64 {
    run.read.live_heap as f64 - not_again(it, |key| model.value(key))
}

fn start_peak(run: &Run) -> f64 {
    run.read.replay.map_or(0, |replay| replay.start_peak) as f64
}
