//! What a plan foretells of a server that runs it: how many series of each metric there are, and what
//! is found no more.

use std::collections::BTreeMap;

use super::action::{Action, ActionKind};
use super::patterns::patterns;
use super::prove::Plan;
use super::replay::claimed;
use crate::flow::distinct;
use crate::promql::{MatchOp, Matcher, Modifiers, Name, Selector};
use crate::series::{METRIC_NAME, Table};
use crate::text::Span;
use crate::units::SeriesCount;

/// Series of one metric of one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricCount {
    /// The job's name in the configuration.
    pub job: String,
    /// The metric.
    pub metric: String,
    /// What is stored today.
    pub before: SeriesCount,
    /// What is stored under the plan.
    pub after: SeriesCount,
}

/// How many series there are before and after of each metric that a plan touches, by job and name.
pub fn predict(stored: &Table, plan: &Plan) -> Vec<MetricCount> {
    let actions: Vec<&Action> = plan.actions().iter().collect();
    let mut touched: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    // What the chains of today made one already is one series of the server.
    let stored = distinct(stored);
    let counts = claimed(&stored, &actions);
    for action in &actions {
        for metric in &action.metrics {
            let key = (action.job.as_str(), metric.as_str());
            touched.extend(counts.get(&key).map(|&count| (key, count)));
        }
    }
    let count = |((job, metric), (rows, dropped)): (_, (u64, u64))| MetricCount {
        job: str::to_owned(job),
        metric: str::to_owned(metric),
        before: SeriesCount(rows),
        after: SeriesCount(rows - dropped),
    };
    touched.into_iter().map(count).collect()
}

/// Selectors that find nothing new once an action is at work: series that it drops, or that have a
/// label which it takes away. Each fits into a URL.
pub fn gone(action: &Action) -> Vec<String> {
    let of = |names: &str, rest: &[(&str, MatchOp, &str)]| {
        let job = ("job", MatchOp::Equal, action.job.as_str());
        let all = [&[(METRIC_NAME, MatchOp::Regex, names), job], rest].concat();
        selector(&all)
    };
    let label = action.labels.first().map_or("", String::as_str);
    let mut selectors = Vec::new();
    for names in patterns(&action.metrics) {
        match action.kind {
            ActionKind::DropMetrics | ActionKind::StopJob => selectors.push(of(&names, &[])),
            ActionKind::DropLabel => selectors.push(of(&names, &[(label, MatchOp::NotEqual, "")])),
            ActionKind::DropValues => {
                let values = action.patterns.iter();
                selectors.extend(values.map(|it| of(&names, &[(label, MatchOp::Regex, it)])));
            }
        }
    }
    selectors
}

/// Selectors of these metrics, which come sorted. Each fits into a URL.
pub fn of_metrics(metrics: &[String]) -> Vec<String> {
    patterns(metrics)
        .iter()
        .map(|names| selector(&[(METRIC_NAME, MatchOp::Regex, names)]))
        .collect()
}

fn selector(matchers: &[(&str, MatchOp, &str)]) -> String {
    let nowhere = Span::default();
    let matcher = |&(label, op, value): &(&str, MatchOp, &str)| Matcher {
        label: Name { text: label.into(), span: nowhere },
        op,
        value: value.into(),
        value_span: nowhere,
        span: nowhere,
    };
    Selector {
        name: None,
        matchers: matchers.iter().map(matcher).collect(),
        modifiers: Modifiers::default(),
        span: nowhere,
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(kind: ActionKind, patterns: &[&str]) -> Action {
        let all = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Action {
            metrics: all(&["a_total", "b"]),
            labels: all(&["x"]),
            patterns: all(patterns),
            ..Action::new(kind, "o\"ne")
        }
    }

    #[test]
    fn what_goes_is_selected() {
        let begin = r#"{__name__=~"a_total|b", job="o\"ne""#;
        let check = |kind, patterns: &[&str], rest: &[&str]| {
            let wanted: Vec<String> = rest.iter().map(|it| format!("{begin}{it}}}")).collect();
            assert_eq!(gone(&action(kind, patterns)), wanted);
        };
        check(ActionKind::DropMetrics, &[], &[""]);
        check(ActionKind::DropLabel, &[], &[r#", x!="""#]);
        check(ActionKind::DropValues, &["v|w", "(y).*"], &[r#", x=~"v|w""#, r#", x=~"(y).*""#]);
    }
}
