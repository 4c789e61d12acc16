//! Runs of many workloads, several at once where memory permits.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use promsieve_core::cost::Run;

use super::run::run;
use super::workload::{Source, Workload};
use crate::real::Version;

/// Servers at once.
const SERVERS: usize = 8;

/// Memory of all servers and pages at once.
const MEMORY: u64 = 8_000_000_000;

/// More than any series of the grid takes, at the server and in its page.
const SERIES: u64 = 3500;

/// What a server takes without series.
const PROCESS: u64 = 100_000_000;

/// A run may meet a busy machine.
const ATTEMPTS: usize = 3;

/// Scrapes of each target, and the least time, after which the garbage of a start is made.
const START_SCRAPES: u32 = 2;
const START: Duration = Duration::from_secs(8);

/// Lets one server start at a time: while its first scrapes come in, a server allocates faster than
/// ever after, and what it keeps hangs on how long its collections take.
#[derive(Debug)]
pub struct Starts(Mutex<Instant>);

impl Starts {
    /// Waits until the server before has settled, and lets none start until `Turn::begin`.
    pub fn turn(&self) -> Turn<'_> {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        thread::sleep(free.saturating_duration_since(Instant::now()));
        Turn(free)
    }
}

/// The right to start a server.
#[derive(Debug)]
pub struct Turn<'a>(MutexGuard<'a, Instant>);

impl Turn<'_> {
    /// Says that the server of a workload has just started.
    pub fn begin(mut self, workload: &Workload) {
        *self.0 = Instant::now() + settling(workload);
    }
}

/// How long after its start a server makes the garbage of a start.
pub(super) fn settling(workload: &Workload) -> Duration {
    START.max(Duration::from_millis(workload.interval) * START_SCRAPES)
}

/// Runs all workloads, the largest first, and hands each result to `done`; a workload that failed
/// `ATTEMPTS` times is handed over as an error.
pub fn run_all(
    version: Version,
    mut workloads: Vec<Workload>,
    done: &(dyn Fn(&Workload, Result<Run>) + Sync),
) {
    workloads.sort_by_key(memory);
    let waiting = Mutex::new(workloads);
    let free = (Mutex::new(MEMORY), Condvar::new());
    let starts = Starts(Mutex::new(Instant::now()));
    thread::scope(|scope| {
        for _ in 0..SERVERS {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some(workload) = next else { return };
                    let wanted = memory(&workload).min(MEMORY);
                    change(&free, |left| left.checked_sub(wanted));
                    let result = attempts(version, &workload, &starts);
                    change(&free, |left| Some(left + wanted));
                    done(&workload, result);
                }
            });
        }
    });
}

/// Changes what is free as soon as `to` has a value for it.
fn change((left, changed): &(Mutex<u64>, Condvar), to: impl Fn(u64) -> Option<u64>) {
    let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
    while to(*left).is_none() {
        left = changed.wait(left).unwrap_or_else(PoisonError::into_inner);
    }
    *left = to(*left).unwrap_or(*left);
    changed.notify_all();
}

fn attempts(version: Version, workload: &Workload, starts: &Starts) -> Result<Run> {
    let mut result = run(version, workload, starts);
    for _ in 1..ATTEMPTS {
        if result.is_ok() {
            break;
        }
        result = run(version, workload, starts);
    }
    result
}

fn memory(workload: &Workload) -> u64 {
    let of = |source: &Source| match source {
        Source::Page(texts) => texts.len() as u64,
        Source::Shaped { series, .. } => *series as u64,
    };
    let series: u64 = workload.groups.iter().map(|group| of(&group.source)).sum();
    PROCESS + series * workload.targets as u64 * SERIES
}
