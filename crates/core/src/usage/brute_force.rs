//! Usage against brute force: a small evaluator runs random queries over random series, with and
//! without what usage calls unneeded.
//!
//! The subset: instant vectors, aggregations, arithmetic, comparisons and set operators with every
//! kind of matching, `label_replace`, `absent`, `scalar`. Where the server would answer with an
//! error so does the evaluator, and an error counts as a result.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use super::*;
use crate::promql::{
    Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, MatchOp, Name, Selector,
};

type Labels = BTreeMap<String, String>;
type Series = Vec<(Labels, f64)>;

const NAME: &str = "__name__";

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Scalar(f64),
    Vector(Series),
}

/// The server's answer, or that it gives an error.
type Answer = Result<Value, &'static str>;

fn evaluate(expr: &Expr, data: &Series) -> Answer {
    match &expr.kind {
        ExprKind::Number(number) => Ok(Value::Scalar(number.value)),
        ExprKind::Selector(selector) => Ok(Value::Vector(select(selector, data))),
        ExprKind::Paren(inner) => evaluate(inner, data),
        ExprKind::Unary(unary) => match evaluate(&unary.expr, data)? {
            Value::Scalar(value) => Ok(Value::Scalar(-value)),
            Value::Vector(series) => {
                distinct(series.into_iter().map(|(l, v)| (nameless(l), -v)).collect())
            }
        },
        ExprKind::Aggregate(aggregate) => aggregated(aggregate, data),
        ExprKind::Binary(binary) => combined(binary, data),
        ExprKind::Call(call) => called(call, data),
        _ => Err("not in the subset"),
    }
}

fn vector(expr: &Expr, data: &Series) -> Result<Series, &'static str> {
    match evaluate(expr, data)? {
        Value::Vector(series) => Ok(series),
        Value::Scalar(_) => Err("not a vector"),
    }
}

fn nameless(mut labels: Labels) -> Labels {
    labels.remove(NAME);
    labels
}

fn distinct(mut series: Series) -> Answer {
    series.sort_by(|a, b| a.0.cmp(&b.0));
    if series.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err("vector cannot contain metrics with the same labelset");
    }
    Ok(Value::Vector(series))
}

fn select(selector: &Selector, data: &Series) -> Series {
    let named = |labels: &Labels| {
        selector.name.as_ref().is_none_or(|name| labels.get(NAME) == Some(&name.text.to_string()))
    };
    let matches = |labels: &Labels| {
        selector.matchers.iter().all(|matcher| {
            let value = labels.get(&*matcher.label.text).map_or("", String::as_str);
            let regex = || regex::Anchored::new(&matcher.value).unwrap().is_match(value);
            match matcher.op {
                MatchOp::Equal => value == &*matcher.value,
                MatchOp::NotEqual => value != &*matcher.value,
                MatchOp::Regex => regex(),
                MatchOp::NotRegex => !regex(),
            }
        })
    };
    data.iter().filter(|(labels, _)| named(labels) && matches(labels)).cloned().collect()
}

/// The labels that a grouping keeps.
fn kept(labels: &Labels, names: &[Name], listed: bool) -> Labels {
    let is_listed = |label: &str| names.iter().any(|name| &*name.text == label);
    let wanted = |label: &str| label != NAME && is_listed(label) == listed;
    let labels = labels.iter().filter(|(label, _)| wanted(label));
    labels.map(|(label, value)| (label.clone(), value.clone())).collect()
}

fn aggregated(aggregate: &Aggregate, data: &Series) -> Answer {
    let series = vector(&aggregate.expr, data)?;
    let (names, without): (&[Name], bool) =
        aggregate.grouping.as_ref().map_or((&[], false), |g| (&g.labels, g.without));
    let mut groups: BTreeMap<Labels, Series> = BTreeMap::new();
    for (labels, value) in series {
        groups.entry(kept(&labels, names, !without)).or_default().push((labels, value));
    }
    let mut out = Series::new();
    for (labels, mut members) in groups {
        members.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let values = members.iter().map(|(_, value)| *value);
        match aggregate.op {
            AggregateOp::Topk => {
                members.truncate(2);
                out.extend(members);
            }
            AggregateOp::Sum => out.push((labels, values.sum())),
            AggregateOp::Count => out.push((labels, members.len() as f64)),
            AggregateOp::Min => out.push((labels, values.fold(f64::INFINITY, f64::min))),
            AggregateOp::Max => out.push((labels, values.fold(f64::NEG_INFINITY, f64::max))),
            _ => return Err("not in the subset"),
        }
    }
    distinct(out)
}

