//! Which labels of each selector reach the result of an expression, or decide it on the way.
//!
//! One walk from the result down: each node turns what is asked of its result into what it asks of
//! its operands. A label that is not asked for can go without changing the result as long as that
//! merges no two series ([`LabelNeed`]). Hence what overwrites a label (`label_replace`,
//! `group_left (x)`) asks for all labels: series that only a removed label kept apart could become
//! equal there, which the server answers with an error.

use super::labels::LabelNeed;
use super::selector::SelectorUse;
use super::variables::Replaced;
use crate::promql::{
    Aggregate, AggregateOp, Binary, Call, Expr, ExprKind, Matching, Name, Selector, ValueType,
};
use crate::text::Span;

/// A parsed query with what its analysis needs.
pub(super) struct Reached<'a> {
    /// Index of the query.
    pub(super) query: usize,
    /// The text that was parsed.
    pub(super) text: &'a str,
    /// Where variables were replaced in it.
    pub(super) variables: &'a [Replaced],
    /// Whether only labels of the result are read and no values, as of a list to pick from.
    pub(super) values_unread: bool,
}

/// The uses of all selectors of `expr`, of whose result `demand` is looked at.
pub(super) fn selector_uses(
    expr: &Expr,
    demand: &LabelNeed,
    context: &Reached<'_>,
) -> Vec<SelectorUse> {
    let sums = context.values_unread;
    let mut walk = Walk { context, open: Vec::new(), sums, found: Vec::new() };
    let why = match demand {
        LabelNeed::All => "its labels reach the result".to_owned(),
        _ => format!("of the result, {demand} is looked at"),
    };
    walk.ask(expr, demand.clone(), why);
    while let Some((expr, demand, why, is_summed)) = walk.open.pop() {
        walk.sums = is_summed;
        walk.node(expr, demand, why);
    }
    walk.found.sort_by_key(|found| found.span);
    walk.found
}

struct Walk<'a> {
    context: &'a Reached<'a>,
    open: Vec<(&'a Expr, LabelNeed, String, bool)>,
    /// Whether the operands of this node are summed before anything else reads their values.
    sums: bool,
    found: Vec<SelectorUse>,
}

impl<'a> Walk<'a> {
    fn ask(&mut self, expr: &'a Expr, demand: LabelNeed, why: impl Into<String>) {
        self.open.push((expr, demand, why.into(), self.sums));
    }

