//! Usage against brute force: a small evaluator runs random queries over random series, with and
//! without what usage calls unneeded. An error counts as a result.

mod data;
mod evaluate;
mod generate;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::*;
use crate::promql::Expr;
use data::{Data, Labels, NAME, Series, data, dropped, without, without_unneeded};
pub(super) use data::{LABELS, METRICS};
use evaluate::{Answer, Value, distinct, evaluate, vector};
use generate::constructs;
pub(super) use generate::expressions;

/// What `expr` gives at the last moment.
fn answer(expr: &Expr, data: &Data) -> Answer {
    evaluate(expr, data, data.len() - 1)
}

fn query(text: &str) -> Query {
    let origin =
        Origin { kind: OriginKind::List, file: String::new(), location: None, name: String::new() };
    Query::new(text, origin)
}

pub(super) fn usage_of(text: &str) -> Usage {
    Usage::of(vec![query(text)], UsageOptions::default())
}

pub(super) fn config() -> Config {
    let (rng_seed, failure_persistence) = (RngSeed::Fixed(1), None);
    Config { cases: 3000, rng_seed, failure_persistence, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_called_unneeded_never_changes_the_result(text in expressions(), data in data()) {
        let Ok(expr) = parse(&text) else { return Ok(()) };
        let before = answer(&expr, &data);
        for (what, less) in without_unneeded(&usage_of(&text), &data) {
            prop_assert_eq!(&answer(&expr, &less), &before, "{} without {}", text, what);
        }
    }

    /// A rule and a query that reads what it writes: what both together do not need can go.
    #[test]
    fn recorded_series_need_what_their_readers_need(
        rule in expressions(),
        reader in expressions(),
        data in data(),
    ) {
        let reader = reader.replace("n{", "r{");
        let (Ok(rule_expr), Ok(reader_expr)) = (parse(&rule), parse(&reader)) else { return Ok(()) };
        let recorded = Recorded { name: "r".to_owned(), sets: vec![("instance".to_owned(), "1".to_owned())] };
        let recording = Query { records: Some(recorded), ..query(&rule) };
        let options = UsageOptions { recorded_read_here_only: true };
        let usage = Usage::of(vec![recording, query(&reader)], options);
        let both = |data: &Data| {
            answer(&reader_expr, &with_recorded(&rule_expr, data)?)
        };
        // A rule that fails records nothing, and alarms of its own.
        let Ok(before) = both(&data) else { return Ok(()) };
        for (what, less) in without_unneeded(&usage, &data) {
            let after = both(&less);
            prop_assert_eq!(&after, &Ok(before.clone()), "{} of {} without {}", reader, rule, what);
        }
    }
}

/// The data with what a rule writes at each moment, under the name `r` and with a label of its own.
fn with_recorded(rule: &Expr, data: &Data) -> Result<Data, &'static str> {
    let mut all = data.clone();
    for (at, moment) in all.iter_mut().enumerate() {
        let mut written = Vec::new();
        for (mut labels, value) in vector(rule, data, at)? {
            labels.insert(NAME.to_owned(), "r".to_owned());
            labels.insert("instance".to_owned(), "1".to_owned());
            written.push((labels, value));
        }
        if let Value::Vector(written) = distinct(written)? {
            moment.extend(written);
        }
    }
    Ok(all)
}

/// Each construct in so many cases whose result is there, something of which is called unneeded.
const CASES: usize = 200;

#[test]
fn each_construct_needs_what_its_result_hangs_on() {
    let mut runner = TestRunner::new(config());
    let samples = data();
    for (name, _, texts) in constructs(&expressions()) {
        let (mut cases, mut unneeded) = (0, 0);
        for _ in 0..40 * CASES {
            if cases == CASES {
                break;
            }
            let text = texts.new_tree(&mut runner).unwrap().current();
            let data = samples.new_tree(&mut runner).unwrap().current();
            let Ok(expr) = parse(&text) else { continue };
            let before = answer(&expr, &data);
            if !matches!(&before, Ok(Value::Vector(series)) if !series.is_empty()) {
                continue;
            }
            cases += 1;
            for (what, less) in without_unneeded(&usage_of(&text), &data) {
                unneeded += usize::from(less != data);
                assert_eq!(answer(&expr, &less), before, "{text} without {what}");
            }
        }
        assert!(cases == CASES && unneeded >= CASES / 10, "{name}: {cases}, {unneeded}");
    }
}

