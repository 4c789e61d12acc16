//! What one step does to one input: THE semantics, which exist nowhere else.

use std::fmt::Write as _;
use std::sync::Arc;

use md5::{Digest, Md5};
use twox_hash::XxHash64;

use super::validate::Filled;
use super::victoria::Extra;
use super::{Action, StepField, case};
use crate::regexp::{Groups, Pattern, Slots, Template, replace_all_into};
use crate::server::{HashFunction, NameScheme, Server};

/// A relabel config that its server accepts. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Step(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    action: Action,
    source_labels: Vec<Box<str>>,
    separator: Box<str>,
    modulus: u64,
    target_label: Box<str>,
    /// `target_label` as `replace` reads it.
    target: Output,
    replacement: Output,
    pattern: Pattern,
    names: NameScheme,
    server: Server,
    /// What vmagent adds.
    extra: Option<Box<Extra>>,
}

/// A template, with its text where no match can change it.
#[derive(Debug, Clone)]
struct Output {
    template: Template,
    constant: Option<String>,
}

impl Output {
    fn parse(text: &str) -> Self {
        let template = Template::parse(text);
        Self { constant: template.constant(), template }
    }
}

/// What a step looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// For actions that look at values.
    Values {
        /// The values of `source_labels`, joined by `separator`; `""` for a label that is missing.
        joined: &'a str,
        /// The value of `target_label`; only `keepequal` and `dropequal` look at it.
        target: &'a str,
    },
    /// For actions that look at each label's name.
    Name(&'a str),
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect<'a> {
    /// Nothing: no match, or a filter lets it pass.
    Nothing,
    /// The whole label set goes.
    Drop,
    /// Label `name` gets `value`, or goes if that is empty.
    Set {
        /// The label.
        name: &'a str,
        /// Its new value.
        value: &'a str,
    },
    /// `replace` matched, and `target_label` expands to what cannot name a label: nothing happens.
    InvalidName(&'a str),
    /// The label of that name goes.
    Remove,
    /// Label `to` gets the value of the label of that name. `to` may be empty or no valid name:
    /// the server checks neither, and then refuses the series or the target.
    Copy {
        /// The label that is set.
        to: &'a str,
    },
}

/// Memory that steps reuse: one a thread.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) joined: String,
    pub(super) labels: Vec<crate::series::LabelRef>,
    pub(super) plans: super::plan::Plans,
    slots: Slots,
    name: String,
    value: String,
}

impl Scratch {
    /// Memory for any program.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Step {
    pub(super) fn new(
        filled: &Filled<'_>,
        pattern: Pattern,
        names: NameScheme,
        server: Server,
        extra: Option<Box<Extra>>,
    ) -> Self {
        let sources = filled.raw.source_labels.value().map_or(&[][..], Vec::as_slice);
        Self(Arc::new(Inner {
            action: filled.action,
            source_labels: sources.iter().map(|name| name.as_str().into()).collect(),
            separator: filled.separator.into(),
            modulus: filled.modulus,
            target_label: filled.target_label.into(),
            target: Output::parse(filled.target_label),
            replacement: Output::parse(filled.replacement),
            pattern,
            names,
            server,
            extra,
        }))
    }

    /// Where what it shares with its clones is.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// What it does.
    pub fn action(&self) -> Action {
        self.0.action
    }

    /// The labels whose values it joins, in their order; empty for actions that look at names.
    pub fn source_labels(&self) -> &[Box<str>] {
        if self.0.action.is_by_name() { &[] } else { &self.0.source_labels }
    }

    /// What vmagent adds to it.
    pub(super) fn extra(&self) -> Option<&Extra> {
        self.0.extra.as_deref()
    }

    /// Whether it must be run row by row with [`Program`](super::Program): it may look at any
    /// label, as every step of vmagent may.
    pub fn needs_rows(&self) -> bool {
        self.0.extra.is_some()
    }

    /// What joins the values.
    pub fn separator(&self) -> &str {
        &self.0.separator
    }

    /// What `hashmod` divides by; not zero for that action.
    pub fn modulus(&self) -> u64 {
        self.0.modulus
    }

    /// `target_label` as written; a template for `replace`, a name for the others.
    pub fn target_label(&self) -> &str {
        &self.0.target_label
    }

    /// `target_label` as the template that `replace` expands.
    pub fn target(&self) -> &Template {
        &self.0.target.template
    }

    /// `replacement`, its default filled in.
    pub fn replacement(&self) -> &Template {
        &self.0.replacement.template
    }

    /// `regex`, its default filled in.
    pub fn pattern(&self) -> &Pattern {
        &self.0.pattern
    }

