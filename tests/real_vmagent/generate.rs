//! Chains and label sets in vmagent's dialect from a seed.

use std::collections::BTreeMap;

use promsieve_core::relabel::{Action, Effect, Field, Input, RawStep, Scratch};
use promsieve_core::server::{NameScheme, Server};

use crate::real_relabel::generate::{step as prometheus_step, value};
use promsieve_lab::random::Random;

/// A chain and a label set.
pub(super) struct Case {
    pub(super) steps: Vec<RawStep>,
    pub(super) labels: BTreeMap<String, String>,
}

const NAMES: &[&str] = &["a", "b", "c", "a_x", "b_x", "__tmp_x", "__meta_m", "job", "t", "A"];
const SOURCES: &[&str] = &["a", "a", "b", "c", "a_x", "__tmp_x", "job", "__name__", "missing", "t"];
const METRICS: &[&str] =
    &["up", "foo", "foo_bar", "foo.bar.baz", "foo.x-y.z", "a.b", "http:rate5m"];
const VMAGENT: &[&str] = &[
    "keep_metrics",
    "drop_metrics",
    "keep_if_contains",
    "drop_if_contains",
    "keep_if_equal",
    "drop_if_equal",
    "keepequal",
    "dropequal",
    "labelmap_all",
    "replace_all",
    "graphite",
    "replace",
    "replace",
    "hashmod",
    "Replace_All",
];
const PATTERNS: &[&str] = &[
    "a",
    "a|b",
    "[ab]",
    "o",
    "(.)_x",
    "_x",
    "foo.*",
    "foo|up",
    "^foo$",
    "f(o+)(.*)",
    ".",
    ".*",
    "(.*)",
    "^.*$",
    "",
    "x*",
    "(a)|(b)",
    "-",
    r"\.",
    r"(\w+)\.(\w+)",
    "a.b",
    "(a)\n?(.*)",
    ".+",
    "(",
    "$",
    "^a",
    "é",
    "(?i)FOO.*",
    "(?:.*)",
    "(.+)$",
    "..",
    "__.*",
    "job",
    "a$b",
    r"foo\$",
    "(.*).*",
    "^(a|b)$",
];
const REPLACEMENTS: &[&str] = &[
    "",
    "x",
    "$1",
    "${1}y",
    "$0",
    "_",
    "-",
    "$2",
    "{{a}}",
    "{{a}}-{{b}}",
    "{{__name__}}/$1",
    "{{missing}}x",
    "{{a",
    "$1{{a}}",
    "{{ a }}",
    "a}}{{b}}",
    "$$",
    "{{c}}$2",
    "new_$1",
];
const TARGETS: &[&str] = &["t", "t", "a", "b", "c", "__tmp_x", "u", "job", "t_$1", "$1", "", "é.x"];
const SELECTORS: &[&str] = &[
    "up",
    "foo",
    "{a=\"a\"}",
    "{a=~\"a.*\"}",
    "{a!=\"\"}",
    "{b=\"\"}",
    "{missing=\"\"}",
    "{missing!~\".+\"}",
    "foo{a!~\"a|b\"}",
    "{__name__=~\"foo.*\",b!=\"x\"}",
    "{a=\"a\" or b=\"b\"}",
    "{}",
    "{a=~\".*\"}",
    "{a=~\"^a$\"}",
    "{__name__!=\"up\"}",
    "{a=\"a\",}",
    "up{",
    "{c=~\"(\"}",
    "{__name__=\"\"}",
    "foo{a=\"x\" or job=~\".+\"}",
];
const MATCHES: &[&str] = &[
    "foo.*.*",
    "*.*",
    "foo.*.baz",
    "*",
    "foo.*",
    "f*.b*.*",
    "up",
    "",
    "*o",
    "**",
    "foo.*-*.z",
    "foo.*.*.*",
];

