//! What a query reads where classic histograms became native ones: the same text with other names and
//! functions around them, where that can be told.

use std::collections::BTreeSet;

use super::query::Query;
use super::understand::{Understood, understand};
use crate::promql::{AggregateOp, Call, Expr, ExprKind, Grouping, Selector};
use crate::text::Span;

/// The suffixes of a classic histogram's parts, with the function that gives the part of a native one.
const PARTS: [(&str, Option<&str>); 3] =
    [("_bucket", None), ("_count", Some("histogram_count")), ("_sum", Some("histogram_sum"))];
const BY_MATCHER: &str = "it names its metrics in a matcher";
/// The functions that take rates of native histograms as they do of counters.
const RATES: [&str; 3] = ["rate", "increase", "irate"];

/// The query where these histograms, by their names without suffix, are native.
///
/// # Errors
/// Why it cannot be told: then somebody has to write it anew.
pub fn native_form(query: &Query, histograms: &BTreeSet<String>) -> Result<String, String> {
    let Ok(Understood::Expr { expr, .. }) = understand(0, query) else {
        return Err("it is no expression that can be changed".to_owned());
    };
    let mut rewriting = Rewriting { text: &query.text, histograms, edits: Vec::new() };
    rewriting.visit(&expr, &mut Vec::new())?;
    if rewriting.edits.is_empty() {
        return Err("it selects none by name".to_owned());
    }
    let Rewriting { mut edits, .. } = rewriting;
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let (mut out, mut at) = (String::new(), 0);
    for (span, text) in edits {
        out.push_str(&query.text[at..span.start as usize]);
        out.push_str(&text);
        at = span.end as usize;
    }
    out.push_str(&query.text[at..]);
    Ok(out)
}

/// A walk over an expression.
struct Rewriting<'a> {
    text: &'a str,
    histograms: &'a BTreeSet<String>,
    edits: Vec<(Span, String)>,
}

impl Rewriting<'_> {
    /// Looks for selectors; `above` is what stands around, the outermost first.
    fn visit<'e>(&mut self, expr: &'e Expr, above: &mut Vec<&'e Expr>) -> Result<(), String> {
        match &expr.kind {
            ExprKind::Selector(selector) => return self.selector(selector, expr, above),
            ExprKind::Range(range) => return self.selector(&range.selector, expr, above),
            _ => {}
        }
        above.push(expr);
        for part in parts(expr) {
            self.visit(part, above)?;
        }
        above.pop();
        Ok(())
    }

    fn selector(
        &mut self,
        selector: &Selector,
        expr: &Expr,
        above: &[&Expr],
    ) -> Result<(), String> {
        let Some(name) = &selector.name else { return Err(BY_MATCHER.to_owned()) };
        let known = PARTS.iter().find_map(|(suffix, function)| {
            let base = name.text.strip_suffix(suffix)?;
            self.histograms.contains(base).then_some((base, *function))
        });
        let Some((base, function)) = known else { return Ok(()) };
        if self.text.get(range_of(name.span)) != Some(&*name.text) {
            return Err(format!("`{}` is not written out", name.text));
        }
        if selector.matchers.iter().any(|matcher| &*matcher.label.text == "le") {
            return Err("it selects buckets: `histogram_fraction` takes their place".to_owned());
        }
        self.edits.push((name.span, base.to_owned()));
        let mut around = above.iter().rev().filter(|it| !matches!(it.kind, ExprKind::Paren(_)));
        let mut inner = expr;
        if matches!(expr.kind, ExprKind::Range(_)) {
            let rate = around.next().filter(|it| call(it).is_some_and(is_rate));
            inner = rate.ok_or_else(|| format!("`{}` is in no rate", name.text))?;
        }
        match function {
            Some(function) => {
                let (start, end) = (inner.span.start, inner.span.end);
                self.edits.push((Span { start, end: start }, format!("{function}(")));
                self.edits.push((Span { start: end, end }, ")".to_owned()));
                Ok(())
            }
            None => self.quantile(around.next(), &mut around),
        }
    }

    /// Buckets that go into `histogram_quantile`, maybe after a sum that keeps `le`.
    fn quantile<'e>(
        &mut self,
        next: Option<&&'e Expr>,
        above: &mut impl Iterator<Item = &'e &'e Expr>,
    ) -> Result<(), String> {
        let other = || Err("it reads buckets by `le` other than for a quantile".to_owned());
        let is_quantile =
            |expr: &Expr| call(expr).is_some_and(|it| it.function.name == "histogram_quantile");
        let Some(expr) = next else { return other() };
        if is_quantile(expr) {
            return Ok(());
        }
        let ExprKind::Aggregate(sum) = &expr.kind else { return other() };
        let Some(grouping) = sum.grouping.as_ref().filter(|_| sum.op == AggregateOp::Sum) else {
            return other();
        };
        let has_le = grouping.labels.iter().any(|label| &*label.text == "le");
        if has_le == grouping.without || !above.next().is_some_and(|it| is_quantile(it)) {
            return other();
        }
        self.without_le(grouping);
        Ok(())
    }

    /// Takes `le` out of the labels of a sum.
    fn without_le(&mut self, grouping: &Grouping) {
        let (Some(first), Some(last)) = (grouping.labels.first(), grouping.labels.last()) else {
            return;
        };
        let others = grouping.labels.iter().filter(|label| &*label.text != "le");
        let others: Vec<&str> = others.map(|label| &self.text[range_of(label.span)]).collect();
        let span = Span { start: first.span.start, end: last.span.end };
        // Two selectors below one sum would take it out twice.
        if !grouping.without && !self.edits.iter().any(|(known, _)| *known == span) {
            self.edits.push((span, others.join(", ")));
        }
    }
}