fn operate(op: BinaryOp, a: f64, b: f64) -> (f64, bool) {
    match op {
        BinaryOp::Add => (a + b, true),
        BinaryOp::Mul => (a * b, true),
        BinaryOp::Gt => (a, a > b),
        _ => (a, a.total_cmp(&b).is_eq()),
    }
}

fn combined(binary: &Binary, data: &Series) -> Answer {
    let (left, right) = match (evaluate(&binary.lhs, data)?, evaluate(&binary.rhs, data)?) {
        (Value::Vector(left), Value::Vector(right)) => (left, right),
        (Value::Vector(series), Value::Scalar(b)) => return with_scalar(binary.op, series, b),
        _ => return Err("not in the subset"),
    };
    let none = Vec::new();
    let (on, names) = binary.matching.as_ref().map_or((false, &none), |m| (m.on, &m.labels));
    let signature = |labels: &Labels| kept(labels, names, on);
    let signatures =
        |side: &Series| side.iter().map(|(l, _)| signature(l)).collect::<BTreeSet<_>>();
    match binary.op {
        BinaryOp::And | BinaryOp::Unless => {
            let there = signatures(&right);
            let wanted = binary.op == BinaryOp::And;
            return distinct(
                left.into_iter().filter(|(l, _)| there.contains(&signature(l)) == wanted).collect(),
            );
        }
        BinaryOp::Or => {
            let there = signatures(&left);
            let more = right.into_iter().filter(|(l, _)| !there.contains(&signature(l)));
            return distinct(left.into_iter().chain(more).collect());
        }
        _ => {}
    }
    joined(binary, left, right, &signature)
}

fn with_scalar(op: BinaryOp, series: Series, b: f64) -> Answer {
    let results = series.into_iter().filter_map(|(labels, a)| {
        let (value, keep) = operate(op, a, b);
        let labels = if op.is_comparison() { labels } else { nameless(labels) };
        keep.then_some((labels, value))
    });
    distinct(results.collect())
}

fn joined(
    binary: &Binary,
    left: Series,
    right: Series,
    signature: &dyn Fn(&Labels) -> Labels,
) -> Answer {
    let group = binary.matching.as_ref().and_then(|m| m.group.as_ref());
    let swapped = group.is_some_and(|group| !group.left);
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    let mut by_signature: BTreeMap<Labels, (Labels, f64)> = BTreeMap::new();
    for (labels, value) in one {
        if by_signature.insert(signature(&labels), (labels, value)).is_some() {
            return Err("found duplicate series for the match group");
        }
    }
    let (mut out, mut seen) = (Series::new(), BTreeSet::new());
    for (labels, value) in many {
        let Some((other, other_value)) = by_signature.get(&signature(&labels)) else { continue };
        let (a, b) = if swapped { (*other_value, value) } else { (value, *other_value) };
        let (value, keep) = operate(binary.op, a, b);
        if !keep {
            continue;
        }
        let result = match (group, &binary.matching) {
            (None, Some(matching)) => kept(&labels, &matching.labels, matching.on),
            (None, None) => nameless(labels.clone()),
            (Some(group), _) => {
                let mut result = nameless(labels.clone());
                for name in &group.include {
                    result.remove(&*name.text);
                    if let Some(value) = other.get(&*name.text) {
                        result.insert(name.text.to_string(), value.clone());
                    }
                }
                result
            }
        };
        if group.is_none() && !seen.insert(signature(&labels)) {
            return Err("multiple matches for labels: many-to-one matching must be explicit");
        }
        out.push((result, value));
    }
    distinct(out)
}

fn called(call: &Call, data: &Series) -> Answer {
    let series = vector(&call.args[0], data)?;
    match call.function.name {
        "absent" if series.is_empty() => Ok(Value::Vector(vec![(Labels::new(), 1.0)])),
        "absent" => Ok(Value::Vector(Series::new())),
        "scalar" => Ok(Value::Scalar(if let [(_, v)] = series[..] { v } else { -77.0 })),
        "abs" => distinct(series.into_iter().map(|(l, v)| (nameless(l), v.abs())).collect()),
        "label_replace" => {
            let text = |at: usize| match &call.args[at].kind {
                ExprKind::String(text) => text.to_string(),
                _ => String::new(),
            };
            let (target, source) = (text(1), text(3));
            let replaced = series.into_iter().map(|(mut labels, value)| {
                let found = labels.get(&source).cloned().unwrap_or_default();
                labels.remove(&target);
                if !found.is_empty() {
                    labels.insert(target.clone(), found);
                }
                (labels, value)
            });
            distinct(replaced.collect())
        }
        _ => Err("not in the subset"),
    }
}