    /// The server it was validated for.
    pub fn server(&self) -> Server {
        self.0.server
    }

    /// Which names it may write.
    pub fn target_names(&self) -> NameScheme {
        self.0.names
    }

    /// Whether [`Input::Values`] needs the value of `target_label`.
    pub fn compares_target(&self) -> bool {
        matches!(self.0.action, Action::KeepEqual | Action::DropEqual)
    }

    /// What the step does to `input`, which must be of the kind that its action looks at
    /// ([`Action::is_by_name`]); the other kind has no effect.
    pub fn effect<'a>(&'a self, input: Input<'_>, scratch: &'a mut Scratch) -> Effect<'a> {
        match input {
            Input::Values { joined, target } => self.on_values(joined, target, scratch),
            Input::Name(name) => self.on_name(name, scratch),
        }
    }

    /// What the step does to values that its regex does not match; `None` where that depends on
    /// them, or where the regex is not asked.
    pub fn unmatched(&self) -> Option<Effect<'static>> {
        match self.0.action {
            Action::Keep => Some(Effect::Drop),
            Action::Drop | Action::Replace => Some(Effect::Nothing),
            _ => None,
        }
    }

    fn on_values<'a>(&'a self, joined: &str, target: &str, scratch: &'a mut Scratch) -> Effect<'a> {
        match self.0.action {
            Action::Keep | Action::KeepMetrics => drop_if(!self.0.pattern.is_match(joined)),
            Action::Drop | Action::DropMetrics => drop_if(self.0.pattern.is_match(joined)),
            Action::KeepEqual => drop_if(joined != target),
            Action::DropEqual => drop_if(joined == target),
            Action::Replace => self.replace(joined, scratch),
            Action::Lowercase => self.write(scratch, |out| map_case(joined, case::lower, out)),
            Action::Uppercase => self.write(scratch, |out| map_case(joined, case::upper, out)),
            Action::HashMod => {
                let rest = self.shard(joined);
                self.write(scratch, |out| {
                    write!(out, "{rest}").expect("a string takes everything");
                })
            }
            Action::ReplaceAll => self.replace_all(joined, scratch),
            Action::LabelMap
            | Action::LabelDrop
            | Action::LabelKeep
            | Action::LabelMapAll
            | Action::KeepIfContains
            | Action::DropIfContains
            | Action::KeepIfEqual
            | Action::DropIfEqual
            | Action::Graphite => Effect::Nothing,
        }
    }

    fn on_name<'a>(&'a self, name: &str, scratch: &'a mut Scratch) -> Effect<'a> {
        match self.0.action {
            Action::LabelDrop if self.0.pattern.is_match(name) => Effect::Remove,
            Action::LabelKeep if !self.0.pattern.is_match(name) => Effect::Remove,
            Action::LabelMapAll | Action::LabelMap if self.0.pattern.is_match(name) => {
                let Scratch { slots, name: out, .. } = scratch;
                out.clear();
                replace_all_into(&self.0.pattern, name, &self.0.replacement.template, slots, out);
                Effect::Copy { to: out }
            }
            _ => Effect::Nothing,
        }
    }

    fn replace<'a>(&'a self, joined: &str, scratch: &'a mut Scratch) -> Effect<'a> {
        match self.extra() {
            Some(extra) if extra.copies => {
                scratch.value.clear();
                scratch.value.push_str(joined);
                return self.set(&self.0.target_label, &scratch.value);
            }
            Some(extra) if extra.writes => {
                let text = self.0.replacement.constant.as_deref().unwrap_or_default();
                return self.set(&self.0.target_label, text);
            }
            _ => {}
        }
        if self.captures().is_some_and(|captures| !captures.is_match(joined)) {
            return self.copy_uncaptured(joined, scratch);
        }
        self.replace_with(&self.0.replacement, joined, scratch)
    }

    fn replace_with<'a>(
        &'a self,
        replacement: &'a Output,
        joined: &str,
        scratch: &'a mut Scratch,
    ) -> Effect<'a> {
        let Scratch { slots, name, value, .. } = scratch;
        let target = &self.0.target;
        if let (Some(name), Some(value)) = (&target.constant, &replacement.constant) {
            let matches = self.0.pattern.is_match(joined);
            return if matches { self.set(name, value) } else { Effect::Nothing };
        }
        let pattern = self.captures().unwrap_or(&self.0.pattern);
        let Some(groups) = pattern.captures(joined, slots) else { return Effect::Nothing };
        if target.constant.is_none() {
            name.clear();
            target.template.expand(pattern, joined, groups, name);
        }
        value.clear();
        replacement.template.expand(pattern, joined, groups, value);
        self.set(target.constant.as_deref().unwrap_or(name), value)
    }

    /// `replace` with another replacement than the one that is written: vmagent fills in
    /// `{{label}}` first.
    pub(super) fn replace_by<'a>(
        &'a self,
        replacement: &Template,
        joined: &str,
        scratch: &'a mut Scratch,
    ) -> Effect<'a> {
        if !self.0.pattern.is_match(joined) {
            return Effect::Nothing;
        }
        let Scratch { slots, name, value, .. } = scratch;
        let pattern = self.captures().unwrap_or(&self.0.pattern);
        let groups = pattern.captures(joined, slots).unwrap_or(Groups::none());
        name.clear();
        self.0.target.template.expand(pattern, joined, groups, name);
        value.clear();
        replacement.expand(pattern, joined, groups, value);
        self.set(name, value)
    }

    /// The pattern that captures, where it is another than the one that matches.
    fn captures(&self) -> Option<&Pattern> {
        self.extra()?.captures.as_ref()
    }

    /// What vmagent does where the pattern matches and captures nothing, since a dot matches a
    /// newline in the one and not in the other: the value goes on as it is.
    fn copy_uncaptured<'a>(&'a self, joined: &str, scratch: &'a mut Scratch) -> Effect<'a> {
        if !self.0.pattern.is_match(joined) {
            return Effect::Nothing;
        }
        let Scratch { name, value, .. } = scratch;
        name.clear();
        self.0.target.template.expand(&self.0.pattern, "", Groups::none(), name);
        value.clear();
        value.push_str(joined);
        self.set(name, value)
    }

    /// What `replace` does with the expanded name and value.
    fn set<'a>(&'a self, name: &'a str, value: &'a str) -> Effect<'a> {
        let valid = self.needs_rows() || self.0.names.is_label_name(name);
        if self.0.server.deletes_literal_target() && (!valid || value.is_empty()) {
            return Effect::Set { name: &self.0.target_label, value: "" };
        }
        if valid { Effect::Set { name, value } } else { Effect::InvalidName(name) }
    }

    fn replace_all<'a>(&'a self, joined: &str, scratch: &'a mut Scratch) -> Effect<'a> {
        let template = &self.0.replacement.template;
        let Scratch { slots, value, .. } = &mut *scratch;
        value.clear();
        replace_all_into(&self.0.pattern, joined, template, slots, value);
        if scratch.value == joined {
            return Effect::Nothing;
        }
        Effect::Set { name: &self.0.target_label, value: &scratch.value }
    }

    /// What `hashmod` writes. vmagent prints it as a signed number.
    fn shard(&self, joined: &str) -> i128 {
        match self.0.server.capabilities().hash {
            HashFunction::Md5 => i128::from(hash(joined) % self.0.modulus),
            HashFunction::XxHash64 => {
                let rest = XxHash64::oneshot(0, joined.as_bytes()) % self.0.modulus;
                i128::from(rest.cast_signed())
            }
        }
    }

    fn write<'a>(&'a self, scratch: &'a mut Scratch, fill: impl FnOnce(&mut String)) -> Effect<'a> {
        scratch.value.clear();
        fill(&mut scratch.value);
        Effect::Set { name: &self.0.target_label, value: &scratch.value }
    }
}

