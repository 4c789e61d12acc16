//! Generated chains over small alphabets, and every label set over them: what is claimed holds, and
//! how much of what holds is claimed.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};

use super::start::language;
use super::{Analysis, Claim, ClaimKind, Labels, Ran, Start, analyse, run};
use crate::regexp::language::Languages;
use crate::relabel::{Action, Field, RawStep, Step};
use crate::server::{NameScheme, Server};

const NAMES: [&str; 3] = ["a", "b", "__tmp"];
const VALUES: [&str; 4] = ["", "x", "y", "xy"];

const PATTERNS: &[&str] = &[
    "(.*)",
    "x",
    "y",
    "x|y",
    "x.*",
    "(x|y);(.*)",
    "x;x",
    ".*;y",
    "[^x]*",
    "",
    ".+",
    "(.)(.*)",
    "x?;.*",
    "y;?",
    "(x)|y",
    "a|b",
    "__tmp",
    "[ab]",
    "a",
    "(a|b)",
    "__.*",
    "x)|(?:y",
    "(.+);?(.+)",
    "1",
    "0|1",
];

fn raw_step() -> impl Strategy<Value = RawStep> {
    let actions: Vec<Action> = Action::all()
        .flat_map(|action| {
            let weight = match action {
                Action::Keep | Action::Drop => 4,
                Action::Replace => 6,
                _ => 1,
            };
            vec![action; weight]
        })
        .collect();
    let sources = prop::collection::vec(select(&NAMES[..]), 0..3);
    let replacement = select(&["$1", "x", "", "y", "${2}$1", "${1}y", "b"][..]);
    let target = select(&["a", "b", "__tmp", "$1"][..]);
    let separator = select(&[";", ";", ";", "", "x"][..]);
    (select(actions), sources, select(PATTERNS), replacement, target, separator).prop_map(
        |(action, sources, regex, replacement, target, separator)| {
            let compares = matches!(action, Action::KeepEqual | Action::DropEqual);
            let text = |text: &str| Field::Set(text.to_owned());
            RawStep {
                action: text(action.name()),
                source_labels: Field::Set(sources.into_iter().map(str::to_owned).collect()),
                regex: if compares { Field::Absent } else { text(regex) },
                replacement: if compares { Field::Absent } else { text(replacement) },
                separator: if compares { Field::Absent } else { text(separator) },
                target_label: text(if compares && target == "$1" { "a" } else { target }),
                modulus: if compares { Field::Absent } else { Field::Set(2) },
                ..RawStep::default()
            }
        },
    )
}

