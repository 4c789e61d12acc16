//! Relabeling in vmagent's dialect against a real vmagent: generated chains over generated label
//! sets, read back from its relabel debug page.
//!
//! `PROMSIEVE_VMAGENT_PAIRS` (10,000) and `PROMSIEVE_SEED` (1) make it larger or other.

mod agent;
mod aggregation;
mod generate;

use std::collections::BTreeMap;

use agent::{Agent, Answer};
use generate::Case;
use promsieve_core::relabel::{Outcome, Program, Scratch, StepError, StepField};
use promsieve_core::series::LabelBuf;
use promsieve_core::server::{GoRelease, NameScheme, Server};

use promsieve_lab::random::Random;

/// The agent answers so many requests at a time.
const THREADS: usize = 4;
/// Differences that are shown.
const SHOWN: usize = 20;

#[test]
fn relabeling_agrees_with_a_real_vmagent() {
    let Some(agent) = Agent::start() else { return };
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let pairs = number("PROMSIEVE_VMAGENT_PAIRS", 10_000) as usize;
    let mut random = Random::new(number("PROMSIEVE_SEED", 1));
    let cases: Vec<Case> = (0..pairs).map(|_| Case::generate(&mut random)).collect();
    // Debian's build; see the decision on products for its release.
    let server = "vmagent@1.x".parse::<Server>().unwrap().with_go(GoRelease(1, 27));
    let report = std::thread::scope(|scope| {
        let agent = &agent;
        let work = |cases| scope.spawn(move || check(agent, server, cases));
        let threads: Vec<_> = cases.chunks(pairs.div_ceil(THREADS)).map(work).collect();
        threads.into_iter().fold(Report::default(), |all, one| all.and(one.join().unwrap()))
    });
    println!("{server}: {report:?}");
    assert_eq!(report.differences, 0, "vmagent relabels differently");
    assert!(report.changed > pairs / 3, "most chains should do something");
    assert!(report.refused > pairs / 100, "some chains should be refused");
}

/// How the comparison went, in (label set, chain) pairs.
#[derive(Debug, Default, Clone, Copy)]
struct Report {
    same: usize,
    changed: usize,
    dropped: usize,
    refused: usize,
    /// Those in which `labelmap_all` gave several labels one name.
    doubled: usize,
    /// A label that `labelmap` reads was written by the same step before: what it reads then
    /// depends on whether the agent's buffer had to grow.
    by_memory: usize,
    differences: usize,
}

impl Report {
    fn and(self, other: Self) -> Self {
        Self {
            same: self.same + other.same,
            changed: self.changed + other.changed,
            dropped: self.dropped + other.dropped,
            refused: self.refused + other.refused,
            doubled: self.doubled + other.doubled,
            by_memory: self.by_memory + other.by_memory,
            differences: self.differences + other.differences,
        }
    }
}

fn check(agent: &Agent, server: Server, cases: &[Case]) -> Report {
    let mut report = Report::default();
    let mut scratch = Scratch::new();
    for case in cases {
        let ours = ours(case, server, &mut scratch);
        let theirs = agent.relabel(&case.labels, &case.steps);
        match (&ours, &theirs) {
            (Err(error), Answer::Refused(words)) if says(error, words) => report.refused += 1,
            (Ok(ours), Answer::Labels(theirs)) if agrees(ours, theirs) => {
                report.doubled += usize::from(theirs.values().any(|values| values.len() > 1));
                report.dropped += usize::from(ours.is_empty());
                report.changed += usize::from(*ours != public(case.labels.clone()));
                report.same += 1;
            }
            (Ok(_), Answer::Labels(_)) if case.feeds_back(server) => report.by_memory += 1,
            _ => {
                report.differences += 1;
                if report.differences <= SHOWN / THREADS {
                    let steps: Vec<_> =
                        case.steps.iter().map(crate::real_relabel::oracle::step).collect();
                    println!(
                        "{:?}\n{}\nours {ours:?}\ntheirs {theirs:?}\n",
                        case.labels,
                        steps.join("\n")
                    );
                }
            }
        }
    }
    report
}

/// Whether the labels are the same as far as the page shows: of those that have one name all, in no
/// order, and no spaces around a name.
fn agrees(ours: &BTreeMap<String, String>, theirs: &BTreeMap<String, Vec<String>>) -> bool {
    let mut shown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in ours {
        let value = if name == "__name__" { value.trim() } else { value };
        shown.entry(name.trim()).or_default().push(value);
    }
    shown.remove("");
    shown.len() == theirs.len()
        && shown.iter().all(|(name, values)| {
            let all = theirs.get(*name);
            all.is_some_and(|all| values.iter().all(|one| all.iter().any(|other| other == one)))
        })
}

/// Whether vmagent says the same of a chain. Its words for a selector that is none are not known
/// here.
fn says(error: &StepError, words: &str) -> bool {
    match error.field {
        StepField::If => words.contains("unexpected `match`"),
        _ => words.contains(&error.message),
    }
}

/// The labels that the series has in the end, or why the chain is refused.
fn ours(
    case: &Case,
    server: Server,
    scratch: &mut Scratch,
) -> Result<BTreeMap<String, String>, StepError> {
    let mut checked: Vec<_> =
        case.steps.iter().map(|step| step.validate(server, NameScheme::Utf8)).collect();
    // Selectors are read with the file, before any step is checked.
    let by_reader = |step: &Result<_, StepError>| {
        step.as_ref().is_err_and(|error| error.field == StepField::If)
    };
    if let Some(at) = checked.iter().position(by_reader) {
        checked.swap(0, at);
    }
    let program = Program::compile(&checked.into_iter().collect::<Result<Vec<_>, _>>()?);
    let mut buf = LabelBuf::new();
    buf.refill(case.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if program.apply(scratch, &mut buf) != Outcome::Kept {
        return Ok(BTreeMap::new());
    }
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Ok(public(buf.iter_ordered().map(own).collect()))
}

/// Without the labels that vmagent takes away after the chain.
fn public(mut labels: BTreeMap<String, String>) -> BTreeMap<String, String> {
    labels.retain(|name, _| !name.starts_with("__") || name == "__name__");
    labels
}