fn drop_if(dropped: bool) -> Effect<'static> {
    if dropped { Effect::Drop } else { Effect::Nothing }
}

fn map_case(text: &str, map: fn(char) -> char, out: &mut String) {
    out.extend(text.chars().map(map));
}

/// The last eight bytes of the MD5 of `text`, big-endian: what `hashmod` divides.
pub fn hash(text: &str) -> u64 {
    let digest: [u8; 16] = Md5::digest(text.as_bytes()).into();
    // The last eight bytes of a 128-bit number are what a cast to 64 bits keeps.
    u128::from_be_bytes(digest) as u64
}

/// Fields that a step has although its action reads none of them.
pub fn ignored_fields(raw: &super::RawStep, action: Action) -> Vec<StepField> {
    let unread = |field: &StepField| {
        raw.is_written(*field) && *field != StepField::Action && !action.reads().contains(field)
    };
    StepField::ALL.into_iter().filter(unread).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by a real server (3.5.3).
    #[test]
    fn hashes_are_those_of_the_server() {
        assert_eq!(hash("10.0.0.1:9090") % 1_000_000, 877_889);
        assert_eq!(hash("foo;bar") % u64::MAX, 15_973_639_978_189_266_750);
        assert_eq!(hash("") % 1000, 958);
    }
}
