//! What rules record on real servers: generated rules of many forms over two targets. Where a number
//! of series is called exact the server has just that, else it lies within the bounds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use promsieve_core::cost::{Recorded, Rule, RuleKind, Times, recorded};
use promsieve_core::series::{Table, TableBuilder, Target};
use promsieve_lab::random::{Random, seed};
use promsieve_lab::real::{Page, Pages, Server, Setup, Version, dir};

const RULES: usize = 240;
const TARGETS: usize = 2;
/// Longer than any range of a rule, and a few evaluations for rules that wait for others.
const SETTLED: Duration = Duration::from_secs(30);
/// A busy machine may evaluate late; what differs then is asked again.
const TRIES: usize = 4;

#[test]
fn prometheus_2_records_what_is_predicted() {
    check(Version::V2);
}

#[test]
fn prometheus_3_records_what_is_predicted() {
    check(Version::V3);
}

/// A metric with its labels.
type Series = (String, Vec<(String, String)>);

/// What a target shows.
fn series(target: usize) -> Vec<Series> {
    let mut found = Vec::new();
    let mut add = |name: &str, labels: &[(&str, String)]| {
        let own = labels.iter().map(|(label, value)| ((*label).to_owned(), value.clone()));
        found.push((name.to_owned(), own.collect()));
    };
    for b in 0..2 {
        for c in 0..3 {
            add("m", &[("b", b.to_string()), ("c", c.to_string())]);
            add("hits", &[("code", format!("{}00", c + 2)), ("path", format!("/{b}"))]);
        }
        add("n", &[("b", b.to_string())]);
        for bound in ["0.1", "1", "+Inf"] {
            add("wait_bucket", &[("le", bound.to_owned()), ("path", format!("/{b}"))]);
        }
    }
    for c in 0..=target {
        add("odd", &[("c", c.to_string())]);
    }
    add("one", &[]);
    found
}

fn page(target: usize) -> String {
    let mut text = String::new();
    for (at, (name, labels)) in series(target).iter().enumerate() {
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        writeln!(text, "{name}{{{}}} {}", labels.join(","), at * 3 + target).unwrap();
    }
    text
}

fn instance(target: usize) -> String {
    format!("t{target}:80")
}

/// The same as it is stored.
fn table() -> Table {
    let mut builder = TableBuilder::default();
    for target in 0..TARGETS {
        let attached = [("instance".to_owned(), instance(target)), ("job".into(), "app".into())];
        builder.target(Target { job: "app".to_owned(), labels: attached.to_vec() });
        for (name, labels) in series(target) {
            let all: Vec<(&str, &str)> =
                attached.iter().chain(&labels).map(|(l, v)| (l.as_str(), v.as_str())).collect();
            builder.row(&name, &all, 0);
        }
    }
    builder.finish()
}

/// A random selector: of the scrape, its reports, what a rule before records, or of nothing.
fn selector(random: &mut Random, before: usize) -> String {
    if before > 0 && random.rarely(6) {
        return format!("r{}", random.below(before));
    }
    let all = [
        "m",
        "m{b=\"1\"}",
        "n",
        "n",
        "odd",
        "one",
        "up",
        "hits",
        "hits{code!~\"5..|2..\"}",
        "hits{path=~\"/[01]\", other=\"\"}",
        "wait_bucket",
        "wait_bucket{le!=\"1\"}",
        "{__name__=~\"m|n\"}",
        "{__name__=~\"scrape_samples.*\"}",
        "ALERTS",
        "nothing",
    ];
    random.pick(&all).to_owned()
}

fn labels(random: &mut Random) -> String {
    let names = ["instance", "b", "c", "path", "code", "le", "job"];
    let some: Vec<&str> = names.into_iter().filter(|_| random.below(2) == 0).collect();
    some.join(", ")
}

