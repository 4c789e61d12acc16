//! A small evaluator, for the oracle: a few moments a minute apart, and of every construct what hangs
//! on labels. Values need not be the server's, as long as they hang on the same series and labels.
//! Where the server would answer with an error so does the evaluator.

use std::collections::{BTreeMap, BTreeSet};

use super::super::regex;
use super::data::{Data, Labels, NAME, Series};
use crate::promql::{
    Aggregate, AggregateOp, Binary, BinaryOp, Call, Expr, ExprKind, MatchOp, Name, Selector,
    ValueType,
};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Scalar(f64),
    Vector(Series),
}

/// The server's answer, or that it gives an error.
pub(super) type Answer = Result<Value, &'static str>;

/// What `expr` gives at moment `at` of `data`.
pub(super) fn evaluate(expr: &Expr, data: &Data, at: usize) -> Answer {
    match &expr.kind {
        ExprKind::Number(number) => Ok(Value::Scalar(number.value)),
        ExprKind::Selector(selector) => Ok(Value::Vector(select(selector, data, at))),
        ExprKind::Paren(inner) => evaluate(inner, data, at),
        ExprKind::Unary(unary) => match evaluate(&unary.expr, data, at)? {
            Value::Scalar(value) => Ok(Value::Scalar(-value)),
            Value::Vector(series) => {
                distinct(series.into_iter().map(|(l, v)| (nameless(l), -v)).collect())
            }
        },
        ExprKind::Aggregate(aggregate) => aggregated(aggregate, data, at),
        ExprKind::Binary(binary) => combined(binary, data, at),
        ExprKind::Call(call) => called(call, data, at),
        ExprKind::String(_) | ExprKind::Range(_) | ExprKind::Subquery(_) => {
            Err("not in the subset")
        }
    }
}

pub(super) fn vector(expr: &Expr, data: &Data, at: usize) -> Result<Series, &'static str> {
    match evaluate(expr, data, at)? {
        Value::Vector(series) => Ok(series),
        Value::Scalar(_) => Err("not a vector"),
    }
}

/// The samples of each series over a range: of two moments, or of three for a subquery.
fn range(expr: &Expr, data: &Data, at: usize) -> Result<Vec<(Labels, Vec<f64>)>, &'static str> {
    let mut found: BTreeMap<Labels, Vec<f64>> = BTreeMap::new();
    let mut add = |series: Series| {
        for (labels, value) in series {
            found.entry(labels).or_default().push(value);
        }
    };
    match &expr.kind {
        ExprKind::Range(range) => {
            for at in at.saturating_sub(1)..=at {
                add(select(&range.selector, data, at));
            }
        }
        ExprKind::Subquery(subquery) => {
            for at in at.saturating_sub(2)..=at {
                add(vector(&subquery.expr, data, at)?);
            }
        }
        _ => return Err("not in the subset"),
    }
    Ok(found.into_iter().collect())
}

fn nameless(mut labels: Labels) -> Labels {
    labels.remove(NAME);
    labels
}

pub(super) fn distinct(mut series: Series) -> Answer {
    series.sort_by(|a, b| a.0.cmp(&b.0));
    if series.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err("vector cannot contain metrics with the same labelset");
    }
    Ok(Value::Vector(series))
}

fn select(selector: &Selector, data: &Data, at: usize) -> Series {
    // Whatever the offset, it leads one moment back.
    let Some(at) = at.checked_sub(usize::from(selector.modifiers.offset.is_some())) else {
        return Series::new();
    };
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
    data[at].iter().filter(|(labels, _)| named(labels) && matches(labels)).cloned().collect()
}

/// The labels that a grouping keeps.
fn kept(labels: &Labels, names: &[Name], listed: bool) -> Labels {
    let is_listed = |label: &str| names.iter().any(|name| &*name.text == label);
    let wanted = |label: &str| label != NAME && is_listed(label) == listed;
    let labels = labels.iter().filter(|(label, _)| wanted(label));
    labels.map(|(label, value)| (label.clone(), value.clone())).collect()
}

