//! A relabel config as it was written, before a server looked at it.

use crate::server::{Family, KeyCase, Server};

/// A field of a YAML map, since Prometheus treats a missing field, a null and a value differently:
/// missing means the default, null means the zero value (`replacement:` deletes the label).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Field<T> {
    /// Not written: the default holds.
    #[default]
    Absent,
    /// Written as null or left blank: the zero value, not the default.
    Null,
    /// Written.
    Set(T),
}

impl<T> Field<T> {
    /// The value, if one is written.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Whether the field is written at all, as null or as a value.
    pub fn is_written(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

/// The fields of a relabel config, named as in Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepField {
    /// `source_labels`
    SourceLabels,
    /// `separator`
    Separator,
    /// `regex`
    Regex,
    /// `modulus`
    Modulus,
    /// `target_label`
    TargetLabel,
    /// `replacement`
    Replacement,
    /// `action`
    Action,
    /// `if` of vmagent
    If,
    /// `match` of vmagent's `graphite`
    Match,
    /// `labels` of vmagent's `graphite`
    Labels,
}

impl StepField {
    /// Every field of Prometheus, in the order of its documentation.
    pub const ALL: [Self; 7] = [
        Self::SourceLabels,
        Self::Separator,
        Self::TargetLabel,
        Self::Regex,
        Self::Modulus,
        Self::Replacement,
        Self::Action,
    ];

    /// The fields that vmagent has besides.
    pub const OF_VMAGENT: [Self; 3] = [Self::If, Self::Match, Self::Labels];

    /// The fields that a relabel config for `server` may have.
    pub fn known_to(server: Server) -> impl Iterator<Item = Self> {
        let more: &[Self] =
            if server.is(Family::VictoriaMetrics) { &Self::OF_VMAGENT } else { &[] };
        Self::ALL.into_iter().chain(more.iter().copied())
    }

    /// The key in a file for `server`.
    pub fn key_for(self, server: Server) -> &'static str {
        match (server.capabilities().keys, self) {
            (KeyCase::Camel, Self::SourceLabels) => "sourceLabels",
            (KeyCase::Camel, Self::TargetLabel) => "targetLabel",
            _ => self.key(),
        }
    }

    /// The key in Prometheus's YAML.
    pub fn key(self) -> &'static str {
        match self {
            Self::SourceLabels => "source_labels",
            Self::Separator => "separator",
            Self::Regex => "regex",
            Self::Modulus => "modulus",
            Self::TargetLabel => "target_label",
            Self::Replacement => "replacement",
            Self::Action => "action",
            Self::If => "if",
            Self::Match => "match",
            Self::Labels => "labels",
        }
    }
}

/// One relabel config as written. Scalars hold the text that Prometheus's string fields receive
/// (`regex: true` is `"true"`, `8080` is `"8080"`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct RawStep {
    /// Labels whose values are joined.
    pub source_labels: Field<Vec<String>>,
    /// What joins them; `;` when absent.
    pub separator: Field<String>,
    /// The pattern, unanchored as written; `(.*)` when absent.
    pub regex: Field<String>,
    /// Modulus of `hashmod`.
    pub modulus: Field<u64>,
    /// The label to write.
    pub target_label: Field<String>,
    /// The template to write; `$1` when absent.
    pub replacement: Field<String>,
    /// The action, in any case; `replace` when absent.
    pub action: Field<String>,
    /// `if` of vmagent: series selectors, one of which must match for the step to act.
    pub selectors: Field<Vec<String>>,
    /// `match` of vmagent's `graphite`.
    pub graphite: Field<String>,
    /// `labels` of vmagent's `graphite`: names and templates, in the order of the file.
    pub labels: Field<Vec<(String, String)>>,
}

impl RawStep {
    /// Whether `field` is written at all, as null or as a value.
    pub fn is_written(&self, field: StepField) -> bool {
        match field {
            StepField::SourceLabels => self.source_labels.is_written(),
            StepField::Separator => self.separator.is_written(),
            StepField::Regex => self.regex.is_written(),
            StepField::Modulus => self.modulus.is_written(),
            StepField::TargetLabel => self.target_label.is_written(),
            StepField::Replacement => self.replacement.is_written(),
            StepField::Action => self.action.is_written(),
            StepField::If => self.selectors.is_written(),
            StepField::Match => self.graphite.is_written(),
            StepField::Labels => self.labels.is_written(),
        }
    }
}
