//! Whether a rule gives the same on shards as on one server that has everything.
//!
//! Targets are spread over shards by some of their labels. A rule is safe on a shard when each of its
//! operations combines only series that agree on those labels, and so live on the same shard.

use crate::promql::{
    AggregateOp, Binary, Call, Expr, ExprKind, Grouping, MatchOp, Matcher, Selector, ValueType,
};
use crate::series::METRIC_NAME;
use crate::text::Span;

/// What sharding does to an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShardVerdict {
    /// The results of the shards together are the result over all data.
    ShardSafe,
    /// It must see all shards.
    NeedsGlobal {
        /// The part that does.
        span: Span,
        /// Why.
        reason: String,
    },
}

/// Judges `expr` for targets spread by `shard_labels`: labels of the stored series that decide on
/// which shard a series lives. Without any nothing can be said to be safe but what combines nothing.
pub fn classify(expr: &Expr, shard_labels: &[&str]) -> ShardVerdict {
    if expr.value_type() != ValueType::Vector || !expr.selectors().iter().any(|_| true) {
        return global(expr.span, "it gives the same on every shard, and so several times");
    }
    let mut verdict = ShardVerdict::ShardSafe;
    expr.walk(&mut |expr| {
        if verdict == ShardVerdict::ShardSafe {
            verdict = node(expr, shard_labels);
        }
    });
    verdict
}

/// Whether all that an expression reads lives on one shard: each selector asks for the same values of
/// all shard labels. On the others it finds nothing, and nothing is what it gives. Unlike what
/// [`classify`] calls safe its result may lack the shard labels, so that what reads the result is not
/// safe for that.
pub fn lives_on_one_shard(expr: &Expr, shard_labels: &[&str]) -> bool {
    let selectors = expr.selectors();
    let value = |selector: &Selector, label: &str| {
        let own = |matcher: &&Matcher| {
            matcher.op == MatchOp::Equal
                && *matcher.label.text == *label
                && !matcher.value.is_empty()
        };
        selector.matchers.iter().find(own).map(|matcher| matcher.value.clone())
    };
    let Some(first) = selectors.first() else { return false };
    let mut makes = false;
    expr.walk(&mut |inner| makes |= makes_from_nothing(inner));
    !makes
        && !shard_labels.is_empty()
        && shard_labels.iter().all(|label| {
            let wanted = value(first, label);
            wanted.is_some() && selectors.iter().all(|selector| value(selector, label) == wanted)
        })
}

fn global(span: Span, reason: impl Into<String>) -> ShardVerdict {
    ShardVerdict::NeedsGlobal { span, reason: reason.into() }
}

fn node(expr: &Expr, shard_labels: &[&str]) -> ShardVerdict {
    match &expr.kind {
        ExprKind::Aggregate(aggregate) => {
            let op = aggregate.op.as_str();
            let picks = matches!(aggregate.op, AggregateOp::Limitk | AggregateOp::LimitRatio);
            if picks {
                return global(expr.span, format!("`{op}` samples among all series"));
            }
            let counted = aggregate.param.as_ref().map(|param| &param.unparenthesised().kind);
            if let Some(ExprKind::String(label)) = counted
                && shard_labels.contains(&&**label)
            {
                return global(expr.span, format!("`{op}` overwrites `{label}`"));
            }
            match lost(aggregate.grouping.as_ref(), shard_labels) {
                None => ShardVerdict::ShardSafe,
                Some(label) => {
                    let reason = format!("`{op}` combines series of different `{label}`");
                    global(aggregate.op_span, reason)
                }
            }
        }
        ExprKind::Binary(binary) => binary_node(binary, shard_labels),
        ExprKind::Selector(selector)
            if selector.name.is_none() && shard_labels.contains(&METRIC_NAME) =>
        {
            global(expr.span, "its metrics may live on different shards")
        }
        ExprKind::Call(call) => call_node(expr, call, shard_labels),
        _ => ShardVerdict::ShardSafe,
    }
}

/// Whether a result may come of no series: `absent`, `vector`, `time`, and a scalar where there is none.
fn makes_from_nothing(expr: &Expr) -> bool {
    let ExprKind::Call(call) = &expr.kind else { return false };
    matches!(call.function.name, "absent" | "absent_over_time" | "scalar")
        || call.function.returns == ValueType::Vector
            && !call.args.iter().any(|arg| !arg.selectors().is_empty())
}

/// A shard label that the grouping does not keep.
fn lost(grouping: Option<&Grouping>, shard_labels: &[&str]) -> Option<String> {
    if shard_labels.is_empty() {
        return Some("shard".to_owned());
    }
    let named = |label: &str| {
        grouping.is_some_and(|grouping| grouping.labels.iter().any(|name| &*name.text == label))
    };
    let without = grouping.is_some_and(|grouping| grouping.without);
    // `without` drops the metric's name, named or not.
    let lost = shard_labels
        .iter()
        .find(|label| named(label) == without || (without && **label == METRIC_NAME));
    lost.map(|label| (*label).to_owned())
}

fn binary_node(binary: &Binary, shard_labels: &[&str]) -> ShardVerdict {
    let op = binary.op.as_str();
    let vector = |expr: &Expr| expr.value_type() == ValueType::Vector;
    if !vector(&binary.lhs) || !vector(&binary.rhs) {
        return ShardVerdict::ShardSafe;
    }
    for side in [&binary.lhs, &binary.rhs] {
        if side.selectors().is_empty() {
            let reason = format!("one side of `{op}` is the same on every shard");
            return global(side.span, reason);
        }
    }
    if shard_labels.is_empty() {
        return global(binary.op_span, format!("`{op}` joins series of unknown shards"));
    }
    let named = |label: &str| {
        let mut labels = binary.matching.iter().flat_map(|matching| &matching.labels);
        labels.any(|name| &*name.text == label)
    };
    let on = binary.matching.as_ref().is_some_and(|matching| matching.on);
    // Only `on` compares the metric's name.
    let lost = |label: &&&str| named(label) != on || (!on && **label == METRIC_NAME);
    match shard_labels.iter().find(lost) {
        None => ShardVerdict::ShardSafe,
        Some(label) => {
            global(binary.op_span, format!("`{op}` joins series of different `{label}`"))
        }
    }
}

