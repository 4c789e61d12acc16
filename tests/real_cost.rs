//! The cost models against real servers: a few workloads that no fit saw.

use std::io::Write;
use std::thread;

use promsieve_lab::measure::check::check;
use promsieve_lab::real::{self, Version};

#[test]
fn the_live_heap_of_held_out_workloads_is_as_estimated() {
    if real::dir().is_none() {
        return;
    }
    let checks = Version::ALL.map(|version| thread::spawn(move || check(version)));
    for check in checks {
        let lines = check.join().expect("a check returns its failures").unwrap();
        let _ = write!(std::io::stderr(), "{lines}");
    }
}
