//! The table driver against the row driver, and collisions against a naive count.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::block::Block;
use super::chain::{ChainRun, OrderMatters, Passed};
use super::report::StepFlow;
use super::rows::run_rows;
use super::{attach, store, write};
use crate::config::{Chain, ChainKind, ConfiguredStep, Job, Project, RemoteWrite, StepSpans};
use crate::relabel::{Field, Program, RawStep, Step};
use crate::series::{Table, TableBuilder, Target};
use crate::server::{NameScheme, Server};

type Row = (String, Vec<(String, String)>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let labels = proptest::collection::btree_map("[a-d]", "[x-z]{1,2}", 0..4);
    let labels = labels.prop_map(|map| map.into_iter().collect());
    proptest::collection::vec(("m[12]", labels), 1..12)
}

pub(super) fn raw_step() -> impl Strategy<Value = RawStep> {
    let name = prop_oneof![Just("__name__".to_owned()), "[a-e]"];
    let sources = proptest::collection::vec(name, 0..3);
    let action = prop::sample::select(vec![
        "replace",
        "keep",
        "drop",
        "labelmap",
        "labeldrop",
        "labelkeep",
        "lowercase",
        "uppercase",
        "keepequal",
        "dropequal",
        "hashmod",
    ]);
    let regex = prop::sample::select(vec![
        "(.*)",
        "x",
        "(x).*",
        "x|y|z",
        "m1|x;y",
        "[a-c]",
        "a|__name__",
        "(b)",
        ".*;(.*)",
        "",
    ]);
    let target = prop_oneof![Just("__name__".to_owned()), "[a-e]", Just("t_$1".to_owned())];
    let replacement = prop::sample::select(vec!["$1", "", "k", "e", "${1}z"]);
    (sources, action, regex, target, replacement).prop_map(
        |(sources, action, regex, target, to)| {
            let set = |text: &str| Field::Set(text.to_owned());
            let mut step = RawStep { action: set(action), ..RawStep::default() };
            let by_name = matches!(action, "labelmap" | "labeldrop" | "labelkeep");
            if !by_name {
                step.source_labels = Field::Set(sources);
            }
            if !matches!(action, "keepequal" | "dropequal") {
                step.regex = set(regex);
            }
            if !by_name && !matches!(action, "keep" | "drop") {
                step.target_label = set(&target);
            }
            if matches!(action, "replace" | "labelmap") {
                step.replacement = set(to);
            }
            if action == "hashmod" {
                step.modulus = Field::Set(3);
            }
            step
        },
    )
}

fn valid(steps: &[RawStep]) -> Vec<Step> {
    let validate = |step: &RawStep| step.validate(Server::default(), NameScheme::Utf8).ok();
    steps.iter().filter_map(validate).collect()
}

/// Steps as a configuration holds them; those that the server refuses are not run.
pub(super) fn configured(steps: &[RawStep]) -> Vec<ConfiguredStep> {
    let step = |raw: &RawStep| ConfiguredStep {
        raw: raw.clone(),
        step: raw.validate(Server::default(), NameScheme::Utf8).ok(),
        spans: StepSpans::default(),
    };
    steps.iter().map(step).collect()
}

fn table(rows: &[Row]) -> Table {
    let mut builder = TableBuilder::default();
    builder.target(Target { job: "j".to_owned(), labels: vec![("job".into(), "j".into())] });
    for (metric, labels) in rows {
        let pairs: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        builder.row(metric, &pairs, 10);
    }
    attach(builder.finish(), &|_| false)
}

/// What passed, as text, in the order of the rows.
fn shown(table: &Table, passed: &Passed) -> Vec<(u32, BTreeSet<(String, String)>)> {
    let row = |at: usize| {
        let present = passed.columns.iter().filter(move |(_, codes)| codes[at] != 0);
        let pair = |(name, codes): &(_, Vec<u32>)| {
            let value = table.values(*name).value(codes[at]).to_owned();
            (table.name(*name).to_owned(), value)
        };
        present.map(pair).collect()
    };
    passed.rows.iter().enumerate().map(|(at, &source)| (source, row(at))).collect()
}

