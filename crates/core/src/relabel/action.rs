//! The actions, in which product and since when each exists, and which fields it reads.

use std::fmt;

use super::StepField::{
    self, Labels, Match, Modulus, Regex, Replacement, Separator, SourceLabels, TargetLabel,
};
use super::case;
use crate::server::{ActionCase, Product, Server, Version};

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
    /// vmagent: keeps the metrics whose name `regex` matches.
    KeepMetrics,
    /// vmagent: drops the metrics whose name `regex` matches.
    DropMetrics,
    /// vmagent: keeps what has the value of every source label within `target_label`.
    KeepIfContains,
    /// vmagent: drops what has the value of every source label within `target_label`.
    DropIfContains,
    /// vmagent: keeps what has the same value in all source labels.
    KeepIfEqual,
    /// vmagent: drops what has the same value in all source labels.
    DropIfEqual,
    /// vmagent: renames labels, replacing all that `regex` matches in their names.
    LabelMapAll,
    /// vmagent: writes the value with all that `regex` matches in it replaced.
    ReplaceAll,
    /// vmagent: takes a dotted metric name apart and writes `labels`.
    Graphite,
}

struct Facts {
    action: Action,
    name: &'static str,
    /// Since which release each of these has it: Prometheus, vmagent, the operator's resources.
    since: [Since; 3],
    /// In the order of [`StepField::ALL`]. Everything else but `action` is refused or ignored.
    reads: &'static [StepField],
}

type Since = Option<Version>;

/// A release of Prometheus, vmagent, the operator; `(0, 0)` where it does not have the action.
const fn facts(
    action: Action,
    name: &'static str,
    since: [(u16, u16); 3],
    reads: &'static [StepField],
) -> Facts {
    let [prometheus, vmagent, operator] = since;
    Facts { action, name, since: [read(prometheus), read(vmagent), read(operator)], reads }
}

const fn read((major, minor): (u16, u16)) -> Since {
    if major == 0 && minor == 0 { None } else { Some(Version(major, minor, 0)) }
}

/// Older than the oldest release described here.
const ALWAYS: [(u16, u16); 3] = [(1, 0), (1, 0), (0, 1)];

const fn vmagent(minor: u16) -> [(u16, u16); 3] {
    [(0, 0), (1, minor), (0, 0)]
}

const VALUES: &[StepField] = &[SourceLabels, Separator, Regex];
const WRITES: &[StepField] = &[SourceLabels, Separator, TargetLabel];
const REPLACES: &[StepField] = &[SourceLabels, Separator, TargetLabel, Regex, Replacement];

/// Indexed by the action. Releases: relabel.go of Prometheus, lib/promrelabel/config.go of vmagent,
/// the enum of `RelabelConfig.action` in the operator's API, each of every tag.
static TABLE: [Facts; 20] = [
    facts(Action::Replace, "replace", ALWAYS, REPLACES),
    facts(Action::Keep, "keep", ALWAYS, VALUES),
    facts(Action::Drop, "drop", ALWAYS, VALUES),
    facts(
        Action::KeepEqual,
        "keepequal",
        [(2, 41), (1, 86), (0, 64)],
        &[SourceLabels, TargetLabel],
    ),
    facts(
        Action::DropEqual,
        "dropequal",
        [(2, 41), (1, 86), (0, 64)],
        &[SourceLabels, TargetLabel],
    ),
    facts(Action::HashMod, "hashmod", ALWAYS, &[SourceLabels, Separator, TargetLabel, Modulus]),
    facts(Action::LabelMap, "labelmap", ALWAYS, &[Regex, Replacement]),
    facts(Action::LabelDrop, "labeldrop", ALWAYS, &[Regex]),
    facts(Action::LabelKeep, "labelkeep", ALWAYS, &[Regex]),
    facts(Action::Lowercase, "lowercase", [(2, 36), (1, 78), (0, 58)], WRITES),
    facts(Action::Uppercase, "uppercase", [(2, 36), (1, 78), (0, 58)], WRITES),
    facts(Action::KeepMetrics, "keep_metrics", vmagent(66), &[Regex]),
    facts(Action::DropMetrics, "drop_metrics", vmagent(66), &[Regex]),
    facts(Action::KeepIfContains, "keep_if_contains", vmagent(96), &[SourceLabels, TargetLabel]),
    facts(Action::DropIfContains, "drop_if_contains", vmagent(96), &[SourceLabels, TargetLabel]),
    facts(Action::KeepIfEqual, "keep_if_equal", vmagent(38), &[SourceLabels]),
    facts(Action::DropIfEqual, "drop_if_equal", vmagent(38), &[SourceLabels]),
    facts(Action::LabelMapAll, "labelmap_all", vmagent(34), &[Regex, Replacement]),
    facts(Action::ReplaceAll, "replace_all", vmagent(34), REPLACES),
    facts(Action::Graphite, "graphite", vmagent(78), &[Match, Labels]),
];

