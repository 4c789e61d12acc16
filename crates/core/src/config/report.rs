//! Findings of a configuration that the server refuses: one shape for all of them.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::doc::Node;
use crate::finding::{Evidence, Finding, RuleId, Severity, Subject};
use crate::relabel::{RawStep, Step, StepError};
use crate::server::{KeyCase, NameScheme};
use crate::text::{Location, SourceText};

/// A configuration that the server refuses outside of relabel configs.
pub const INVALID_CONFIG: RuleId = RuleId { code: "SC001", name: "invalid-config" };

/// A rule file that the server refuses.
pub const INVALID_RULE_FILE: RuleId = RuleId { code: "SC002", name: "invalid-rule-file" };

/// A relabel config that the server refuses.
pub const INVALID_STEP: RuleId = RuleId { code: "RL001", name: "invalid-relabel-step" };

/// Collects findings while one file is read.
#[derive(Debug)]
pub(super) struct Report<'s> {
    pub(super) source: &'s SourceText,
    pub(super) rule: RuleId,
    pub(super) subject: Subject,
    /// What precedes the path of every chain: `receivers.prometheus.config.`.
    pub(super) prefix: String,
    /// What a refusal does, where it is not Prometheus that refuses.
    pub(super) harm: Option<String>,
    pub(super) findings: Vec<Finding>,
    /// Steps that were validated before: large files repeat the same ones thousands of times.
    steps: HashTable<Checked>,
}

/// A step that was validated.
#[derive(Debug)]
struct Checked {
    raw: RawStep,
    scheme: NameScheme,
    keys: KeyCase,
    outcome: Result<Step, StepError>,
}

impl<'s> Report<'s> {
    pub(super) fn new(source: &'s SourceText, rule: RuleId) -> Self {
        Self {
            source,
            rule,
            subject: Subject::default(),
            prefix: String::new(),
            harm: None,
            findings: Vec::new(),
            steps: HashTable::new(),
        }
    }

    /// One for a part of the same file, to be read by itself.
    pub(super) fn branch(&self) -> Self {
        Self {
            subject: self.subject.clone(),
            prefix: self.prefix.clone(),
            harm: self.harm.clone(),
            ..Self::new(self.source, self.rule)
        }
    }

    /// What `validate` makes of a step, which it is asked once for those that are written the same.
    pub(super) fn checked(
        &mut self,
        raw: &RawStep,
        scheme: NameScheme,
        keys: KeyCase,
        validate: impl FnOnce() -> Result<Step, StepError>,
    ) -> Result<Step, StepError> {
        let hash = |raw: &RawStep| FixedState::default().hash_one((raw, scheme, keys));
        let is_it =
            |known: &Checked| known.scheme == scheme && known.keys == keys && known.raw == *raw;
        if let Some(known) = self.steps.find(hash(raw), is_it) {
            return known.outcome.clone();
        }
        let outcome = validate();
        let checked = Checked { raw: raw.clone(), scheme, keys, outcome: outcome.clone() };
        self.steps.insert_unique(hash(raw), checked, |known| {
            FixedState::default().hash_one((&known.raw, known.scheme, known.keys))
        });
        outcome
    }

    /// The server's message alone says what is wrong.
    pub(super) fn refuse(&mut self, at: Location, message: impl Into<String>) -> &mut Finding {
        let message = message.into();
        let server = format!("the server refuses this: {message}");
        self.add(at, server, message)
    }

    /// A type error of the YAML reader, which names the line.
    pub(super) fn type_error(
        &mut self,
        node: Node<'_>,
        shown: String,
        words: &str,
    ) -> &mut Finding {
        let line = self.source.position(node.span().start).line;
        let message = format!("yaml: unmarshal errors:\n  line {line}: {words}");
        self.add(node.location(), shown, message)
    }

    /// What it does to the server.
    pub(super) fn consequence(&self) -> &str {
        if let Some(harm) = &self.harm {
            return harm;
        }
        match self.rule {
            INVALID_RULE_FILE => "Prometheus refuses to start or to reload with this rule file",
            _ => "Prometheus refuses to start or to reload with this file",
        }
    }

    fn add(&mut self, at: Location, shown: String, server: String) -> &mut Finding {
        let finding = Finding::new(self.rule, Severity::Error, at, shown)
            .evidence(Evidence::Server(server))
            .consequence(self.consequence())
            .subject(self.subject.clone());
        self.findings.push(finding);
        // Pushed the line before.
        self.findings.last_mut().expect("a finding was just pushed")
    }
}

/// The candidate nearest to `word`, when it is near enough to be meant.
pub fn near_miss<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', ' '], "_");
    let word = plain(word);
    let limit = (word.len() / 3).clamp(1, 4);
    candidates
        .map(|candidate| (distance(&word, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// `text` as Go's `%q` writes it.
pub(super) fn quoted(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            // Writing to a String cannot fail.
            c if c.is_ascii_control() => drop(write!(out, "\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_found() {
        let keys = ["source_labels", "target_label", "regex", "action"];
        assert_eq!(near_miss("source_label", keys.into_iter()), Some("source_labels"));
        assert_eq!(near_miss("Source-Labels", keys.into_iter()), Some("source_labels"));
        assert_eq!(near_miss("regexp", keys.into_iter()), Some("regex"));
        assert_eq!(near_miss("modulus", keys.into_iter()), None);
    }

    #[test]
    fn text_is_quoted_as_in_go() {
        assert_eq!(quoted("a\"b\\\n\u{1}é"), r#""a\"b\\\n\x01é""#);
    }
}
