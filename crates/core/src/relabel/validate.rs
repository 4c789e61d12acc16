//! What a server accepts as a relabel config, in the server's order and words.

use super::message::quote;
use super::{Action, Field, RawStep, Step, StepField, victoria};
use crate::regexp::{Dialect, Pattern};
use crate::server::{Family, NameScheme, Product, RelabelNames, Server};

/// Why a server refuses a relabel config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// The field that is wrong; it may be one that is missing.
    pub field: StepField,
    /// The server's own words, without the place it puts before them.
    pub message: String,
    /// What to do about it, where that can be said.
    pub remedy: Option<String>,
}

impl std::fmt::Display for StepError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StepError {}

impl StepError {
    pub(super) fn new(field: StepField, message: impl Into<String>) -> Self {
        Self { field, message: message.into(), remedy: None }
    }

    pub(super) fn remedy(mut self, text: impl Into<String>) -> Self {
        self.remedy = Some(text.into());
        self
    }
}

impl RawStep {
    /// Checks the step as `server` does when it reads its configuration, where that asks for name
    /// validation by `scheme`.
    ///
    /// The first failure wins. What fails while decoding (names in `source_labels`, `regex`,
    /// `action`) comes first, in this order; the server meets these in the order of the file.
    /// `action: 'null'` and `'~'` are refused, although servers accept them and crash at the first
    /// sample; `regex` is taken as it is, although a quoted `'null'` does harm elsewhere.
    ///
    /// # Errors
    /// The field that is wrong, with the server's message (`Config.Validate` in
    /// model/relabel/relabel.go of each release).
    pub fn validate(&self, server: Server, scheme: NameScheme) -> Result<Step, StepError> {
        if server.is(Family::VictoriaMetrics) {
            return victoria::validate(self, server);
        }
        let names = server.relabel_names(scheme);
        self.check_source_labels(names)?;
        let pattern = self.pattern(server)?;
        let action = self.action(server)?;
        let filled = Filled {
            raw: self,
            action,
            separator: text_or(&self.separator, ";"),
            modulus: self.modulus.value().copied().unwrap_or(0),
            target_label: text_or(&self.target_label, ""),
            replacement: text_or(&self.replacement, "$1"),
        };
        filled.check(server, names)?;
        Ok(Step::new(&filled, pattern, names.target, server, None))
    }

    fn check_source_labels(&self, names: RelabelNames) -> Result<(), StepError> {
        let labels = self.source_labels.value().map_or(&[][..], Vec::as_slice);
        // yaml.v2 sets an item `'~'` without asking the label name's own check, in every release.
        let valid = |name: &str| name == "~" || names.source.is_label_name(name);
        match labels.iter().find(|name| !valid(name)) {
            None => Ok(()),
            Some(name) => {
                let message = format!("{} is not a valid label name", quote(name));
                Err(name_remedy(StepError::new(StepField::SourceLabels, message), name))
            }
        }
    }

    fn pattern(&self, server: Server) -> Result<Pattern, StepError> {
        let text = text_or(&self.regex, "(.*)");
        Pattern::parse(text, Dialect::of(server)).map_err(|error| StepError {
            field: StepField::Regex,
            message: error.message,
            remedy: error.remedy.map(str::to_owned),
        })
    }

    fn action(&self, server: Server) -> Result<Action, StepError> {
        let text = match &self.action {
            Field::Absent => return Ok(Action::Replace),
            Field::Null => {
                let empty = StepError::new(StepField::Action, "relabel action cannot be empty");
                return Err(empty.remedy("write an action, or leave `action` out for `replace`"));
            }
            Field::Set(text) => text,
        };
        let unknown = || {
            let words = match server.product {
                Product::Alloy => "unrecognized action type",
                _ => "unknown relabel action",
            };
            StepError::new(StepField::Action, format!("{words} {}", quote(text)))
        };
        if let Some(action) = Action::read(text, server) {
            return Ok(action);
        }
        match Action::parse(text) {
            Some(action) => Err(unknown().remedy(action_remedy(action, server))),
            None => match Action::parse(text.trim()) {
                Some(action) => Err(unknown().remedy(format!("write `{action}` without spaces"))),
                None => Err(unknown()),
            },
        }
    }
}

/// What to do where `server` does not take `action`, or not as it is written.
fn action_remedy(action: Action, server: Server) -> String {
    match action.since() {
        _ if action.is_in(server) => format!("write `{action}` in lower case"),
        None => format!("`{action}` is an action of vmagent alone"),
        Some(since) if server.prometheus_release() < since => {
            format!("`{action}` needs Prometheus {since} or later")
        }
        Some(_) => format!("`{action}` needs a later release than {server}"),
    }
}

fn text_or<'a>(field: &'a Field<String>, default: &'a str) -> &'a str {
    match field {
        Field::Absent => default,
        Field::Null => "",
        Field::Set(text) => text,
    }
}

