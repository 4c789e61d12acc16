//! Queries of rule files and of others, as parsed expressions with their places.

use super::Context;
use crate::config::{Project, Rule, RuleKind};
use crate::doc::NodeId;
use crate::promql::{Expr, MatchOp, Selector};
use crate::text::{Location, Span};
use crate::usage;

/// Every rule of the project whose expression can be read.
pub(super) fn rules(project: &Project) -> impl Iterator<Item = (&Rule, Expr)> {
    let groups = project.rule_files.iter().flat_map(|file| &file.groups);
    let rules = groups.flat_map(|group| &group.rules);
    rules.filter_map(|rule| Some((rule, usage::parse(&rule.expr.value).ok()?)))
}

/// `rule `x`` or `alert `x``.
pub(super) fn title(rule: &Rule) -> String {
    match &rule.kind {
        RuleKind::Record(name) => format!("recording rule `{}`", name.value),
        RuleKind::Alert(name) => format!("alert `{}`", name.value),
    }
}

/// Where a part of a rule's expression is.
pub(super) fn place(context: &Context<'_>, rule: &Rule, span: Span) -> Location {
    let whole = rule.expr.location;
    let node: NodeId = rule.expr_node;
    let documents = context.project.documents.iter();
    let node = documents
        .filter(|document| document.file() == whole.file)
        .map(|document| document.node(node))
        .next();
    let span = node.map(|node| node.source_span(context.source(whole), span.range()));
    Location { file: whole.file, span: span.unwrap_or(whole.span) }
}

/// The value that a selector wants a label to have, if it wants just one.
pub(super) fn wanted<'s>(selector: &'s Selector, label: &str) -> Option<&'s str> {
    let mut matchers = selector.matchers.iter();
    let found =
        matchers.find(|matcher| &*matcher.label.text == label && matcher.op == MatchOp::Equal);
    found.map(|matcher| &*matcher.value).filter(|value| !value.is_empty())
}

/// The metric that a selector names.
pub(super) fn metric(selector: &Selector) -> Option<&str> {
    selector.name.as_ref().map(|name| &*name.text).or_else(|| wanted(selector, "__name__"))
}
