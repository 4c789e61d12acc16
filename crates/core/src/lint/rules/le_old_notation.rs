//! A pattern has a bucket or quantile in the notation of Prometheus 2.
//!
//! ## Why
//! Since 3.0 the server rewrites `le` of histograms and `quantile` of summaries before any
//! relabeling: `le="1"` becomes `le="1.0"`. A pattern that has only `1` does not match any more.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__, le]
//!     regex: request_duration_seconds_bucket;(0.5|1|5) # error
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml fixed
//! metric_relabel_configs:
//!   - source_labels: [__name__, le]
//!     regex: 'request_duration_seconds_bucket;(0.5|1(?:\.0)?|5(?:\.0)?)'
//!     action: drop
//! ```
//!
//! ## Fix
//! Unsafe: lets each whole number of the pattern end with `.0`, which changes what is stored.

use crate::config::ChainKind;
use crate::doc;
use crate::finding::{Applicability, Evidence, Fix, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, filters, sample};
use crate::regexp::Pattern;
use crate::regexp::language::{Language, Languages};
use crate::relabel::{Action, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "VE001", name: "le-old-notation" },
    severity: Severity::Warning,
    fix: FixKind::Unsafe,
    since: "0.1.0",
    check: Check::Step(check),
};

/// Numbers to try where the pattern has none of its own.
const COMMON: [&str; 2] = ["1", "10"];

fn check(context: &mut Context<'_>, at: At<'_>) {
    let is_after = matches!(at.chain.kind, ChainKind::Metric | ChainKind::Write);
    if !is_after || !context.project.server.at_least(3, 0) || !at.reads(StepField::Regex) {
        return;
    }
    let sources = at.step.source_labels();
    for label in ["le", "quantile"] {
        if let Some(place) = sources.iter().position(|source| **source == *label)
            && !is_rewritten(context, at, label)
        {
            check_label(context, at, label, place);
        }
    }
}

/// Whether a step may have brought the values back to the old notation.
fn is_rewritten(context: &Context<'_>, at: At<'_>, label: &str) -> bool {
    let before = context.project.jobs.iter().flat_map(|job| &job.metric_chain.steps);
    let before = before.filter(|_| at.chain.kind == ChainKind::Write);
    let mut steps = at.earlier().iter().chain(before);
    steps.any(|step| step.step.as_ref().is_none_or(|step| filters::may_set(step, label)))
}

fn check_label(context: &mut Context<'_>, at: At<'_>, label: &str, place: usize) {
    let pattern = at.step.pattern();
    let Some(language) = context.language(pattern) else { return };
    let languages = context.languages();
    let mut old = outdated(languages, at, place, &language, numbers(pattern.text()));
    if old.is_empty() {
        // It may have `[0-9]+`.
        old = outdated(languages, at, place, &language, COMMON.to_vec());
    }
    let Some(labels) =
        old.first().and_then(|(_, before)| sample::reading(context, at.step, before))
    else {
        return;
    };
    let mut new = labels.clone();
    for (_, value) in new.iter_mut().filter(|(name, _)| name == label) {
        value.push_str(".0");
    }
    let (before, after) = (sample::run([at.step], &labels), sample::run([at.step], &new));
    let numbers: Vec<String> = old.iter().map(|(number, _)| format!("`{number}`")).collect();
    let mut finding = context
        .finding(
            at.value(StepField::Regex),
            format!("`{label}` is written as in Prometheus 2: {}", numbers.join(", ")),
        )
        .evidence(Evidence::Proof(format!(
            "`{}` stores `{label}` with a decimal point: {}, but {}",
            context.project.server,
            sample::became(&labels, &before),
            sample::became(&new, &after)
        )))
        .consequence("the pattern misses these buckets or quantiles of typed metrics")
        .remedy("let the numbers end with `(?:\\.0)?`");
    if at.step.action() == Action::Keep {
        finding.severity = Severity::Error;
        finding = finding.consequence("these buckets or quantiles of typed metrics are dropped");
    }
    finding.fix = fix(context, at, &old);
    context.report(finding);
}