fn name_remedy(error: StepError, name: &str) -> StepError {
    if name.is_empty() || NameScheme::Legacy.is_label_name(name) {
        return error;
    }
    error.remedy("names other than `[a-zA-Z_][a-zA-Z0-9_]*` need Prometheus 3 and UTF-8 names")
}

/// A raw step with its defaults filled in.
pub(super) struct Filled<'a> {
    pub(super) raw: &'a RawStep,
    pub(super) action: Action,
    pub(super) separator: &'a str,
    pub(super) modulus: u64,
    pub(super) target_label: &'a str,
    pub(super) replacement: &'a str,
}

impl Filled<'_> {
    fn check(&self, server: Server, names: RelabelNames) -> Result<(), StepError> {
        self.check_required()?;
        if self.action != Action::HashMod {
            self.check_target(server, names)?;
        }
        self.check_replacement(names)?;
        if self.action == Action::HashMod {
            self.check_target(server, names)?;
        }
        self.check_unused()
    }

    fn check_required(&self) -> Result<(), StepError> {
        let Self { action, .. } = self;
        if *action == Action::HashMod && self.modulus == 0 {
            let message = "relabel configuration for hashmod requires non-zero modulus";
            return Err(StepError::new(StepField::Modulus, message)
                .remedy("set `modulus` to the number of shards"));
        }
        if self.writes_target() && self.target_label.is_empty() {
            let message =
                format!("relabel configuration for {action} action requires 'target_label' value");
            return Err(StepError::new(StepField::TargetLabel, message)
                .remedy("name a label in `target_label`"));
        }
        Ok(())
    }

    fn writes_target(&self) -> bool {
        self.action.reads().contains(&StepField::TargetLabel)
    }

    fn check_target(&self, server: Server, names: RelabelNames) -> Result<(), StepError> {
        let target = self.target_label;
        let as_template = match self.action {
            Action::HashMod => false,
            // Before 2.50 the pattern held for all of them.
            _ if !server.at_least(2, 50) => true,
            Action::Replace => target.contains('$'),
            _ => false,
        };
        let valid = match as_template {
            _ if !self.writes_target() => true,
            true => names.template.accepts(target),
            false => names.target.is_label_name(target),
        };
        if valid {
            return Ok(());
        }
        let message =
            format!("{} is invalid 'target_label' for {} action", quote(target), self.action);
        Err(name_remedy(StepError::new(StepField::TargetLabel, message), target))
    }

    fn check_replacement(&self, names: RelabelNames) -> Result<(), StepError> {
        let action = self.action;
        match action {
            Action::Lowercase | Action::Uppercase | Action::KeepEqual | Action::DropEqual
                if self.replacement != "$1" =>
            {
                let message = format!("'replacement' can not be set for {action} action");
                Err(StepError::new(StepField::Replacement, message)
                    .remedy("remove `replacement`: the action does not use it"))
            }
            Action::LabelMap if !names.template.accepts(self.replacement) => {
                let shown = quote(self.replacement);
                let message = format!("{shown} is invalid 'replacement' for {action} action");
                let error = StepError::new(StepField::Replacement, message);
                Err(name_remedy(error, self.replacement))
            }
            _ => Ok(()),
        }
    }

    fn check_unused(&self) -> Result<(), StepError> {
        let (allowed, fields): (&str, &[StepField]) = match self.action {
            Action::KeepEqual | Action::DropEqual => (
                "'source_labels' and `target_label`",
                &[
                    StepField::Regex,
                    StepField::Modulus,
                    StepField::Separator,
                    StepField::Replacement,
                ],
            ),
            Action::LabelDrop | Action::LabelKeep => (
                "'regex'",
                &[
                    StepField::SourceLabels,
                    StepField::TargetLabel,
                    StepField::Modulus,
                    StepField::Separator,
                    StepField::Replacement,
                ],
            ),
            _ => return Ok(()),
        };
        let Some(&field) = fields.iter().find(|field| self.differs_from_default(**field)) else {
            return Ok(());
        };
        let message =
            format!("{} action requires only {allowed}, and no other fields", self.action);
        Err(StepError::new(field, message).remedy(format!("remove `{}`", field.key())))
    }

    /// As the server compares: `regex` by identity, so that even a written `(.*)` differs, and
    /// `source_labels` against null, so that an empty list does.
    fn differs_from_default(&self, field: StepField) -> bool {
        match field {
            StepField::SourceLabels => self.raw.source_labels.value().is_some(),
            StepField::Regex => self.raw.regex.is_written(),
            StepField::Separator => self.separator != ";",
            StepField::Modulus => self.modulus != 0,
            StepField::TargetLabel => !self.target_label.is_empty(),
            StepField::Replacement => self.replacement != "$1",
            StepField::Action | StepField::If | StepField::Match | StepField::Labels => false,
        }
    }
}
