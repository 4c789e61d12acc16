//! Random expressions, construct by construct.

use proptest::prelude::*;
use proptest::strategy::Union;

use super::data::{LABELS, one_of};

type Text = BoxedStrategy<String>;

/// A construct by its name, how often it is taken, and its expressions over inner ones.
pub(crate) type Construct = (&'static str, u32, Text);

fn labels() -> impl Strategy<Value = String> {
    prop::collection::vec(one_of(&LABELS), 0..3).prop_map(|labels| labels.join(", "))
}

/// Selectors: by name, by regex, in quotes, with every kind of matcher.
fn selectors() -> Text {
    let matcher = one_of(&[
        "",
        "",
        "",
        "job=\"1\"",
        "instance!=\"1\"",
        "le=~\"1|2\"",
        "instance=\"\"",
        "le!~\"2\"",
    ]);
    let name = one_of(&["m", "m", "n", "o"]);
    let names = one_of(&["m|n", "o.*", "target_.+"]);
    prop_oneof![
        12 => (name.clone(), matcher.clone()).prop_map(|(name, matcher)| format!("{name}{{{matcher}}}")),
        1 => (name, matcher.clone()).prop_map(|(name, matcher)| format!("{{\"{name}\", {matcher}}}")),
        1 => (names, matcher).prop_map(|(names, m)| format!("{{__name__=~\"{names}\", {m}}}")),
    ]
    .boxed()
}

/// Every construct, over expressions from `inner`.
pub(crate) fn constructs(inner: &Text) -> Vec<Construct> {
    [aggregations(inner), operators(inner), functions(inner), ranges(inner)].concat()
}

fn aggregations(inner: &Text) -> Vec<Construct> {
    let word = one_of(&["by", "without"]);
    let aggregation = one_of(&["sum", "count", "min", "max", "group"]);
    let grouped = |template: &'static str| {
        let words = (word.clone(), labels(), inner.clone());
        let text = move |(word, labels, x): (_, String, String)| {
            template.replace("BY", &format!("{word} ({labels})")).replace('#', &x)
        };
        words.prop_map(text).boxed()
    };
    let words = (aggregation, word.clone(), labels(), inner.clone());
    let text = |(op, word, labels, x)| format!("{op} {word} ({labels}) ({x})");
    vec![
        ("aggregation", 4, words.prop_map(text).boxed()),
        ("topk", 1, grouped("topk BY (2, #)")),
        ("bottomk", 1, grouped("bottomk BY (2, #)")),
        ("limitk", 1, grouped("limitk BY (2, #)")),
        ("count_values", 1, grouped("count_values BY (\"value\", #)")),
        ("count_values over a label", 1, grouped("count_values BY (\"le\", #)")),
    ]
}

fn operators(inner: &Text) -> Vec<Construct> {
    let matching = one_of(&["on", "ignoring"]);
    let pair = (inner.clone(), inner.clone());
    let operator = one_of(&["+", "*", ">", "=="]);
    let set = one_of(&["and", "or", "unless"]);
    let group =
        one_of(&["group_left ()", "group_right ()", "group_left (instance)", "group_right (le)"]);
    let matched = |operator: Text| {
        let words = (pair.clone(), operator, matching.clone(), labels());
        let text = |((x, y), op, m, l)| format!("({x}) {op} {m} ({l}) ({y})");
        words.prop_map(text).boxed()
    };
    let grouping = (pair.clone(), operator.clone(), matching.clone(), labels(), group);
    let grouped = |((x, y), op, m, l, g)| format!("({x}) {op} {m} ({l}) {g} ({y})");
    // Of two expressions few series match on all labels.
    let alike = (pair.clone(), operator.clone(), any::<bool>());
    let plain = |((x, y), op, same): ((String, String), _, _)| {
        format!("({x}) {op} ({})", if same { &x } else { &y })
    };
    vec![
        ("arithmetic", 1, alike.prop_map(plain).boxed()),
        ("on and ignoring", 4, matched(operator.prop_map(str::to_owned).boxed())),
        ("group_left and group_right", 3, grouping.prop_map(grouped).boxed()),
        ("set operators", 2, matched(set.clone().prop_map(str::to_owned).boxed())),
        ("plain set operators", 1, {
            (pair, set).prop_map(|((x, y), op)| format!("({x}) {op} ({y})")).boxed()
        }),
    ]
}

fn functions(inner: &Text) -> Vec<Construct> {
    let of =
        |template: &'static str| inner.clone().prop_map(move |x| template.replace('#', &x)).boxed();
    vec![
        ("negation", 1, of("-(#)")),
        ("a function", 1, of("abs(#)")),
        ("absent", 1, of("absent(#)")),
        ("a comparison", 1, of("(#) > 2")),
        ("scalar", 1, of("m * scalar(#)")),
        ("label_replace", 1, of("label_replace(#, \"instance\", \"$1\", \"job\", \"(.+)\")")),
        ("label_join", 1, of("label_join(#, \"le\", \"-\", \"job\", \"instance\")")),
        ("histogram_quantile", 1, of("histogram_quantile(0.9, #)")),
        ("info", 1, of("info(#)")),
    ]
}

fn ranges(inner: &Text) -> Vec<Construct> {
    let over = one_of(&["rate", "sum_over_time", "count_over_time", "last_over_time"]);
    let range = (over.clone(), selectors()).prop_map(|(f, x)| format!("{f}({x}[2m])"));
    let subquery = (over, inner.clone()).prop_map(|(f, x)| format!("{f}(({x})[3m:1m])"));
    let absent = selectors().prop_map(|x| format!("absent_over_time({x}[2m])"));
    let offset = selectors().prop_map(|x| format!("{x} offset 1m"));
    vec![
        ("a range", 2, range.boxed()),
        ("a subquery", 2, subquery.boxed()),
        ("absent_over_time", 1, absent.boxed()),
        ("offset", 1, offset.boxed()),
    ]
}

/// Any expression.
pub(crate) fn expressions() -> Text {
    let any = |inner: Text| {
        let all = constructs(&inner).into_iter().map(|(_, weight, text)| (weight, text));
        Union::new_weighted(all.collect())
    };
    selectors().prop_recursive(4, 12, 2, any).boxed()
}
