//! A few held-out workloads in a minute and a half: whether the cost models still hold.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Result, bail};
use promsieve_core::cost::{CostModel, Run, estimate};

use super::workload::Workload;
use super::{held, schedule};
use crate::real::Version;

/// How far the live heap may be off, in shares; resident memory hangs on how busy the machine is and
/// is only said.
const TOLERANCE: f64 = 0.15;

/// Runs the workloads on each server and sets them beside the models that promsieve ships with; a
/// line each.
///
/// # Errors
/// When a run fails, or a live heap is off by more than 15 %; with all lines of its server.
pub fn check(versions: &[Version]) -> Result<String> {
    thread::scope(|scope| {
        let checks: Vec<_> =
            versions.iter().map(|&version| scope.spawn(move || check_one(version))).collect();
        let said = checks.into_iter().map(|it| it.join().expect("a check returns its failures"));
        said.collect()
    })
}

fn check_one(version: Version) -> Result<String> {
    let (model, _) = CostModel::embedded(&version.name().parse().map_err(anyhow::Error::msg)?);
    let lines = Mutex::new((String::new(), 0));
    let done = |workload: &Workload, result: Result<Run>| {
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        let (text, wrong) = &mut *lines;
        let (line, holds) = match result {
            Ok(run) => line(&run, &model),
            Err(error) => (format!("{}: {error:#}", workload.name), false),
        };
        let _ = writeln!(text, "{} {line}", version.name());
        *wrong += usize::from(!holds);
    };
    schedule::run_all(version, held::quick()?, &done);
    let (text, wrong) = lines.into_inner().unwrap_or_else(PoisonError::into_inner);
    if wrong > 0 {
        bail!("{wrong} live heaps are off by more than {TOLERANCE}:\n{text}");
    }
    Ok(text)
}

/// What a run took beside what was expected, and whether its live heap is near enough.
fn line(run: &Run, model: &CostModel) -> (String, bool) {
    let expected = estimate(&run.load, model, &run.settings(model));
    let ratio = |measured: u64, range: promsieve_core::cost::Range| {
        measured as f64 / range.expected.0.max(1) as f64
    };
    let live = ratio(run.read.live_heap, expected.live_heap);
    let resident = ratio(run.read.rss_anon_peak, expected.rss);
    let text = format!(
        "{}: live heap {:.1} MB, {live:.3} of expected; resident {:.1} MB, {resident:.3} of expected",
        run.workload,
        run.read.live_heap as f64 / 1e6,
        run.read.rss_anon_peak as f64 / 1e6,
    );
    (text, (live - 1.0).abs() <= TOLERANCE)
}
