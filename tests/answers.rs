//! What two servers answer to the same queries, moment by moment.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use promsieve_lab::real::{Page, Pages, Server};

use crate::rounds::{MINUTE, Sample, page};

/// How often pages change, a minute of their timestamps apart.
pub(crate) const ROUNDS: u64 = 8;
/// Rounds whose moments are asked for: those before give rates something to go on.
const ASKED: u64 = 5;
const PATIENCE: Duration = Duration::from_mins(2);
/// Seconds between two moments at which everything is asked: a round of a minute has four.
const STEP: u64 = 15;
/// Sums may differ in the order of their terms.
const TOLERANCE: f64 = 1e-9;

/// Values by label set and moment, in seconds; or the refusal of the query.
type Answer = Result<BTreeMap<BTreeMap<String, String>, BTreeMap<i64, f64>>, String>;

/// How two servers' answers compare.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// The queries whose answers differ at some moment.
    pub(crate) differ: Vec<String>,
    /// How many give a value at any moment.
    pub(crate) answered: usize,
    /// Of those, how many give values that are not zero and change.
    pub(crate) lively: usize,
    /// The queries that both servers refuse.
    pub(crate) refused: Vec<String>,
}

/// Asks both servers every query at each moment of the last rounds, of which the last was at `end`.
pub(crate) fn compare(servers: [&Server; 2], queries: &[String], end: u64) -> Compared {
    let same: Vec<[String; 2]> =
        queries.iter().map(|query| [query.clone(), query.clone()]).collect();
    compare_each(servers, &same, end)
}

/// As [`compare`], with a query for each server.
pub(crate) fn compare_each([a, b]: [&Server; 2], queries: &[[String; 2]], end: u64) -> Compared {
    let times = (end - ASKED * MINUTE / 1000, end);
    let mut compared = Compared::default();
    for [query, other] in queries {
        match (ask(a, query, times), ask(b, other, times)) {
            (Ok(a), Ok(b)) if a.len() == b.len() => {
                compared.answered += usize::from(!a.is_empty());
                compared.lively += usize::from(a.values().any(is_lively));
                if !a.iter().zip(&b).all(|(a, b)| a.0 == b.0 && are_same(a.1, b.1)) {
                    compared.differ.push(query.clone());
                }
            }
            (Err(_), Err(_)) => compared.refused.push(query.clone()),
            _ => compared.differ.push(query.clone()),
        }
    }
    compared
}

fn ask(server: &Server, query: &str, times: (u64, u64)) -> Answer {
    let found = server.query_range(query, times, STEP).map_err(|error| format!("{error:#}"))?;
    let by_time = |samples: Vec<(f64, f64)>| -> BTreeMap<i64, f64> {
        samples.into_iter().map(|(time, value)| (time.round() as i64, value)).collect()
    };
    Ok(found.into_iter().map(|(labels, samples)| (labels, by_time(samples))).collect())
}

fn are_same(a: &BTreeMap<i64, f64>, b: &BTreeMap<i64, f64>) -> bool {
    let is_near = |a: f64, b: f64| {
        let both = a.is_nan() && b.is_nan() || a.total_cmp(&b).is_eq();
        both || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && is_near(*a.1, *b.1))
}

fn is_lively(values: &BTreeMap<i64, f64>) -> bool {
    let mut distinct: Vec<u64> = values.values().map(|value| value.to_bits()).collect();
    distinct.dedup();
    distinct.len() > 1
}

/// Serves all rounds of pages (job, address, text), each until so many of the targets are seen in it
/// by every server; when the last one was, in seconds: a whole minute that is over.
#[track_caller]
pub(crate) fn play(
    pages: &Pages,
    texts: &[(String, String, String)],
    servers: &[&Server],
    targets: usize,
    value: impl Fn(Sample<'_>, u64) -> f64,
) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let end = (now - 10_000) / MINUTE * MINUTE;
    for round in 1..=ROUNDS {
        let time = end - (ROUNDS - round) * MINUTE;
        for (_, address, text) in texts {
            let page = page(text, round, time, |sample: Sample<'_>| value(sample, round));
            pages.set(address, Page::text(page));
        }
        wait_round(servers, round, time, targets);
    }
    end / 1000
}

/// Waits until so many targets have shown a round, whose samples are at `time` (milliseconds), to
/// every server.
#[track_caller]
pub(crate) fn wait_round(servers: &[&Server], round: u64, time: u64, targets: usize) {
    let start = Instant::now();
    let query = format!("count(round == {round})");
    let seen = |server: &&Server| {
        let counted = server.query_at(&query, time / 1000 + 1).unwrap();
        counted.first().is_some_and(|(_, count)| (count - targets as f64).abs() < 0.5)
    };
    while !servers.iter().all(seen) {
        assert!(start.elapsed() < PATIENCE, "round {round} was not scraped everywhere");
        thread::sleep(Duration::from_millis(100));
    }
}
