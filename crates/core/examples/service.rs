//! Embeds a census in a service: on a thread of its own, with progress, and given up on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::series::{Table, TableBuilder};
use promsieve_core::watch::Watch;

/// What the service's own handlers look at, and set.
#[derive(Default)]
struct Job {
    done: AtomicU64,
    given_up: AtomicBool,
}

impl Watch for Job {
    fn progress(&self, done: u64, _total: u64) {
        self.done.fetch_max(done, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }
}

fn count(table: &Arc<Table>, job: &Arc<Job>) -> Census {
    let (table, job) = (Arc::clone(table), Arc::clone(job));
    let counting = thread::spawn(move || Census::of(&table, CensusOptions::default(), &*job));
    counting.join().expect("the library does not panic")
}

fn main() {
    let mut builder = TableBuilder::default();
    for at in 0..1000 {
        builder.row("requests_total", &[("id", &at.to_string())], 0);
    }
    let table = Arc::new(builder.finish());

    let job = Arc::new(Job::default());
    assert_eq!(count(&table, &job).series, 1000);
    assert_eq!(job.done.load(Ordering::Relaxed), 1000);

    // Work that was given up ends soon, with what it has counted until then.
    let job = Arc::new(Job { given_up: AtomicBool::new(true), ..Job::default() });
    assert!(count(&table, &job).series <= 1000);
}
