//! What usage calls unneeded, taken away on real servers: random queries over random series give the
//! same answer without it.
//!
//! Each case has a window of time of its own in one block store, and so has each variant of it with
//! one thing less. `PROMSIEVE_USAGE_CASES` (300) and `PROMSIEVE_SEED` (1) make it larger or other.

use std::collections::BTreeMap;
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

use data::{Data, LABELS, NAME, data, dropped, without_unneeded};
use generate::expressions;

/// Where the first window starts: 2023-11-14T22:00:00Z, as a block of two hours does.
const START: u64 = 1_699_999_200;
/// From window to window: longer than nested subqueries look back.
const WINDOW: u64 = 1800;

/// A query over series, and over those without something.
struct Case {
    query: String,
    whole: Data,
    /// What is missing, whether usage calls that unneeded, and what is left.
    less: Vec<(String, bool, Data)>,
}

fn cases(count: usize) -> Vec<Case> {
    let seed = RngSeed::Fixed(seed());
    let config = Config { rng_seed: seed, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let (queries, series) = (expressions(), data());
    let mut cases = Vec::new();
    while cases.len() < count {
        let query = queries.new_tree(&mut runner).unwrap().current();
        let whole = unlike(series.new_tree(&mut runner).unwrap().current());
        let usage = Usage::of(list_queries("list", &query), UsageOptions::default());
        let unneeded = without_unneeded(&usage, &whole).into_iter();
        let mut less: Vec<_> = unneeded.map(|(what, less)| (what, true, less)).collect();
        for label in LABELS.into_iter().filter(|label| !usage.label("m", label).is_unused()) {
            let without = dropped(&whole, "m", label);
            less.extend(without.map(|less| (format!("{label} on m"), false, less)));
        }
        less.retain(|(_, _, less)| *less != whole);
        if !less.is_empty() && !is_arbitrary(&query) {
            cases.push(Case { query, whole, less });
        }
    }
    cases
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

/// What a query gives at the end of a window: label sets with values, a number, or an error.
fn answer(server: &Server, query: &str, window: u64) -> Result<BTreeMap<String, String>, ()> {
    let time = START + window * WINDOW + 120;
    let found = server.query_at(query, time).map_err(|_| ())?;
    Ok(found
        .into_iter()
        .map(|(labels, value)| (format!("{labels:?}"), value.to_string()))
        .collect())
}

#[track_caller]
fn check(version: Version) {
    if dir().is_none() {
        return;
    }
    let count = from_env("PROMSIEVE_USAGE_CASES", 300) as usize;
    let cases = cases(count);
    let all =
        cases.iter().flat_map(|it| [&it.whole].into_iter().chain(it.less.iter().map(|l| &l.2)));
    let server = serve(version, &page(all));
    let (mut window, mut same, mut shows) = (0, 0, 0);
    for case in &cases {
        let whole = answer(&server, &case.query, window);
        let is_full = whole.as_ref().is_ok_and(|found| !found.is_empty());
        for (what, is_unneeded, _) in &case.less {
            window += 1;
            let less = answer(&server, &case.query, window);
            if *is_unneeded {
                assert_eq!(less, whole, "{} without {what}", case.query);
                same += usize::from(is_full);
            } else {
                shows += usize::from(less != whole);
            }
        }
        window += 1;
    }
    // Both kinds speak: results that are there, and needed labels whose loss shows.
    assert!(same >= count / 4 && shows >= count / 10, "{same} and {shows} of {count}");
}

#[test]
fn what_is_called_unneeded_changes_no_answer_of_prometheus_2() {
    check(Version::V2);
}

#[test]
fn what_is_called_unneeded_changes_no_answer_of_prometheus_3() {
    check(Version::V3);
}