/// Every label set over the names and values.
fn label_sets() -> Vec<Labels> {
    let mut all = vec![Labels::new()];
    for name in NAMES {
        let with = |labels: &Labels| {
            VALUES.map(|value| {
                let mut labels = labels.clone();
                if !value.is_empty() {
                    labels.push((name.to_owned(), value.to_owned()));
                }
                labels
            })
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

fn start(languages: &Languages) -> Start {
    let values = language(languages, &VALUES.join("|"));
    let start = Start::any(languages).with_names(languages.none());
    NAMES.into_iter().fold(start, |start, name| start.with_label(name, values.clone()))
}

/// A chain with what every label set does in it.
struct Brute<'a> {
    steps: &'a [Step],
    sets: &'a [Labels],
    runs: Vec<Ran>,
}

impl<'a> Brute<'a> {
    fn new(steps: &'a [Step], sets: &'a [Labels]) -> Self {
        Self { steps, sets, runs: sets.iter().map(|labels| run(steps, labels)).collect() }
    }

    fn reaching(&self, step: usize) -> impl Iterator<Item = (&Labels, &Ran)> {
        let all = self.sets.iter().zip(&self.runs);
        all.filter(move |(_, ran)| ran.did.get(step).is_some())
    }

    fn is_reached(&self, step: usize) -> bool {
        self.reaching(step).next().is_some()
    }

    fn acts_on_none(&self, step: usize) -> bool {
        self.reaching(step).all(|(_, ran)| ran.left_alone_by(step))
    }

    fn has_no_effect(&self, step: usize) -> bool {
        self.is_reached(step) && self.acts_on_none(step)
    }

    fn drops_everything(&self, step: usize) -> bool {
        self.is_reached(step) && self.reaching(step).all(|(_, ran)| ran.dropped_by() == Some(step))
    }

    /// The value of a label when a step begins.
    fn value_before(&self, labels: &Labels, step: usize, label: &str) -> String {
        let before = run(&self.steps[..step], labels).labels.unwrap_or_default();
        before.into_iter().find(|(name, _)| name == label).map_or_else(String::new, |found| found.1)
    }

    /// The chain of some of the steps and this one, where that one is the last.
    fn with_only(&self, earlier: &[usize], step: usize) -> Vec<Step> {
        earlier.iter().chain([&step]).map(|at| self.steps[*at].clone()).collect()
    }

    /// Whether the claim is true of every label set, and its witness one of them.
    fn confirms(&self, claim: &Claim) -> bool {
        let step = claim.step;
        let holds = match &claim.kind {
            ClaimKind::Unreachable { dropped_by } => {
                !self.is_reached(step) && self.drops_everything(*dropped_by)
            }
            ClaimKind::DropsEverything { because } => {
                self.drops_everything(step) && {
                    let part = self.with_only(because, step);
                    Brute::new(&part, self.sets).drops_everything(because.len())
                }
            }
            ClaimKind::NoEffect { because } => {
                // None need reach it: `y` is no value of one label joined with itself.
                self.acts_on_none(step) && {
                    let part = self.with_only(because, step);
                    Brute::new(&part, self.sets).acts_on_none(because.len())
                }
            }
            ClaimKind::ReadsAbsent { label, .. } => {
                let mut all = self.reaching(step);
                all.all(|(labels, _)| self.value_before(labels, step, label).is_empty())
            }
            ClaimKind::ReadsTooEarly { label, .. } => self.reaching(step).all(|(labels, _)| {
                labels.iter().any(|(name, _)| name == label)
                    || self.value_before(labels, step, label).is_empty()
            }),
            ClaimKind::Superseded { .. } => {
                let mut others = self.steps.to_vec();
                others.remove(step);
                self.sets
                    .iter()
                    .zip(&self.runs)
                    .all(|(labels, ran)| run(&others, labels).labels == ran.labels)
            }
        };
        let mut witness = claim.witness.labels.clone();
        witness.sort_by_key(|(name, _)| NAMES.iter().position(|known| known == name));
        holds && self.sets.contains(&witness)
    }

    /// Whether everything that the step reads is among what it was said to read.
    fn reads_as_said(&self, analysis: &Analysis, step: usize) -> bool {
        let sources = self.steps[step].source_labels();
        self.reaching(step).all(|(labels, _)| {
            let values: Vec<String> =
                sources.iter().map(|label| self.value_before(labels, step, label)).collect();
            let joined = values.join(self.steps[step].separator());
            let said = analysis.reads[step].as_ref();
            sources.is_empty() || said.is_some_and(|said| said.contains(&joined))
        })
    }
}

/// How many steps are so, and of how many that was claimed.
#[derive(Debug, Default)]
struct Share {
    are: usize,
    claimed: usize,
}

impl Share {
    fn count(&mut self, is_so: bool, is_claimed: bool) {
        self.are += usize::from(is_so);
        self.claimed += usize::from(is_so && is_claimed);
    }

    fn missed(&self) -> f64 {
        1.0 - self.claimed as f64 / self.are as f64
    }
}

fn chains(count: usize, longest: usize) -> impl Iterator<Item = Vec<Step>> {
    let config = ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let chain = prop::collection::vec(raw_step(), 1..=longest);
    (0..count).map(move |number| {
        let raw = chain.new_tree(&mut runner).expect("nothing is rejected").current();
        let server = [Server::default(), Server::prometheus(2, 42)][number % 2];
        raw.iter().filter_map(|step| step.validate(server, NameScheme::Utf8).ok()).collect()
    })
}

#[test]
fn claims_hold_for_every_label_set() {
    let languages = Languages::default();
    let (sets, start) = (label_sets(), start(&languages));
    let [mut no_effect, mut drops, mut unreachable] = [(); 3].map(|()| Share::default());
    let (mut claims, mut steps) = (0, 0);
    for chain in chains(600, 5) {
        let brute = Brute::new(&chain, &sets);
        let analysis = analyse(&chain, &start, &languages);
        for claim in &analysis.claims {
            assert!(brute.confirms(claim), "{claim:#?}\n{chain:#?}");
        }
        claims += analysis.claims.len();
        steps += chain.len();
        for step in 0..chain.len() {
            assert!(brute.reads_as_said(&analysis, step), "step {step} of {chain:#?}");
            let is = |wanted: fn(&ClaimKind) -> bool| {
                analysis.of_step(step).any(|claim| wanted(&claim.kind))
            };
            no_effect.count(
                brute.has_no_effect(step),
                is(|kind| matches!(kind, ClaimKind::NoEffect { .. })),
            );
            drops.count(
                brute.drops_everything(step),
                is(|kind| matches!(kind, ClaimKind::DropsEverything { .. })),
            );
            unreachable.count(
                !brute.is_reached(step),
                is(|kind| matches!(kind, ClaimKind::Unreachable { .. })),
            );
        }
    }
    println!("{claims} claims about {steps} steps hold");
    for (what, share) in
        [("no effect", &no_effect), ("drops everything", &drops), ("unreachable", &unreachable)]
    {
        println!("{what}: {share:?}, {:.1} % missed", 100.0 * share.missed());
    }
    assert!(no_effect.missed() < 0.1 && drops.missed() < 0.1 && unreachable.missed() < 0.1);
}
