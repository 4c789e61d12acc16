//! Label sets for chains, made of the chains' own words.

use promsieve_core::config::ChainKind;
use promsieve_core::regexp::language::{Language, Limits};
use promsieve_core::relabel::{Action, Outcome, Program, Scratch, Step};
use promsieve_core::series::LabelBuf;

use super::Labels;
use crate::random::Random;

/// Label sets a chain.
const WANTED: usize = 12;
const TRIED: usize = 200;

/// Label sets that tell the chains apart, where some were found, and a few others. What a server makes
/// of them decides; that promsieve tells them apart only makes it worth asking.
pub(super) fn label_sets(
    chains: [&[Step]; 2],
    kind: ChainKind,
    random: &mut Random,
) -> Vec<Labels> {
    let [good, bad] = chains.map(Program::compile);
    let words = Words::of(chains, kind);
    let (mut telling, mut others) = (Vec::new(), Vec::new());
    for _ in 0..TRIED {
        let labels = words.labels(random);
        let differ = relabeled(&good, &labels) != relabeled(&bad, &labels);
        let list = if differ { &mut telling } else { &mut others };
        if !list.contains(&labels) {
            list.push(labels);
        }
    }
    telling.truncate(WANTED - 2);
    others.truncate(WANTED - telling.len());
    telling.extend(others);
    telling
}

/// The first of so many label sets that tells the chains apart.
pub fn first_difference(
    chains: [&[Step]; 2],
    kind: ChainKind,
    tries: usize,
    random: &mut Random,
) -> Option<Labels> {
    let [one, other] = chains.map(Program::compile);
    let words = Words::of(chains, kind);
    let mut sets = (0..tries).map(|_| words.labels(random));
    sets.find(|labels| relabeled(&one, labels) != relabeled(&other, labels))
}

/// What label sets for chains are made of.
struct Words<'a> {
    read: [Vec<Read<'a>>; 2],
    /// Values of each label that the chains speak of.
    values: Vec<(String, Vec<String>)>,
    kind: ChainKind,
}

impl<'a> Words<'a> {
    fn of(chains: [&'a [Step]; 2], kind: ChainKind) -> Self {
        let read = chains.map(|steps| steps.iter().map(Read::of).collect::<Vec<_>>());
        let all: Vec<&Read<'_>> = read.iter().flatten().collect();
        let values =
            names(&all).into_iter().map(|name| (name.clone(), values(&all, &name))).collect();
        Self { read, values, kind }
    }

    fn labels(&self, random: &mut Random) -> Labels {
        let mut labels = Labels::new();
        for (name, values) in &self.values {
            if !random.rarely(4) {
                labels.insert(name.clone(), values[random.below(values.len())].clone());
            }
        }
        if !random.rarely(3) {
            pass_keeps(&self.read[random.below(2)], &mut labels);
        }
        complete(self.kind, &mut labels, random);
        labels
    }
}

/// A step with texts that its pattern matches.
struct Read<'a> {
    step: &'a Step,
    matched: Vec<String>,
}

impl<'a> Read<'a> {
    fn of(step: &'a Step) -> Self {
        let language = Language::of(step.pattern(), Limits::default()).ok();
        let mut matched: Vec<String> = language.iter().filter_map(Language::example).collect();
        matched.extend(language.and_then(|all| all.strings(8)).unwrap_or_default());
        Self { step, matched }
    }
}

fn relabeled(program: &Program, labels: &Labels) -> Option<Labels> {
    let mut set = LabelBuf::new();
    set.refill(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let outcome = program.apply(&mut Scratch::new(), &mut set);
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    (outcome == Outcome::Kept).then(|| set.sorted().into_iter().map(owned).collect())
}

/// Gives sources of filters what they keep, in the order of the chain.
fn pass_keeps(steps: &[Read<'_>], labels: &mut Labels) {
    for read in steps.iter().filter(|read| read.step.action() == Action::Keep) {
        let Some(text) = read.matched.first() else { continue };
        let sources = read.step.source_labels();
        for (name, part) in sources.iter().zip(parts(text, read.step)) {
            labels.insert(name.to_string(), part.to_owned());
        }
    }
}

/// What a text that a step matches says of each of its sources.
fn parts<'a>(text: &'a str, step: &'a Step) -> impl Iterator<Item = &'a str> {
    let separator = if step.separator().is_empty() { ";" } else { step.separator() };
    text.splitn(step.source_labels().len().max(1), separator)
}

/// Makes of labels what can be a target or a sample.
fn complete(kind: ChainKind, labels: &mut Labels, random: &mut Random) {
    if kind == ChainKind::Target {
        let port = ["", ":8080", ":9100"][random.below(3)];
        let address = format!("10.0.0.{}{port}", random.below(200) + 1);
        labels.insert("__address__".to_owned(), address);
        labels.remove("__name__");
        return;
    }
    labels.retain(|name, _| name == "__name__" || !name.starts_with("__"));
    let name = labels.entry("__name__".to_owned()).or_default();
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    name.retain(is_letter);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        "some_metric_total".clone_into(name);
    }
}

/// Labels that the steps read, write or remove.
fn names(steps: &[&Read<'_>]) -> Vec<String> {
    let mut names: Vec<String> = ["__name__", "other"].map(str::to_owned).to_vec();
    for Read { step, matched } in steps {
        names.extend(step.source_labels().iter().map(ToString::to_string));
        names.push(step.target_label().to_owned());
        if matches!(step.action(), Action::LabelDrop | Action::LabelKeep | Action::LabelMap) {
            names.extend(matched.iter().cloned());
            names.extend(words(step));
        }
    }
    let is_name = |name: &String| {
        let first = name.chars().next();
        first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    names.retain(is_name);
    names.sort();
    names.dedup();
    names
}

/// Values that steps which read `name` match, or nearly.
fn values(steps: &[&Read<'_>], name: &str) -> Vec<String> {
    let mut values: Vec<String> = ["x", "web-1", "true", "8080"].map(str::to_owned).to_vec();
    for Read { step, matched } in steps {
        let Some(at) = step.source_labels().iter().position(|source| **source == *name) else {
            continue;
        };
        let parts = matched.iter().filter_map(|text| parts(text, step).nth(at));
        values.extend(parts.map(str::to_owned));
        for word in words(step) {
            values.extend([format!("{word}_total"), format!("x{word}"), word]);
        }
    }
    values
}

fn words(step: &Step) -> Vec<String> {
    let words = step.pattern().text().split(|c: char| !c.is_alphanumeric() && !"_-.".contains(c));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
