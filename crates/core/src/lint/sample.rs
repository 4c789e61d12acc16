//! Label sets that show what a step does: made from its own pattern, then run.

use super::Context;
use crate::config::{Chain, ChainKind};
use crate::regexp::language::{Language, Limits};
use crate::relabel::{Did, Outcome, Program, Scratch, Step};
use crate::series::LabelBuf;

/// Label names and values.
pub(super) type Labels = Vec<(String, String)>;

/// A value that a step can read from its labels and that is in `wanted`, label by label.
pub(super) fn reading(context: &Context<'_>, step: &Step, wanted: &Language) -> Option<Labels> {
    let sources = step.source_labels();
    let part = match step.separator() {
        _ if sources.len() < 2 => Language::all(Limits::default()),
        separator if separator.chars().count() == 1 => {
            let code = separator.chars().next()? as u32;
            context.language_of(&format!("[^\\x{{{code:x}}}]*"))?
        }
        _ => return None,
    };
    let parts = vec![part; sources.len()];
    let joined = Language::joined(&parts, step.separator(), Limits::default()).ok()?;
    let value = joined.intersection(wanted).ok()?.example()?;
    let values =
        if sources.len() < 2 { vec![&*value] } else { value.split(step.separator()).collect() };
    let mut labels = Labels::new();
    for (name, value) in sources.iter().zip(values) {
        match labels.iter().find(|(known, _)| **known == **name) {
            Some((_, known)) if known != value => return None,
            _ => labels.push((name.to_string(), value.to_owned())),
        }
    }
    labels.retain(|(_, value)| !value.is_empty());
    Some(labels)
}

/// Adds the labels that whatever comes to such a chain has.
pub(super) fn with_usual_labels(chain: &Chain, mut labels: Labels) -> Labels {
    let usual: &[(&str, &str)] = match chain.kind {
        ChainKind::Target | ChainKind::Alertmanager => {
            &[("__address__", "10.0.0.1:9100"), ("job", "app")]
        }
        ChainKind::Metric | ChainKind::Write => {
            &[("__name__", "up"), ("instance", "10.0.0.1:9100"), ("job", "app")]
        }
        ChainKind::Alert => &[("alertname", "TargetDown"), ("job", "app")],
    };
    for (name, value) in usual {
        if !labels.iter().any(|(known, _)| known == name) {
            labels.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    labels.sort();
    labels
}

/// What became of a label set in some steps.
#[derive(Debug)]
pub(super) struct Ran {
    /// The labels at the end; `None` when it was dropped.
    pub(super) labels: Option<Labels>,
    /// What each step did.
    pub(super) did: Vec<Did>,
}

/// Runs steps on a label set.
pub(super) fn run<'s>(steps: impl IntoIterator<Item = &'s Step>, labels: &Labels) -> Ran {
    let steps: Vec<Step> = steps.into_iter().cloned().collect();
    let mut set = LabelBuf::new();
    set.refill(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let (outcome, did) = Program::compile(&steps).apply_traced(&mut Scratch::new(), &mut set);
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let labels = (outcome == Outcome::Kept && !set.is_empty())
        .then(|| set.sorted().into_iter().map(owned).collect());
    Ran { labels, did }
}

/// A label set as queries write it: `up{job="app"}`.
pub(super) fn show(labels: &[(String, String)]) -> String {
    let name = labels.iter().find(|(name, _)| name == "__name__");
    let rest: Vec<String> = labels
        .iter()
        .filter(|(label, _)| label != "__name__")
        .map(|(label, value)| format!("{label}={value:?}"))
        .collect();
    format!("{}{{{}}}", name.map_or("", |(_, name)| name), rest.join(", "))
}

/// What a label set became, in words.
pub(super) fn became(labels: &Labels, ran: &Ran) -> String {
    match &ran.labels {
        None => format!("`{}` is dropped", show(labels)),
        Some(after) if after == labels => format!("`{}` stays as it is", show(labels)),
        Some(after) => format!("`{}` becomes `{}`", show(labels), show(after)),
    }
}