fn config() -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(1);
    ProptestConfig { cases: 2000, failure_persistence: None, rng_seed, ..<_>::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn columns_and_rows_agree(
        rows in rows(),
        steps in proptest::collection::vec(raw_step(), 0..5),
    ) {
        let program = Program::compile(&valid(&steps));
        let mut table = table(&rows);
        let mut run = ChainRun::new(&program);
        for group in table.metrics.clone() {
            for (target, range) in group.run_ranges() {
                let block = Block::cut(&group, target, &range);
                let before = run.steps.clone();
                let Ok(passed) = run.run(&mut table, &block) else { continue };
                let mut flows = before;
                let by_row = run_rows(&mut table, (ChainKind::Metric, &program), &block, &[], &mut flows);
                prop_assert_eq!(shown(&table, &passed), shown(&table, &by_row));
                prop_assert_eq!(&run.steps, &flows);
            }
        }
    }

    #[test]
    fn collisions_are_what_a_naive_count_finds(
        rows in rows(),
        steps in proptest::collection::vec(raw_step(), 1..3),
    ) {
        let attached = table(&rows);
        let mut job = Job { name: "j".to_owned(), ..Job::default() };
        job.metric_chain.steps = configured(&steps);
        let project = Project { jobs: vec![job], ..Project::default() };
        let stored = store(&project, &attached);
        prop_assume!(stored.report.failures.is_empty());
        let program = project.jobs[0].metric_chain.program();
        let mut pairs = BTreeSet::new();
        for group in &attached.metrics {
            let block = Block::cut(group, crate::series::TargetId(0), &(0..group.rows));
            let mut table = attached.clone();
            let mut flows = vec![StepFlow::default(); program.steps().len()];
            let passed = run_rows(&mut table, (ChainKind::Metric, &program), &block, &[], &mut flows);
            for (source, labels) in shown(&table, &passed) {
                if !labels.is_empty() {
                    pairs.insert((labels, attached.row_labels(group, source as usize)));
                }
            }
        }
        let after: BTreeSet<_> = pairs.iter().map(|(stored, _)| stored).collect();
        let lost: u64 =
            stored.report.collisions.iter().map(|c| c.before.0 - c.after.0).sum();
        prop_assert_eq!(lost, (pairs.len() - after.len()) as u64);
        prop_assert_eq!(stored.report.jobs[0].stored.0, after.len() as u64);
        for collision in &stored.report.collisions {
            prop_assert!(collision.example[0] != collision.example[1]);
            prop_assert!(!collision.becomes.is_empty());
        }
    }
}

#[test]
fn labels_that_map_to_one_name_are_left_to_the_rows() {
    let step = RawStep {
        regex: Field::Set("[ab]".to_owned()),
        replacement: Field::Set("c".to_owned()),
        action: Field::Set("labelmap".to_owned()),
        ..RawStep::default()
    };
    let program = Program::compile(&valid(&[step]));
    let labels = vec![("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())];
    let mut table = table(&[("m".to_owned(), labels)]);
    let group = table.metrics[0].clone();
    let block = Block::cut(&group, crate::series::TargetId(0), &(0..1));
    let run = ChainRun::new(&program).run(&mut table, &block);
    assert!(matches!(run, Err(OrderMatters)));
}

#[test]
fn a_release_that_stores_what_metric_chains_drop_still_drops_before_writes() {
    let drop = RawStep {
        source_labels: Field::Set(vec!["a".to_owned()]),
        regex: Field::Set("x".to_owned()),
        action: Field::Set("drop".to_owned()),
        ..RawStep::default()
    };
    let server: Server = "prometheus@3.9.0".parse().unwrap();
    let step = drop.validate(server, NameScheme::Utf8).unwrap();
    let mut chain = Chain { steps: configured(&[drop]), ..Chain::default() };
    chain.steps[0].step = Some(step);
    let job = Job { name: "j".to_owned(), metric_chain: chain.clone(), ..Job::default() };
    let project = Project { jobs: vec![job], server, ..Project::default() };
    let remote = RemoteWrite { write_chain: chain, ..RemoteWrite::default() };
    let row = |value: &str| ("m".to_owned(), vec![("a".to_owned(), value.to_owned())]);
    let stored = store(&project, &table(&[row("x"), row("y")]));
    assert_eq!((stored.table.rows(), stored.report.jobs[0].steps[0].dropped.0), (2, 0));
    let written = write(&project, &remote, &stored.table);
    assert_eq!((written.table.rows(), written.flow.steps[0].dropped.0), (1, 1));
}
