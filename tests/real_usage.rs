//! What usage calls unneeded, taken away on real servers: random queries over random series give the
//! same answer without it, and over sums of series where usage says that these can stand for them.
//!
//! Each case has a window of time of its own in one block store, and so has each variant of it with
//! one thing less. `PROMSIEVE_USAGE_CASES` (300) and `PROMSIEVE_SEED` (1) make it larger or other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use promsieve_core::usage::{Usage, UsageOptions, list_queries};
use promsieve_lab::random::{from_env, seed};
use promsieve_lab::real::{Server, Setup, Version, dir, promtool};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};

#[path = "../crates/core/src/usage/brute_force/data.rs"]
mod data;
#[path = "../crates/core/src/usage/brute_force/generate.rs"]
mod generate;

use data::{Data, LABELS, Labels, METRICS, NAME, Series, data, dropped, without_unneeded};
use generate::expressions;

/// Where the first window starts: 2023-11-14T22:00:00Z, as a block of two hours does.
const START: u64 = 1_699_999_200;
/// From window to window: longer than nested subqueries look back.
const WINDOW: u64 = 1800;

/// A query over series, and over what can or cannot stand for them.
struct Case {
    query: String,
    whole: Data,
    less: Vec<Less>,
}

/// Series without something.
struct Less {
    /// What is missing.
    what: String,
    claim: Claim,
    data: Data,
}

/// What usage says of what is missing.
#[derive(PartialEq)]
enum Claim {
    Unneeded,
    /// The label is unneeded, and series that it kept apart are summed.
    Summed,
    Needed,
}

/// Queries with random series, as long as there is something to compare.
fn cases(count: usize, case: fn(&Usage, &Data) -> (Data, Vec<Less>)) -> Vec<Case> {
    let seed = RngSeed::Fixed(seed());
    let config = Config { rng_seed: seed, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let (queries, series) = (expressions(), data());
    let (mut cases, mut needed) = (Vec::new(), 0);
    while cases.len() < count {
        let query = queries.new_tree(&mut runner).unwrap().current();
        let data = series.new_tree(&mut runner).unwrap().current();
        let usage = Usage::of(list_queries("list", &query), UsageOptions::default());
        let (whole, mut less) = case(&usage, &data);
        less.retain(|less| less.data != whole);
        if less.is_empty() || is_arbitrary(&query) {
            continue;
        }
        // Most queries need everything: a few of them are enough.
        needed += usize::from(less.iter().all(|less| less.claim == Claim::Needed));
        if needed <= count / 5 || less.iter().any(|less| less.claim != Claim::Needed) {
            cases.push(Case { query, whole, less });
        }
    }
    cases
}

/// Series without one thing that is called unneeded, for each, and without a label that is needed.
fn without_one(usage: &Usage, data: &Data) -> (Data, Vec<Less>) {
    let whole = unlike(data.clone());
    let unneeded = without_unneeded(usage, &whole).into_iter();
    let mut less: Vec<Less> =
        unneeded.map(|(what, data)| Less { what, claim: Claim::Unneeded, data }).collect();
    for label in LABELS.into_iter().filter(|label| !usage.label("m", label).is_unused()) {
        let what = format!("{label} on m");
        let without = dropped(&whole, "m", label);
        less.extend(without.map(|data| Less { what, claim: Claim::Needed, data }));
    }
    (whole, less)
}

/// Steady counters, summed over a label that nobody needs or that somebody does.
fn summed_over_one(usage: &Usage, data: &Data) -> (Data, Vec<Less>) {
    let whole = steady(data);
    let sums = METRICS.into_iter().filter(|metric| !usage.metric(metric).is_unused());
    let of_metric = |metric: &'static str| {
        LABELS.map(|label| {
            let unneeded = usage.is_summed(metric) && usage.label(metric, label).is_unused();
            let claim = if unneeded { Claim::Summed } else { Claim::Needed };
            let data = summed(&whole, metric, label);
            Less { what: format!("{label} on {metric}, summed"), claim, data }
        })
    };
    let less = sums.flat_map(of_metric).collect();
    (whole, less)
}

/// The same series at each moment, as counters that are far from zero.
fn steady(data: &Data) -> Data {
    let all: BTreeSet<&Labels> = data.iter().flatten().map(|(labels, _)| labels).collect();
    let moment = |at: usize| {
        let series = all.iter().zip(1u32..);
        let value = |nth: u32| f64::from(nth) * (1e6 + at as f64 * 8.0);
        series.map(|(labels, nth)| ((*labels).clone(), value(nth))).collect()
    };
    (0..data.len()).map(moment).collect()
}

/// The series of a metric summed over a label.
fn summed(data: &Data, metric: &str, label: &str) -> Data {
    let moment = |series: &Series| {
        let mut sums: BTreeMap<Labels, f64> = BTreeMap::new();
        for (labels, value) in series {
            let mut labels = labels.clone();
            if labels[NAME] == metric {
                labels.remove(label);
            }
            *sums.entry(labels).or_default() += value;
        }
        sums.into_iter().collect()
    };
    data.iter().map(moment).collect()
}

