//! What promsieve says becomes of a target, beside what a server made of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use promsieve_core::relabel::target::{self, TargetDefaults, TargetOutcome};
use promsieve_core::relabel::{Action, Program, RawStep, Scratch, StepError};
use promsieve_core::series::LabelBuf;
use promsieve_core::server::{NameScheme, Server};
use promsieve_lab::real::Version;

use super::generate::Case;
use super::oracle::{self, Seen};
use promsieve_lab::random::Random;

/// How the comparison went, in (label set, chain) pairs; `refused_chains` counts chains.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Its labels are those that it would have without the chain.
    pub(super) kept: usize,
    pub(super) changed: usize,
    pub(super) dropped: usize,
    pub(super) invalid: usize,
    /// Those of the above that went through their labels in another order than we do at first.
    pub(super) other_order: usize,
    pub(super) refused_chains: usize,
    pub(super) refusals_asked: usize,
    pub(super) differences: usize,
}

impl Report {
    /// The pairs that were compared.
    pub(super) fn pairs(&self) -> usize {
        self.kept + self.changed + self.dropped + self.invalid + self.differences
    }
}

/// A chain that its server accepts, with its targets.
pub(super) struct Job<'a> {
    pub(super) id: usize,
    pub(super) case: &'a Case,
    version: Version,
    server: Server,
    program: Program,
    defaults: TargetDefaults,
}

/// A target after its chain: its labels but for those that start with `__`, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum After {
    Active(BTreeMap<String, String>),
    Dropped,
    Invalid,
}

impl<'a> Job<'a> {
    pub(super) fn new(id: usize, case: &'a Case, version: Version) -> Result<Self, StepError> {
        let server: Server = version.name().parse().expect("a known server");
        let param = case.param.iter().map(|value| ("p".to_owned(), value.clone()));
        let defaults = TargetDefaults {
            job: oracle::job(id),
            scrape_interval: "1d".into(),
            scheme: if case.https { "https" } else { "http" }.into(),
            params: param.collect(),
            ..TargetDefaults::default()
        };
        let program = compile(&case.steps, server)?;
        Ok(Self { id, case, version, server, program, defaults })
    }

    /// Compares all targets with what the server shows.
    pub(super) fn compare(
        &self,
        seen: &mut HashMap<String, Seen>,
        random: &mut Random,
        report: &mut Report,
    ) {
        for at in 0..self.case.targets.len() {
            let found = seen.remove(&oracle::target_id(self.id, at));
            let discovered = self.case.discovered(self.version, self.id, at);
            let first = self.after(&self.program, &discovered);
            let after = if self.agrees(at, &first, found.as_ref(), random) {
                Some(first)
            } else {
                report.other_order += 1;
                let possible = self.possible(at, random);
                possible.into_iter().find(|after| self.agrees(at, after, found.as_ref(), random))
            };
            match &after {
                Some(After::Active(_)) if after == Some(self.untouched(&discovered)) => {
                    report.kept += 1;
                }
                Some(After::Active(_)) => report.changed += 1,
                Some(After::Dropped) => report.dropped += 1,
                Some(After::Invalid) => report.invalid += 1,
                None => {
                    report.differences += 1;
                    if report.differences <= 10 {
                        self.describe(at, found.as_ref(), random);
                    }
                }
            }
        }
    }

    fn describe(&self, at: usize, found: Option<&Seen>, random: &mut Random) {
        let target = &self.case.targets[at];
        let steps: Vec<String> = self.case.steps.iter().map(oracle::step).collect();
        println!("{} target {target:?}\nchain {}", self.server, steps.join("\n      "));
        println!("ours {:?}\nserver {found:?}\n", self.possible(at, random));
    }

    fn agrees(&self, at: usize, after: &After, found: Option<&Seen>, random: &mut Random) -> bool {
        match (after, found) {
            (After::Active(labels), Some(Seen::Active(seen))) => &public(labels) == seen,
            (After::Dropped, Some(Seen::Dropped)) | (After::Invalid, None) => true,
            // The server keeps one of several targets that end up the same.
            (After::Active(_), None) => (0..self.case.targets.len())
                .any(|other| other != at && self.possible(other, random).contains(after)),
            _ => false,
        }
    }

    /// What can become of target `at`. The server goes through discovered labels in random order,
    /// so where `labelmap` maps several labels to one name there are several outcomes.
    fn possible(&self, at: usize, random: &mut Random) -> BTreeSet<After> {
        let by_order = self.program.steps().iter().any(|step| step.action() == Action::LabelMap);
        let mut labels = self.case.discovered(self.version, self.id, at);
        let mut all = BTreeSet::new();
        for _ in 0..if by_order { 1000 } else { 1 } {
            all.insert(self.after(&self.program, &labels));
            random.shuffle(&mut labels);
        }
        all
    }

    /// The target as it is without the chain.
    fn untouched(&self, discovered: &[(String, String)]) -> After {
        self.after(&Program::default(), discovered)
    }

    fn after(&self, program: &Program, discovered: &[(String, String)]) -> After {
        let mut labels = LabelBuf::new();
        for (name, value) in discovered {
            labels.set(name, value);
        }
        let scratch = &mut Scratch::new();
        match target::apply(program, self.server, &self.defaults, scratch, &mut labels) {
            TargetOutcome::Dropped { .. } => After::Dropped,
            TargetOutcome::Invalid(_) => After::Invalid,
            TargetOutcome::Active => {
                let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
                After::Active(labels.iter_ordered().map(own).collect())
            }
        }
    }
}

fn compile(steps: &[RawStep], server: Server) -> Result<Program, StepError> {
    let validated: Result<Vec<_>, _> =
        steps.iter().map(|step| step.validate(server, NameScheme::Utf8)).collect();
    Ok(Program::compile(&validated?))
}

/// The labels that the targets API shows.
fn public(labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let shown = labels.iter().filter(|(name, _)| !name.starts_with("__"));
    shown.map(|(name, value)| (name.clone(), value.clone())).collect()
}