fn aggregated(aggregate: &Aggregate, data: &Data, at: usize) -> Answer {
    let mut series = vector(&aggregate.expr, data, at)?;
    let (names, without): (&[Name], bool) =
        aggregate.grouping.as_ref().map_or((&[], false), |g| (&g.labels, g.without));
    let param = aggregate.param.as_ref().map(|param| &param.unparenthesised().kind);
    if let Some(ExprKind::String(label)) = param {
        // `count_values`: each value in a label before the groups are made.
        for (labels, value) in &mut series {
            labels.insert(label.to_string(), value.to_string());
        }
    }
    let mut groups: BTreeMap<Labels, Series> = BTreeMap::new();
    for (labels, value) in series {
        let mut group = kept(&labels, names, !without);
        if let Some(ExprKind::String(label)) = param {
            group.insert(label.to_string(), labels[&**label].clone());
        }
        groups.entry(group).or_default().push((labels, value));
    }
    let mut out = Series::new();
    for (labels, mut members) in groups {
        members.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let values = members.iter().map(|(_, value)| *value);
        match aggregate.op {
            AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk => {
                if aggregate.op == AggregateOp::Limitk {
                    members.sort_by(|a, b| a.0.cmp(&b.0));
                } else if aggregate.op == AggregateOp::Bottomk {
                    members.reverse();
                }
                members.truncate(2);
                out.extend(members);
            }
            AggregateOp::Sum => out.push((labels, values.sum())),
            AggregateOp::Count | AggregateOp::CountValues => {
                out.push((labels, members.len() as f64));
            }
            AggregateOp::Group => out.push((labels, 1.0)),
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

fn combined(binary: &Binary, data: &Data, at: usize) -> Answer {
    let (left, right) = match (evaluate(&binary.lhs, data, at)?, evaluate(&binary.rhs, data, at)?) {
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

fn called(call: &Call, data: &Data, at: usize) -> Answer {
    let name = call.function.name;
    if name == "histogram_quantile" {
        return Ok(Value::Vector(quantiles(vector(&call.args[1], data, at)?)));
    }
    if call.args[0].value_type() == ValueType::Matrix {
        return over_time(name, range(&call.args[0], data, at)?);
    }
    let series = vector(&call.args[0], data, at)?;
    match name {
        "absent" => Ok(absent(series.is_empty())),
        "scalar" => Ok(Value::Scalar(if let [(_, v)] = series[..] { v } else { -77.0 })),
        "abs" => distinct(series.into_iter().map(|(l, v)| (nameless(l), v.abs())).collect()),
        "info" => informed(series, &data[at]),
        "label_replace" | "label_join" => relabeled(call, series),
        _ => Err("not in the subset"),
    }
}

fn absent(is_absent: bool) -> Value {
    Value::Vector(if is_absent { vec![(Labels::new(), 1.0)] } else { Series::new() })
}

fn over_time(name: &str, series: Vec<(Labels, Vec<f64>)>) -> Answer {
    let value = |values: &[f64]| match name {
        "rate" => (values.len() > 1).then(|| values[values.len() - 1] - values[0]),
        "sum_over_time" => Some(values.iter().sum()),
        "count_over_time" => Some(values.len() as f64),
        "last_over_time" => values.last().copied(),
        _ => None,
    };
    match name {
        "absent_over_time" => return Ok(absent(series.is_empty())),
        "rate" | "sum_over_time" | "count_over_time" | "last_over_time" => {}
        _ => return Err("not in the subset"),
    }
    let keeps_name = name == "last_over_time";
    let results = series.into_iter().filter_map(|(labels, values)| {
        let labels = if keeps_name { labels } else { nameless(labels) };
        Some((labels, value(&values)?))
    });
    distinct(results.collect())
}

/// Of each histogram a number that hangs on all its buckets.
fn quantiles(series: Series) -> Series {
    let mut histograms: BTreeMap<Labels, f64> = BTreeMap::new();
    for (labels, count) in series {
        let mut labels = nameless(labels);
        let bound = labels.remove("le");
        let Some(bound) = bound.and_then(|bound| bound.parse::<f64>().ok()) else { continue };
        let weight = if bound.is_finite() { bound } else { 1000.0 };
        *histograms.entry(labels).or_default() += weight * count;
    }
    histograms.into_iter().collect()
}

/// The labels of `target_info` of the same target, where a series has none of that name.
fn informed(series: Series, data: &Series) -> Answer {
    let target = |labels: &Labels| {
        let part = |label: &str| labels.get(label).cloned().unwrap_or_default();
        [part("job"), part("instance")]
    };
    let mut infos: BTreeMap<[String; 2], &Labels> = BTreeMap::new();
    for (labels, _) in data.iter().filter(|(labels, _)| labels[NAME] == "target_info") {
        if infos.insert(target(labels), labels).is_some() {
            return Err("found duplicate series for info metric");
        }
    }
    let with_info = |(mut labels, value): (Labels, f64)| {
        for (label, value) in infos.get(&target(&labels)).into_iter().flat_map(|info| info.iter()) {
            labels.entry(label.clone()).or_insert_with(|| value.clone());
        }
        (labels, value)
    };
    distinct(series.into_iter().map(with_info).collect())
}

fn relabeled(call: &Call, series: Series) -> Answer {
    let text = |at: usize| match &call.args[at].kind {
        ExprKind::String(text) => text.to_string(),
        _ => String::new(),
    };
    let target = text(1);
    let replaced = series.into_iter().map(|(mut labels, value)| {
        let part = |label: &str| labels.get(label).cloned().unwrap_or_default();
        let found = match call.function.name {
            "label_replace" => part(&text(3)),
            _ => [part(&text(3)), part(&text(4))].join(&text(2)),
        };
        labels.remove(&target);
        if !found.is_empty() {
            labels.insert(target.clone(), found);
        }
        (labels, value)
    });
    distinct(replaced.collect())
}
