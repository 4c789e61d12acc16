//! Rule files shared out: what each shard evaluates, and what is left to the global view.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::key::ShardKey;
use super::two_level::{PART_LABEL, TwoLevel, two_level};
use crate::config::{Project, Rule, RuleGroup, RuleKind, mapping_at};
use crate::doc::{Node, quote, to_flow};
use crate::promql::{Expr, Selector, parse};
use crate::text::FileId;
use crate::usage::sharding::{ShardVerdict, classify, lives_on_one_shard};

/// Where a rule is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RulePlace {
    /// On each shard, as it is.
    Shard,
    /// In parts on each shard, put together by the global view, which alone could not be spared.
    TwoLevel {
        /// Both levels.
        levels: TwoLevel,
        /// Why a shard cannot evaluate it.
        reason: String,
    },
    /// In the global view alone.
    Global {
        /// Why a shard cannot evaluate it.
        reason: String,
    },
}

/// A rule and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedRule {
    /// What it records, or the name of its alert.
    pub name: String,
    /// Its file.
    pub file: FileId,
    /// Its place.
    pub place: RulePlace,
}

/// The rules of a project, shared out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SharedRules {
    /// Every rule, in the order of the files.
    pub rules: Vec<PlacedRule>,
    groups: Vec<Group>,
}

/// A group, as the lines that a file takes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    head: String,
    /// Each rule for a shard's file, where it has one, with [`PART`] for the shard.
    shard: Vec<String>,
    global: Vec<String>,
}

/// Stands for the number of the shard; no YAML text that we write holds it.
const PART: &str = "\u{1}";

/// Shares the rules of `project` out for series whose shard `key` tells (see [`classify`]). A rule
/// that reads what only the global view records belongs there, too.
pub fn share_rules(project: &Project, key: &ShardKey) -> SharedRules {
    let groups = || project.rule_files.iter().flat_map(|file| &file.groups);
    let mut global = Names::default();
    loop {
        let mut names = Names { used: BTreeSet::new(), ..global.clone() };
        let mut shared = SharedRules::default();
        let mut group_names = BTreeSet::new();
        for group in groups() {
            let name = unique(&mut group_names, group.name.value.clone(), " ");
            shared.group(project, group, &name, key, &mut names);
        }
        if names.recorded.len() == global.recorded.len() && names.alerts == global.alerts {
            return shared;
        }
        global = names;
    }
}

/// What only the global view has, and the names that parts took.
#[derive(Debug, Clone, Default)]
struct Names {
    recorded: BTreeSet<String>,
    alerts: bool,
    used: BTreeSet<String>,
}

impl Names {
    /// A name that `expr` reads and only the global view has.
    fn missing(&self, expr: &Expr) -> Option<String> {
        let alerts = |name: &str| self.alerts && matches!(name, "ALERTS" | "ALERTS_FOR_STATE");
        expr.selectors().into_iter().find_map(|selector| match &selector.name {
            Some(name) if self.recorded.contains(&*name.text) || alerts(&name.text) => {
                Some(format!("`{}`", name.text))
            }
            None if !self.recorded.is_empty() => Some(format!("`{selector}`")),
            _ => None,
        })
    }
}

impl SharedRules {
    /// The rule file of a shard: its own rules, and its part of those in two levels. `None` when
    /// there is nothing in it.
    pub fn shard_file(&self, shard: &str) -> Option<String> {
        let file = self.file("", |group| &group.shard)?;
        Some(file.replace(PART, &format!("'{shard}'")))
    }

    /// The rule file of the global view, for Thanos Ruler; an answer that lacks a shard is an error
    /// there, not a smaller sum.
    pub fn global_file(&self) -> Option<String> {
        self.file("  partial_response_strategy: abort\n", |group| &group.global)
    }

    fn file(&self, more: &str, rules: impl Fn(&Group) -> &Vec<String>) -> Option<String> {
        let mut out = String::from("groups:\n");
        for group in self.groups.iter().filter(|group| !rules(group).is_empty()) {
            let _ = writeln!(out, "{}{more}  rules:", group.head);
            out.extend(rules(group).iter().map(String::as_str));
        }
        (out.len() > "groups:\n".len()).then_some(out)
    }

    fn group(
        &mut self,
        project: &Project,
        group: &RuleGroup,
        name: &str,
        key: &ShardKey,
        names: &mut Names,
    ) {
        let mut head = format!("- name: {}\n", quote(name));
        let mut out = Group { head: String::new(), shard: Vec::new(), global: Vec::new() };
        for rule in &group.rules {
            let Some(node) = mapping_at(project, rule.location) else { continue };
            if let Some(parent) =
                node.parent().and_then(Node::parent).filter(|_| out.head.is_empty())
            {
                head.push_str(&fields(
                    parent,
                    &["name", "rules", "partial_response_strategy"],
                    "  ",
                ));
                out.head.clone_from(&head);
            }
            let (RuleKind::Record(own) | RuleKind::Alert(own)) = &rule.kind;
            let place = place(rule, key, names);
            match &place {
                RulePlace::Shard => out.shard.push(written(node, &rule.expr.value)),
                RulePlace::TwoLevel { levels, .. } => {
                    out.shard.extend(levels.partial.iter().map(|(name, expr)| part(name, expr)));
                    out.global.push(written(node, &levels.expr));
                }
                RulePlace::Global { .. } => out.global.push(written(node, &rule.expr.value)),
            }
            if place != RulePlace::Shard || loses_shard(rule, key) {
                match &rule.kind {
                    RuleKind::Record(name) => drop(names.recorded.insert(name.value.clone())),
                    RuleKind::Alert(_) => names.alerts = true,
                }
            }
            let file = rule.location.file;
            self.rules.push(PlacedRule { name: own.value.clone(), file, place });
        }
        self.groups.push(out);
    }
}

