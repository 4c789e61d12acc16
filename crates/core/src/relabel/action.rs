//! The actions of Prometheus, since when each exists, and which fields it reads.

use std::fmt;

use super::StepField::{self, Modulus, Regex, Replacement, Separator, SourceLabels, TargetLabel};
use super::case;
use crate::server::Version;

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Writes the expanded `replacement` to the expanded `target_label` where `regex` matches.
    Replace,
    /// Drops what `regex` does not match.
    Keep,
    /// Drops what `regex` matches.
    Drop,
    /// Drops what differs from `target_label`.
    KeepEqual,
    /// Drops what equals `target_label`.
    DropEqual,
    /// Writes the MD5 of the value modulo `modulus`.
    HashMod,
    /// Copies labels whose name `regex` matches to the name that `replacement` makes of it.
    LabelMap,
    /// Removes labels whose name `regex` matches.
    LabelDrop,
    /// Removes labels whose name `regex` does not match.
    LabelKeep,
    /// Writes the value in lower case.
    Lowercase,
    /// Writes the value in upper case.
    Uppercase,
}

struct Facts {
    action: Action,
    name: &'static str,
    since: Version,
    /// In the order of [`StepField::ALL`]. Everything else but `action` is refused or ignored.
    reads: &'static [StepField],
}

const fn facts(
    action: Action,
    name: &'static str,
    since: (u16, u16),
    reads: &'static [StepField],
) -> Facts {
    Facts { action, name, since: Version(since.0, since.1, 0), reads }
}

/// Indexed by the action. Actions older than the oldest release described here count from 1.0.
static TABLE: [Facts; 11] = [
    facts(
        Action::Replace,
        "replace",
        (1, 0),
        &[SourceLabels, Separator, TargetLabel, Regex, Replacement],
    ),
    facts(Action::Keep, "keep", (1, 0), &[SourceLabels, Separator, Regex]),
    facts(Action::Drop, "drop", (1, 0), &[SourceLabels, Separator, Regex]),
    facts(Action::KeepEqual, "keepequal", (2, 41), &[SourceLabels, TargetLabel]),
    facts(Action::DropEqual, "dropequal", (2, 41), &[SourceLabels, TargetLabel]),
    facts(Action::HashMod, "hashmod", (1, 0), &[SourceLabels, Separator, TargetLabel, Modulus]),
    facts(Action::LabelMap, "labelmap", (1, 0), &[Regex, Replacement]),
    facts(Action::LabelDrop, "labeldrop", (1, 0), &[Regex]),
    facts(Action::LabelKeep, "labelkeep", (1, 0), &[Regex]),
    facts(Action::Lowercase, "lowercase", (2, 36), &[SourceLabels, Separator, TargetLabel]),
    facts(Action::Uppercase, "uppercase", (2, 36), &[SourceLabels, Separator, TargetLabel]),
];

impl Action {
    /// Every action.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|facts| facts.action)
    }

    /// The action that `text` names, in any case, as Prometheus reads it.
    pub fn parse(text: &str) -> Option<Self> {
        let name: String = text.chars().map(case::lower).collect();
        TABLE.iter().find(|facts| facts.name == name).map(|facts| facts.action)
    }

    /// Its name in a configuration.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The release that brought it.
    pub fn since(self) -> Version {
        self.facts().since
    }

    /// The fields it reads, besides `action`. What else is written is refused or has no effect.
    pub fn reads(self) -> &'static [StepField] {
        self.facts().reads
    }

    /// Whether it looks at label names one by one and not at joined values.
    pub fn is_by_name(self) -> bool {
        matches!(self, Self::LabelMap | Self::LabelDrop | Self::LabelKeep)
    }

    /// Whether all it can do is to drop.
    pub fn is_filter(self) -> bool {
        matches!(self, Self::Keep | Self::Drop | Self::KeepEqual | Self::DropEqual)
    }

    fn facts(self) -> &'static Facts {
        &TABLE[self as usize]
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_indexed_by_action() {
        for action in Action::all() {
            assert_eq!(action.facts().action, action);
            assert_eq!(Action::parse(action.name()), Some(action));
            assert_eq!(action.is_by_name(), !action.reads().contains(&SourceLabels));
        }
    }

    #[test]
    fn names_are_read_in_any_case_but_not_trimmed() {
        assert_eq!(Action::parse("LabelDrop"), Some(Action::LabelDrop));
        assert_eq!(Action::parse("\u{212a}eep"), Some(Action::Keep));
        assert_eq!(Action::parse(" keep"), None);
        assert_eq!(Action::parse(""), None);
    }
}