/// The series of each shard, where `job` tells the shard.
fn shards(data: &Data) -> Vec<Data> {
    let job = |labels: &Labels| labels.get("job").cloned();
    let jobs: BTreeSet<Option<String>> = data.iter().flatten().map(|(l, _)| job(l)).collect();
    jobs.iter().map(|shard| without(data, |labels| job(labels) != *shard)).collect()
}

/// Whether the shards' answers together are the answer over all data, which is no error.
fn agrees(expr: &Expr, data: &Data) -> bool {
    let at = data.len() - 1;
    let parts: Result<Vec<Series>, _> = shards(data).iter().map(|d| vector(expr, d, at)).collect();
    let whole = answer(expr, data);
    match (parts, whole) {
        (Ok(parts), Ok(Value::Vector(whole))) => distinct(parts.concat()) == distinct(whole),
        (parts, whole) => parts.is_err() && whole.is_err(),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_called_safe_on_a_shard_gives_the_same_there(
        text in expressions(),
        data in data(),
    ) {
        let Ok(expr) = parse(&text) else { return Ok(()) };
        if sharding::classify(&expr, &["job"]) == sharding::ShardVerdict::ShardSafe {
            prop_assert!(agrees(&expr, &data), "{}", text);
        }
    }
}

/// Rules called unsafe differ on some data; of the rules that differ on none most are called safe.
/// An expression that gives nothing or an error on all data is no rule.
#[test]
fn sharding_calls_safe_most_of_what_never_differs() {
    let mut runner = TestRunner::new(config());
    let samples = data();
    let (mut rules, mut alike, mut safe, mut cautious) = (0, 0, 0, Vec::new());
    while rules < 200 {
        let text = expressions().new_tree(&mut runner).unwrap().current();
        let Ok(expr) = parse(&text) else { continue };
        let is_safe = sharding::classify(&expr, &["job"]) == sharding::ShardVerdict::ShardSafe
            || sharding::lives_on_one_shard(&expr, &["job"]);
        // What is called unsafe is tried harder: rare data may show that it is.
        let tries = if is_safe { 100 } else { 2000 };
        let mut speaks = false;
        let differs = (0..tries).any(|_| {
            let data = samples.new_tree(&mut runner).unwrap().current();
            speaks |= matches!(answer(&expr, &data), Ok(Value::Vector(found)) if !found.is_empty());
            !agrees(&expr, &data)
        });
        if !speaks && !differs {
            continue;
        }
        rules += 1;
        assert!(!differs || !is_safe, "{text}");
        alike += usize::from(!differs);
        if is_safe {
            safe += 1;
        } else if !differs {
            cautious.push(text);
        }
    }
    assert!(safe * 100 >= alike * 85 && alike < 150, "{safe} of {alike}:\n{}", cautious.join("\n"));
}

/// What the properties say is not empty: so often is a query safe on shards, differs there, has
/// labels that can go, and shows when a needed one goes.
#[test]
fn the_properties_are_not_empty() {
    let mut runner = TestRunner::new(config());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..3000 {
        let text = expressions().new_tree(&mut runner).unwrap().current();
        let data = data().new_tree(&mut runner).unwrap().current();
        let Ok(expr) = parse(&text) else { continue };
        let mut count = |what, is_so: bool| *seen.entry(what).or_default() += usize::from(is_so);
        let several = shards(&data).len() > 1;
        let verdict = sharding::classify(&expr, &["job"]);
        count("safe on shards", several && verdict == sharding::ShardVerdict::ShardSafe);
        count("differ on shards", several && !agrees(&expr, &data));
        let before = answer(&expr, &data);
        let full = matches!(&before, Ok(Value::Vector(series)) if !series.is_empty());
        let usage = usage_of(&text);
        for label in LABELS {
            let Some(less) = dropped(&data, "m", label).filter(|less| *less != data) else {
                continue;
            };
            let unneeded = usage.label("m", label).is_unused() && !usage.metric("m").is_unused();
            count("can go", full && unneeded);
            count("shows", !unneeded && answer(&expr, &less) != before);
        }
    }
    assert!(seen.len() == 4 && seen.values().all(|&times| times > 100), "{seen:?}");
}
