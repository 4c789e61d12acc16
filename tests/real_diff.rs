//! Two sides that two real servers scrape: what came, went and is found by queries, theirs and ours.
//! `PROMSIEVE_SEED` (1) makes it other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use promsieve_lab::random::{Random, seed};
use promsieve_lab::real::{TempDir, Version, dir};
use serde_json::Value;

use crate::cli::run;
use crate::real_scrape::{Labels, Outcome, Scraped, configuration, job, on_server};

const JOBS: usize = 12;
const METRICS: [&str; 3] = ["m", "n", "o"];

/// What one chain may have, and which merges series.
const STEPS: [&str; 6] = [
    "{source_labels: [a], regex: x, action: drop}",
    "{source_labels: [__name__, b], regex: 'm;.+', action: drop}",
    "{regex: b, action: labeldrop}",
    "{source_labels: [a], regex: '(.).*', target_label: c}",
    "{source_labels: [__name__], regex: n, target_label: __name__, replacement: m}",
    "{source_labels: [b], regex: 'v1|v2|', action: keep}",
];

/// Selectors, and the same by hand.
type Selects = fn(&Labels) -> bool;
const SELECTORS: [(&str, Selects); 6] = [
    ("m", |it| of(it, "__name__") == "m"),
    ("n{a=\"x\"}", |it| of(it, "__name__") == "n" && of(it, "a") == "x"),
    ("m{b!=\"v1\"}", |it| of(it, "__name__") == "m" && of(it, "b") != "v1"),
    ("o{a=~\"x|y\",b=\"\"}", |it| {
        of(it, "__name__") == "o" && ["x", "y"].contains(&of(it, "a")) && of(it, "b").is_empty()
    }),
    ("{__name__=~\"m|o\",c=\"y\"}", |it| of(it, "__name__") != "n" && of(it, "c") == "y"),
    ("o{job!~\"j1.*\"}", |it| of(it, "__name__") == "o" && !of(it, "job").starts_with("j1")),
];

fn of<'a>(labels: &'a Labels, name: &str) -> &'a str {
    labels.get(name).map_or("", String::as_str)
}

fn page(random: &mut Random) -> Vec<u8> {
    let mut lines = BTreeSet::new();
    for _ in 0..random.below(25) {
        let metric = METRICS[random.below(3)];
        let mut labels = Vec::new();
        if random.below(4) > 0 {
            labels.push(format!("a=\"{}\"", ["x", "y", "z"][random.below(3)]));
        }
        if random.below(3) > 0 {
            labels.push(format!("b=\"v{}\"", random.below(5)));
        }
        lines.insert(format!("{metric}{{{}}} 1\n", labels.join(",")));
    }
    lines.into_iter().collect::<String>().into_bytes()
}

fn steps(random: &mut Random) -> Vec<String> {
    (0..random.below(3)).map(|_| STEPS[random.below(STEPS.len())].to_owned()).collect()
}

/// A third of the jobs stay, a third get another page, a third another chain.
fn sides(random: &mut Random) -> [Vec<Scraped>; 2] {
    let old: Vec<Scraped> = (0..JOBS)
        .map(|_| Scraped { page: page(random), steps: steps(random), ..Scraped::default() })
        .collect();
    let mut new = old.clone();
    for (at, scraped) in new.iter_mut().enumerate() {
        match at % 3 {
            0 => {}
            1 => scraped.page = page(random),
            _ => scraped.steps = steps(random),
        }
    }
    [old, new]
}

/// A side as its users have it: the configuration, queries, and the pages by job.
fn write(dir: &TempDir, name: &str, jobs: &[Scraped]) {
    let mut queries = String::new();
    for (selector, _) in SELECTORS {
        writeln!(queries, "{selector}").unwrap();
    }
    dir.write(&format!("{name}/asked.promql"), queries).unwrap();
    let config = configuration(jobs, "127.0.0.1:1");
    dir.write(&format!("{name}/prometheus.yml"), config).unwrap();
    for (at, scraped) in jobs.iter().enumerate() {
        let path = format!("{name}/scrapes/{}/127.0.0.1%3A1.prom", job(at));
        dir.write(&path, &scraped.page).unwrap();
    }
}

/// Before, after, came and went by job and metric, where anything did.
type Moved = BTreeMap<(String, String), [usize; 4]>;

fn by_servers(old: &[Outcome], new: &[Outcome]) -> Moved {
    let sets = |outcomes: &[Outcome]| {
        let mut sets: BTreeMap<(String, String), BTreeSet<Labels>> = BTreeMap::new();
        for labels in outcomes.iter().flat_map(|outcome| outcome.series.keys()) {
            let key = (of(labels, "job").to_owned(), of(labels, "__name__").to_owned());
            sets.entry(key).or_default().insert(labels.clone());
        }
        sets
    };
    let (old, new) = (sets(old), sets(new));
    let none = BTreeSet::new();
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
    keys.into_iter()
        .map(|key| {
            let (old, new) = (old.get(&key).unwrap_or(&none), new.get(&key).unwrap_or(&none));
            let (came, went) = (new.difference(old).count(), old.difference(new).count());
            (key, [old.len(), new.len(), came, went])
        })
        .filter(|(_, [_, _, came, went])| came + went > 0)
        .collect()
}

fn by_us(view: &Value) -> Moved {
    let number = |value: &Value| value.as_u64().unwrap() as usize;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let metrics = view["metrics"].as_array().unwrap().iter();
    metrics
        .map(|it| {
            let counts =
                [&it["before"]["series"], &it["after"]["series"], &it["came"], &it["went"]];
            ((text(&it["job"]), text(&it["metric"])), counts.map(number))
        })
        .collect()
}

#[track_caller]
fn check(version: Version) {
    if dir().is_none() {
        return;
    }
    let mut random = Random::new(seed());
    let [old, new] = sides(&mut random);
    let dir = TempDir::new("diff").unwrap();
    write(&dir, "old", &old);
    write(&dir, "new", &new);
    let args = ["diff", "old", "new", "--format", "json", "--server", version.name()];
    let view = run(dir.path(), &args, b"").json();
    let [old, new] = [old, new].map(|jobs| on_server(version, &jobs, "job"));
    let moved = by_servers(&old, &new);
    assert!(moved.len() > JOBS / 2, "{moved:?}");
    assert_eq!(by_us(&view), moved);
    for (side, outcomes) in [("before", &old), ("after", &new)] {
        let all: usize = outcomes.iter().map(|outcome| outcome.series.len()).sum();
        assert_eq!(view[side]["series"], all, "{side}");
    }
    let selected = |outcomes: &[Outcome], selects: Selects| {
        let series = outcomes.iter().flat_map(|outcome| outcome.series.keys());
        series.filter(|labels| selects(labels)).count()
    };
    for (selector, selects) in SELECTORS {
        let (before, after) = (selected(&old, selects), selected(&new, selects));
        let queries = view["queries"].as_array().unwrap();
        let found = queries.iter().find(|query| query["query"] == selector);
        let fate = match (before, after) {
            (1.., 0) => Some("lost"),
            (0, 1..) => Some("gained"),
            _ => (after < before).then_some("fewer"),
        };
        assert_eq!(found.map(|query| query["fate"].as_str().unwrap()), fate, "{selector}");
        if let Some(query) = found {
            let series = &query["selectors"][0]["series"];
            assert_eq!((&series["before"], &series["after"]), (&before.into(), &after.into()));
        }
    }
}

#[test]
fn what_two_servers_store_differs_as_diff_says() {
    check(Version::V3);
}