/// Whether the result hangs on how series are sorted, which nobody can rely on: which ones `limitk`
/// takes, and which of equal ones `topk` does; counts are often equal.
fn is_arbitrary(query: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| query.contains(word));
    has(&["limitk"]) || has(&["topk", "bottomk"]) && has(&["count", "group"])
}

/// No two series with the same value, so that `topk` has no equals to choose from.
fn unlike(mut data: Data) -> Data {
    for series in &mut data {
        series.iter_mut().zip(1..).for_each(|((_, value), nth)| *value += f64::from(nth) / 64.0);
    }
    data
}

/// All windows one after the other, as a page with timestamps.
fn page<'a>(windows: impl Iterator<Item = &'a Data>) -> String {
    let mut page = String::new();
    for (window, data) in (0..).zip(windows) {
        for (moment, series) in (0..).zip(data) {
            for (labels, value) in series {
                let time = START + window * WINDOW + moment * 60;
                let pairs = labels.iter().filter(|(label, _)| *label != NAME);
                let pairs: Vec<String> = pairs.map(|(l, v)| format!("{l}=\"{v}\"")).collect();
                writeln!(page, "{}{{{}}} {value} {time}", labels[NAME], pairs.join(",")).unwrap();
            }
        }
    }
    page + "# EOF\n"
}

/// A server over blocks made of a page.
fn serve(version: Version, page: &str) -> Server {
    let config = "global: {}\n";
    let flags =
        ["--storage.tsdb.retention.time=100y", "--enable-feature=promql-experimental-functions"];
    let setup = Setup { args: flags.map(str::to_owned).to_vec(), ..Setup::default() };
    let mut server = Server::start_with(version, config, &setup).unwrap();
    server.kill().unwrap();
    let input = server.dir().join("in.om");
    fs::write(&input, page).unwrap();
    let made = Command::new(promtool(version).unwrap())
        .args(["tsdb", "create-blocks-from", "--max-block-duration=720h", "openmetrics"])
        .args([&input, &server.dir().join("data")])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    server.start_again(config).unwrap();
    server
}

/// What a query gives at the end of a window: label sets with values, or an error.
type Answer = Result<BTreeMap<String, f64>, ()>;

fn answer(server: &Server, query: &str, window: u64) -> Answer {
    let time = START + window * WINDOW + 120;
    let found = server.query_at(query, time).map_err(|_| ())?;
    Ok(found.into_iter().map(|(labels, value)| (format!("{labels:?}"), value)).collect())
}

/// Whether answers have the same series with the same values, but for how sums were rounded.
fn is_alike(one: &Answer, other: &Answer) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => {
            let near =
                |a: f64, b: f64| a.to_bits() == b.to_bits() || (a - b).abs() <= 1e-9 * a.abs();
            one.keys().eq(other.keys())
                && one.values().zip(other.values()).all(|(a, b)| near(*a, *b))
        }
        _ => one == other,
    }
}

#[track_caller]
fn check(version: Version, case: fn(&Usage, &Data) -> (Data, Vec<Less>)) {
    if dir().is_none() {
        return;
    }
    let count = from_env("PROMSIEVE_USAGE_CASES", 300) as usize;
    let cases = cases(count, case);
    let windows =
        cases.iter().flat_map(|it| [&it.whole].into_iter().chain(it.less.iter().map(|l| &l.data)));
    let server = serve(version, &page(windows));
    let (mut window, mut same, mut shows) = (0, 0, 0);
    for case in &cases {
        let whole = answer(&server, &case.query, window);
        let is_full = whole.as_ref().is_ok_and(|found| !found.is_empty());
        for less in &case.less {
            window += 1;
            let answer = answer(&server, &case.query, window);
            if less.claim == Claim::Needed {
                shows += usize::from(!is_alike(&answer, &whole));
            } else {
                let (query, what) = (&case.query, &less.what);
                assert!(is_alike(&answer, &whole), "{query} without {what}: {whole:?} {answer:?}");
                same += usize::from(is_full);
            }
        }
        window += 1;
    }
    // Both kinds speak: results that are there, and needed labels whose loss shows.
    assert!(same >= count / 10 && shows >= count / 10, "{same} and {shows} of {count}");
}

#[test]
fn what_is_called_unneeded_changes_no_answer_of_prometheus_2() {
    check(Version::V2, without_one);
}

#[test]
fn what_is_called_unneeded_changes_no_answer_of_prometheus_3() {
    check(Version::V3, without_one);
}

#[test]
fn sums_stand_for_series_on_prometheus_2() {
    check(Version::V2, summed_over_one);
}

#[test]
fn sums_stand_for_series_on_prometheus_3() {
    check(Version::V3, summed_over_one);
}
