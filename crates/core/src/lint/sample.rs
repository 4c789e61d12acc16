//! Label sets that show what a step does: made from its own pattern, then run.

use super::Context;
use crate::config::{Chain, ChainKind};
use crate::regexp::language::Language;
use crate::relabel::Step;

pub(super) use crate::relabel::analysis::{Labels, Ran, run};

/// A value that a step can read from its labels and that is in `wanted`, label by label.
pub(super) fn reading(context: &Context<'_>, step: &Step, wanted: &Language) -> Option<Labels> {
    let sources = step.source_labels();
    let parts = vec![value(context, step)?; sources.len()];
    let values = Language::tuple(&parts, step.separator(), wanted).ok()??;
    let mut labels = Labels::new();
    for (name, value) in sources.iter().zip(values) {
        match labels.iter().find(|(known, _)| **known == **name) {
            Some((_, known)) if *known != value => return None,
            _ => labels.push((name.to_string(), value)),
        }
    }
    labels.retain(|(_, value)| !value.is_empty());
    Some(labels)
}

/// All values that do not hold the separator, since it would be unclear where such a value ends.
fn value(context: &Context<'_>, step: &Step) -> Option<Language> {
    let languages = context.languages();
    let (all, separator) = (languages.all(), step.separator());
    if step.source_labels().len() < 2 || separator.is_empty() {
        return Some(all);
    }
    let around = languages.joined(&[all.clone(), all.clone()], separator).ok()?;
    languages.difference(&all, &around).ok()
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