impl Action {
    /// Every action.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|facts| facts.action)
    }

    /// The action that `text` names, in any case, as Prometheus and vmagent read it.
    pub fn parse(text: &str) -> Option<Self> {
        let name: String = text.chars().map(case::lower).collect();
        TABLE.iter().find(|facts| facts.name == name).map(|facts| facts.action)
    }

    /// Its name in a configuration.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The release of Prometheus that brought it; none for vmagent's own.
    pub fn since(self) -> Option<Version> {
        self.facts().since[0]
    }

    /// Whether `server` has it.
    pub fn is_in(self, server: Server) -> bool {
        let [prometheus, vmagent, operator] = self.facts().since;
        let has = |since: Since, release| since.is_some_and(|since| release >= since);
        let by_product = match server.product {
            Product::VmAgent => return has(vmagent, server.version),
            // Before 0.54 its resources had no enum.
            Product::Operator if server.version >= Version(0, 54, 0) => {
                has(operator, server.version)
            }
            _ => true,
        };
        by_product && has(prometheus, server.prometheus_release())
    }

    /// The action that `text` names in a file for `server`, if that has it, written in a case that
    /// it takes.
    pub fn read(text: &str, server: Server) -> Option<Self> {
        let action = Self::parse(text)?;
        let lower = text == action.name();
        let written = match server.capabilities().actions {
            ActionCase::Any => true,
            ActionCase::Lower => lower,
            ActionCase::LowerOrPascal if server.version < Version(0, 54, 0) => true,
            ActionCase::LowerOrPascal if server.version < Version(0, 58, 0) => lower,
            ActionCase::LowerOrPascal => lower || text == action.pascal_name(),
        };
        (written && action.is_in(server)).then_some(action)
    }

    /// Its name in the operator's resources: `LabelDrop`.
    pub fn pascal_name(self) -> String {
        let mut start = true;
        let words = ["equal", "mod", "map", "drop", "keep"];
        let name = self.name();
        let inner = words.iter().find_map(|word| {
            let at = name.len().checked_sub(word.len())?;
            (at > 0 && name.ends_with(word)).then_some(at)
        });
        let upper = |(at, c): (usize, char)| {
            let big = std::mem::take(&mut start) || Some(at) == inner;
            if big { c.to_ascii_uppercase() } else { c }
        };
        name.char_indices().map(upper).collect()
    }

    /// The fields it reads, besides `action`. What else is written is refused or has no effect.
    pub fn reads(self) -> &'static [StepField] {
        self.facts().reads
    }

    /// Whether it looks at label names one by one and not at joined values.
    pub fn is_by_name(self) -> bool {
        matches!(self, Self::LabelMap | Self::LabelDrop | Self::LabelKeep | Self::LabelMapAll)
    }

    /// Whether all it can do is to drop.
    pub fn is_filter(self) -> bool {
        matches!(
            self,
            Self::Keep
                | Self::Drop
                | Self::KeepEqual
                | Self::DropEqual
                | Self::KeepMetrics
                | Self::DropMetrics
                | Self::KeepIfContains
                | Self::DropIfContains
                | Self::KeepIfEqual
                | Self::DropIfEqual
        )
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
            if action.since().is_some() {
                assert_eq!(action.is_by_name(), !action.reads().contains(&SourceLabels));
            }
        }
    }

    #[test]
    fn products_have_their_own_actions() {
        let read = |text: &str, server: &str| Action::read(text, server.parse().unwrap());
        assert_eq!(read("keep_metrics", "3.5"), None);
        assert_eq!(read("keep_metrics", "vmagent@1.110"), Some(Action::KeepMetrics));
        assert_eq!(read("keep_if_contains", "vmagent@1.95"), None);
        assert_eq!(read("KEEPEQUAL", "vmagent@1.86"), Some(Action::KeepEqual));
        assert_eq!(read("LabelDrop", "operator@0.57"), None);
        assert_eq!(read("LabelDrop", "operator@0.58"), Some(Action::LabelDrop));
        assert_eq!(read("LABELDROP", "operator@0.58"), None);
        assert_eq!(read("HashMod", "operator@0.93"), Some(Action::HashMod));
        assert_eq!(read("KeepEqual", "operator@0.63"), None);
        assert_eq!(read("KeepEqual", "operator@0.64"), Some(Action::KeepEqual));
        assert_eq!(read("Keep", "alloy@1.11"), None);
        assert_eq!(read("uppercase", "2.35"), None);
    }

    #[test]
    fn names_are_read_in_any_case_but_not_trimmed() {
        assert_eq!(Action::parse("LabelDrop"), Some(Action::LabelDrop));
        assert_eq!(Action::parse("\u{212a}eep"), Some(Action::Keep));
        assert_eq!(Action::parse(" keep"), None);
        assert_eq!(Action::parse(""), None);
    }
}
