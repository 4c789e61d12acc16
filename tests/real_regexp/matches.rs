//! What a server's relabeling matches and captures: each target's value goes through a hundred
//! patterns, each of which notes its verdict in a label of its own.

use std::collections::{BTreeMap, HashMap};

use promsieve_core::relabel::{Field, Program, RawStep, Scratch};
use promsieve_core::series::LabelBuf;
use promsieve_core::server::{NameScheme, Server};

use super::grammar;
use crate::real::{Version, dir};
use crate::real_relabel::generate::Case;
use crate::real_relabel::oracle::{self, Seen};
use promsieve_lab::random::{Random, from_env, seed};

/// Patterns of one chain.
const PATTERNS: usize = 100;
/// Strings that each of them is tried on.
const STRINGS: usize = 500;
/// Chains a server is given at once.
const BATCH: usize = 10;

/// Strings that no pattern asked for.
const ODD: &[&str] = &[
    "",
    "a",
    "b",
    "\n",
    "a\n",
    "\na",
    "a\nb",
    "é",
    "e\u{301}",
    "K",
    "\u{212a}",
    "ſ",
    "ß",
    "ẞ",
    "İ",
    "i̇",
    "ǅ",
    "\u{0}",
    "\u{85}",
    "\u{feff}a",
    "\u{10ffff}",
    "\u{fffd}",
    " a ",
    "\t",
    "ab_c-0.9",
    "Σας",
];

/// Both groups by number and name, so that the choice between alternatives shows.
const CAPTURES: &str = "<$0|$1|$2|$3|${n}|${m}>";

#[test]
fn prometheus_2_and_we_match_the_same() {
    check(Version::V2);
}

#[test]
fn prometheus_3_and_we_match_the_same() {
    check(Version::V3);
}

#[derive(Debug, Default)]
struct Report {
    matched: usize,
    unmatched: usize,
    differences: usize,
}

#[track_caller]
fn check(version: Version) {
    if dir().is_none() {
        return;
    }
    let server: Server = version.name().parse().unwrap();
    let random = &mut Random::new(seed());
    let wanted = from_env("PROMSIEVE_MATCHES", 100_000) as usize;
    let mut left = wanted.div_ceil(PATTERNS * STRINGS);
    let mut report = Report::default();
    while left > 0 {
        let cases: Vec<Case> = (0..left.min(BATCH)).map(|_| generate(random, server)).collect();
        left -= cases.len();
        let numbered = || cases.iter().enumerate();
        let seen = oracle::targets(version, &oracle::config(version, numbered()), cases.len());
        for (id, case) in numbered() {
            compare(server, id, case, &seen, &mut report);
        }
    }
    println!("{server} seed {}: {report:?}", seed());
    assert_eq!(report.differences, 0, "{server} matches differently");
    let least = wanted / 20;
    assert!(report.matched > least && report.unmatched > least, "one-sided: {report:?}");
}

fn compare(
    server: Server,
    id: usize,
    case: &Case,
    seen: &HashMap<String, Seen>,
    report: &mut Report,
) {
    let steps: Vec<_> =
        case.steps.iter().map(|step| step.validate(server, NameScheme::Utf8).unwrap()).collect();
    let program = Program::compile(&steps);
    let scratch = &mut Scratch::new();
    for (at, own) in case.targets.iter().enumerate() {
        let mut labels = LabelBuf::new();
        labels.set("v", &own[0].1);
        program.apply(scratch, &mut labels);
        let ours: BTreeMap<&str, &str> = labels.iter_ordered().collect();
        let Some(Seen::Active(theirs)) = seen.get(&oracle::target_id(id, at)) else {
            panic!("target {at} of chain {id} is missing");
        };
        for (number, step) in case.steps.iter().enumerate() {
            let name = verdict(number);
            let (ours, theirs) = (ours.get(name.as_str()), theirs.get(&name));
            match ours {
                Some(_) => report.matched += 1,
                None => report.unmatched += 1,
            }
            if ours.copied() != theirs.map(String::as_str) {
                report.differences += 1;
                if report.differences <= 20 {
                    let (text, value) = (&step.regex, &own[0].1);
                    println!("{server} {text:?} on {value:?}: we {ours:?}, server {theirs:?}");
                }
            }
        }
    }
}

/// The label that holds what pattern `number` of a chain says.
fn verdict(number: usize) -> String {
    format!("m{number}")
}

fn generate(random: &mut Random, server: Server) -> Case {
    let mut case = Case::default();
    let mut strings: Vec<String> = ODD.iter().map(|&text| text.to_owned()).collect();
    while case.steps.len() < PATTERNS {
        let (pattern, example) = grammar::grow(random);
        let replacement = if random.rarely(2) { "yes" } else { CAPTURES };
        let step = RawStep {
            source_labels: Field::Set(vec!["v".to_owned()]),
            regex: Field::Set(pattern),
            target_label: Field::Set(verdict(case.steps.len())),
            replacement: Field::Set(replacement.to_owned()),
            ..RawStep::default()
        };
        if step.validate(server, NameScheme::Utf8).is_ok() {
            case.steps.push(step);
            strings.push(grammar::near(random, &example));
            strings.push(example);
        }
    }
    while strings.len() < STRINGS {
        let near = strings[random.below(strings.len())].clone();
        strings.push(if random.rarely(2) {
            grammar::near(random, &near)
        } else {
            (0..random.below(5)).map(|_| random.char("aab")).collect()
        });
    }
    case.targets = strings.into_iter().map(|text| vec![("v", text)]).collect();
    case
}
