//! A step did nothing to any of the series at hand.
//!
//! ## Why
//! Either it is left over, or it does not match what it was written for. Other series may come.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - source_labels: [__name__] # error
//!     regex: go_gc_seconds
//!     action: drop
//! ```
//!
//! With samples that have no metric `go_gc_seconds`.
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__]
//!     regex: go_gc_duration_seconds.*
//!     action: drop
//! ```
//!
//! ## Fix
//! None. The series at hand need not be all.

use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::flow::FlowReport;
use crate::lint::{Check, Context, FixKind, Rule};

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "CA002", name: "step-matches-nothing" },
    severity: Severity::Info,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Flow(check),
};

fn check(context: &mut Context<'_>, flow: &FlowReport) {
    let mut findings = Vec::new();
    for job in &context.project.jobs {
        let Some(report) = flow.jobs.iter().find(|report| report.job == job.name) else { continue };
        let chain = &job.metric_chain;
        for (index, (step, did)) in chain.steps.iter().zip(&report.steps).enumerate() {
            if did.reached.0 == 0 || did.dropped.0 + did.changed.0 > 0 {
                continue;
            }
            let reached = did.reached;
            let mut finding = context
                .finding(
                    step.spans.item,
                    format!("this step did nothing to the {reached} series that reached it"),
                )
                .evidence(Evidence::Data(format!("{reached} reached, 0 dropped, 0 changed")))
                .remedy("remove it, or look whether it matches what it is for");
            finding.subject = Subject {
                job: Some(job.name.clone()),
                chain: Some(chain.path.clone()),
                step: Some(index),
            };
            findings.push(finding);
        }
    }
    for finding in findings {
        context.report(finding);
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::{FlowReport, JobFlow, StepFlow};
    use crate::lint::testing::found_in_flow;
    use crate::units::SeriesCount;

    #[test]
    fn a_step_that_series_reached_without_effect_is_told() {
        let step = |reached, dropped| StepFlow {
            reached: SeriesCount(reached),
            dropped: SeriesCount(dropped),
            ..StepFlow::default()
        };
        let steps = vec![step(9, 9), step(0, 0), step(5, 0)];
        let job = JobFlow { job: "app".to_owned(), steps, ..JobFlow::default() };
        let flow = FlowReport { jobs: vec![job], ..FlowReport::default() };
        let chain = "metric_relabel_configs:\n- {regex: a, action: labeldrop}\n- {regex: b, action: labeldrop}\n- {regex: c, action: labeldrop}\n";
        let found = found_in_flow(chain, &flow);
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!(finding.subject.step, Some(2));
        assert_eq!(finding.message, "this step did nothing to the 5 series that reached it");
    }
}