/// The whole numbers in a pattern.
fn numbers(text: &str) -> Vec<&str> {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    let mut numbers: Vec<&str> = runs.filter(|run| !run.is_empty() && run.len() <= 12).collect();
    numbers.sort_by_key(|number| (number.len(), *number));
    numbers.dedup();
    numbers
}

/// The numbers that the pattern matches only without a decimal point, with what it then matches.
fn outdated(
    languages: &Languages,
    at: At<'_>,
    place: usize,
    pattern: &Language,
    numbers: Vec<&str>,
) -> Vec<(String, Language)> {
    let outdated = |number: &str| {
        let before = with_value(languages, at, place, number, pattern)?;
        let after = with_value(languages, at, place, &format!("{number}.0"), pattern)?;
        let is_old = !before.is_empty().holds() && after.is_empty().holds();
        is_old.then(|| (number.to_owned(), before))
    };
    numbers.into_iter().filter_map(outdated).collect()
}

/// What the pattern matches of the values that a step reads where one label has this value.
fn with_value(
    languages: &Languages,
    at: At<'_>,
    place: usize,
    value: &str,
    pattern: &Language,
) -> Option<Language> {
    let mut parts = vec![languages.all(); at.step.source_labels().len()];
    parts[place] = languages.literal(value);
    let readable = languages.joined(&parts, at.step.separator()).ok()?;
    languages.intersection(&readable, pattern).ok()
}

/// Lets the numbers that stand as whole alternatives end with `.0`.
fn fix(context: &Context<'_>, at: At<'_>, old: &[(String, Language)]) -> Option<Fix> {
    let node = context.editable(at, StepField::Regex)?;
    let text = at.step.pattern().text();
    let is_edge = |c: Option<char>| c.is_none_or(|c| "()|;^$".contains(c));
    let (mut fixed, mut rest, mut last) = (String::new(), text, None);
    while let Some(c) = rest.chars().next() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (run, after) = rest.split_at(digits.max(c.len_utf8()));
        fixed.push_str(run);
        let whole = digits > 0 && is_edge(last) && is_edge(after.chars().next());
        if whole && old.iter().any(|(number, _)| number == run) {
            fixed.push_str("(?:\\.0)?");
        }
        last = run.chars().next_back();
        rest = after;
    }
    let wider = context.language(&Pattern::parse(&fixed, at.step.pattern().dialect()).ok()?)?;
    let place =
        at.step.source_labels().iter().position(|label| matches!(&**label, "le" | "quantile"))?;
    let is_fixed = |(number, _): &(String, Language)| {
        with_value(context.languages(), at, place, &format!("{number}.0"), &wider)
            .is_some_and(|some| !some.is_empty().holds())
    };
    let edit = doc::replace_scalar(context.source(at.value(StepField::Regex)), node, &fixed);
    let title = "let whole numbers end with `.0`".to_owned();
    old.iter().all(is_fixed).then(|| Fix {
        title,
        applicability: Applicability::Unsafe,
        edits: vec![edit],
    })
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found;

    #[track_caller]
    fn check(regex: &str, expected: usize) {
        let chain = format!(
            "metric_relabel_configs:\n- {{source_labels: [__name__, le], regex: '{regex}', action: drop}}\n"
        );
        assert_eq!(found(&chain, "le-old-notation").len(), expected, "{regex}");
    }

    #[test]
    fn only_patterns_that_lack_the_new_notation_are_old() {
        check("a_bucket;(1|5)", 1);
        check("a_bucket;(1|1.0|5|5.0)", 0);
        check(r"a_bucket;(1|5)(\.0)?", 0);
        check(r"a_bucket;\d+", 1);
        check("a_bucket;.*", 0);
        check("http_1xx_bucket;.+", 0);
        check("http_2_bucket;0\\.25", 0);
        check(r"a_bucket;\+Inf", 0);
    }

    #[test]
    fn a_chain_that_brings_the_old_notation_back_is_right() {
        let chain = "metric_relabel_configs:
- {source_labels: [le], regex: '(.*)\\.0+', target_label: le}
- {source_labels: [le], regex: 1|5, action: drop}
";
        assert_eq!(found(chain, "le-old-notation"), [] as [u32; 0]);
    }
}
