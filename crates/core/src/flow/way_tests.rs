//! The whole way by table against the whole way told row by row, and what details say of it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::tests::{configured, raw_step};
use super::{StepDetail, store_in_detail, whole_way, write_in_detail};
use crate::config::{Chain, Job, Located, Project, RemoteWrite};
use crate::relabel::{Outcome, Program, RawStep, Scratch};
use crate::series::{LabelBuf, METRIC_NAME, MetricType, Sink, Table, TableBuilder, Target};
use crate::server::{NameScheme, Server};
use crate::text::{Location, open_metrics_float};

type Labels = BTreeMap<String, String>;
/// A metric's name and its labels, some of them empty.
type Row = (String, Labels);

/// Exposed rows of two targets, the type that stands above each page, and the configuration.
#[derive(Debug, Clone)]
struct Case {
    pages: [Vec<Row>; 2],
    kind: MetricType,
    honor: bool,
    metric_chain: Vec<RawStep>,
    write_chain: Vec<RawStep>,
}

fn case() -> impl Strategy<Value = Case> {
    let value = prop::sample::select(vec!["x", "y", "1", "2.50", ""]);
    let name = prop::sample::select(vec!["a", "b", "le", "job", "exported_job", "zone"]);
    let labels = prop::collection::btree_map(name, value, 0..4);
    let owned = |labels: BTreeMap<&str, &str>| -> Labels {
        labels.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
    };
    let row = ("m[12]", labels.prop_map(owned));
    let page = prop::collection::btree_set(row, 0..6);
    let page = page.prop_map(|rows| rows.into_iter().collect::<Vec<Row>>());
    let steps = || prop::collection::vec(raw_step(), 0..4);
    let kind = prop::sample::select(vec![MetricType::Histogram, MetricType::Gauge]);
    ([page.clone(), page], kind, any::<bool>(), steps(), steps()).prop_map(
        |(pages, kind, honor, metric_chain, write_chain)| Case {
            pages,
            kind,
            honor,
            metric_chain,
            write_chain,
        },
    )
}

const EXTERNAL: [(&str, &str); 2] = [("a", "ext"), ("zone", "z")];

fn target(at: usize) -> Target {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    // The second target has one label more, which pages expose, too.
    let own = (at == 1).then(|| pair("zone", "t"));
    let labels = [pair("instance", &format!("i{at}")), pair("job", "j")];
    Target { job: "j".to_owned(), labels: labels.into_iter().chain(own).collect() }
}

impl Case {
    fn project(&self) -> Project {
        let chain = |steps: &[RawStep]| Chain { steps: configured(steps), ..Chain::default() };
        let job = Job {
            name: "j".to_owned(),
            honor_labels: self.honor,
            honor_timestamps: true,
            metric_chain: chain(&self.metric_chain),
            ..Job::default()
        };
        let write = RemoteWrite { write_chain: chain(&self.write_chain), ..RemoteWrite::default() };
        let mut project = Project {
            jobs: vec![job],
            remote_writes: vec![write],
            server: Server::prometheus(3, 5),
            ..Project::default()
        };
        let located = |text: &str| Located::new(text.to_owned(), Location::default());
        project.global.external_labels = EXTERNAL.map(|(n, v)| (located(n), located(v))).to_vec();
        project
    }

    fn table(&self) -> Table {
        let mut builder = TableBuilder::default();
        for (at, page) in self.pages.iter().enumerate() {
            builder.target(target(at));
            builder.family("f", self.kind);
            for (metric, labels) in page {
                let pairs: Vec<_> = labels.iter().map(|(n, v)| (&**n, &**v)).collect();
                builder.row(metric, &pairs, 10);
            }
        }
        builder.finish()
    }

    /// The label sets at each stage, as the server's code reads; `None` where a scrape fails.
    fn by_rows(&self) -> [Vec<Labels>; 3] {
        let project = self.project();
        let metric = project.jobs[0].metric_chain.program();
        let write = project.remote_writes[0].write_chain.program();
        let (mut attached, mut stored) = (Vec::new(), Vec::new());
        for (at, page) in self.pages.iter().enumerate() {
            let with_target: Vec<Labels> = page.iter().map(|row| self.attach(at, row)).collect();
            let kept: Vec<Labels> =
                with_target.iter().filter_map(|labels| relabel(&metric, labels, &[])).collect();
            attached.extend(with_target);
            let kept = || kept.iter().filter(|labels| !labels.is_empty());
            if kept().all(is_valid) {
                stored.extend(kept().cloned());
            }
        }
        let distinct: BTreeSet<&Labels> = stored.iter().collect();
        let written = distinct.iter().filter_map(|labels| relabel(&write, labels, &EXTERNAL));
        let written: Vec<Labels> = written.filter(is_valid).collect();
        [attached, stored, written]
    }

