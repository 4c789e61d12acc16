//! Our `PromQL` tree against promql-parser's, where that one is right: the same metric names,
//! matchers, grouping labels and functions, in the same order.

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{self, Expr as Theirs, LabelModifier};
use promsieve_core::promql::{self, Expr, ExprKind};

/// What both trees say, in the order of a walk: selectors, groupings, functions.
type Facts = Vec<String>;

fn ours(expr: &Expr, facts: &mut Facts) {
    expr.walk(&mut |expr| match &expr.kind {
        ExprKind::Selector(selector) => facts.push(our_selector(selector)),
        ExprKind::Range(range) => facts.push(our_selector(&range.selector)),
        ExprKind::Aggregate(aggregate) => {
            let grouping = aggregate.grouping.as_ref();
            let labels = grouping.map(|grouping| {
                let names: Vec<&str> = grouping.labels.iter().map(|name| &*name.text).collect();
                (grouping.without, names)
            });
            facts.push(format!("{} {}", aggregate.op.as_str(), grouped(labels)));
        }
        ExprKind::Call(call) => facts.push(format!("{}()", call.function.name)),
        _ => {}
    });
}

/// `by ()` and none mean the same, and promql-parser keeps only one of them.
fn grouped(labels: Option<(bool, Vec<&str>)>) -> String {
    match labels {
        Some((without, names)) if without || !names.is_empty() => {
            format!("{} {names:?}", if without { "without" } else { "by" })
        }
        _ => "by []".to_owned(),
    }
}

fn our_selector(selector: &promql::Selector) -> String {
    let name = selector.name.as_ref().map(|name| &*name.text);
    let matcher = |m: &promql::Matcher| format!("{}{}{:?}", m.label.text, m.op.as_str(), m.value);
    let mut matchers: Vec<String> = selector.matchers.iter().map(matcher).collect();
    matchers.sort();
    format!("{name:?} {matchers:?}")
}

fn their_selector(selector: &parser::VectorSelector) -> String {
    let matcher = |matcher: &Matcher| {
        let op = match matcher.op {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Re(_) => "=~",
            MatchOp::NotRe(_) => "!~",
        };
        format!("{}{op}{:?}", matcher.name, matcher.value)
    };
    let mut matchers: Vec<String> = selector.matchers.matchers.iter().map(matcher).collect();
    matchers.sort();
    format!("{:?} {matchers:?}", selector.name)
}

fn theirs(expr: &Theirs, facts: &mut Facts) {
    match expr {
        Theirs::VectorSelector(selector) => facts.push(their_selector(selector)),
        Theirs::MatrixSelector(range) => facts.push(their_selector(&range.vs)),
        Theirs::Aggregate(aggregate) => {
            let labels = aggregate.modifier.as_ref().map(|modifier| match modifier {
                LabelModifier::Include(labels) => (false, names(labels)),
                LabelModifier::Exclude(labels) => (true, names(labels)),
            });
            facts.push(format!("{} {}", aggregate.op, grouped(labels)));
            if let Some(param) = &aggregate.param {
                theirs(param, facts);
            }
            theirs(&aggregate.expr, facts);
        }
        Theirs::Call(call) => {
            facts.push(format!("{}()", call.func.name));
            call.args.args.iter().for_each(|arg| theirs(arg, facts));
        }
        Theirs::Binary(binary) => {
            theirs(&binary.lhs, facts);
            theirs(&binary.rhs, facts);
        }
        Theirs::Unary(unary) => theirs(&unary.expr, facts),
        Theirs::Paren(paren) => theirs(&paren.expr, facts),
        Theirs::Subquery(subquery) => theirs(&subquery.expr, facts),
        Theirs::NumberLiteral(_) | Theirs::StringLiteral(_) | Theirs::Extension(_) => {}
    }
}

fn names(labels: &promql_parser::label::Labels) -> Vec<&str> {
    labels.labels.iter().map(String::as_str).collect()
}

const EXPRESSIONS: [&str; 24] = [
    "foo",
    "foo{a=\"b\", c!~'d|e'}",
    "{__name__=~\"foo|bar\", x=\"y\"}",
    "{\"my.metric\", \"label.name\"=\"x\"}",
    "sum(foo)",
    "sum by () (foo)",
    "sum by (b, a) (rate(foo[5m]))",
    "avg(foo) without (instance, job)",
    "topk(5, sum by (x) (foo))",
    "quantile(0.9, foo)",
    "count_values(\"version\", build_info)",
    "a * on (x, y) group_left (z) b",
    "a / ignoring (x) group_right () b",
    "a and b or c unless d",
    "histogram_quantile(0.99, sum by (le, job) (rate(h_bucket[5m])))",
    "label_replace(up, \"host\", \"$1\", \"instance\", \"(.*):.*\")",
    "label_join(up, \"j\", \"-\", \"a\", \"b\")",
    "max_over_time(sum(foo)[1h:5m] offset 1d)",
    "-foo ^ 2 + -(bar)",
    "foo offset -5m @ 1600000000",
    "foo @ start() - foo @ end()",
    "absent(up{job=\"x\"}) == 1",
    "(sum(a) / sum(b)) > bool 0.5 and on () vector(1)",
    "predict_linear(free[6h], 4 * 3600) < 0 # comment\n and free / size < .1",
];

#[test]
fn trees_agree() {
    for text in EXPRESSIONS {
        let (mut mine, mut other) = (Facts::new(), Facts::new());
        ours(&promql::parse(text).expect(text), &mut mine);
        theirs(&parser::parse(text).expect(text), &mut other);
        assert_eq!(mine, other, "{text}");
    }
}

/// What promql-parser 0.11.1 gets wrong; a release that mends one of these makes this fail, and the
/// text can move above.
#[test]
fn known_faults_of_the_oracle() {
    for taken_by_the_server in ["foo{a=~`foo\\.bar`}", "foo{a=~\"\\\\Qx\\\\E\"}"] {
        assert!(promql::parse(taken_by_the_server).is_ok(), "{taken_by_the_server}");
        assert!(parser::parse(taken_by_the_server).is_err(), "{taken_by_the_server}");
    }
    for refused_by_the_server in ["{a=\"b\" or c=\"d\"}", "foo[0]", "foo[9.5e10]"] {
        assert!(promql::parse(refused_by_the_server).is_err(), "{refused_by_the_server}");
        assert!(parser::parse(refused_by_the_server).is_ok(), "{refused_by_the_server}");
    }
}
