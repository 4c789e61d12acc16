//! Rules over a small scrape: what is known exactly, what is bounded, and what the server refuses.

use super::*;
use crate::series::{TableBuilder, Target};

fn table() -> Table {
    let mut builder = TableBuilder::default();
    for instance in ["a:1", "b:1"] {
        let labels = [("instance", instance), ("job", "app")];
        let own = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        builder.target(Target { job: "app".to_owned(), labels: own.to_vec() });
        for path in ["/x", "/y", "/z"] {
            for code in ["200", "500"] {
                let labels = [&labels[..], &[("path", path), ("code", code)]].concat();
                builder.row("hits", &labels, 60);
            }
            builder.row("size", &[&labels[..], &[("path", path)]].concat(), 60);
        }
        for bound in ["0.1", "+Inf"] {
            builder.row("wait_bucket", &[&labels[..], &[("le", bound)]].concat(), 60);
        }
    }
    builder.finish()
}

const TIMES: Times = Times { scrape: Duration::from_secs(15), evaluation: Duration::from_mins(1) };

fn rule(name: &str, expr: &str) -> Rule {
    let (kind, labels) = (RuleKind::Record, Vec::new());
    Rule { kind, name: name.to_owned(), expr: expr.to_owned(), labels }
}

fn of(expr: &str, replicas: u64) -> RuleSeries {
    recorded(&table(), &[rule("r", expr)], TIMES, replicas).rules.remove(0)
}

#[track_caller]
fn check(expr: &str, least: u64, most: u64) {
    let found = of(expr, 1);
    assert_eq!(found.refused, None, "{expr}");
    assert_eq!(found.series, Tally { least, most }, "{expr}: {:?}", found.doubt);
    assert_eq!(found.doubt.is_some(), least < most, "{expr}");
}

#[test]
fn structure_tells_the_number_of_elements() {
    for (expr, count) in [
        ("hits", 12),
        ("hits{code!=\"200\", path=~\"/x|/y\"}", 4),
        ("{__name__=~\"hits|size\", path=\"/x\"}", 6),
        ("up", 2),
        ("rate(hits[5m])", 12),
        ("sum(hits)", 1),
        ("sum by (path) (rate(hits[5m]))", 3),
        ("count without (path, code) (hits)", 2),
        ("sum by (nothing) (hits)", 1),
        ("topk by (instance) (2, hits)", 4),
        ("topk(50, hits)", 12),
        ("sum(hits > 3) or vector(0)", 1),
        ("hits / on (instance, path) group_left () size", 12),
        ("size / on (instance, path) group_right () hits", 12),
        ("sum by (path) (hits) / sum by (path) (size)", 3),
        ("hits and on (instance) size{path=\"/x\", instance=\"a:1\"}", 6),
        ("hits unless on (path) size{path=\"/x\"}", 8),
        ("size or hits", 18),
        ("hits > bool 3", 12),
        ("histogram_quantile(0.9, wait_bucket)", 2),
        ("absent(hits)", 0),
        ("absent(nothing{x=\"y\"})", 1),
        ("label_replace(hits, \"kind\", \"$1\", \"code\", \"(.).*\")", 12),
        ("count by (kind) (label_replace(hits, \"kind\", \"$1\", \"code\", \"(.).*\"))", 2),
        ("max_over_time(sum by (path) (hits)[1h:1m])", 3),
        ("vector(1)", 1),
        ("1", 1),
        ("nothing", 0),
        ("nothing / hits", 0),
    ] {
        check(expr, count, count);
    }
}

#[test]
fn what_values_decide_is_bounded() {
    for (expr, least, most) in [
        ("hits > 3", 0, 12),
        ("sum by (path) (hits > 3)", 0, 3),
        ("count_values(\"value\", hits)", 1, 12),
        ("sum by (path) (topk(2, hits))", 1, 2),
        ("hits unless on (path) size > 1", 0, 12),
        ("absent(hits > 3)", 0, 1),
        ("rate(hits[20s])", 0, 12),
        ("max_over_time(topk(2, hits)[1h:1m])", 2, 12),
        ("hits @ 0", 0, 12),
        ("histogram_count(hits)", 0, 12),
    ] {
        check(expr, least, most);
    }
}

