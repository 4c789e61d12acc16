//! A `keep` or `drop` with a pattern has no `source_labels`, so it drops everything or nothing.
//!
//! ## Why
//! Without source labels the value is the empty string for every series: the pattern decides once
//! for all of them. Often `sourceLabels` of a Kubernetes resource was meant, or a `labeldrop`.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - regex: go_.* # error
//!     action: drop
//! ```
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_.*
//!     action: drop
//! ```
//!
//! ## Fix
//! None. Say which labels the pattern is for.

use crate::finding::{Evidence, RuleId, Severity};
use crate::lint::{At, Check, Context, FixKind, Rule, sample};
use crate::relabel::analysis::ClaimKind;
use crate::relabel::{Action, Field, StepField};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "RL011", name: "filter-without-source" },
    severity: Severity::Warning,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Step(check),
};

fn check(context: &mut Context<'_>, at: At<'_>) {
    let is_filter = matches!(at.step.action(), Action::Keep | Action::Drop);
    // One left blank is the empty pattern, not the default.
    let has_pattern = match &at.configured.raw.regex {
        Field::Absent => false,
        Field::Null => true,
        Field::Set(text) => text != "(.*)" && text != ".*",
    };
    // A pattern that matches the empty string and no more is as good as none.
    if !is_filter || !has_pattern || !at.step.source_labels().is_empty() {
        return;
    }
    let analysis = context.analysis_alone(at);
    let Some(claim) = analysis.claims.first() else { return };
    let (action, pattern) = (at.step.action(), at.step.pattern().text());
    let mut finding = context
        .finding(
            at.value(StepField::Regex),
            format!(
                "`{action}` has no `source_labels`: `{pattern}` is matched with the empty string"
            ),
        )
        .evidence(Evidence::Proof(format!(
            "without source labels every label set reads the empty string: {}",
            sample::became(&claim.witness.labels, &claim.witness.ran)
        )))
        .remedy("say in `source_labels` what the pattern is for");
    if matches!(claim.kind, ClaimKind::DropsEverything { .. }) {
        finding.severity = Severity::Error;
        finding = finding.consequence("everything is dropped: nothing of this chain is left");
    } else {
        finding = finding.consequence("the step has no effect");
    }
    context.report(finding);
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::found;

    #[track_caller]
    fn check(step: &str, expected: usize) {
        let chain = format!("metric_relabel_configs:\n- {{{step}}}\n");
        assert_eq!(found(&chain, "filter-without-source").len(), expected, "{step}");
    }

    #[test]
    fn a_pattern_is_told_however_it_is_written_but_for_the_default() {
        check("action: drop, regex: ''", 1);
        check("action: drop, regex: ", 1);
        check("action: keep, regex: ''", 1);
        check("action: keep, regex: null", 1);
        check("action: keep, regex: a", 1);
        check("action: drop", 0);
        check("action: drop, regex: (.*)", 0);
        check("action: drop, regex: '', source_labels: [a]", 0);
    }
}
