//! The relabel engine against naive code: a map of labels, a step after the other, as the server's
//! documentation tells it. The bytes choose the chain and the labels.

use std::collections::{BTreeMap, BTreeSet};

use promsieve_core::relabel::{Field, Outcome, Program, RawStep, Scratch, Step, hash};
use promsieve_core::series::LabelBuf;
use promsieve_core::server::{NameScheme, Server};
use regex::{Captures, Regex};

use super::choices::Choices;

pub(super) type Labels = BTreeMap<String, String>;

const NAMES: [&str; 6] = ["__name__", "a", "ab", "b", "job", "x_1"];
const VALUES: [&str; 8] = ["", "a", "ab", "A1", "a;b", "1", "b\nc", "xx-yy"];
const SEPARATORS: [&str; 3] = [";", "", "-"];
/// Words whose meaning is the same in Go's engine and in Rust's.
const ATOMS: [&str; 16] = [
    "a",
    "b",
    "1",
    "-",
    ";",
    ".",
    "(.*)",
    "(.+)",
    "(a|b)",
    "(?P<n>a*)",
    "x?",
    "[ab]+",
    "(x|xx)",
    "|",
    "(a)?",
    "[^b]",
];
const TEXTS: [&str; 10] = ["$1", "a", "$2$1", "${1}_x", "$1_x", "${n}", "$$1", "x$", "b${9}", ""];
const ACTIONS: [&str; 11] = [
    "replace",
    "keep",
    "drop",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
    "keepequal",
    "dropequal",
];

/// A step with choices for all its fields.
fn step(choices: &mut Choices<'_>) -> RawStep {
    RawStep {
        action: choices.maybe(|it| it.of(&ACTIONS)),
        source_labels: choices.maybe(|it| it.several(&NAMES, 3)),
        regex: choices.maybe(|it| it.several(&ATOMS, 4).concat()),
        target_label: choices.maybe(|it| it.of(&[&NAMES[..], &TEXTS[..]].concat())),
        replacement: choices.maybe(|it| it.of(&TEXTS)),
        separator: choices.maybe(|it| it.of(&SEPARATORS)),
        modulus: choices.maybe(|it| 1 + it.below(40) as u64),
        ..RawStep::default()
    }
}

/// What becomes of the labels must be the same.
pub(super) fn chain(data: &[u8]) {
    let mut choices = Choices::of_bytes(data);
    let labels: Labels = (0..choices.below(6))
        .map(|_| (choices.of(&NAMES), choices.of(&VALUES)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let steps: Vec<RawStep> = (0..=choices.below(4)).map(|_| step(&mut choices)).collect();
    let valid = |step: &RawStep| step.validate(Server::default(), NameScheme::default()).ok();
    let Some(valid) = steps.iter().map(valid).collect::<Option<Vec<Step>>>() else { return };
    let Some(expected) = naive(&steps, &valid, labels.clone()) else { return };
    let mut buffer = LabelBuf::new();
    buffer.refill(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let outcome = Program::compile(&valid).apply(&mut Scratch::new(), &mut buffer);
    let pairs = buffer.sorted().into_iter();
    let after: Labels = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let kept = (outcome == Outcome::Kept).then_some(after);
    assert_eq!(kept, expected, "{steps:#?} of {labels:?}");
}

/// The labels after the chain, `None` within for none; `None` where the outcome depends on the order
/// in which a server goes through labels.
#[expect(clippy::option_option, reason = "whether there is an answer, and which")]
pub(super) fn naive(
    steps: &[RawStep],
    valid: &[Step],
    mut labels: Labels,
) -> Option<Option<Labels>> {
    for (raw, step) in steps.iter().zip(valid) {
        let text = |field: &Field<String>, default: &str| {
            field.value().map_or(default, String::as_str).to_owned()
        };
        let regex = Regex::new(&format!("^(?s:{})$", text(&raw.regex, "(.*)"))).ok()?;
        let replacement = text(&raw.replacement, "$1");
        let target = text(&raw.target_label, "");
        let value = |name: &String| labels.get(name).cloned().unwrap_or_default();
        let sources = raw.source_labels.value().cloned().unwrap_or_default();
        let joined: Vec<String> = sources.iter().map(value).collect();
        let joined = joined.join(&text(&raw.separator, ";"));
        let own = value(&target);
        match step.action().to_string().as_str() {
            "keep" if !regex.is_match(&joined) => return Some(None),
            "drop" if regex.is_match(&joined) => return Some(None),
            "keepequal" if joined != own => return Some(None),
            "dropequal" if joined == own => return Some(None),
            "keep" | "drop" | "keepequal" | "dropequal" => {}
            "lowercase" => set(&mut labels, target, joined.to_ascii_lowercase()),
            "uppercase" => set(&mut labels, target, joined.to_ascii_uppercase()),
            "hashmod" => set(&mut labels, target, (hash(&joined) % step.modulus()).to_string()),
            "labeldrop" => labels.retain(|name, _| !regex.is_match(name)),
            "labelkeep" => labels.retain(|name, _| regex.is_match(name)),
            "labelmap" => map(&mut labels, &regex, &replacement)?,
            _ => {
                if let Some(groups) = regex.captures(&joined) {
                    let name = expand(&target, &groups);
                    if !name.is_empty() {
                        set(&mut labels, name, expand(&replacement, &groups));
                    }
                }
            }
        }
    }
    Some(Some(labels))
}

fn set(labels: &mut Labels, name: String, value: String) {
    if value.is_empty() {
        labels.remove(&name);
    } else {
        labels.insert(name, value);
    }
}

/// Copies labels to what their names become; `None` where two become one.
fn map(labels: &mut Labels, regex: &Regex, replacement: &str) -> Option<()> {
    let (mut written, before) = (BTreeSet::new(), labels.clone());
    for (name, value) in before {
        if let Some(groups) = regex.captures(&name) {
            let name = expand(replacement, &groups);
            if name.is_empty() || !written.insert(name.clone()) {
                return None;
            }
            labels.insert(name, value);
        }
    }
    Some(())
}

/// A template: `$1`, `${1}`, `$name`, `${name}`, `$$`; any other `$` is one.
fn expand(template: &str, groups: &Captures<'_>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('$') {
        out += text;
        let in_braces = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, behind) = if let Some(split) = in_braces {
            split
        } else {
            let word = |c: char| !c.is_ascii_alphanumeric() && c != '_';
            after.split_at(after.find(word).unwrap_or(after.len()))
        };
        if let Some(behind) = after.strip_prefix('$') {
            out.push('$');
            rest = behind;
            continue;
        }
        if name.is_empty() {
            out.push('$');
            rest = after;
            continue;
        }
        let group = match name.parse() {
            Ok(number) => groups.get(number),
            Err(_) => groups.name(name),
        };
        out += group.map_or("", |group| group.as_str());
        rest = behind;
    }
    out + rest
}