fn range_of(span: Span) -> std::ops::Range<usize> {
    span.start as usize..span.end as usize
}

fn call(expr: &Expr) -> Option<&Call> {
    match &expr.kind {
        ExprKind::Call(call) => Some(call),
        _ => None,
    }
}

fn is_rate(call: &Call) -> bool {
    RATES.contains(&call.function.name)
}

/// What an expression is made of.
fn parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Subquery(it) => vec![&it.expr],
        ExprKind::Aggregate(it) => it.param.iter().chain(std::iter::once(&it.expr)).collect(),
        ExprKind::Binary(it) => vec![&it.lhs, &it.rhs],
        ExprKind::Unary(it) => vec![&it.expr],
        ExprKind::Call(it) => it.args.iter().collect(),
        ExprKind::Paren(it) => vec![it],
        ExprKind::Number(_) | ExprKind::String(_) | ExprKind::Selector(_) | ExprKind::Range(_) => {
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::list_queries;

    #[track_caller]
    fn check(query: &str, wanted: Result<&str, &str>) {
        let histograms = BTreeSet::from(["h".to_owned()]);
        let queries = list_queries("q", query);
        let form = native_form(&queries[0], &histograms);
        let form = form.as_ref().map(String::as_str).map_err(String::as_str);
        assert_eq!(form, wanted, "{query}");
    }

    #[test]
    fn quantiles_counts_and_sums_are_rewritten() {
        check(
            "histogram_quantile(0.9, sum by (le, a) (rate(h_bucket{b=\"1\"}[5m])))",
            Ok("histogram_quantile(0.9, sum by (a) (rate(h{b=\"1\"}[5m])))"),
        );
        check(
            "histogram_quantile(0.9, (sum(increase(h_bucket[5m])) by (le)))",
            Ok("histogram_quantile(0.9, (sum(increase(h[5m])) by ()))"),
        );
        check(
            "histogram_quantile(0.9, sum without (a) (h_bucket))",
            Ok("histogram_quantile(0.9, sum without (a) (h))"),
        );
        check(
            "histogram_quantile(0.9, rate(h_bucket[1m]))",
            Ok("histogram_quantile(0.9, rate(h[1m]))"),
        );
        check(
            "sum(rate(h_sum[5m])) / sum(rate(h_count[5m] offset 1m)) > h_count + other_count",
            Ok("sum(histogram_sum(rate(h[5m]))) / sum(histogram_count(rate(h[5m] offset 1m))) > \
                histogram_count(h) + other_count"),
        );
    }

    #[test]
    fn what_cannot_be_told_says_why() {
        let buckets = "it reads buckets by `le` other than for a quantile";
        check("sum by (le) (rate(h_bucket[5m]))", Err(buckets));
        check("histogram_quantile(0.9, avg by (le) (rate(h_bucket[5m])))", Err(buckets));
        check("histogram_quantile(0.9, sum by (a) (rate(h_bucket[5m])))", Err(buckets));
        check("histogram_quantile(0.9, sum without (le) (rate(h_bucket[5m])))", Err(buckets));
        check(
            "rate(h_bucket{le=\"1\"}[5m]) / rate(h_count[5m])",
            Err("it selects buckets: `histogram_fraction` takes their place"),
        );
        check("deriv(h_sum[5m])", Err("`h_sum` is in no rate"));
        check("{__name__=~\"h_.*\"} + h_count", Err(BY_MATCHER));
    }
}
