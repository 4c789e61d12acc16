//! Relabeling against real servers: generated chains over generated targets, read back from the
//! targets API of Prometheus 2.53 and 3.5, refusals from promtool.
//!
//! `PROMSIEVE_RELABEL_PAIRS` (20,000) and `PROMSIEVE_SEED` (1) make it larger or other.

mod compare;
pub(crate) mod generate;
pub(crate) mod oracle;

use std::time::Instant;

use compare::{Job, Report};
use generate::Case;
use promsieve_core::relabel::StepError;

use crate::real::{Version, dir, refusals};
use promsieve_lab::random::{Random, from_env, seed};

/// Targets for each chain.
const TARGETS: usize = 16;
/// Targets a server is given at once.
const BATCH: usize = 20_000;
/// Refused chains of a batch that promtool is asked about.
const REFUSALS: usize = 400;

#[test]
fn relabeling_agrees_with_prometheus_2() {
    check(Version::V2);
}

#[test]
fn relabeling_agrees_with_prometheus_3() {
    check(Version::V3);
}

#[track_caller]
fn check(version: Version) {
    if dir().is_none() {
        return;
    }
    let wanted = from_env("PROMSIEVE_RELABEL_PAIRS", 20_000) as usize;
    let (seed, start) = (seed(), Instant::now());
    let mut random = Random::new(seed);
    let mut report = Report::default();
    let mut pairs = 0;
    while pairs < wanted {
        // Refused chains, up to one in six, are no pairs.
        let chains = BATCH.min((wanted - pairs) * 5 / 4 + 1000) / TARGETS;
        let cases: Vec<Case> = (0..chains).map(|_| Case::generate(&mut random, TARGETS)).collect();
        check_batch(version, &cases, &mut random, &mut report);
        pairs = report.pairs();
        let (name, time) = (version.name(), start.elapsed());
        println!("{name} seed {seed}: {pairs} pairs, {} differ, {time:.0?}", report.differences);
    }
    println!("{} seed {seed}: {pairs} pairs, {report:?}", version.name());
    assert_eq!(report.differences, 0, "{} relabels differently", version.name());
    let part = |count: usize, least: usize| assert!(count > pairs * least / 100, "{report:?}");
    part(report.kept, 3);
    part(report.changed, 15);
    part(report.dropped, 15);
    part(report.invalid, 1);
}

fn check_batch(version: Version, cases: &[Case], random: &mut Random, report: &mut Report) {
    let (mut jobs, mut refused) = (Vec::new(), Vec::new());
    for (id, case) in cases.iter().enumerate() {
        match Job::new(id, case, version) {
            Ok(job) => jobs.push(job),
            Err(error) => refused.push((case, error)),
        }
    }
    let config = oracle::config(version, jobs.iter().map(|job| (job.id, job.case)));
    // Most of the server's time goes by in waiting for discovery.
    let mut seen = std::thread::scope(|scope| {
        let seen = scope.spawn(|| oracle::targets(version, &config, jobs.len()));
        check_refusals(version, &refused, report);
        seen.join().unwrap()
    });
    for job in &jobs {
        job.compare(&mut seen, random, report);
    }
}

fn check_refusals(version: Version, refused: &[(&Case, StepError)], report: &mut Report) {
    report.refused_chains += refused.len();
    let asked = &refused[..refused.len().min(REFUSALS)];
    report.refusals_asked += asked.len();
    let config = |(case, _): &(&Case, StepError)| oracle::config(version, [(0, *case)]);
    let configs: Vec<String> = asked.iter().map(config).collect();
    let theirs = refusals(version, &configs);
    for (number, (case, error)) in asked.iter().enumerate() {
        let words = theirs.get(&number);
        if !words.is_some_and(|words| words.contains(&error.message)) {
            report.differences += 1;
            let steps: Vec<String> = case.steps.iter().map(oracle::step).collect();
            let steps = steps.join("\n      ");
            println!("expected refusal {:?}\ngot {words:?}\nchain {steps}", error.message);
        }
    }
}