    fn attach(&self, at: usize, (metric, exposed): &Row) -> Labels {
        let mut labels = exposed.clone();
        if self.kind == MetricType::Histogram
            && let Some(bound) = labels.get_mut("le")
            && let Ok(value) = bound.parse()
        {
            *bound = open_metrics_float(value);
        }
        let mut clashing = Vec::new();
        for (name, value) in target(at).labels {
            if self.honor {
                labels.entry(name).or_insert(value);
            } else if let Some(old) = labels.insert(name.clone(), value).filter(|v| !v.is_empty()) {
                clashing.push((name, old));
            }
        }
        clashing.sort_by_key(|(name, _)| name.len());
        for (mut name, value) in clashing {
            while labels.get(&name).is_some_and(|value| !value.is_empty()) {
                name.insert_str(0, "exported_");
            }
            labels.insert(name, value);
        }
        labels.insert(METRIC_NAME.to_owned(), metric.clone());
        labels.retain(|_, value| !value.is_empty());
        labels
    }
}

fn is_valid(labels: &Labels) -> bool {
    let scheme = NameScheme::Utf8;
    labels.get(METRIC_NAME).is_some_and(|name| scheme.is_metric_name(name))
        && labels.keys().all(|name| scheme.is_label_name(name))
}

fn relabel(program: &Program, labels: &Labels, external: &[(&str, &str)]) -> Option<Labels> {
    let mut buffer = LabelBuf::new();
    buffer.refill(labels.iter().map(|(name, value)| (&**name, &**value)));
    for (name, value) in external {
        if buffer.get(name).is_empty() {
            buffer.set(name, value);
        }
    }
    let outcome = program.apply(&mut Scratch::new(), &mut buffer);
    let sorted = || buffer.sorted().into_iter().map(|(n, v)| (n.to_owned(), v.to_owned()));
    (outcome == Outcome::Kept).then(|| sorted().collect())
}

fn rows(table: &Table) -> Vec<Labels> {
    let mut rows: Vec<Labels> = Vec::new();
    for group in &table.metrics {
        for row in 0..group.rows {
            let labels = table.row_labels(group, row);
            let labels = labels.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned()));
            rows.push(labels.filter(|(_, value)| !value.is_empty()).collect());
        }
    }
    rows.sort();
    rows
}

/// How many series each step made the same as another, counted over all that pass.
fn merged_by_step(
    program: &Program,
    before: &BTreeSet<Labels>,
    external: &[(&str, &str)],
) -> Vec<u64> {
    let after = |steps: usize| -> u64 {
        let start = Program::compile(&program.steps()[..steps]);
        let passing = before.iter().filter(|labels| {
            relabel(program, labels, external).is_some_and(|labels| is_valid(&labels))
        });
        let states: BTreeSet<_> = passing.map(|it| relabel(&start, it, external)).collect();
        states.len() as u64
    };
    (0..program.steps().len()).map(|step| after(step) - after(step + 1)).collect()
}

fn merged(details: &[StepDetail]) -> Vec<u64> {
    details.iter().map(|detail| detail.merged.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 2000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_stage_is_what_rows_make_of_it(case in case()) {
        let way = whole_way(&case.project(), &case.table());
        let mut wanted = case.by_rows();
        for rows in &mut wanted {
            rows.sort();
        }
        prop_assert_eq!(rows(&way.attached), wanted[0].clone());
        prop_assert_eq!(rows(&way.stored.table), wanted[1].clone());
        prop_assert_eq!(rows(&way.written[0].table), wanted[2].clone());
        for failure in &way.stored.report.failures {
            prop_assert!(failure.cause.is_about_names() && !failure.example.is_empty());
        }
    }

    #[test]
    fn details_say_which_step_merges(case in case()) {
        let project = case.project();
        let way = whole_way(&project, &case.table());
        prop_assume!(way.stored.report.failures.is_empty());
        let stored = store_in_detail(&project, &way.attached);
        let flow = &stored.report.jobs[0];
        let before: BTreeSet<Labels> = rows(&way.attached).into_iter().collect();
        let program = project.jobs[0].metric_chain.program();
        // Rows that pass without any label are dropped, so they merge with nothing.
        prop_assert_eq!(merged(&flow.details), merged_by_step(&program, &before, &[]));
        for (step, detail) in flow.steps.iter().zip(&flow.details) {
            prop_assert_eq!(step.dropped.0 > 0, detail.dropped.is_some());
            prop_assert_eq!(step.changed.0 > 0, detail.changed.is_some());
            prop_assert_eq!(detail.merged.0 > 0, detail.made_one.is_some());
            let differ = |pair: &[_; 2]| pair[0] != pair[1];
            prop_assert!(detail.changed.as_ref().is_none_or(differ));
            prop_assert!(detail.made_one.as_ref().is_none_or(differ));
        }
        let remote = &project.remote_writes[0];
        let written = write_in_detail(&project, remote, &stored.table);
        let before: BTreeSet<Labels> = rows(&stored.table).into_iter().collect();
        let wanted = merged_by_step(&remote.write_chain.program(), &before, &EXTERNAL);
        // What external labels make one is no step's doing.
        prop_assume!(before.len() as u64 == distinct_with_external(&before));
        prop_assert_eq!(merged(&written.flow.details), wanted);
    }
}

fn distinct_with_external(series: &BTreeSet<Labels>) -> u64 {
    let none = Program::default();
    series.iter().map(|labels| relabel(&none, labels, &EXTERNAL)).collect::<BTreeSet<_>>().len()
        as u64
}
