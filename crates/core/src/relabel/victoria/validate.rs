//! What vmagent accepts as a relabel config, in its order and words (lib/promrelabel/config.go).

use super::condition::Condition;
use super::graphite::Graphite;
use super::{Extra, regex};
use crate::relabel::StepField::{
    self, Labels, Match, Modulus, Regex, Replacement, SourceLabels, TargetLabel,
};
use crate::relabel::message::quote;
use crate::relabel::validate::Filled;
use crate::relabel::{Action, RawStep, Step, StepError};
use crate::server::{NameScheme, Server};

/// Checks the step as `server`, a vmagent, does. A null counts as absent there.
///
/// # Errors
/// The field that is wrong, with the server's message.
pub(in crate::relabel) fn validate(raw: &RawStep, server: Server) -> Result<Step, StepError> {
    let condition = match raw.selectors.value() {
        None => None,
        Some(selectors) => Some(
            Condition::read(selectors, server)
                .map_err(|message| StepError::new(StepField::If, message))?,
        ),
    };
    let text = raw.action.value().filter(|text| !text.is_empty());
    let text = text.map_or("replace", String::as_str);
    let parsed = Action::parse(text);
    let anywhere = matches!(parsed, Some(Action::ReplaceAll | Action::LabelMapAll));
    let exact = parsed.is_some_and(|action| action.name() == text);
    let written = raw.regex.value().map(String::as_str);
    let read = regex::read(written, anywhere, exact, server).map_err(|(error, compiled)| {
        let message = format!("cannot parse `regex` {}: {}", quote(&compiled), error.message);
        StepError { field: Regex, message, remedy: error.remedy.map(str::to_owned) }
    })?;
    let action = Action::read(text, server).ok_or_else(|| unknown(text, server))?;
    check(raw, action)?;
    let mut raw = raw.clone();
    if matches!(action, Action::KeepMetrics | Action::DropMetrics) {
        raw.source_labels = crate::relabel::Field::Set(vec!["__name__".to_owned()]);
    }
    let replacement = raw.replacement.value().map_or("$1", String::as_str);
    let filled = Filled {
        raw: &raw,
        action,
        separator: raw.separator.value().map_or(";", String::as_str),
        modulus: raw.modulus.value().copied().unwrap_or(0),
        target_label: raw.target_label.value().map_or("", String::as_str),
        replacement,
    };
    let is_plain = read.any && !filled.target_label.contains('$');
    let has_references = action == Action::Replace && replacement.contains("{{");
    let graphite = || {
        let labels = raw.labels.value().map_or(&[][..], Vec::as_slice);
        raw.graphite.value().map(|wanted| Graphite::new(wanted, labels))
    };
    let extra = Extra {
        condition,
        captures: read.captures,
        any: read.any,
        copies: is_plain && replacement == "$1",
        writes: is_plain && !replacement.contains('$'),
        references: has_references.then(|| replacement.into()),
        graphite: if action == Action::Graphite { graphite() } else { None },
    };
    let extra = Some(Box::new(extra));
    Ok(Step::new(&filled, read.pattern, NameScheme::Utf8, server, extra))
}

fn unknown(text: &str, server: Server) -> StepError {
    let lower = text.to_lowercase();
    let error = StepError::new(StepField::Action, format!("unknown `action` {}", quote(&lower)));
    match Action::parse(text) {
        Some(action) => error.remedy(format!("`{action}` needs a later release than {server}")),
        None => error,
    }
}

/// The fields that must be there and those that must not.
fn check(raw: &RawStep, action: Action) -> Result<(), StepError> {
    let sources = raw.source_labels.value().map_or(0, Vec::len);
    let (missing, extra) = (missing(raw, action, sources), unwanted(raw, action, sources));
    missing.or(extra).map_or_else(|| check_graphite(raw, action), Err)
}

