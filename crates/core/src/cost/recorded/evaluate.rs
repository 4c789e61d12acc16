//! An expression's elements, operation by operation; values are never looked at.

use super::Times;
use super::binary::binary;
use super::call::call;
use super::select::select;
use super::vector::{LabelSet, Refused, Vector, kept};
use super::world::World;
use crate::promql::{Aggregate, AggregateOp, Expr, ExprKind, ValueType};
use crate::series::NameId;

/// What an expression gives.
pub(super) enum Value {
    /// One number without labels.
    Scalar,
    /// Elements with labels.
    Vector(Vector),
}

impl Value {
    /// As a rule records it.
    pub(super) fn into_vector(self) -> Vector {
        match self {
            Self::Scalar => Vector::one(),
            Self::Vector(vector) => vector,
        }
    }
}

/// What an expression that is no range gives.
pub(super) fn evaluate(expr: &Expr, world: &mut World<'_>) -> Result<Value, Refused> {
    Ok(Value::Vector(match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => return Ok(Value::Scalar),
        ExprKind::Paren(inner) => return evaluate(inner, world),
        ExprKind::Selector(selector) => select(world, selector)?,
        ExprKind::Unary(unary) => match evaluate(&unary.expr, world)? {
            Value::Vector(vector) if unary.minus => vector.nameless()?,
            other => return Ok(other),
        },
        ExprKind::Aggregate(aggregate) => aggregated(aggregate, world)?,
        ExprKind::Binary(operation) => return binary(operation, world),
        ExprKind::Call(function) => return call(function, world),
        ExprKind::Range(_) | ExprKind::Subquery(_) => {
            return Err("a range is no result of a rule".to_owned());
        }
    }))
}

/// What an expression gives, a scalar as one element without labels.
pub(super) fn vector(expr: &Expr, world: &mut World<'_>) -> Result<Vector, Refused> {
    evaluate(expr, world).map(Value::into_vector)
}

/// The series of a range, and the fewest samples of one that is there all the time.
pub(super) fn range(expr: &Expr, world: &mut World<'_>) -> Result<(Vector, u64), Refused> {
    let (found, seconds, step) = match &expr.unparenthesised().kind {
        ExprKind::Range(range) => {
            let before = std::mem::take(&mut world.touched);
            let found = select(world, &range.selector);
            let Times { scrape, evaluation } = world.times;
            // Rules write at their own pace, which may be slower than that of scrapes.
            let step = if world.touched { evaluation.max(scrape) } else { scrape };
            world.touched |= before;
            (found?, range.range, step.as_secs_f64())
        }
        ExprKind::Subquery(subquery) => {
            let step = subquery.step.unwrap_or(world.times.evaluation.as_secs_f64());
            (vector(&subquery.expr, world)?, subquery.range, step)
        }
        _ => return Err("a function wants a range".to_owned()),
    };
    #[expect(clippy::cast_sign_loss, reason = "ranges and steps are not negative")]
    let steps = (seconds / step.max(0.001)) as u64;
    Ok((found.over_time(steps), steps))
}

/// The ids of labels by their names.
pub(super) fn ids<'n>(
    names: impl IntoIterator<Item = &'n str>,
    world: &mut World<'_>,
) -> Vec<NameId> {
    names.into_iter().map(|name| world.name(name)).collect()
}

fn aggregated(aggregate: &Aggregate, world: &mut World<'_>) -> Result<Vector, Refused> {
    let input = vector(&aggregate.expr, world)?;
    if let Some(param) = &aggregate.param {
        evaluate(param, world)?;
    }
    let grouping = aggregate.grouping.as_ref();
    let without = grouping.is_some_and(|grouping| grouping.without);
    let listed = grouping.iter().flat_map(|grouping| &grouping.labels).map(|name| &*name.text);
    let mut names = ids(listed, world);
    if without {
        names.push(NameId::METRIC);
    }
    let group = |set: &LabelSet| kept(set, &names, !without);
    let is_one = !without && names.is_empty();
    Ok(match aggregate.op {
        AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk => {
            picked(input, literal(aggregate.param.as_ref()), &group, is_one)
        }
        AggregateOp::LimitRatio => input.doubted("`limit_ratio` picks some by their hash"),
        AggregateOp::CountValues => {
            let count = (input.least.min(1), input.most);
            Vector::unknown(count, &[&input], "`count_values` makes labels of values")
        }
        _ => grouped(&input, &group, is_one),
    })
}

/// A number as it stands there.
pub(super) fn literal(expr: Option<&Expr>) -> Option<f64> {
    match &expr?.unparenthesised().kind {
        ExprKind::Number(number) => Some(number.value),
        _ => None,
    }
}

/// One element a group.
fn grouped(input: &Vector, group: &dyn Fn(&LabelSet) -> LabelSet, is_one: bool) -> Vector {
    let count = (input.least.min(1), input.most);
    match &input.sets {
        Some(sets) if input.is_exact() => Vector::exact(sets.iter().map(group).collect()),
        Some(sets) => Vector::within(sets.iter().map(group).collect(), count, &[input]),
        None if is_one => Vector::within(vec![LabelSet::new()], count, &[input]),
        None => Vector::unknown(count, &[input], "values make labels"),
    }
}

/// At most `k` elements of each group, all labels kept; values say which.
fn picked(
    input: Vector,
    k: Option<f64>,
    group: &dyn Fn(&LabelSet) -> LabelSet,
    is_one: bool,
) -> Vector {
    let Some(k) = k else { return input.doubted("how many are taken is computed") };
    #[expect(clippy::cast_sign_loss, reason = "clamped at 0")]
    let k = k.max(0.0) as u64;
    if k == 0 {
        return Vector::exact(Vec::new());
    }
    let Some(sets) = &input.sets else {
        let most = if is_one { input.most.min(k) } else { input.most };
        return Vector { least: input.least.min(k), most, ..input };
    };
    let mut groups: Vec<LabelSet> = sets.iter().map(group).collect();
    groups.sort_unstable();
    let taken: u64 = groups.chunk_by(|a, b| a == b).map(|it| k.min(it.len() as u64)).sum();
    let least = if input.is_exact() { taken } else { input.least.min(k) };
    let doubt = input.doubt.or_else(|| Some("values decide which are taken".to_owned()));
    Vector { sets: input.sets, least, most: input.most.min(taken), doubt }
}

/// Whether an argument is a range.
pub(super) fn is_range(expr: &Expr) -> bool {
    expr.value_type() == ValueType::Matrix
}