fn expression(random: &mut Random, depth: usize, before: usize) -> String {
    if depth == 0 {
        return selector(random, before);
    }
    let inner = expression(random, depth - 1, before);
    match random.below(10) {
        0 | 1 => {
            let op = random.pick(&["sum", "count", "min", "max", "avg", "group", "stddev"]);
            let by = random.pick(&["by", "by", "without"]);
            format!("{op} {by} ({}) ({inner})", labels(random))
        }
        2 => match random.below(4) {
            0 => format!("count_values by ({}) (\"value\", {inner})", labels(random)),
            1 => format!("quantile(0.5, {inner})"),
            _ => {
                let op = random.pick(&["topk", "bottomk"]);
                format!("{op} by ({}) ({}, {inner})", labels(random), random.below(5))
            }
        },
        3 | 4 => {
            let op = random.pick(&["+", "*", "/", "> bool", ">", "=="]);
            let on = random.pick(&["on", "ignoring"]);
            let group =
                random.pick(&["", "", "group_left ()", "group_right (c)", "group_left (b)"]);
            let right = selector(random, before);
            format!("({inner}) {op} {on} ({}) {group} ({right})", labels(random))
        }
        5 => {
            let op = random.pick(&["and", "or", "unless"]);
            let on = random.pick(&["on", "ignoring"]);
            let right = expression(random, depth - 1, before);
            format!("({inner}) {op} {on} ({}) ({right})", labels(random))
        }
        6 => {
            let op = random.pick(&["> 20", "!= bool 3", "* 2", "^ 2", "< 10"]);
            format!("({inner}) {op}")
        }
        7 => function(random, &inner),
        8 => {
            let call = random.pick(&[
                "rate",
                "increase",
                "max_over_time",
                "last_over_time",
                "absent_over_time",
                "deriv",
                "changes",
            ]);
            let range = random.pick(&["[10s]", "[10s] offset 2s"]);
            format!("{call}({}{range})", selector(random, before))
        }
        _ => {
            let call = random.pick(&["max_over_time", "count_over_time", "last_over_time"]);
            format!("{call}(({inner})[10s:1s])")
        }
    }
}

fn function(random: &mut Random, inner: &str) -> String {
    match random.below(9) {
        0 => format!("absent({inner})"),
        1 => format!("label_replace({inner}, \"kind\", \"$1\", \"code\", \"(.).*\")"),
        2 => format!("label_replace({inner}, \"b\", \"\", \"c\", \"[01]\")"),
        3 => format!("label_join({inner}, \"path\", \"-\", \"b\", \"c\")"),
        4 => format!("histogram_quantile(0.9, {inner})"),
        5 => format!("clamp({inner}, 0, 5)"),
        6 => format!("sort_desc({inner})"),
        7 => format!("({inner}) * scalar(one{{instance=\"t0:80\"}}) or vector(1)"),
        _ => format!("-({inner})"),
    }
}

fn rules() -> Vec<Rule> {
    let mut random = Random::new(seed());
    let mut rules: Vec<Rule> = Vec::new();
    while rules.len() < RULES {
        let depth = random.below(4);
        let expr = expression(&mut random, depth, rules.len());
        if promsieve_core::promql::parse(&expr).is_err() {
            continue;
        }
        let labels = match random.below(8) {
            0 => vec![("b".to_owned(), "set".to_owned())],
            1 => vec![("new".to_owned(), "x".to_owned())],
            _ => Vec::new(),
        };
        let name = format!("r{}", rules.len());
        rules.push(Rule { kind: RuleKind::Record, name, expr, labels });
    }
    for (at, expr) in ["m > 20", "absent(nothing)", "up == 0"].iter().enumerate() {
        let (name, expr) = (format!("A{at}"), (*expr).to_owned());
        rules.push(Rule { kind: RuleKind::Alert, name, expr, labels: Vec::new() });
    }
    // What a rule reads may stand behind it.
    random.shuffle(&mut rules);
    rules
}

fn rule_file(rules: &[Rule]) -> String {
    let mut out = String::from("groups:\n- name: all\n  rules:\n");
    for rule in rules {
        let kind = if rule.kind == RuleKind::Record { "record" } else { "alert" };
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let labels: Vec<String> =
            rule.labels.iter().map(|(name, value)| format!("{name}: {}", quoted(value))).collect();
        let (name, expr, labels) = (&rule.name, quoted(&rule.expr), labels.join(", "));
        writeln!(out, "  - {{{kind}: {name}, expr: {expr}, labels: {{{labels}}}}}").unwrap();
    }
    out
}