fn missing(raw: &RawStep, action: Action, sources: usize) -> Option<StepError> {
    let has_target = raw.target_label.value().is_some_and(|text| !text.is_empty());
    let has_regex = raw.regex.value().is_some_and(|text| !text.is_empty());
    let without_condition = raw.selectors.value().is_none();
    let lacks = |field: StepField| {
        let message = format!("missing `{}` for `action={action}`", field.key());
        Some(StepError::new(field, message))
    };
    match action {
        Action::Graphite if raw.graphite.value().is_none_or(String::is_empty) => lacks(Match),
        Action::Graphite if raw.labels.value().is_none_or(Vec::is_empty) => lacks(Labels),
        Action::Keep | Action::Drop if sources == 0 && without_condition => lacks(SourceLabels),
        Action::ReplaceAll | Action::HashMod | Action::Lowercase | Action::Uppercase
            if sources == 0 =>
        {
            lacks(SourceLabels)
        }
        Action::KeepIfContains | Action::DropIfContains if !has_target => Some(StepError::new(
            TargetLabel,
            format!("`target_label` must be set for `action={action}`"),
        )),
        Action::KeepIfContains | Action::DropIfContains if sources == 0 => Some(StepError::new(
            SourceLabels,
            format!("`source_labels` must contain at least a single entry for `action={action}`"),
        )),
        Action::KeepIfEqual | Action::DropIfEqual if sources < 2 => {
            let names = raw.source_labels.value().map_or(&[][..], Vec::as_slice);
            let names: Vec<String> = names.iter().map(|name| quote(name)).collect();
            let message = format!(
                "`source_labels` must contain at least two entries for `action={action}`; got [{}]",
                names.join(" ")
            );
            Some(StepError::new(SourceLabels, message))
        }
        Action::KeepMetrics | Action::DropMetrics if !has_regex && without_condition => {
            let message = format!("`regex` must be non-empty for `action={action}`");
            Some(StepError::new(Regex, message))
        }
        Action::Replace
        | Action::ReplaceAll
        | Action::HashMod
        | Action::Lowercase
        | Action::Uppercase
        | Action::KeepEqual
        | Action::DropEqual
            if !has_target =>
        {
            lacks(TargetLabel)
        }
        Action::HashMod if raw.modulus.value().is_none_or(|modulus| *modulus == 0) => {
            let message = "unexpected `modulus` for `action=hashmod`: 0; must be greater than 0";
            Some(StepError::new(Modulus, message))
        }
        _ => None,
    }
}

fn unwanted(raw: &RawStep, action: Action, sources: usize) -> Option<StepError> {
    let has_target = raw.target_label.value().is_some_and(|text| !text.is_empty());
    let has_regex = raw.regex.value().is_some();
    let refuse = |field: StepField, word: &str| {
        let message = format!("`{}` cannot be used {word} `action={action}`", field.key());
        Some(StepError::new(field, message))
    };
    match action {
        Action::Graphite if sources > 0 => refuse(SourceLabels, "with"),
        Action::Graphite if has_target => refuse(TargetLabel, "with"),
        Action::Graphite if raw.replacement.value().is_some() => refuse(Replacement, "with"),
        Action::KeepIfEqual | Action::DropIfEqual if has_target => refuse(TargetLabel, "for"),
        Action::Graphite
        | Action::KeepIfContains
        | Action::DropIfContains
        | Action::KeepIfEqual
        | Action::DropIfEqual
        | Action::KeepEqual
        | Action::DropEqual
            if has_regex =>
        {
            refuse(Regex, "for")
        }
        Action::KeepMetrics | Action::DropMetrics if sources > 0 => Some(StepError::new(
            SourceLabels,
            format!("`source_labels` must be empty for `action={action}`"),
        )),
        _ => None,
    }
}

fn check_graphite(raw: &RawStep, action: Action) -> Result<(), StepError> {
    // They have been turned into these before.
    let action = match action {
        Action::KeepMetrics => Action::Keep,
        Action::DropMetrics => Action::Drop,
        other => other,
    };
    let refuse = |field: StepField| {
        let message = format!(
            "`{}` config cannot be applied to `action={action}`; it is applied only to \
             `action=graphite`",
            field.key()
        );
        Err(StepError::new(field, message).remedy(format!("remove `{}`", field.key())))
    };
    match action {
        Action::Graphite => Ok(()),
        _ if raw.graphite.value().is_some_and(|text| !text.is_empty()) => refuse(StepField::Match),
        _ if raw.labels.value().is_some_and(|labels| !labels.is_empty()) => {
            refuse(StepField::Labels)
        }
        _ => Ok(()),
    }
}
