//! Relabel steps as a configuration has them.

use std::fmt::Write as _;

use promsieve_core::relabel::{Field, RawStep, StepField};

/// A step as YAML in flow style.
pub fn step(step: &RawStep) -> String {
    let mut written = Vec::new();
    let list = |names: &Vec<String>| {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        format!("[{}]", names.join(", "))
    };
    for field in StepField::ALL.into_iter().chain(StepField::OF_VMAGENT) {
        let value = match field {
            StepField::SourceLabels => show(&step.source_labels, list),
            StepField::Separator => show(&step.separator, |text| quoted(text)),
            StepField::Regex => show(&step.regex, |text| quoted(text)),
            StepField::Modulus => show(&step.modulus, u64::to_string),
            StepField::TargetLabel => show(&step.target_label, |text| quoted(text)),
            StepField::Replacement => show(&step.replacement, |text| quoted(text)),
            StepField::Action => show(&step.action, |text| quoted(text)),
            StepField::If => show(&step.selectors, list),
            StepField::Match => show(&step.graphite, |text| quoted(text)),
            StepField::Labels => show(&step.labels, |labels| {
                let pair = |(name, value): &(String, String)| {
                    format!("{}: {}", quoted(name), quoted(value))
                };
                format!("{{{}}}", labels.iter().map(pair).collect::<Vec<_>>().join(", "))
            }),
        };
        if let Some(value) = value {
            written.push(format!("{}: {value}", field.key()));
        }
    }
    format!("{{{}}}", written.join(", "))
}

fn show<T>(field: &Field<T>, value: impl Fn(&T) -> String) -> Option<String> {
    match field {
        Field::Absent => None,
        Field::Null => Some("null".to_owned()),
        Field::Set(text) => Some(value(text)),
    }
}

/// A double-quoted YAML scalar in ASCII.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => drop(write!(out, "\\U{:08x}", c as u32)),
        }
    }
    out.push('"');
    out
}
