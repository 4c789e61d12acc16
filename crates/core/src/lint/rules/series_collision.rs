//! A chain makes several series the same, and all but one of each are lost.
//!
//! ## Why
//! When series of one scrape become one, the server stores the first sample and drops the rest: it
//! logs nothing, counts nothing, and `up` stays 1. When series of different targets become one, their
//! values interleave, and `rate` of the result is noise.
//!
//! ## Bad
//! ```yaml bad
//! metric_relabel_configs:
//!   - regex: url_path # error
//!     action: labeldrop
//! ```
//!
//! With samples that differ in `url_path` alone.
//!
//! ## Good
//! ```yaml good
//! metric_relabel_configs:
//!   - source_labels: [__name__, url_path]
//!     regex: istio_requests_total;/health
//!     action: drop
//! ```
//!
//! ## Fix
//! None. Drop whole series, aggregate with a recording rule, or leave the label out at the source.

use std::collections::BTreeSet;

use crate::config::Job;
use crate::finding::{Evidence, RuleId, Severity, Subject};
use crate::flow::{Collision, FlowReport};
use crate::lint::sample::{self, Labels};
use crate::lint::{Check, Context, FixKind, Rule};
use crate::relabel::StepField;
use crate::units::SeriesCount;

pub(super) static RULE: Rule = Rule {
    id: RuleId { code: "CA001", name: "series-collision" },
    severity: Severity::Error,
    fix: FixKind::None,
    since: "0.1.0",
    check: Check::Flow(check),
};

fn check(context: &mut Context<'_>, flow: &FlowReport) {
    let jobs: Vec<&Job> = context.project.jobs.iter().collect();
    for job in jobs {
        let of_job = || flow.collisions.iter().filter(|collision| collision.job == job.name);
        let mut steps: Vec<Option<usize>> = of_job().map(|collision| collision.step).collect();
        steps.sort_unstable();
        steps.dedup();
        for step in steps {
            let collisions: Vec<_> = of_job().filter(|collision| collision.step == step).collect();
            report(context, job, step, &collisions);
        }
    }
}

fn report(context: &mut Context<'_>, job: &Job, step: Option<usize>, collisions: &[&Collision]) {
    let lost =
        |collision: &&&Collision| collision.before.0 - collision.after.0.min(collision.before.0);
    let Some(worst) = collisions.iter().max_by_key(lost) else { return };
    let before: u64 = collisions.iter().map(|collision| collision.before.0).sum();
    let after: u64 = collisions.iter().map(|collision| collision.after.0).sum();
    let chain = &job.metric_chain;
    let place = step.and_then(|step| chain.steps.get(step));
    let location = match place {
        // What is written over, or else what is taken away.
        Some(step) if step.spans.field(StepField::TargetLabel).is_some() => {
            step.spans.value_or_item(StepField::TargetLabel)
        }
        Some(step) => step.spans.value_or_item(StepField::Regex),
        None if chain.written => chain.location,
        None => job.name_location,
    };
    let by = if place.is_some() { "this step" } else { "this chain" };
    let (before, after) = (SeriesCount(before), SeriesCount(after));
    let metrics = match collisions.len() {
        1 => format!("`{}`", worst.metric),
        count => format!("{count} metrics"),
    };
    let mut finding = context
        .finding(location, format!("{by} makes {before} series of {metrics} into {after}"))
        .evidence(Evidence::Data(example(worst)))
        .consequence(consequence(collisions))
        .remedy("drop whole series instead, or aggregate with a recording rule");
    finding.subject = Subject {
        job: Some(job.name.clone()),
        chain: Some(chain.path.clone()),
        step: place.and(step),
    };
    context.report(finding);
}

fn consequence(collisions: &[&Collision]) -> &'static str {
    let across = collisions.iter().filter(|collision| collision.across_targets).count();
    match across {
        0 => "of those that become one only the first of each scrape is stored, without any error",
        _ if across == collisions.len() => {
            "values of different targets interleave, without any error"
        }
        _ => "samples are lost, and values of different targets interleave, without any error",
    }
}

/// Two series that became one, by the labels in which they differed; the rest they share.
fn example(collision: &Collision) -> String {
    let [first, second] = &collision.example;
    let only = |labels: &Labels, other: &Labels| -> Labels {
        labels.iter().filter(|label| !other.contains(label)).cloned().collect()
    };
    let differ = [only(first, second), only(second, first)];
    let names: BTreeSet<&str> = differ.iter().flatten().map(|(name, _)| name.as_str()).collect();
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let shared = first.len() - differ[0].len();
    format!(
        "two series of `{}` that share {shared} labels and differ in {}, `{}` and `{}`, become one",
        collision.metric,
        names.join(", "),
        sample::show(&differ[0]),
        sample::show(&differ[1]),
    )
}

#[cfg(test)]
mod tests {
    use crate::flow::{Collision, FlowReport};
    use crate::lint::testing::found_in_flow;
    use crate::units::SeriesCount;

    #[test]
    fn collisions_are_told_where_the_step_is() {
        let set = |path: &str| {
            [("__name__", "a"), ("url_path", path)]
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .to_vec()
        };
        let flow = FlowReport {
            collisions: vec![Collision {
                job: "app".to_owned(),
                metric: "a".to_owned(),
                before: SeriesCount(10),
                after: SeriesCount(4),
                step: Some(1),
                example: [set("/a"), set("/b")],
                becomes: vec![("__name__".to_owned(), "a".to_owned())],
                ..Collision::default()
            }],
            ..FlowReport::default()
        };
        let chain = "metric_relabel_configs:\n- {regex: b, action: labeldrop}\n- regex: url_path\n  action: labeldrop\n";
        let found = found_in_flow(chain, &flow);
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!(finding.message, "this step makes 10 series of `a` into 4");
        assert_eq!(
            finding.evidence.text(),
            Some(concat!(
                "two series of `a` that share 1 labels and differ in `url_path`, ",
                "`{url_path=\"/a\"}` and `{url_path=\"/b\"}`, become one"
            ))
        );
        assert_eq!(finding.subject.step, Some(1));
    }
}
