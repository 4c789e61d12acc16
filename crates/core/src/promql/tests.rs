//! The parser as a whole: texts that the server takes and refuses, spans, and text again.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use super::*;

#[track_caller]
fn accepted(text: &str) -> Expr {
    parse(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

/// The tree without spans, as text that also shows NaN.
fn tree(expr: &Expr) -> String {
    let debug = format!("{expr:?}");
    let mut out = String::new();
    let mut rest = debug.as_str();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        rest = rest[at..].split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// What `promtool` 3.5.3 takes, oddities included.
#[test]
fn takes_what_the_server_takes() {
    for text in [
        "foo[5m a 1m]",
        "foo offset 0s [5m]",
        "foo @ start() [5m]",
        "foo[--5m]",
        "foo offset - - 5m",
        "foo offset NaN",
        "1_000.5",
        r#"{"foo","bar"}"#,
        r#"{""="x",a="y"}"#,
        "0xee + 1",
        "1 + on() foo",
        "by",
        r#"foo{a="\xff"}"#,
        "rate((foo[5m]))",
        "foo @ 1h",
        "foo #c\n+ # d\n 3",
        "foo[5m # x\n]",
        "sum without (x, y,) (foo)",
        "foo{a=~`foo\\.bar`}",
        "info(foo, {a=\"\"})",
        "a and on (b) c or d",
        "-2 ^ 2",
        "SUM(foo) BY (a)",
    ] {
        accepted(text);
    }
}

/// What it refuses, with the bytes to point at.
#[test]
fn refuses_what_the_server_refuses_and_says_where() {
    for (text, wrong) in [
        ("", ""),
        ("foo[5m:0s]", "0s"),
        ("0xee", "0xee"),
        ("foo offset (5m)", "("),
        ("foo[2m+2m]", "+"),
        ("by by", "by"),
        ("sum by (without)(foo)", "without"),
        ("sum by (inf)(foo)", "inf"),
        ("foo offset - - 5m + 3", "+"),
        ("sum(foo) by (a) (b)", "("),
        ("1.5m", "1.5m"),
        ("-foo[5m:]", "-foo[5m:]"),
        ("{a=~'.*'}", "{a=~'.*'}"),
        ("foo{a='b' or c='d'}", "or"),
        ("foo == == foo", "=="),
        ("foo{a=\"\\d\"}", "\\d"),
        ("rate(foo)", "foo"),
        ("sum(", ""),
        ("(foo", "("),
        ("foo)", ")"),
        ("nosuch(foo)", "nosuch"),
        ("foo and 1", "foo and 1"),
        ("1 == 1", "=="),
        ("foo{__name__=\"bar\"}", "__name__=\"bar\""),
        ("topk(foo)", "topk(foo)"),
        ("info(foo, bar)", "bar"),
        ("a * on (x) group_left (x) b", "x"),
    ] {
        let errors = parse(text).expect_err(text);
        assert_eq!(&text[errors[0].span.range()], wrong, "{text}: {errors:?}");
    }
}

#[test]
fn nesting_ends_with_an_error_and_not_with_the_stack() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    accepted(&nested(MAX_DEPTH - 1));
    for deep in [nested(200_000), "-".repeat(200_000) + "a", "a+".repeat(200_000) + "a"] {
        assert!(parse(&deep).unwrap_err()[0].message.contains("nested"), "{}", deep.len());
    }
    let chain = accepted(&("a+".repeat(MAX_DEPTH - 1) + "a"));
    assert_eq!(parse(&chain.to_string()).map(|expr| tree(&expr)), Ok(tree(&chain)));
}

/// With a pair of parentheses around each operation.
fn grouped(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Binary(b) => {
            format!("({} {} {})", grouped(&b.lhs), b.op.as_str(), grouped(&b.rhs))
        }
        ExprKind::Unary(unary) => format!("(-{})", grouped(&unary.expr)),
        _ => expr.to_string(),
    }
}

#[test]
fn operators_bind_as_in_the_server() {
    for (text, expected) in [
        ("-2 ^ 2", "(-(2 ^ 2))"),
        ("-a * b", "((-a) * b)"),
        ("a ^ -b * c", "((a ^ (-b)) * c)"),
        ("a ^ b ^ c", "(a ^ (b ^ c))"),
        ("a or b and c == d + e * f", "(a or (b and (c == (d + (e * f)))))"),
        ("a - b - c", "((a - b) - c)"),
        ("-a offset 5m", "(-a offset 5m)"),
        ("a atan2 b ^ c unless d or e", "(((a atan2 (b ^ c)) unless d) or e)"),
    ] {
        assert_eq!(grouped(&accepted(text)), expected, "{text}");
    }
}

fn expression() -> impl Strategy<Value = String> {
    let label = prop::sample::select(vec!["a", "b", "le", "on", "sum", "\"x y\"", "bool"]);
    let labels = prop::collection::vec(label, 0..3).prop_map(|labels| labels.join(", "));
    let op = prop::sample::select(vec!["=", "!=", "=~", "!~"]);
    let value = prop::sample::select(vec!["\"x\"", "'a|b'", "`\\d+`", "\"\\xff\\u00e9\"", "\"\""]);
    let matcher = (prop::sample::select(vec!["a", "b", "\"x.y\""]), op, value)
        .prop_map(|(label, op, value)| format!("{label}{op}{value}"));
    let matchers = prop::collection::vec(matcher, 0..3).prop_map(|m| m.join(","));
    let name = prop::sample::select(vec!["foo", "sum", "a:b", "by", "end"]);
    let modifier = prop::sample::select(vec![
        "",
        "",
        " offset 5m",
        " offset -1.5",
        " @ 1600000000.5",
        " @ end()",
        " @ -3 offset 1h",
    ]);
    let selector = (name, matchers, modifier.clone())
        .prop_map(|(name, matchers, modifier)| format!("{name}{{{matchers}}}{modifier}"));
    let number =
        prop::sample::select(vec!["1", "0x1f", "1e300", "-3", "NaN", "-Inf", "5m", "-1h2ms", ".1"]);
    let leaf = prop_oneof![4 => selector, 1 => number.prop_map(str::to_owned)];
    leaf.prop_recursive(5, 24, 3, move |inner| {
        let op = prop::sample::select(vec![
            "+",
            "-",
            "*",
            "^",
            "atan2",
            "== bool",
            "> bool",
            "% on (a) group_left (b)",
            "/ ignoring (a) group_right",
            "and on ()",
            "or",
            "unless",
        ]);
        let range = prop::sample::select(vec!["[5m]", "[1h:]", "[0.0001:1h30m]", "[3e9:7]"]);
        prop_oneof![
            (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("-{a}")),
            inner.clone().prop_map(|a| format!("({a})")),
            (inner.clone(), labels.clone()).prop_map(|(a, l)| format!("sum by ({l}) ({a})")),
            (inner.clone(), labels.clone()).prop_map(|(a, l)| format!("topk(3, {a}) without({l})")),
            (inner.clone(), range, modifier.clone())
                .prop_map(|(a, r, m)| format!("max_over_time({a}{r}{m})")),
            inner.prop_map(|a| format!("label_replace({a}, \"x\", '$1', `y`, \"(.*)\")")),
        ]
    })
}

fn config(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn text_again_parses_to_the_same_tree(text in expression()) {
        if let Ok(expr) = parse(&text) {
            let again = expr.to_string();
            let reparsed = parse(&again).map_err(|errors| format!("{again}: {errors:?}"));
            prop_assert_eq!(reparsed.map(|expr| tree(&expr)), Ok(tree(&expr)), "{}", again);
        }
    }

    #[test]
    fn spans_hold_their_children_and_end_on_characters(text in expression()) {
        if let Ok(expr) = parse(&text) {
            expr.walk(&mut |expr| {
                assert!(text.get(expr.span.range()).is_some());
                for child in expr.children() {
                    assert!(expr.span.contains(child.span), "{text}");
                }
            });
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a-z(){}\\[\\]\"'`=~!0-9.+*/@:,# é\\\\\n_-]{0,40}") {
        if let Err(errors) = parse(&text) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(text.get(error.span.range()).is_some(), "{:?}", error);
            }
        }
    }

    #[test]
    fn no_part_of_an_expression_makes_it_panic(text in expression(), at in 0usize..200) {
        let cut = text.char_indices().nth(at).map_or(text.len(), |(at, _)| at);
        let _ = parse(&text[..cut]);
        let _ = parse(&text[cut..]);
    }
}

#[test]
fn half_of_the_generated_expressions_parse() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::new(config(1));
    let parsed = (0..500)
        .filter(|_| {
            let text = expression().new_tree(&mut runner).expect("generates").current();
            parse(&text).is_ok()
        })
        .count();
    assert!(parsed > 250, "{parsed} of 500");
}
