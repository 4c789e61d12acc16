//! What functions do to labels (promql/functions.go of 3.5).

use super::evaluate::{Value, evaluate, ids, is_range, literal, range, vector};
use super::select::anchored;
use super::vector::{LabelSet, Refused, Vector, code, distinct, kept, put};
use super::world::World;
use crate::promql::{Call, Expr, ExprKind, MatchOp, Selector, ValueType};
use crate::regexp::{Slots, Template};
use crate::series::NameId;

/// Functions of a range that give nothing for a series with a single sample in it.
const OF_TWO_SAMPLES: [&str; 8] = [
    "delta",
    "deriv",
    "double_exponential_smoothing",
    "idelta",
    "increase",
    "irate",
    "predict_linear",
    "rate",
];

/// What a call gives.
pub(super) fn call(call: &Call, world: &mut World<'_>) -> Result<Value, Refused> {
    let name = call.function.name;
    let scalars = call.args.iter().filter(|arg| arg.value_type() == ValueType::Scalar);
    for arg in scalars {
        evaluate(arg, world)?;
    }
    if call.function.returns == ValueType::Scalar {
        let vectors = call.args.iter().filter(|arg| arg.value_type() == ValueType::Vector);
        for arg in vectors {
            vector(arg, world)?;
        }
        return Ok(Value::Scalar);
    }
    let of_series = |arg: &&Expr| matches!(arg.value_type(), ValueType::Vector | ValueType::Matrix);
    // `vector(1)`, and `hour()` of the time of the evaluation.
    let Some(arg) = call.args.iter().find(of_series) else {
        return Ok(Value::Vector(Vector::one()));
    };
    let input = input(name, arg, world)?;
    Ok(Value::Vector(match name {
        "absent" | "absent_over_time" => absent(&input, arg, world),
        "label_replace" => replaced(input, call, world)?,
        "label_join" => joined(input, call, world)?,
        "histogram_quantile" => quantiles(&input, world)?,
        "info" => {
            let count = (0, input.most);
            Vector::unknown(count, &[&input], "`info` adds labels of other series")
        }
        "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" | "last_over_time" => input,
        "clamp" if !is_in_order(&call.args) => {
            input.nameless()?.doubted("`clamp` gives nothing where its bounds are crossed")
        }
        "histogram_fraction" => {
            let count = (0, input.most);
            Vector::unknown(count, &[&input], "only histograms have fractions")
        }
        _ if name.starts_with("histogram_") => {
            input.nameless()?.doubted("only native histograms have it")
        }
        _ => input.nameless()?,
    }))
}

/// The series that a function gets; those of a range may have too few samples.
fn input(name: &str, arg: &Expr, world: &mut World<'_>) -> Result<Vector, Refused> {
    if !is_range(arg) {
        return vector(arg, world);
    }
    let (found, samples) = range(arg, world)?;
    let wanted = if OF_TWO_SAMPLES.contains(&name) { 2 } else { 1 };
    if samples < wanted {
        return Ok(found.doubted("the range is too short to always hold enough samples"));
    }
    Ok(found)
}

/// Whether the bounds of `clamp` are numbers, the lower first.
fn is_in_order(args: &[Expr]) -> bool {
    let bound = |at| literal(args.get(at));
    matches!((bound(1), bound(2)), (Some(low), Some(high)) if low <= high)
}

/// One element where there are none, with the labels that matchers ask for.
fn absent(input: &Vector, arg: &Expr, world: &mut World<'_>) -> Vector {
    let selector = match &arg.kind {
        ExprKind::Selector(selector) => Some(&**selector),
        ExprKind::Range(range) => Some(&range.selector),
        _ => None,
    };
    let set = selector.map_or_else(LabelSet::new, |selector| equal_labels(selector, world));
    match (input.least, input.most) {
        (_, 0) => Vector::exact(vec![set]),
        (0, _) => Vector::within(vec![set], (0, 1), &[input]),
        _ => Vector::exact(Vec::new()),
    }
}

/// The labels that a selector asks for by `=`, once.
fn equal_labels(selector: &Selector, world: &mut World<'_>) -> LabelSet {
    let mut set = LabelSet::new();
    let mut seen: Vec<NameId> = vec![NameId::METRIC];
    for matcher in &selector.matchers {
        let label = world.name(&matcher.label.text);
        if label == NameId::METRIC {
            continue;
        }
        let is_first = !seen.contains(&label);
        let own = world.code(label, &matcher.value);
        put(&mut set, label, if is_first && matcher.op == MatchOp::Equal { own } else { 0 });
        if matcher.op == MatchOp::Equal {
            seen.push(label);
        }
    }
    set
}

fn text(call: &Call, at: usize) -> &str {
    match call.args.get(at).map(|arg| &arg.unparenthesised().kind) {
        Some(ExprKind::String(text)) => text,
        _ => "",
    }
}

fn replaced(input: Vector, call: &Call, world: &mut World<'_>) -> Result<Vector, Refused> {
    let target = world.name(text(call, 1));
    let source = world.name(text(call, 3));
    let (template, pattern) = (Template::parse(text(call, 2)), anchored(text(call, 4))?);
    let mut slots = Slots::default();
    input.map(|mut set| {
        let mut filled = String::new();
        let value = world.value(source, code(&set, source));
        if let Some(groups) = pattern.captures(value, &mut slots) {
            template.expand(&pattern, value, groups, &mut filled);
            let own = world.code(target, &filled);
            put(&mut set, target, own);
        }
        set
    })
}

fn joined(input: Vector, call: &Call, world: &mut World<'_>) -> Result<Vector, Refused> {
    let target = world.name(text(call, 1));
    let sources = ids((3..call.args.len()).map(|at| text(call, at)), world);
    input.map(|mut set| {
        let values = sources.iter().map(|label| world.value(*label, code(&set, *label)));
        let value = values.collect::<Vec<_>>().join(text(call, 2));
        let own = world.code(target, &value);
        put(&mut set, target, own);
        set
    })
}

/// One element for the buckets that differ in their bounds alone, and for each native histogram.
fn quantiles(input: &Vector, world: &mut World<'_>) -> Result<Vector, Refused> {
    let bound = world.name("le");
    let Some(sets) = &input.sets else {
        return Ok(Vector::unknown((0, input.most), &[input], "values make labels"));
    };
    let (with, others): (Vec<&LabelSet>, Vec<&LabelSet>) =
        sets.iter().partition(|set| code(set, bound) != 0);
    let is_number = |set: &&&LabelSet| world.value(bound, code(set, bound)).parse::<f64>().is_ok();
    let classic = with.iter().filter(is_number).map(|set| kept(set, &[bound], false)).collect();
    let classic = distinct(classic);
    let is_exact = input.is_exact() && others.is_empty();
    if is_exact {
        return Vector::exact(classic).nameless();
    }
    let all = classic.into_iter().chain(others.iter().map(|set| (*set).clone())).collect();
    let found = Vector::within(all, (0, input.most), &[input]);
    Ok(found.nameless()?.doubted("series without `le` count if they are native histograms"))
}