#[test]
fn what_the_server_refuses_records_nothing() {
    for expr in [
        "rate({__name__=~\"scrape_.*\"}[5m])",
        "hits / on (path) group_left () size",
        "size / on (path) size",
        "label_replace(hits, \"path\", \"$1\", \"code\", \"(.).*\")",
        "size / on (path) group_left () hits",
        "sum(",
        "\"text\"[5m]",
    ] {
        let found = of(expr, 1);
        assert!(found.refused.is_some() && found.series.most == 0, "{expr}: {found:?}");
    }
}

#[test]
fn bounds_without_bounds_can_be_added_up() {
    let doubles = "count_values(\"v\", r) or count_values(\"w\", r) or count_values(\"v\", hits)";
    let longer = "max_over_time(count_values(\"v\", hits)[200y:1ms])";
    for expr in [doubles, longer] {
        let rules: Vec<Rule> =
            (0..40).map(|at| rule(&format!("r{at}"), expr)).chain([rule("r", expr)]).collect();
        for replicas in [1, 1_000_000] {
            let found = recorded(&table(), &rules, TIMES, replicas);
            assert!(found.unlabelled <= 1 << 40 && found.unlabelled > 0, "{expr}");
        }
    }
}

#[test]
fn rules_read_what_others_record_in_any_order() {
    let mut rules = vec![
        rule("c", "sum by (path) (b)"),
        rule("b", "a + 1"),
        rule("a", "sum by (path, code) (hits)"),
        rule("a", "sum by (path, code) (rate(hits[5m]))"),
        rule("d", "sum(ALERTS)"),
    ];
    rules[3].labels = vec![("code".to_owned(), String::new())];
    let found = recorded(&table(), &rules, TIMES, 1);
    let counts: Vec<u64> = found.rules.iter().map(|rule| rule.series.most).collect();
    // The second `a` loses what keeps its series apart.
    assert!(found.rules[3].refused.is_some());
    assert_eq!(counts, [3, 6, 6, 0, 0]);
    rules[3].labels.clear();
    rules.push(Rule { kind: RuleKind::Alert, ..rule("Slow", "a > 1") });
    let found = recorded(&table(), &rules, TIMES, 1);
    // Both `a` write the same series.
    assert_eq!(found.metrics["a"], Tally { least: 6, most: 6 });
    assert_eq!((found.alerts, found.metrics["d"]), (12, Tally { least: 0, most: 1 }));
    assert_eq!(found.series(), Tally { least: 15, most: 16 });
    assert_eq!(found.load.series, 16);
}

#[test]
fn more_targets_record_more_where_their_instance_is_kept() {
    let count = |expr| of(expr, 10).series;
    let exactly = |count| Tally { least: count, most: count };
    assert_eq!(count("rate(hits[5m])"), exactly(120));
    assert_eq!(count("sum by (path) (hits)"), exactly(3));
    assert_eq!(count("up"), exactly(20));
    assert_eq!(count("topk(2, hits)"), exactly(2));
    // 12 of one, 20 of two: it ends there.
    let picked = count("topk(20, hits)");
    assert!(picked.least <= 20 && picked.most >= 20, "{picked:?}");
    assert!(of("topk(20, hits)", 10).doubt.is_some());
}

#[test]
fn a_rule_that_feeds_on_itself_is_no_count() {
    let rules = [rule("r", "label_join(r, \"x\", \"-\", \"x\", \"y\") or vector(1)")];
    let found = recorded(&table(), &rules, TIMES, 1);
    assert_eq!(found.rules[0].series.least, 0, "{found:?}");
    assert!(found.rules[0].doubt.is_some());
    let steady = [rule("r", "r or vector(1)")];
    assert_eq!(recorded(&table(), &steady, TIMES, 1).series(), Tally { least: 1, most: 1 });
}