fn configuration(pages: &Pages) -> String {
    let targets: Vec<String> =
        (0..TARGETS).map(|target| format!("'{}'", instance(target))).collect();
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n\
         rule_files: [rules.yml]\n\
         scrape_configs:\n- job_name: app\n  proxy_url: {}\n  \
         static_configs: [{{targets: [{}]}}]\n",
        pages.proxy_url(),
        targets.join(", ")
    )
}

/// How many series each rule's metric has now, and how many are of alerts.
fn counts(server: &Server) -> (BTreeMap<String, u64>, u64) {
    let of = |selector: &str| -> BTreeMap<String, u64> {
        let found = server.query(&format!("count by (__name__) ({selector})")).unwrap();
        #[expect(clippy::cast_sign_loss, reason = "counts are not negative")]
        let count = |count: f64| count as u64;
        found
            .into_iter()
            .map(|(labels, value)| (labels["__name__"].clone(), count(value)))
            .collect()
    };
    (of("{__name__=~\"r[0-9]+\"}"), of("{__name__=~\"ALERTS.*\"}").values().sum())
}

/// The rules whose metric has another number of series than predicted.
fn differing(rules: &[Rule], predicted: &Recorded, seen: &BTreeMap<String, u64>) -> Vec<String> {
    let mut found = Vec::new();
    for (rule, said) in rules.iter().zip(&predicted.rules) {
        let count = seen.get(&rule.name).copied().unwrap_or_default();
        let is_so = (said.series.least..=said.series.most).contains(&count);
        if rule.kind == RuleKind::Record && !is_so {
            found.push(format!(
                "{}: {}\n  server {count}, predicted {said:?}",
                rule.name, rule.expr
            ));
        }
    }
    found
}

#[track_caller]
fn check(version: Version) {
    if dir().is_none() {
        return;
    }
    let rules = rules();
    let second = Duration::from_secs(1);
    let predicted = recorded(&table(), &rules, Times { scrape: second, evaluation: second }, 1);
    let served = (0..TARGETS).map(|target| (instance(target), Page::text(page(target))));
    let pages = Pages::serve(served).unwrap();
    let files = vec![("rules.yml".to_owned(), rule_file(&rules))];
    // A rule that fails leaves what it gave before, here before the first scrape, to be looked back at.
    let args = vec!["--query.lookback-delta=10s".to_owned()];
    let setup = Setup { files, args, ..Setup::default() };
    let server = Server::start_with(version, &configuration(&pages), &setup).unwrap();
    server.wait_scraped(TARGETS).unwrap();
    let mut differences = Vec::new();
    let mut seen = (BTreeMap::new(), 0);
    for _ in 0..TRIES {
        thread::sleep(SETTLED);
        seen = counts(&server);
        differences = differing(&rules, &predicted, &seen.0);
        if differences.is_empty() {
            break;
        }
    }
    let recording = || predicted.rules.iter().filter(|rule| rule.kind == RuleKind::Record);
    let exact = recording().filter(|rule| rule.series.is_exact()).count();
    let alive = recording().filter(|rule| rule.series.is_exact() && rule.series.most > 0).count();
    let failing = recording().filter(|rule| rule.refused.is_some()).count();
    eprintln!(
        "{}: {RULES} rules, {exact} exact, {alive} of them with series, {failing} failing, \
         {} of {:?} series",
        version.name(),
        seen.0.values().sum::<u64>(),
        predicted.series()
    );
    assert!(differences.is_empty(), "{} differ\n{}", differences.len(), differences.join("\n"));
    assert!(seen.1 > 0 && seen.1 <= predicted.alerts, "{} of {}", seen.1, predicted.alerts);
    assert!(exact * 3 > RULES * 2 && alive * 4 > RULES && failing > 5, "the rules test too little");
}
