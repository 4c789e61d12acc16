//! Variables against what they can become: a query with variables must need at least what it needs
//! with their values in their place.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::brute_force::{LABELS, METRICS, config, expressions, usage_of};
use super::*;

/// A construct: what stands in a query without variables, and what stands there with them.
const CONSTRUCTS: [(&str, &str); 22] = [
    ("\"1\"", "\"$v\""),
    ("\"1\"", "\"${v}\""),
    ("\"1\"", "\"[[v]]\""),
    ("~\"1|2\"", "~\"${v:regex}\""),
    ("~\"1|2\"", "~\"${v:pipe}|2\""),
    ("~\"1|2\"", "~\"[[v:regex]]\""),
    ("job=\"1\"", "job=~\"$v\""),
    ("\"1\"", "\"{{ v }}\""),
    ("\"1\"", "\"<<.V>>\""),
    ("[2m]", "[$__rate_interval]"),
    ("[2m]", "[$__interval]"),
    ("[2m]", "[$__range]"),
    ("[2m]", "[[[v]]]"),
    ("[2m]", "[${v}m]"),
    ("[2m]", "[{{.window}}]"),
    ("(job", "($v"),
    ("(instance", "(${v:csv}"),
    ("(2, ", "($v, "),
    ("m{", "$v{"),
    ("m{", "${v}{"),
    ("sum by", "$agg by"),
    ("> 2", "> $v"),
];

/// How much each metric, label and value is needed.
fn verdicts(usage: &Usage) -> Vec<(String, Verdict)> {
    let mut found = Vec::new();
    for metric in METRICS {
        found.push((metric.to_owned(), usage.metric(metric)));
        for label in LABELS {
            found.push((format!("{label} of {metric}"), usage.label(metric, label)));
            for value in ["", "1", "2"] {
                let what = format!("{label} {value:?} of {metric}");
                found.push((what, usage.value(metric, label, value)));
            }
        }
    }
    found
}

/// Expressions that are made, and how many of them each construct takes.
const POOL: usize = 12_000;
const CASES: usize = 200;

#[test]
fn a_variable_needs_whatever_its_values_need() {
    let mut runner = TestRunner::new(config());
    let texts = expressions();
    let some = (0..POOL).map(|_| texts.new_tree(&mut runner).unwrap().current());
    let pool: Vec<String> = some.filter(|text| parse(text).is_ok()).collect();
    for (plain, varied) in CONSTRUCTS {
        let with_it = pool.iter().filter(|text| text.contains(plain)).take(CASES);
        let mut cases = 0;
        for (at, text) in with_it.enumerate() {
            cases += 1;
            let places: Vec<usize> = text.match_indices(plain).map(|(at, _)| at).collect();
            check(text, places[at % places.len()], plain, varied);
        }
        assert_eq!(cases, CASES, "{varied}");
    }
}

/// With `varied` in place of `plain` at byte `at`, `text` needs no less.
#[track_caller]
fn check(text: &str, at: usize, plain: &str, varied: &str) {
    let with = format!("{}{varied}{}", &text[..at], &text[at + plain.len()..]);
    let kind = OriginKind::DashboardPanel;
    let origin = Origin { kind, file: String::new(), location: None, name: String::new() };
    let query = Query { variables: Some(Variables::default()), ..Query::new(&*with, origin) };
    let usage = Usage::of(vec![query], UsageOptions::default());
    assert_eq!(usage.not_understood().len(), 0, "{:?}", usage.not_understood());
    for ((what, before), (_, after)) in verdicts(&usage_of(text)).into_iter().zip(verdicts(&usage))
    {
        let is_less = !before.is_unused() && after.is_unused();
        assert!(!is_less, "{what}: {before:?} in {text}, unused in {with}");
    }
}