impl Case {
    pub(super) fn generate(random: &mut Random) -> Self {
        let steps = (0..=random.below(4)).map(|_| step(random)).collect();
        let mut labels = BTreeMap::new();
        for name in NAMES.iter().filter(|_| !random.rarely(2)).collect::<Vec<_>>() {
            labels.insert((*name).to_owned(), value(random));
        }
        if !random.rarely(8) {
            labels.insert("__name__".to_owned(), random.pick(METRICS).to_owned());
        }
        labels.retain(|_, value| !value.is_empty());
        Self { steps, labels }
    }

    /// Whether a `labelmap` of the chain may write a label that it maps as well.
    pub(super) fn feeds_back(&self, server: Server) -> bool {
        let feeds = |step: &RawStep| {
            let Ok(step) = step.validate(server, NameScheme::Utf8) else { return false };
            let mut scratch = Scratch::new();
            let known = NAMES.iter().chain(TARGETS).chain(&["__name__"]);
            step.action() == Action::LabelMap
                && known.into_iter().any(|name| {
                    let to = match step.effect(Input::Name(name), &mut scratch) {
                        Effect::Copy { to } if to != *name => to.to_owned(),
                        _ => return false,
                    };
                    matches!(step.effect(Input::Name(&to), &mut scratch), Effect::Copy { to: next } if next != to)
                })
        };
        self.steps.iter().any(feeds)
    }
}

fn some(random: &mut Random, from: &[&str]) -> String {
    random.pick(from).to_owned()
}

fn step(random: &mut Random) -> RawStep {
    let mut step = if random.rarely(3) { prometheus_step(random) } else { own_step(random) };
    if random.rarely(4) {
        let count = 1 + random.below(2);
        step.selectors = Field::Set((0..count).map(|_| some(random, SELECTORS)).collect());
    }
    step
}

fn own_step(random: &mut Random) -> RawStep {
    let action = random.pick(VMAGENT);
    let mut step = RawStep { action: Field::Set(action.to_owned()), ..RawStep::default() };
    let sources = |random: &mut Random, most: usize| {
        let count = 1 + random.below(most);
        Field::Set((0..count).map(|_| some(random, SOURCES)).collect())
    };
    match action {
        "graphite" => {
            step.graphite = Field::Set(some(random, MATCHES));
            let labels =
                [("t", "$1"), ("u", "${2}-$0"), ("a", "x$9y"), ("__name__", "$1.$2"), ("b", "${1")];
            let labels = labels.into_iter().filter(|_| !random.rarely(2));
            step.labels = Field::Set(labels.map(|(k, v)| (k.to_owned(), v.to_owned())).collect());
        }
        "keep_metrics" | "drop_metrics" | "labelmap_all" => {
            step.regex = Field::Set(some(random, PATTERNS));
            if action == "labelmap_all" {
                step.replacement = Field::Set(some(random, REPLACEMENTS));
            }
        }
        _ => {
            step.source_labels = sources(random, 2);
            let has_target = !matches!(action, "keep_if_equal" | "drop_if_equal");
            if has_target {
                step.target_label = Field::Set(some(random, TARGETS));
            }
            if matches!(action, "replace" | "replace_all" | "Replace_All") {
                step.regex = if random.rarely(3) {
                    Field::Absent
                } else {
                    Field::Set(some(random, PATTERNS))
                };
                step.replacement = if random.rarely(4) {
                    Field::Absent
                } else {
                    Field::Set(some(random, REPLACEMENTS))
                };
            }
            if action == "hashmod" {
                step.modulus = Field::Set([1, 7, 1_000_000, u64::MAX][random.below(4)]);
            }
        }
    }
    spoil(random, &mut step);
    step
}

/// Now and then a field that does not belong there, or none that does.
fn spoil(random: &mut Random, step: &mut RawStep) {
    match random.below(120) {
        0 => step.source_labels = Field::Null,
        1 => step.target_label = Field::Set("t".to_owned()),
        2 => step.regex = Field::Set("a".to_owned()),
        3 => step.graphite = Field::Set("*".to_owned()),
        4 => step.labels = Field::Set(vec![("t".to_owned(), "$1".to_owned())]),
        5 => step.replacement = Field::Null,
        6 => step.separator = Field::Set(String::new()),
        7 => step.action = Field::Null,
        8 => step.regex = Field::Null,
        _ => {}
    }
}