fn expressions() -> impl Strategy<Value = String> {
    let labels = || {
        prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 0..3)
            .prop_map(|labels| labels.join(", "))
    };
    let matcher = prop::sample::select(vec![
        "",
        "",
        "",
        "{a=\"1\"}",
        "{b!=\"1\"}",
        "{c=~\"1|2\"}",
        "{b=\"\"}",
        "{c!~\"2\"}",
    ]);
    let name = prop::sample::select(vec!["m", "m", "n", "o"]);
    let selector = (name, matcher).prop_map(|(name, matcher)| format!("{name}{matcher}"));
    let leaf = prop_oneof![12 => selector, 1 => Just("{__name__=~\"m|n\"}".to_owned())];
    let word = || prop::sample::select(vec!["by", "without"]);
    leaf.prop_recursive(4, 12, 2, move |inner| {
        let aggregation = prop::sample::select(vec!["sum", "count", "min", "max"]);
        let operator = prop::sample::select(vec!["+", "*", ">", "=="]);
        let set = prop::sample::select(vec!["and", "or", "unless"]);
        let matching = prop::sample::select(vec!["on", "ignoring"]);
        let group = prop::sample::select(vec![
            "",
            "",
            "group_left ()",
            "group_right ()",
            "group_left (b)",
            "group_right (c)",
        ]);
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            4 => (aggregation, word(), labels(), inner.clone())
                .prop_map(|(op, word, labels, x)| format!("{op} {word} ({labels}) ({x})")),
            1 => (word(), labels(), inner.clone())
                .prop_map(|(word, labels, x)| format!("topk {word} ({labels}) (2, {x})")),
            1 => (pair.clone(), operator.clone())
                .prop_map(|((x, y), op)| format!("({x}) {op} ({y})")),
            4 => (pair.clone(), operator, matching.clone(), labels(), group)
                .prop_map(|((x, y), op, m, l, g)| format!("({x}) {op} {m} ({l}) {g} ({y})")),
            2 => (pair.clone(), set.clone(), matching, labels())
                .prop_map(|((x, y), op, m, l)| format!("({x}) {op} {m} ({l}) ({y})")),
            1 => (pair, set).prop_map(|((x, y), op)| format!("({x}) {op} ({y})")),
            1 => inner.clone().prop_map(|x| format!("-({x})")),
            1 => inner.clone().prop_map(|x| format!("abs({x})")),
            1 => inner.clone().prop_map(|x| format!("absent({x})")),
            1 => inner.clone().prop_map(|x| format!("({x}) > 2")),
            1 => inner.clone().prop_map(|x| format!("m * scalar({x})")),
            1 => inner.prop_map(|x| format!("label_replace({x}, \"b\", \"$1\", \"a\", \"(.+)\")")),
        ]
    })
}

fn data() -> impl Strategy<Value = Series> {
    let value = || prop::sample::select(vec!["", "1", "2"]);
    let one = (prop::sample::select(vec!["m", "m", "n", "o"]), value(), value(), value());
    prop::collection::btree_map(one, 1u8..6, 0..9).prop_map(|series| {
        let labels = |(name, a, b, c): (&str, &str, &str, &str)| {
            let pairs = [(NAME, name), ("a", a), ("b", b), ("c", c)];
            let set = pairs.into_iter().filter(|(_, value)| !value.is_empty());
            set.map(|(label, value)| (label.to_owned(), value.to_owned())).collect()
        };
        series.into_iter().map(|(key, value)| (labels(key), f64::from(value))).collect()
    })
}

/// `data` without `label` on `metric`; none where that merges series.
fn dropped(data: &Series, metric: &str, label: &str) -> Option<Series> {
    let drop = |(labels, value): &(Labels, f64)| {
        let mut labels = labels.clone();
        if labels.get(NAME).is_some_and(|name| name == metric) {
            labels.remove(label);
        }
        (labels, *value)
    };
    let out: Series = data.iter().map(drop).collect();
    let sets: BTreeSet<&Labels> = out.iter().map(|(labels, _)| labels).collect();
    (sets.len() == out.len()).then_some(out)
}

fn usage_of(text: &str) -> Usage {
    let origin =
        Origin { kind: OriginKind::List, file: String::new(), location: None, name: String::new() };
    Usage::of(vec![Query::new(text, origin)], UsageOptions::default())
}

