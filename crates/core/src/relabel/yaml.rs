//! A raw step as YAML again.

use std::fmt::Write as _;

use super::{Field, RawStep};
use crate::doc::quote;

impl RawStep {
    /// The step as YAML, one line a field, without a dash. What is not written stays so.
    pub fn to_yaml(&self) -> String {
        let mut yaml = String::new();
        let mut line = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = writeln!(yaml, "{key}: {value}");
            }
        };
        let list = |names: &Vec<String>| {
            let names: Vec<_> = names.iter().map(|name| quote(name)).collect();
            format!("[{}]", names.join(", "))
        };
        line("source_labels", shown(&self.source_labels, list));
        line("separator", shown(&self.separator, text));
        line("regex", shown(&self.regex, text));
        line("modulus", shown(&self.modulus, ToString::to_string));
        line("target_label", shown(&self.target_label, text));
        line("replacement", shown(&self.replacement, text));
        line("action", shown(&self.action, text));
        line("if", shown(&self.selectors, list));
        line("match", shown(&self.graphite, text));
        let pairs = |labels: &Vec<(String, String)>| {
            let pairs: Vec<_> = labels
                .iter()
                .map(|(name, value)| format!("{}: {}", quote(name), quote(value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        };
        line("labels", shown(&self.labels, pairs));
        yaml.truncate(yaml.trim_end().len());
        yaml
    }
}

#[expect(clippy::ptr_arg, reason = "`shown` hands out what the field holds")]
fn text(text: &String) -> String {
    quote(text).into_owned()
}

fn shown<T>(field: &Field<T>, show: impl Fn(&T) -> String) -> Option<String> {
    match field {
        Field::Absent => None,
        Field::Null => Some("null".to_owned()),
        Field::Set(value) => Some(show(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_shown_and_safely_quoted() {
        let step = RawStep {
            source_labels: Field::Set(vec!["__name__".into(), "a.b".into()]),
            regex: Field::Set("a|b: #".into()),
            replacement: Field::Set(String::new()),
            action: Field::Null,
            ..RawStep::default()
        };
        let yaml = "source_labels: [__name__, a.b]\nregex: 'a|b: #'\nreplacement: ''\naction: null";
        assert_eq!(step.to_yaml(), yaml);
    }
}
