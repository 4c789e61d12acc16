//! Plans: under the steps of whatever is proven no two series become one, and every query finds the
//! same series with the same labels. Steps are run and queries answered by naive code.

use std::collections::{BTreeMap, BTreeSet};

use promsieve_core::config::{Job, Project};
use promsieve_core::cost::{CostModel, ServerSettings};
use promsieve_core::flow;
use promsieve_core::optimize::{Evidence, Goal, Plan, Proposal, propose};
use promsieve_core::relabel::{RawStep, Step};
use promsieve_core::series::{METRIC_NAME, Table, TableBuilder, Target};
use promsieve_core::server::{NameScheme, Server};
use promsieve_core::usage::{Usage, UsageOptions, list_queries};
use promsieve_core::watch::Unwatched;

use super::choices::Choices;
use super::relabel::{Labels, naive};

const METRICS: [&str; 6] = ["m_total", "n_bucket", "n_sum", "n_count", "info", "free"];
const NAMES: [&str; 4] = ["a", "b", "pod", "le"];
const VALUES: [&str; 7] = ["1", "2", "x", "x-1", "x-2", "y", "+Inf"];
const OPERATORS: [&str; 4] = ["=", "!=", "=~", "!~"];
const MATCHED: [&str; 6] = ["x", "1", "x|y", "x-.*", ".+", ""];
/// What a query makes of a selector, and the labels that its result is told apart by: those named,
/// or where there are none, all.
const FORMS: [(&str, &[&str]); 7] = [
    ("@", &[]),
    ("rate(@[5m]) > 0", &[]),
    ("sum(rate(@[5m]))", &["-"]),
    ("sum by (a) (@)", &["a"]),
    ("count by (pod, b) (@)", &["b", "pod"]),
    ("label_replace(max by (b) (@), \"c\", \"$1\", \"b\", \"(.*)\")", &["b"]),
    ("histogram_quantile(0.9, sum by (le, a) (rate(@[5m])))", &["a", "le"]),
];

/// A query of one selector with one matcher.
#[derive(Debug)]
struct Asked {
    metric: String,
    label: String,
    operator: String,
    value: String,
    form: (&'static str, &'static [&'static str]),
}

impl Asked {
    fn choose(choices: &mut Choices<'_>) -> Self {
        Self {
            metric: choices.of(&METRICS[..4]),
            label: choices.of(&NAMES),
            operator: choices.of(&OPERATORS),
            value: choices.of(&MATCHED),
            form: FORMS[choices.below(FORMS.len())],
        }
    }

    fn text(&self) -> String {
        let Self { metric, label, operator, value, form } = self;
        form.0.replace('@', &format!("{metric}{{{label}{operator}\"{value}\"}}"))
    }

    /// How many series come to each label set of the result.
    fn answer(&self, series: &[Labels]) -> BTreeMap<Labels, usize> {
        let mut answer = BTreeMap::new();
        for labels in series.iter().filter(|labels| self.selects(labels)) {
            let is_told =
                |name: &String| self.form.1.is_empty() || self.form.1.contains(&name.as_str());
            let mut told = labels.clone();
            told.retain(|name, _| is_told(name));
            *answer.entry(told).or_default() += 1;
        }
        answer
    }

    fn selects(&self, labels: &Labels) -> bool {
        let found = labels.get(&self.label).map_or("", String::as_str);
        let is_equal = match (self.operator.as_str(), self.value.as_str()) {
            ("=" | "!=", value) | (_, value @ ("x" | "1" | "")) => found == value,
            (_, "x|y") => found == "x" || found == "y",
            (_, "x-.*") => found.starts_with("x-"),
            _ => !found.is_empty(),
        };
        labels.get(METRIC_NAME) == Some(&self.metric) && is_equal != self.operator.starts_with('!')
    }
}

/// A page without duplicates and queries, both of them chosen by the bytes.
pub(super) fn plan(data: &[u8]) {
    let mut choices = Choices::of_bytes(data);
    let asked: Vec<Asked> = (0..=choices.below(4)).map(|_| Asked::choose(&mut choices)).collect();
    let exposed = exposed(&mut choices);
    let job = Job { name: "j".to_owned(), ..Job::default() };
    let project = Project { jobs: vec![job], ..Project::default() };
    let (attached, stored) = flow::run(&project, &exposed);
    let queries: Vec<String> = asked.iter().map(Asked::text).collect();
    let usage = Usage::of(list_queries("q", &queries.join("\n")), UsageOptions::default());
    let evidence = Evidence {
        project: &project,
        attached: &attached,
        stored: &stored,
        earlier: &[],
        usage: &usage,
        model: &CostModel::embedded(&Server::default()).0,
        settings: &ServerSettings::default(),
    };
    let plan = proven(propose(&evidence, &Goal::default()), &evidence);
    let before = series(&stored.table);
    let steps: Vec<RawStep> = plan.actions().iter().flat_map(|it| it.steps.clone()).collect();
    let after = left(&steps, &before);
    let mut distinct = after.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), after.len(), "{steps:#?} merges series of {before:#?}");
    assert_eq!(plan.after().series.0, after.len() as u64, "{steps:#?} over {before:#?}");
    for query in &asked {
        let (was, is) = (query.answer(&before), query.answer(&after));
        assert_eq!(was, is, "{} under {steps:#?}", query.text());
    }
}

fn exposed(choices: &mut Choices<'_>) -> Table {
    let mut builder = TableBuilder::default();
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let labels = vec![own("instance", "i"), own("job", "j")];
    builder.target(Target { job: "j".to_owned(), labels });
    let one = |choices: &mut Choices<'_>| {
        let labels = (0..choices.below(4)).map(|_| (choices.of(&NAMES), choices.of(&VALUES)));
        let labels: Labels = labels.collect();
        (choices.of(&METRICS), labels)
    };
    let series: BTreeSet<_> = (0..8 + choices.below(40)).map(|_| one(choices)).collect();
    for (metric, labels) in &series {
        let pairs: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        builder.row(metric, &pairs, 20);
    }
    builder.finish()
}

fn proven(mut proposal: Proposal, evidence: &Evidence<'_>) -> Plan {
    loop {
        match proposal.clone().prove(evidence, &Unwatched) {
            Ok(plan) => return plan,
            Err(refutation) => proposal = proposal.without(&refutation),
        }
    }
}

/// All series with their names and the labels of their targets.
fn series(table: &Table) -> Vec<Labels> {
    let mut all = Vec::new();
    for group in &table.metrics {
        for row in 0..group.rows {
            let labels = table.row_labels(group, row).into_iter();
            let mut labels: Labels = labels.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            labels.insert(METRIC_NAME.to_owned(), table.metric_name(group).to_owned());
            all.push(labels);
        }
    }
    all
}

fn left(steps: &[RawStep], series: &[Labels]) -> Vec<Labels> {
    let valid = |step: &RawStep| step.validate(Server::default(), NameScheme::default());
    let valid: Vec<Step> =
        steps.iter().map(valid).collect::<Result<_, _>>().expect("a plan's steps are valid");
    let after = |labels: &Labels| naive(steps, &valid, labels.clone()).expect("in any order");
    series.iter().filter_map(after).collect()
}