fn config() -> Config {
    let (rng_seed, failure_persistence) = (RngSeed::Fixed(1), None);
    Config { cases: 3000, rng_seed, failure_persistence, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_called_unneeded_never_changes_the_result(text in expressions(), data in data()) {
        let Ok(expr) = parse(&text) else { return Ok(()) };
        let usage = usage_of(&text);
        let before = evaluate(&expr, &data);
        for metric in ["m", "n", "o"] {
            for label in ["a", "b", "c"] {
                if !usage.label(metric, label).is_unused() {
                    continue;
                }
                if let Some(less) = dropped(&data, metric, label) {
                    let after = evaluate(&expr, &less);
                    prop_assert_eq!(&after, &before, "{} without {} on {}", text, label, metric);
                }
            }
            if usage.metric(metric).is_unused() {
                let mut less = data.clone();
                less.retain(|(labels, _)| labels.get(NAME).is_none_or(|name| name != metric));
                prop_assert_eq!(&evaluate(&expr, &less), &before, "{} without {}", text, metric);
            }
            for value in ["", "1", "2"] {
                if usage.value(metric, "a", value).is_unused() {
                    let mut less = data.clone();
                    less.retain(|(labels, _)| {
                        labels.get(NAME).is_none_or(|name| name != metric)
                            || labels.get("a").map_or("", String::as_str) != value
                    });
                    prop_assert_eq!(&evaluate(&expr, &less), &before, "{} {}", text, metric);
                }
            }
        }
    }
}

/// The series of each shard, where `a` tells the shard.
fn shards(data: &Series) -> Vec<Series> {
    let mut shards: BTreeMap<Option<String>, Series> = BTreeMap::new();
    for (labels, value) in data {
        shards.entry(labels.get("a").cloned()).or_default().push((labels.clone(), *value));
    }
    shards.into_values().collect()
}

/// Whether the shards' answers together are the answer over all data, which is no error.
fn agrees(expr: &Expr, data: &Series) -> bool {
    let parts: Result<Vec<Series>, _> = shards(data).iter().map(|d| vector(expr, d)).collect();
    let whole = evaluate(expr, data);
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
        if sharding::classify(&expr, &["a"]) == sharding::ShardVerdict::ShardSafe {
            prop_assert!(agrees(&expr, &data), "{}", text);
        }
    }
}

#[test]
fn sharding_is_often_safe_and_often_not() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::new(config());
    let (mut safe, mut differ) = (0, 0);
    for _ in 0..3000 {
        let text = expressions().new_tree(&mut runner).unwrap().current();
        let data = data().new_tree(&mut runner).unwrap().current();
        let Ok(expr) = parse(&text) else { continue };
        let several = shards(&data).len() > 1;
        let verdict = sharding::classify(&expr, &["a"]);
        safe += usize::from(several && verdict == sharding::ShardVerdict::ShardSafe);
        differ += usize::from(several && !agrees(&expr, &data));
    }
    assert!(safe > 300 && differ > 300, "{safe} safe, {differ} differ");
}

/// Rules called unsafe differ on some data; of the rules that differ on none most are called safe.
/// An expression that gives nothing or an error on all data is no rule.
#[test]
fn sharding_calls_safe_most_of_what_never_differs() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::new(config());
    let (mut rules, mut alike, mut safe, mut cautious) = (0, 0, 0, Vec::new());
    while rules < 200 {
        let text = expressions().new_tree(&mut runner).unwrap().current();
        let Ok(expr) = parse(&text) else { continue };
        let is_safe = sharding::classify(&expr, &["a"]) == sharding::ShardVerdict::ShardSafe
            || sharding::lives_on_one_shard(&expr, &["a"]);
        // What is called unsafe is tried harder: rare data may show that it is.
        let tries = if is_safe { 100 } else { 2000 };
        let mut speaks = false;
        let differs = (0..tries).any(|_| {
            let data = data().new_tree(&mut runner).unwrap().current();
            speaks |=
                matches!(evaluate(&expr, &data), Ok(Value::Vector(found)) if !found.is_empty());
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

/// The first property says something: labels are often unneeded, and removing them is often possible
/// and often leaves a result that is no error and not empty; and removing needed ones shows.
#[test]
fn the_property_is_not_empty() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::new(config());
    let (mut checked, mut shows) = (0, 0);
    for _ in 0..3000 {
        let text = expressions().new_tree(&mut runner).unwrap().current();
        let data = data().new_tree(&mut runner).unwrap().current();
        let Ok(expr) = parse(&text) else { continue };
        let before = evaluate(&expr, &data);
        let full = matches!(&before, Ok(Value::Vector(series)) if !series.is_empty());
        let usage = usage_of(&text);
        for label in ["a", "b", "c"] {
            let Some(less) = dropped(&data, "m", label).filter(|less| *less != data) else {
                continue;
            };
            let unneeded = usage.label("m", label).is_unused() && !usage.metric("m").is_unused();
            checked += usize::from(full && unneeded);
            shows += usize::from(!unneeded && evaluate(&expr, &less) != before);
        }
    }
    assert!(checked > 100 && shows > 100, "{checked} checked, {shows} differ");
}