    fn node(&mut self, expr: &'a Expr, demand: LabelNeed, why: String) {
        self.sums = match &expr.kind {
            ExprKind::Aggregate(aggregate) => aggregate.op == AggregateOp::Sum,
            ExprKind::Call(call) => match call.function.name {
                "rate" | "increase" | "irate" => self.sums,
                // Whether there are any is the same of sums.
                "absent" | "absent_over_time" => true,
                _ => false,
            },
            ExprKind::Selector(_) | ExprKind::Range(_) | ExprKind::Paren(_) => self.sums,
            _ => false,
        };
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::String(_) => {}
            ExprKind::Selector(selector) => self.selector(selector, &demand, why),
            ExprKind::Range(range) => self.selector(&range.selector, &demand, why),
            ExprKind::Subquery(subquery) => self.ask(&subquery.expr, demand, why),
            ExprKind::Paren(inner) => self.ask(inner, demand, why),
            ExprKind::Unary(unary) => self.ask(&unary.expr, demand, why),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate, &demand, &why),
            ExprKind::Binary(binary) => self.binary(binary, demand, why),
            ExprKind::Call(call) => self.call(call, demand, &why),
        }
    }

    fn selector(&mut self, selector: &Selector, demand: &LabelNeed, why: String) {
        let Reached { query, text, variables, .. } = *self.context;
        let mut found = SelectorUse::new(query, selector, text, variables, demand, why);
        found.is_summed = self.sums;
        self.found.push(found);
    }

    /// The labels, or none where a variable stands among them.
    fn labels(&self, names: &'a [Name]) -> Option<Vec<&'a str>> {
        let variables = self.context.variables;
        let varies = |span: Span| {
            variables.iter().any(|v| v.span.start < span.end && span.start < v.span.end)
        };
        let known = !names.iter().any(|name| varies(name.span));
        known.then(|| names.iter().map(|name| &*name.text).collect())
    }

    fn aggregate(&mut self, aggregate: &'a Aggregate, demand: &LabelNeed, why: &str) {
        let op = aggregate.op.as_str();
        let (grouped, list) = match &aggregate.grouping {
            None => (LabelNeed::none(), format!("`{op}` over all series")),
            Some(grouping) => match self.labels(&grouping.labels) {
                None => (LabelNeed::All, format!("`{op}` is grouped by a variable")),
                Some(labels) if grouping.without => {
                    let list = format!("`{op} without ({})`", labels.join(", "));
                    (LabelNeed::all_except(labels), list)
                }
                Some(labels) => {
                    let list = format!("`{op} by ({})`", labels.join(", "));
                    (LabelNeed::only(labels), list)
                }
            },
        };
        if let Some(param) = &aggregate.param {
            self.ask(param, LabelNeed::none(), format!("parameter of `{op}`"));
        }
        // Which of equal values `topk` keeps, and what `limitk` samples, hangs on all labels.
        let picks = match aggregate.op {
            AggregateOp::Topk | AggregateOp::Bottomk => !demand.is_none(),
            op => op.selects_series(),
        };
        if picks {
            self.ask(&aggregate.expr, LabelNeed::All, format!("`{op}` keeps all labels; {why}"));
        } else {
            self.ask(&aggregate.expr, grouped, list);
        }
    }

    fn binary(&mut self, binary: &'a Binary, demand: LabelNeed, why: String) {
        let (lhs, rhs) = (&binary.lhs, &binary.rhs);
        let is_vector = |expr: &Expr| expr.value_type() == ValueType::Vector;
        match (is_vector(lhs), is_vector(rhs)) {
            (true, true) => {}
            (true, false) => {
                self.ask(lhs, demand, why);
                return self.ask(rhs, LabelNeed::none(), "a scalar");
            }
            _ => {
                self.ask(lhs, LabelNeed::none(), "a scalar");
                return self.ask(rhs, demand, why);
            }
        }
        let op = binary.op.as_str();
        let unmatched = Matching { on: false, labels: Vec::new(), group: None };
        let (on, labels, group) = match &binary.matching {
            Some(matching) => (matching.on, self.labels(&matching.labels), matching.group.as_ref()),
            None => (unmatched.on, Some(Vec::new()), None),
        };
        let word = if on { "on" } else { "ignoring" };
        let matched = labels.as_ref().map_or(LabelNeed::All, |labels| {
            let labels = labels.iter().copied();
            if on { LabelNeed::only(labels) } else { LabelNeed::all_except(labels) }
        });
        let reason = match &labels {
            Some(labels) if binary.matching.is_some() => {
                format!("`{op}` matches {word} ({})", labels.join(", "))
            }
            _ => format!("`{op}` matches on all labels"),
        };
        if let Some(group) = group {
            let include = self.labels(&group.include);
            let many_need = match &include {
                Some(include) if include.is_empty() => matched.union(&demand),
                // What is taken over from the one side overwrites the label of the many side.
                _ => LabelNeed::All,
            };
            let one_need =
                include.map_or(LabelNeed::All, |include| matched.union(&LabelNeed::only(include)));
            let (many, one) = if group.left { (lhs, rhs) } else { (rhs, lhs) };
            self.ask(many, many_need, format!("{reason}, the many side; {why}"));
            self.ask(one, one_need, format!("{reason}, the one side"));
        } else if binary.op.is_set() {
            let both = matched.union(&demand);
            let right = if binary.op == crate::promql::BinaryOp::Or { &both } else { &matched };
            self.ask(rhs, right.clone(), reason.clone());
            self.ask(lhs, both, format!("{reason}; {why}"));
        } else {
            self.ask(lhs, matched.clone(), reason.clone());
            self.ask(rhs, matched, reason);
        }
    }

    fn call(&mut self, call: &'a Call, demand: LabelNeed, why: &str) {
        let name = call.function.name;
        let reason = format!("`{name}`; {why}");
        let need = match name {
            "histogram_quantile" | "histogram_fraction" => {
                let groups = "groups the buckets by all labels but le, which it reads";
                return self.args(call, &LabelNeed::All, &format!("`{name}` {groups}"));
            }
            "info" => return self.info(call),
            "absent" | "absent_over_time" | "scalar" => {
                return self.args(call, &LabelNeed::none(), &format!("`{name}`"));
            }
            "label_replace" | "label_join" | "sort_by_label" | "sort_by_label_desc" => {
                LabelNeed::All
            }
            _ => demand,
        };
        self.args(call, &need, &reason);
    }

    fn args(&mut self, call: &'a Call, need: &LabelNeed, why: &str) {
        for arg in &call.args {
            match arg.value_type() {
                ValueType::Vector | ValueType::Matrix => self.ask(arg, need.clone(), why),
                _ => self.ask(arg, LabelNeed::none(), "a scalar"),
            }
        }
    }

    /// `info` joins `target_info`, or what its second argument names, on identifying labels.
    fn info(&mut self, call: &'a Call) {
        self.args(call, &LabelNeed::All, "`info` joins on identifying labels");
        let named = call.args.get(1).is_some_and(|labels| match &labels.kind {
            ExprKind::Selector(s) => s.matchers.iter().any(|m| &*m.label.text == "__name__"),
            _ => false,
        });
        if !named {
            let name = Name { text: "target_info".into(), span: call.name_span };
            let modifiers = crate::promql::Modifiers::default();
            let span = call.name_span;
            let implied = Selector { name: Some(name), matchers: Vec::new(), modifiers, span };
            self.selector(&implied, &LabelNeed::All, "`info` reads target_info".to_owned());
        }
    }
}
