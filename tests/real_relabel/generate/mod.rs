//! Chains and targets from a seed, with everything awkward in them.

mod coverage;
mod words;

pub(crate) use words::value;

use promsieve_core::relabel::{Field, RawStep, StepField};
use promsieve_lab::real::Version;

use super::oracle;
use crate::real_regexp::grammar;
use promsieve_lab::random::Random;

/// The labels of a target before its chain.
type Labels = Vec<(&'static str, String)>;

/// One job: its chain and the targets it runs over.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) steps: Vec<RawStep>,
    /// Whether its `scheme` is `https`.
    pub(crate) https: bool,
    /// The value of its parameter `p`.
    pub(crate) param: Option<String>,
    /// The labels of each target, without its id.
    pub(crate) targets: Vec<Labels>,
}

impl Case {
    pub(crate) fn generate(random: &mut Random, targets: usize) -> Self {
        let count = if random.rarely(25) { 6 + random.below(25) } else { 1 + random.below(5) };
        let mut examples = Vec::new();
        let steps = (0..count).map(|_| grown(random, &mut examples)).collect();
        let https = random.rarely(10);
        let param = random.rarely(10).then(|| "given".to_owned());
        let targets = (0..targets).map(|_| labels(random, &examples)).collect();
        Self { steps, https, param, targets }
    }

    /// The labels of target `at` as discovery hands them over. Prometheus 2 refuses names in UTF-8.
    pub(crate) fn discovered(
        &self,
        version: Version,
        id: usize,
        at: usize,
    ) -> Vec<(String, String)> {
        let taken = |name: &str| {
            version == Version::V3 || name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let own = self.targets[at].iter().filter(|(name, _)| taken(name));
        let own = own.map(|(name, value)| ((*name).to_owned(), value.clone()));
        let mut labels: Vec<(String, String)> = own.collect();
        if !labels.iter().any(|(name, _)| name == "__address__") {
            // One for each job: while loading, the server compares every two static configurations,
            // which takes long where they start alike.
            labels.push(("__address__".to_owned(), format!("127.0.0.1:{}", 1 + id)));
        }
        labels.push(("__id__".to_owned(), oracle::target_id(id, at)));
        labels
    }
}

/// A step whose pattern may have grown, with a string for it in `examples`.
fn grown(random: &mut Random, examples: &mut Vec<String>) -> RawStep {
    let mut step = step(random);
    if matches!(step.regex, Field::Set(_)) && random.rarely(5) {
        let (pattern, example) = grammar::grow(random);
        step.regex = Field::Set(pattern);
        examples.push(example);
    }
    step
}

fn labels(random: &mut Random, examples: &[String]) -> Labels {
    let names = words::names(random);
    let address = words::address(random).map(|text| ("__address__", text.to_owned()));
    let value = |random: &mut Random| match examples {
        [_, ..] if random.rarely(4) => {
            let example = &examples[random.below(examples.len())];
            if random.rarely(3) { grammar::near(random, example) } else { example.clone() }
        }
        _ => words::value(random),
    };
    let own = names.into_iter().map(|name| (name, value(random)));
    own.collect::<Vec<_>>().into_iter().chain(address).collect()
}

/// One step, seldom a refused one.
pub(crate) fn step(random: &mut Random) -> RawStep {
    let action = words::action(random);
    let mut step = RawStep { action: Field::Set(action.to_owned()), ..RawStep::default() };
    match action {
        "replace" => {
            values(random, &mut step);
            step.regex = sometimes(random, 3, words::pattern);
            step.target_label = Field::Set(words::target(random, true));
            step.replacement = sometimes(random, 4, words::replacement);
            if random.rarely(4) {
                step.action = Field::Absent;
            }
        }
        "keep" | "drop" => {
            values(random, &mut step);
            step.regex = sometimes(random, 20, words::pattern);
        }
        "hashmod" => {
            values(random, &mut step);
            step.target_label = Field::Set(words::target(random, false));
            step.modulus = words::modulus(random);
        }
        "lowercase" | "uppercase" => {
            values(random, &mut step);
            step.target_label = Field::Set(words::target(random, false));
        }
        "keepequal" | "dropequal" => {
            values(random, &mut step);
            step.separator = Field::Absent;
            step.target_label = Field::Set(words::source(random));
        }
        _ => by_name(random, action, &mut step),
    }
    spoil(random, &mut step);
    step
}

fn by_name(random: &mut Random, action: &str, step: &mut RawStep) {
    step.regex = sometimes(random, 100, words::name_pattern);
    match (action, &mut step.regex) {
        ("labelkeep", Field::Set(text)) if !random.rarely(10) => {
            text.push_str("|__(?:address|id|scrape_.+)__");
        }
        ("labelmap", _) => step.replacement = sometimes(random, 3, words::mapping),
        _ => {}
    }
}

fn values(random: &mut Random, step: &mut RawStep) {
    let count = [0, 1, 1, 1, 1, 2, 2, 3][random.below(8)];
    step.source_labels = Field::Set((0..count).map(|_| words::source(random)).collect());
    if count == 0 && random.rarely(2) {
        step.source_labels = if random.rarely(2) { Field::Null } else { Field::Absent };
    }
    if random.rarely(4) {
        step.separator = Field::Set(words::separator(random));
    }
}

/// Absent once in `bound` times.
fn sometimes(
    random: &mut Random,
    bound: usize,
    make: impl Fn(&mut Random) -> String,
) -> Field<String> {
    if random.rarely(bound) { Field::Absent } else { Field::Set(make(random)) }
}

/// Now and then any field, fitting or not, is left out, null, or has another value, and now and
/// then an action is written in capitals.
fn spoil(random: &mut Random, step: &mut RawStep) {
    if random.rarely(25) {
        let Field::Set(action) = &mut step.action else { return };
        let capital = |(at, c): (usize, char)| if at % 2 == 0 { c.to_ascii_uppercase() } else { c };
        *action = if random.rarely(2) {
            action.to_uppercase()
        } else {
            action.chars().enumerate().map(capital).collect()
        };
    }
    if !random.rarely(25) {
        return;
    }
    let list = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    match StepField::ALL[random.below(StepField::ALL.len())] {
        StepField::SourceLabels => {
            step.source_labels = other(random, [list(&[]), list(&["a"])]);
        }
        StepField::Separator => step.separator = other(random, [";", "--"].map(str::to_owned)),
        StepField::TargetLabel => {
            step.target_label = other(random, ["", "extra"].map(str::to_owned));
        }
        StepField::Regex => step.regex = other(random, ["(.*)", "a"].map(str::to_owned)),
        StepField::Modulus => step.modulus = other(random, [0, 3]),
        StepField::Replacement => step.replacement = other(random, ["$1", "x"].map(str::to_owned)),
        // Without its action a step is `replace`, which mostly lacks a target then.
        StepField::Action if random.rarely(4) => {
            step.action = other(random, ["", "frobnicate\n"].map(str::to_owned));
        }
        // Those of vmagent are not among those of Prometheus.
        StepField::Action | StepField::If | StepField::Match | StepField::Labels => {}
    }
}

fn other<T>(random: &mut Random, [first, second]: [T; 2]) -> Field<T> {
    match random.below(4) {
        0 => Field::Absent,
        1 => Field::Null,
        2 => Field::Set(first),
        _ => Field::Set(second),
    }
}
