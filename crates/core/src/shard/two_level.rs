//! Aggregations in two levels: each shard aggregates what it has, and the global view those results.
//!
//! `sum`, `count`, `min`, `max`, `group` and `avg` of series that are whole on their shard can be taken in
//! parts, and so can what is computed of such aggregates alone: ratios, thresholds, quantiles of
//! histograms summed by `le`.

use crate::promql::{Aggregate, AggregateOp, Expr, ExprKind};
use crate::usage::sharding::{ShardVerdict, classify, lives_on_one_shard};

/// The label that tells the parts of an aggregate apart, given by each shard's rule file. External
/// labels cannot: a global view that takes them for replicas would keep one part of several.
pub const PART_LABEL: &str = "shard_part";

/// An expression in two levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwoLevel {
    /// What each shard records: name and expression.
    pub partial: Vec<(String, String)>,
    /// What the global view evaluates instead of the expression.
    pub expr: String,
}

/// The two levels of `expr`, whose text is `text`; `None` when something in it needs the series
/// themselves. `name` gives the name of a part, of which the word says what it holds, and `local`
/// whether an expression finds all that it reads on the shard.
pub fn two_level(
    expr: &Expr,
    text: &str,
    shard_labels: &[&str],
    name: &mut dyn FnMut(&str) -> String,
    local: &dyn Fn(&Expr) -> bool,
) -> Option<TwoLevel> {
    let mut found = Vec::new();
    let complete = collect(expr, &mut found, &|inner| {
        let safe = classify(inner, shard_labels) == ShardVerdict::ShardSafe;
        local(inner) && (safe || lives_on_one_shard(inner, shard_labels))
    });
    if !complete || found.is_empty() {
        return None;
    }
    let mut levels = TwoLevel { partial: Vec::new(), expr: text.to_owned() };
    let mut whole = Vec::new();
    for (outer, aggregate) in &found {
        let own = &text[outer.span.range()];
        let mut part = |op: &str| {
            let part = name(op);
            let rest = &own[aggregate.op.as_str().len()..];
            levels.partial.push((part.clone(), format!("{op}{rest}")));
            let over = if op == "count" { "sum" } else { op };
            format!("{over} without ({PART_LABEL}) ({part})")
        };
        whole.push(match aggregate.op {
            AggregateOp::Avg => format!("({} / {})", part("sum"), part("count")),
            op => part(op.as_str()),
        });
    }
    for ((outer, _), text) in found.iter().zip(whole).rev() {
        levels.expr.replace_range(outer.span.range(), &text);
    }
    Some(levels)
}

/// The outermost aggregates that can be taken in parts, in the order of the text; false when a
/// selector stands outside of them.
fn collect<'e>(
    expr: &'e Expr,
    found: &mut Vec<(&'e Expr, &'e Aggregate)>,
    whole: &dyn Fn(&Expr) -> bool,
) -> bool {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::String(_) => true,
        ExprKind::Paren(inner) => collect(inner, found, whole),
        ExprKind::Unary(unary) => collect(&unary.expr, found, whole),
        ExprKind::Binary(binary) => {
            collect(&binary.lhs, found, whole) && collect(&binary.rhs, found, whole)
        }
        ExprKind::Call(call) => call.args.iter().all(|arg| collect(arg, found, whole)),
        ExprKind::Aggregate(aggregate) if decomposes(aggregate.op) && whole(&aggregate.expr) => {
            found.push((expr, aggregate));
            true
        }
        ExprKind::Aggregate(aggregate) => {
            aggregate.param.as_ref().is_none_or(|param| collect(param, found, whole))
                && collect(&aggregate.expr, found, whole)
        }
        // A part has no past before its rule runs, and none between two evaluations.
        ExprKind::Selector(_) | ExprKind::Range(_) | ExprKind::Subquery(_) => false,
    }
}

fn decomposes(op: AggregateOp) -> bool {
    use AggregateOp::{Avg, Count, Group, Max, Min, Sum};
    matches!(op, Sum | Count | Min | Max | Group | Avg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    fn levels(text: &str) -> Option<TwoLevel> {
        let mut number = 0;
        let mut name = |op: &str| {
            number += 1;
            format!("p:{op}{number}")
        };
        two_level(&parse(text).unwrap(), text, &["instance"], &mut name, &|_| true)
    }

    #[track_caller]
    fn check(text: &str, partial: &[(&str, &str)], whole: &str) {
        let found = levels(text).unwrap();
        let parts = found.partial.iter().map(|(name, expr)| (name.as_str(), expr.as_str()));
        assert_eq!(parts.collect::<Vec<_>>(), partial);
        assert_eq!(found.expr, whole);
        parse(&found.expr).unwrap();
    }

    #[test]
    fn sums_and_their_kin_are_taken_in_parts() {
        check(
            "sum by (job) (rate(a[5m])) > 1",
            &[("p:sum1", "sum by (job) (rate(a[5m]))")],
            "sum without (shard_part) (p:sum1) > 1",
        );
        check(
            "count(a) by (job)",
            &[("p:count1", "count(a) by (job)")],
            "sum without (shard_part) (p:count1)",
        );
        check(
            "avg without (instance) (a)",
            &[
                ("p:sum1", "sum without (instance) (a)"),
                ("p:count2", "count without (instance) (a)"),
            ],
            "(sum without (shard_part) (p:sum1) / sum without (shard_part) (p:count2))",
        );
        check(
            "sum(a) / max(b)",
            &[("p:sum1", "sum(a)"), ("p:max2", "max(b)")],
            "sum without (shard_part) (p:sum1) / max without (shard_part) (p:max2)",
        );
        check(
            "histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m])))",
            &[("p:sum1", "sum by (le) (rate(a_bucket[5m]))")],
            "histogram_quantile(0.9, sum without (shard_part) (p:sum1))",
        );
    }

    #[test]
    fn what_needs_the_series_has_no_levels() {
        for text in [
            "topk(3, a)",
            "sum(a) / on () group_right () b",
            "absent(a)",
            "max_over_time(sum(a)[1h:])",
            "sum(a / on (job) group_left () b)",
            "quantile(0.5, a)",
            "vector(1)",
        ] {
            assert_eq!(levels(text), None, "{text}");
        }
    }
}
