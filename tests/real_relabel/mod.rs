//! Relabeling against real servers: generated chains over generated targets, read back from the
//! targets API of Prometheus 2.53 and 3.5, refusals from promtool.
//!
//! `PROMSIEVE_RELABEL_PAIRS` (10,000) and `PROMSIEVE_SEED` (1) make it larger or other.

pub(crate) mod generate;
pub(crate) mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use generate::{Case, Random};
use oracle::Seen;
use promsieve_core::relabel::target::{self, TargetDefaults, TargetOutcome};
use promsieve_core::relabel::{Action, Program, RawStep, Scratch, StepError};
use promsieve_core::series::LabelBuf;
use promsieve_core::server::{NameScheme, Server};

use crate::real::{Version, dir, refusals};

/// Targets for each chain.
const TARGETS: usize = 4;
/// Targets a server is given at once.
const BATCH: usize = 20_000;
/// Refused chains that promtool is asked about.
const REFUSALS: usize = 400;

#[test]
fn relabeling_agrees_with_real_servers() {
    if dir().is_none() {
        return;
    }
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let pairs = number("PROMSIEVE_RELABEL_PAIRS", 10_000) as usize;
    let seed = number("PROMSIEVE_SEED", 1);
    let mut random = Random::new(seed);
    let cases: Vec<Case> =
        (0..pairs.div_ceil(TARGETS)).map(|_| Case::generate(&mut random, TARGETS)).collect();
    std::thread::scope(|scope| {
        for version in Version::ALL {
            let cases = &cases;
            scope.spawn(move || check_version(version, cases, &mut Random::new(seed)));
        }
    });
}

fn check_version(version: Version, cases: &[Case], random: &mut Random) {
    let server: Server = version.name().parse().unwrap();
    let mut report = Report::default();
    for batch in cases.chunks(BATCH / TARGETS) {
        check_batch(version, server, batch, random, &mut report);
    }
    println!("{server}: {report:?}");
    assert_eq!(report.differences, 0, "{server} relabels differently");
    assert!(report.agreed > cases.len() * TARGETS / 2, "most chains should be valid");
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
    version: Version,
    server: Server,
    batch: &[Case],
    random: &mut Random,
    report: &mut Report,
) {
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for (id, case) in batch.iter().enumerate() {
        match compile(&case.steps, server) {
            Ok(program) => accepted.push((id, case, program)),
            Err(error) => refused.push((case, error)),
        }
    }
    check_refusals(version, &refused, report);
    let config = oracle::config(accepted.iter().map(|(id, case, _)| (*id, *case)));
    let jobs = accepted.len();
    // Most of the server's time goes by in waiting, and ours in computing.
    let (seen, expected) = std::thread::scope(|scope| {
        let seen = scope.spawn(|| oracle::targets(version, &config, jobs));
        let expected: Vec<Vec<_>> = accepted
            .iter()
            .map(|(id, case, program)| outcomes_of_case(program, server, *id, case, random))
            .collect();
        (seen.join().unwrap(), expected)
    });
    for ((id, case, _), expected) in accepted.iter().zip(&expected) {
        for (at, possible) in expected.iter().enumerate() {
            let found = seen.get(&oracle::target_id(*id, at));
            check_pair(case, at, possible, found, expected, report);
        }
    }
}

/// What can become of each target of a case.
fn outcomes_of_case(
    program: &Program,
    server: Server,
    id: usize,
    case: &Case,
    random: &mut Random,
) -> Vec<BTreeSet<After>> {
    let defaults = TargetDefaults {
        job: oracle::job(id),
        scrape_interval: "1d".into(),
        ..TargetDefaults::default()
    };
    let targets = 0..case.targets.len();
    targets
        .map(|at| outcomes(program, server, &defaults, &case.discovered(id, at), random))
        .collect()
}

fn compile(steps: &[RawStep], server: Server) -> Result<Program, StepError> {
    let validated: Result<Vec<_>, _> =
        steps.iter().map(|step| step.validate(server, NameScheme::Utf8)).collect();
    Ok(Program::compile(&validated?))
}

fn check_refusals(version: Version, refused: &[(&Case, StepError)], report: &mut Report) {
    report.refused_chains += refused.len();
    let asked = &refused[..refused.len().min(REFUSALS - report.refusals_asked)];
    report.refusals_asked += asked.len();
    let configs: Vec<String> = asked.iter().map(|(case, _)| oracle::config([(0, *case)])).collect();
    let theirs = refusals(version, &configs);
    for (number, (case, error)) in asked.iter().enumerate() {
        let words = theirs.get(&number);
        if !words.is_some_and(|words| words.contains(&error.message)) {
            report.differences += 1;
            let steps = &case.steps;
            println!("expected refusal {:?}\ngot {words:?}\nchain {steps:?}", error.message);
        }
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
                println!("target {target:?}\nchain {steps:#?}\nours {possible:?}\n{found:?}\n");
            }
        }
    }
}

/// The labels that the targets API shows.
fn public(labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let shown = labels.iter().filter(|(name, _)| !name.starts_with("__"));
    shown.map(|(name, value)| (name.clone(), value.clone())).collect()
}
