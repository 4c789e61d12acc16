//! Rules on real shards: 200 generated rules, each over hundreds of generated sets of series, on three
//! servers that have a part each and on one that has everything. What is called safe never differs,
//! what is called unsafe differs on some set, and most of what never differs is called safe.
//!
//! Each set has a time of its own, further from the others than a server looks back, so that one range
//! query asks for a rule over all of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use promsieve_core::promql::parse;
use promsieve_core::shard::hashmod;
use promsieve_core::usage::sharding::{ShardVerdict, classify, lives_on_one_shard};
use promsieve_lab::random::{Random, seed};
use promsieve_lab::real::{Server, TempDir, Version, dir};

use crate::real_block::blocks_of;
use crate::real_sharded::{ask, expression, same, union};

const SHARDS: usize = 3;
const SETS: u64 = 500;
const RULES: usize = 200;
/// The first sets are small. They are asked for one by one where a rule fails over some set, as joins
/// of several series with several do.
const SMALL: usize = 150;

/// When the first set is: 2023-11-14T22:00:00Z, where a block starts.
const START: u64 = 1_699_999_200;
/// Seconds between two sets; a server looks five minutes back.
const STEP: u64 = 600;

/// When the first so many sets are.
fn times(sets: usize) -> impl Iterator<Item = u64> {
    (START..).step_by(STEP as usize).take(sets)
}

/// Random series of `m` and `n`, by the shard that has them.
fn sets() -> [String; SHARDS] {
    let mut random = Random::new(seed());
    let mut parts: [String; SHARDS] = Default::default();
    for (at, time) in times(SETS as usize).enumerate() {
        let mut found: BTreeMap<String, (String, usize)> = BTreeMap::new();
        // Many series for what picks some of a group; few labels make groups large.
        let most = if at < SMALL { 3 } else { 24 };
        let (series, rarely) = (1 + random.below(most), 1 + random.below(4));
        for _ in 0..series {
            let instance = format!("i{}", random.below(4));
            let mut labels = format!("instance=\"{instance}\"");
            for (label, values) in [("b", 2), ("c", 3), ("team", 2), ("job", 2)] {
                if !random.rarely(rarely) {
                    write!(labels, ",{label}=\"{}\"", random.below(values)).unwrap();
                }
            }
            let series = format!("{}{{{labels}}}", random.pick(&["m", "n"]));
            found.insert(series, (instance, random.below(100)));
        }
        for (series, (instance, value)) in found {
            let part = &mut parts[hashmod(&instance, SHARDS as u64) as usize];
            writeln!(part, "{series} {value} {time}").unwrap();
        }
    }
    parts
}

/// A server with these samples.
fn server(samples: &str) -> Server {
    let work = TempDir::new("rules").unwrap();
    let mut server = Server::start(Version::V3, "").unwrap();
    server.kill().unwrap();
    for block in blocks_of(Version::V3, &work, samples) {
        let to = server.dir().join("data").join(block.file_name().unwrap());
        std::fs::rename(block, to).unwrap();
    }
    server.start_again("").unwrap();
    server
}

/// What a rule gives over each set; `None` where it fails over one.
type Sets = Option<BTreeMap<(String, BTreeMap<String, String>), String>>;

fn all_sets(servers: &[Server], expr: &str) -> Sets {
    let mut all = BTreeMap::new();
    for server in servers {
        let end = START + (SETS - 1) * STEP;
        for (labels, samples) in server.query_range(expr, (START, end), STEP).ok()? {
            for (time, value) in samples {
                // A negative zero is a zero, and sums may differ in the order of their terms.
                let value = format!("{:.9e}", value + 0.0);
                // Two shards that give the same series differ from one that gives it once.
                let at = (time.to_string(), labels.clone());
                let given = all.entry(at).or_insert_with(String::new);
                given.push_str(&value);
            }
        }
    }
    Some(all)
}

/// Whether a rule gives something over some set, and whether shards differ from the one server there.
fn judged(shards: &[Server], whole: &Server, expr: &str) -> (bool, bool) {
    if let Some(all) = all_sets(std::slice::from_ref(whole), expr) {
        return (!all.is_empty(), all_sets(shards, expr).is_none_or(|parts| parts != all));
    }
    let mut speaks = false;
    let differs = times(SMALL).any(|time| {
        let all = ask(whole, expr, time);
        speaks |= all.as_ref().is_ok_and(|found| !found.is_empty());
        all.is_ok() && !same(&union(shards, expr, time), &all)
    });
    (speaks, differs)
}

#[test]
fn unsafe_rules_have_an_example_and_safe_ones_none() {
    if dir().is_none() {
        return;
    }
    let parts = sets();
    // The format wants the samples of a series in order, which each part keeps.
    let whole = server(&parts.concat());
    let shards = parts.map(|samples| server(&samples));
    let mut random = Random::new(seed() + 2);
    let (mut rules, mut safe, mut examples, mut cautious) = (0, 0, 0, Vec::new());
    while rules < RULES {
        let depth = 1 + random.below(3);
        let text = expression(&mut random, depth);
        let Ok(expr) = parse(&text) else { continue };
        let (speaks, differs) = judged(&shards, &whole, &text);
        if !speaks && !differs {
            continue;
        }
        rules += 1;
        let is_safe = classify(&expr, &["instance"]) == ShardVerdict::ShardSafe
            || lives_on_one_shard(&expr, &["instance"]);
        assert!(!is_safe || !differs, "{text} is called safe");
        safe += usize::from(is_safe);
        examples += usize::from(differs);
        if !is_safe && !differs {
            cautious.push(text);
        }
    }
    let never = safe + cautious.len();
    let told = format!("{safe} of {never} that never differ, {examples} examples");
    assert!(safe * 100 >= never * 85 && examples > 60, "{told}\n{}", cautious.join("\n"));
}