fn call_node(expr: &Expr, call: &Call, shard_labels: &[&str]) -> ShardVerdict {
    let name = call.function.name;
    match name {
        "absent" | "absent_over_time" => {
            global(expr.span, format!("`{name}` fires on each shard that lacks the series"))
        }
        "scalar" => global(expr.span, "`scalar` wants the one series among all shards"),
        "vector" | "time" | "pi" if call.function.returns == ValueType::Vector => {
            global(expr.span, format!("`{name}` gives the same on every shard"))
        }
        // What it joins has the same `instance` and `job` (promql/info.go of 3.5).
        "info"
            if shard_labels.is_empty()
                || shard_labels.iter().any(|label| !matches!(*label, "instance" | "job")) =>
        {
            global(expr.span, "`info` joins series that may live on other shards")
        }
        "label_replace" | "label_join" => relabeled(expr, call, shard_labels),
        "histogram_quantile" | "histogram_fraction" if shard_labels.contains(&"le") => {
            global(expr.span, format!("`{name}` combines buckets of different `le`"))
        }
        _ if call.args.is_empty() => {
            global(expr.span, format!("`{name}` without argument gives the same on every shard"))
        }
        _ => ShardVerdict::ShardSafe,
    }
}

/// A shard label that is overwritten does not tell the shard any more.
fn relabeled(expr: &Expr, call: &Call, shard_labels: &[&str]) -> ShardVerdict {
    match call.args.get(1).map(|arg| &arg.unparenthesised().kind) {
        Some(ExprKind::String(label)) if !shard_labels.contains(&&**label) => {
            ShardVerdict::ShardSafe
        }
        _ => global(expr.span, format!("`{}` overwrites a shard label", call.function.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, global: Option<&str>) {
        let verdict = classify(&crate::promql::parse(text).unwrap(), &["instance"]);
        let span = match verdict {
            ShardVerdict::ShardSafe => None,
            ShardVerdict::NeedsGlobal { span, .. } => Some(&text[span.range()]),
        };
        assert_eq!(span, global, "{text}");
    }

    #[test]
    fn rules_are_safe_where_they_keep_the_shard_labels() {
        check("rate(a[5m]) > 1", None);
        check("sum by (instance, job) (a)", None);
        check("sum without (cpu) (a)", None);
        check("topk by (instance) (3, a)", None);
        check("a / on (instance, x) group_left () b", None);
        check("a / ignoring (x) b", None);
        check("a / b", None);
        check("label_replace(a, \"x\", \"$1\", \"y\", \"(.*)\")", None);
    }

    #[test]
    fn rules_that_combine_shards_need_them_all() {
        check("sum(a)", Some("sum"));
        check("sum by (job) (a)", Some("sum"));
        check("count without (instance) (a)", Some("count"));
        check("topk(3, a)", Some("topk"));
        check("a / on (job) group_left () b", Some("/"));
        check("a and ignoring (instance) b", Some("and"));
        check("absent(a)", Some("absent(a)"));
        check("a > scalar(b)", Some("scalar(b)"));
        check("a or vector(0)", Some("vector(0)"));
        check("vector(1)", Some("vector(1)"));
        check("limitk by (instance) (1, a)", Some("limitk by (instance) (1, a)"));
        check(
            "label_replace(a, \"instance\", \"$1\", \"y\", \"(.*)\")",
            Some("label_replace(a, \"instance\", \"$1\", \"y\", \"(.*)\")"),
        );
    }

    #[test]
    fn a_hash_of_the_name_separates_metrics() {
        let safe = |text: &str| {
            let expr = crate::promql::parse(text).unwrap();
            classify(&expr, &["__name__", "pod"]) == ShardVerdict::ShardSafe
        };
        for text in ["rate(a[5m]) > 1", "sum by (__name__, pod) (a)", "a / on (__name__, pod) b"] {
            assert!(safe(text), "{text}");
        }
        for text in
            ["a / b", "a / on (pod) b", "sum by (pod) (a)", "sum without (x) (a)", "{x=\"y\"}"]
        {
            assert!(!safe(text), "{text}");
        }
    }

    #[test]
    fn what_asks_for_one_target_lives_on_one_shard() {
        let lives =
            |text: &str| lives_on_one_shard(&crate::promql::parse(text).unwrap(), &["instance"]);
        for text in [
            "sum(a{instance=\"x\"}) / on () sum(b{instance=\"x\", c!=\"d\"})",
            "topk(3, a{instance=\"x\"}) > 1",
        ] {
            assert!(lives(text), "{text}");
        }
        for text in [
            "sum(a)",
            "sum(a{instance=\"x\"}) / on () sum(b{instance=\"y\"})",
            "sum(a{instance=\"\"})",
            "sum(a{instance=~\"x\"})",
            "count(absent(a{instance=\"x\"}))",
            "a{instance=\"x\"} > scalar(b{instance=\"x\"})",
            "a{instance=\"x\"} or vector(1)",
            "vector(1)",
        ] {
            assert!(!lives(text), "{text}");
        }
    }
}