fn place(rule: &Rule, key: &ShardKey, names: &mut Names) -> RulePlace {
    let text = &rule.expr.value;
    let Ok(expr) = parse(text) else {
        return RulePlace::Global { reason: "the expression cannot be parsed".to_owned() };
    };
    let shard_labels = &key.for_expr(&expr)[..];
    let repeated = |expr: &Expr| repeated(expr, key);
    let overwritten = rule.labels.iter().find(|(name, _)| shard_labels.contains(&&*name.value));
    let missing =
        names.missing(&expr).map(|name| format!("it reads {name}, which the global view makes"));
    let reason = match (missing.or(repeated(&expr)), overwritten, classify(&expr, shard_labels)) {
        (None, None, _) if lives_on_one_shard(&expr, shard_labels) => return RulePlace::Shard,
        (Some(missing), _, _) => missing,
        (None, Some((name, _)), _) => format!("its labels overwrite `{}`", name.value),
        (None, None, ShardVerdict::NeedsGlobal { reason, .. }) => reason,
        (None, None, ShardVerdict::ShardSafe) => return RulePlace::Shard,
    };
    let base = match &rule.kind {
        RuleKind::Record(name) => format!("shard:{}", name.value),
        RuleKind::Alert(name) => format!("shard:alert:{}", word(&name.value)),
    };
    let mut used = std::mem::take(&mut names.used);
    let mut name = |op: &str| unique(&mut used, format!("{base}:{op}"), "_");
    let local = |expr: &Expr| names.missing(expr).is_none() && repeated(expr).is_none();
    let levels = two_level(&expr, text, shard_labels, &mut name, &local);
    names.used = used;
    match levels {
        Some(levels) => RulePlace::TwoLevel { levels, reason },
        None => RulePlace::Global { reason },
    }
}

/// Why an expression may find the same series on several shards.
fn repeated(expr: &Expr, key: &ShardKey) -> Option<String> {
    let is_repeated = |selector: &&Selector| match &selector.name {
        Some(name) => key.repeated().contains(&&*name.text),
        None => !key.repeated().is_empty(),
    };
    let selector = expr.selectors().into_iter().find(is_repeated)?;
    Some(format!("`{selector}` is on every shard for a job that is split"))
}

/// Whether the result of a rule that a shard evaluates may lack the labels that tell the shard: what
/// reads it cannot count on them, and belongs to the global view.
fn loses_shard(rule: &Rule, key: &ShardKey) -> bool {
    let safe = |expr: &Expr| classify(expr, &key.for_expr(expr)) == ShardVerdict::ShardSafe;
    !parse(&rule.expr.value).is_ok_and(|expr| safe(&expr))
}

/// `text` as a part of a metric's name.
fn word(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || c == ':' { c } else { '_' };
    text.chars().map(letter).collect()
}

/// `name`, with the first free number behind it where it is taken.
fn unique(used: &mut BTreeSet<String>, name: String, separator: &str) -> String {
    let numbered = (2..).map(|number| format!("{name}{separator}{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !used.contains(name));
    let name = free.unwrap_or(name);
    used.insert(name.clone());
    name
}

/// A rule with another expression.
fn written(rule: Node<'_>, expr: &str) -> String {
    let first = if rule.get("record").is_some() { "record" } else { "alert" };
    let name = rule.get(first).map_or("", Node::text);
    let rest = fields(rule, &[first, "expr"], "    ");
    format!("  - {first}: {}\n    expr: {}\n{rest}", quote(name), block(expr))
}

/// What a shard records of a rule in two levels.
fn part(name: &str, expr: &str) -> String {
    format!("  - record: {name}\n    expr: {}\n    labels: {{{PART_LABEL}: {PART}}}\n", block(expr))
}

/// A text of several lines as a literal block where that needs no care, else quoted.
fn block(text: &str) -> String {
    let text = text.trim();
    let plain = |c: char| c == '\n' || !c.is_control();
    if !text.contains('\n') || !text.chars().all(plain) {
        return quote(text).into_owned();
    }
    let lines = text.lines().map(|line| format!("\n      {line}"));
    format!("|-{}", lines.collect::<String>())
}

/// All fields of a mapping but some, a line each.
fn fields(mapping: Node<'_>, without: &[&str], indent: &str) -> String {
    let fields = mapping.fields().into_iter();
    let fields = fields.filter(|field| !without.contains(&field.key.resolved().text()));
    fields
        .map(|field| {
            let key = quote(field.key.resolved().text()).into_owned();
            format!("{indent}{key}: {}\n", to_flow(field.value))
        })
        .collect()
}
