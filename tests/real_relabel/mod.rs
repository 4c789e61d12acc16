//! Relabeling against real servers: generated chains over generated targets, read back from the
//! targets API of Prometheus 2.53 and 3.5, refusals from promtool.
//!
//! `PROMSIEVE_REAL` is the directory of `prometheus-2`, `prometheus-3`, `promtool-2`, `promtool-3`;
//! without it the test says so and passes. `PROMSIEVE_RELABEL_PAIRS` (10,000) and `PROMSIEVE_SEED` (1)
//! make it larger or other.

#![expect(clippy::unwrap_used, reason = "a test")]
#![expect(clippy::print_stderr, reason = "the counts are worth seeing, and each difference")]

pub(crate) mod generate;
pub(crate) mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use generate::{Case, Random};
use oracle::{Seen, Tools};
use promsieve_core::relabel::target::{self, TargetDefaults, TargetOutcome};
use promsieve_core::relabel::{Action, Program, RawStep, Scratch, StepError};
use promsieve_core::series::LabelBuf;
use promsieve_core::server::{NameScheme, Server};

/// Targets for each chain.
const TARGETS: usize = 4;
/// Targets a server is given at once.
const BATCH: usize = 20_000;
/// Refused chains that promtool is asked about one by one, at 0.1 s each.
const REFUSALS: usize = 120;

#[test]
fn relabeling_agrees_with_real_servers() {
    let Some(directory) = std::env::var_os("PROMSIEVE_REAL") else {
        eprintln!("skipped: PROMSIEVE_REAL names no directory of real servers");
        return;
    };
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let pairs = number("PROMSIEVE_RELABEL_PAIRS", 10_000) as usize;
    let mut random = Random::new(number("PROMSIEVE_SEED", 1));
    let cases: Vec<Case> =
        (0..pairs.div_ceil(TARGETS)).map(|_| Case::generate(&mut random, TARGETS)).collect();
    let tools = Tools::new(directory.into());
    for (major, version) in [(2, "2.53.3"), (3, "3.5.3")] {
        let server: Server = version.parse().unwrap();
        let mut report = Report::default();
        for batch in cases.chunks(BATCH / TARGETS) {
            check_batch(&tools, major, server, batch, &mut random, &mut report);
        }
        eprintln!("{server}: {report:?}");
        assert_eq!(report.differences, 0, "{server} relabels differently");
        assert!(report.agreed > pairs / 2, "most chains should be valid");
    }
}

/// How the comparison went, in (label set, chain) pairs; `refused_chains` counts chains.
#[derive(Debug, Default)]
struct Report {
    agreed: usize,
    dropped: usize,
    invalid: usize,
    several_possible: usize,
    refused_chains: usize,
    refusals_asked: usize,
    differences: usize,
}

fn check_batch(
    tools: &Tools,
    major: u16,
    server: Server,
    batch: &[Case],
    random: &mut Random,
    report: &mut Report,
) {
    let mut accepted = Vec::new();
    for (id, case) in batch.iter().enumerate() {
        match compile(&case.steps, server) {
            Ok(program) => accepted.push((id, case, program)),
            Err(error) => check_refusal(tools, major, case, &error, report),
        }
    }
    let config = oracle::config(accepted.iter().map(|(id, case, _)| (*id, *case)));
    let targets = accepted.len() * TARGETS;
    let seen = tools.targets(major, &config, targets);
    for (id, case, program) in &accepted {
        let defaults = TargetDefaults {
            job: oracle::job(*id),
            scrape_interval: "1d".into(),
            ..TargetDefaults::default()
        };
        let expected: Vec<_> = (0..case.targets.len())
            .map(|at| outcomes(program, server, &defaults, &case.discovered(*id, at), random))
            .collect();
        for (at, possible) in expected.iter().enumerate() {
            let found = seen.get(&oracle::target_id(*id, at));
            check_pair(case, at, possible, found, &expected, report);
        }
    }
}

fn compile(steps: &[RawStep], server: Server) -> Result<Program, StepError> {
    let validated: Result<Vec<_>, _> =
        steps.iter().map(|step| step.validate(server, NameScheme::Utf8)).collect();
    Ok(Program::compile(&validated?))
}

fn check_refusal(tools: &Tools, major: u16, case: &Case, error: &StepError, report: &mut Report) {
    report.refused_chains += 1;
    if report.refusals_asked == REFUSALS {
        return;
    }
    report.refusals_asked += 1;
    let words = tools.refusal(major, &oracle::config([(0, case)]));
    if !words.as_ref().is_some_and(|words| words.contains(&error.message)) {
        report.differences += 1;
        eprintln!("expected refusal {:?}\ngot {words:?}\nchain {:?}", error.message, case.steps);
    }
}

/// A target after its chain: all its labels, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum After {
    Active(BTreeMap<String, String>),
    Dropped,
    Invalid,
}

/// What can become of a target. The server goes through discovered labels in random order, so
/// where `labelmap` maps several labels to one name there are several outcomes.
fn outcomes(
    program: &Program,
    server: Server,
    defaults: &TargetDefaults,
    discovered: &[(String, String)],
    random: &mut Random,
) -> BTreeSet<After> {
    let by_order = program.steps().iter().any(|step| step.action() == Action::LabelMap);
    let mut labels = discovered.to_vec();
    let mut all = BTreeSet::new();
    for round in 0..400 {
        if all.len() == 1 && (round == 40 || !by_order) {
            break;
        }
        let mut buf = LabelBuf::new();
        for (name, value) in &labels {
            buf.set(name, value);
        }
        let scratch = &mut Scratch::new();
        all.insert(match target::apply(program, server, defaults, scratch, &mut buf) {
            TargetOutcome::Dropped { .. } => After::Dropped,
            TargetOutcome::Invalid(_) => After::Invalid,
            TargetOutcome::Active => {
                let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
                After::Active(buf.iter_ordered().map(own).collect())
            }
        });
        random.shuffle(&mut labels);
    }
    all
}

fn check_pair(
    case: &Case,
    at: usize,
    possible: &BTreeSet<After>,
    found: Option<&Seen>,
    siblings: &[BTreeSet<After>],
    report: &mut Report,
) {
    report.several_possible += usize::from(possible.len() > 1);
    let agrees = |after: &After| match (after, found) {
        (After::Active(labels), Some(Seen::Active(seen))) => &public(labels) == seen,
        (After::Dropped, Some(Seen::Dropped)) | (After::Invalid, None) => true,
        // The server keeps one of several targets that end up the same.
        (After::Active(_), None) => {
            siblings.iter().enumerate().any(|(other, set)| other != at && set.contains(after))
        }
        _ => false,
    };
    match possible.iter().find(|after| agrees(after)) {
        Some(After::Active(_)) => report.agreed += 1,
        Some(After::Dropped) => report.dropped += 1,
        Some(After::Invalid) => report.invalid += 1,
        None => {
            report.differences += 1;
            if report.differences <= 20 {
                let target = &case.targets[at];
                let steps = &case.steps;
                eprintln!("target {target:?}\nchain {steps:#?}\nours {possible:?}\n{found:?}\n");
            }
        }
    }
}

/// The labels that the targets API shows.
fn public(labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let shown = labels.iter().filter(|(name, _)| !name.starts_with("__"));
    shown.map(|(name, value)| (name.clone(), value.clone())).collect()
}
