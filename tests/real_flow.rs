//! `flow` against real servers: generated jobs with chains, clashing labels, limits and typed
//! histograms. The same series must be stored, the same scrapes fail, and of series that become one
//! the first of the page must be the one that is stored.
//!
//! `PROMSIEVE_FLOW_JOBS` (900, over 10,000 series) and `PROMSIEVE_SEED` (1) make it larger or other.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use promsieve_core::relabel::{Field, RawStep};
use promsieve_core::server::{NameScheme, Server};
use promsieve_lab::real::{Version, dir};

use crate::real_relabel::generate::step;
use crate::real_relabel::oracle;
use crate::real_scrape::{Labels, Outcome, Scraped, by_flow, job, on_server};
use promsieve_lab::random::{Random, from_env, seed};

/// The exposed label that tells whose series it is; no generated step touches it on purpose.
pub(crate) const OWNER: &str = "zcase";
/// The exposed label that numbers the samples of a page; the last step of every chain drops it.
const NUMBER: &str = "zn";

#[test]
fn flow_agrees_with_prometheus_2() {
    check(Version::V2);
}

#[test]
fn flow_agrees_with_prometheus_3() {
    check(Version::V3);
}

#[track_caller]
fn check(version: Version) {
    if dir().is_none() {
        return;
    }
    let mut random = Random::new(seed());
    let server: Server = version.name().parse().unwrap();
    let numbered: Vec<Scraped> = (0..from_env("PROMSIEVE_FLOW_JOBS", 900))
        .map(|at| generate(&mut random, at as usize, server))
        .collect();
    let merged: Vec<Scraped> = numbered.iter().cloned().map(without_number).collect();
    let seen = on_server(version, &merged, OWNER);
    let ours = by_flow(version, &merged);
    let unlimited: Vec<Scraped> = numbered.into_iter().map(without_limits).collect();
    let origins = by_flow(version, &unlimited);
    let (mut differences, mut up, mut collided, mut stored) = (0, 0, 0, 0);
    for (at, seen) in seen.iter().enumerate() {
        let ours = expected(ours[at].0, &ours[at].1, &origins[at].1);
        up += usize::from(ours.up);
        stored += ours.series.len();
        collided += usize::from(ours.up && ours.series.len() < origins[at].1.len());
        if *seen != ours {
            differences += 1;
            if differences <= 5 {
                describe(&merged[at], at, seen, &ours);
            }
        }
    }
    let (jobs, seed) = (merged.len(), seed());
    let samples =
        |scraped: &Scraped| scraped.page.split(|byte| *byte == b'\n').filter(is_sample).count();
    let scraped: usize = merged.iter().map(samples).sum();
    println!(
        "{server} seed {seed}: {jobs} jobs, {scraped} series scraped, {up} jobs up, \
         {collided} with collisions, {stored} series stored"
    );
    assert_eq!(differences, 0, "{server} stores differently");
    assert!(up > jobs / 3 && up < jobs && collided > jobs / 20, "the jobs test too little");
}

fn is_sample(line: &&[u8]) -> bool {
    line.first().is_some_and(|byte| *byte != b'#')
}

/// What is stored where the first of the series that become one wins. `ours` are the series of the
/// chain as it is, `numbered` those of the chain without its last step, which merges them.
fn expected(up: bool, ours: &[Labels], numbered: &[Labels]) -> Outcome {
    if !up {
        return Outcome::default();
    }
    let mut first: BTreeMap<Labels, f64> = BTreeMap::new();
    for labels in numbered {
        let mut labels = labels.clone();
        let number: f64 = labels.remove(NUMBER).unwrap().parse().unwrap();
        let value = first.entry(labels).or_insert(number);
        *value = value.min(number);
    }
    let value = |labels: &Labels| first.get(labels).copied().unwrap_or(f64::NAN);
    Outcome { up, series: ours.iter().map(|labels| (labels.clone(), value(labels))).collect() }
}

fn describe(scraped: &Scraped, at: usize, seen: &Outcome, ours: &Outcome) {
    let differ = |a: &Outcome, b: &Outcome| -> Vec<String> {
        let own = a.series.iter().filter(|(labels, value)| b.series.get(*labels) != Some(*value));
        own.map(|(labels, value)| format!("{labels:?} {value}")).take(4).collect()
    };
    eprintln!("{}\n{}", job(at), String::from_utf8_lossy(&scraped.page));
    eprintln!("labels {:?}\n{}{:#?}", scraped.labels, scraped.settings, scraped.steps);
    eprintln!("server up {} only {:#?}", seen.up, differ(seen, ours));
    eprintln!("ours up {} only {:#?}\n", ours.up, differ(ours, seen));
}

/// The number is a label too, and must not count.
fn without_limits(mut scraped: Scraped) -> Scraped {
    let lines = scraped.settings.lines().filter(|line| !line.contains("_limit"));
    scraped.settings = lines.flat_map(|line| [line, "\n"]).collect();
    scraped
}

fn without_number(mut scraped: Scraped) -> Scraped {
    scraped.steps.push(format!("{{action: labeldrop, regex: {NUMBER}}}"));
    scraped
}

pub(crate) fn generate(random: &mut Random, at: usize, server: Server) -> Scraped {
    let steps = (0..=random.below(4)).map(|_| any_step(random));
    let accepted = |step: &RawStep| step.validate(server, NameScheme::Utf8).is_ok();
    let steps = steps.filter(accepted).map(|step| oracle::step(&step)).collect();
    let labels = ["a", "instance", "exported_a", "env", "exported_exported_job", "job_x"];
    let labels = labels.iter().filter(|_| random.rarely(3)).copied().collect::<Vec<_>>();
    let labels = labels.into_iter().map(|name| (name.to_owned(), random.pick(VALUES).to_owned()));
    let labels = labels.filter(|(_, value)| !value.is_empty()).collect();
    let (page, honor) = (page(random, at), random.rarely(2));
    let settings = settings(random, honor);
    Scraped { page: page.into_bytes(), open_metrics: false, labels, settings, steps }
}

const VALUES: &[&str] = &["a", "b", "x", "foo", "FOO-bar", "1", "10.0.0.1:80", "é", "", "a"];
const LABELS: &[&str] = &[
    "a",
    "b",
    "c",
    "a_x",
    "job",
    "instance",
    "exported_job",
    "exported_a",
    "le",
    "env",
    "__tmp_x",
];
const NAMES: &[&str] = &["m", "m_total", "requests_total", "go_x", "job:m:rate", "n"];

fn page(random: &mut Random, at: usize) -> String {
    let (mut out, mut number) = (String::new(), 0);
    let names: Vec<&str> = NAMES.iter().filter(|_| random.rarely(3)).copied().collect();
    for name in names {
        let kind = random.pick(&["counter", "gauge", "untyped", ""]);
        if !kind.is_empty() {
            writeln!(out, "# TYPE {name} {kind}").unwrap();
        }
        for _ in 0..=random.below(5) {
            let labels = some_labels(random);
            sample(&mut out, name, &labels, at, &mut number);
        }
    }
    if random.rarely(2) {
        distribution(random, &mut out, at, &mut number);
    }
    out
}

/// A histogram, a summary, or a gauge that looks like one.
fn distribution(random: &mut Random, out: &mut String, at: usize, number: &mut u32) {
    // One name has another type on another target.
    let kinds = [("h", "histogram", "le"), ("h", "summary", "quantile"), ("h", "gauge", "le")];
    let (name, kind, label) = kinds[random.below(3)];
    let suffix = if kind == "summary" { "" } else { "_bucket" };
    writeln!(out, "# TYPE {name} {kind}").unwrap();
    for _ in 0..=random.below(2) {
        let mut labels = some_labels(random);
        // A label that stands twice fails the scrape unless the chain drops it.
        if let (Some(at), "le") = (labels.find("le=\""), label) {
            labels.truncate(at);
        }
        for bound in ["0.5", "1", "2.50", "1e3", "1000", "1e7", "0.00001", "+Inf", "x"] {
            if !random.rarely(3) {
                let own = format!("{labels}{label}=\"{bound}\",");
                sample(out, &format!("{name}{suffix}"), &own, at, number);
            }
        }
        sample(out, &format!("{name}_sum"), &labels, at, number);
        sample(out, &format!("{name}_count"), &labels, at, number);
    }
    // No line of its own: the type above it counts.
    sample(out, "untyped_bucket", "le=\"1\",quantile=\"1\",", at, number);
}

fn some_labels(random: &mut Random) -> String {
    let mut names: Vec<&str> = LABELS.iter().filter(|_| random.rarely(4)).copied().collect();
    if random.rarely(2) {
        names.reverse();
    }
    names.iter().map(|name| format!("{name}=\"{}\",", random.pick(VALUES))).collect()
}

/// Writes the next sample of a page, whose value is its number.
fn sample(out: &mut String, name: &str, labels: &str, at: usize, number: &mut u32) {
    *number += 1;
    let owner = job(at);
    writeln!(out, "{name}{{{labels}{OWNER}=\"{owner}\",{NUMBER}=\"{number}\"}} {number}").unwrap();
}

fn settings(random: &mut Random, honor: bool) -> String {
    let mut out = String::new();
    writeln!(out, "  honor_labels: {honor}").unwrap();
    for (limit, from, to) in [
        ("sample_limit", 1, 30),
        ("label_limit", 5, 12),
        ("label_name_length_limit", 8, 22),
        ("label_value_length_limit", 5, 16),
    ] {
        if random.rarely(8) {
            writeln!(out, "  {limit}: {}", from + random.below(to - from)).unwrap();
        }
    }
    out
}

/// A step of the relabel tests, or one that metric chains typically have.
pub(crate) fn any_step(random: &mut Random) -> RawStep {
    let set = |text: &str| Field::Set(text.to_owned());
    let by_value = |action: &str, source: &str, regex: &str| RawStep {
        action: set(action),
        source_labels: Field::Set(vec![source.to_owned()]),
        regex: set(regex),
        ..RawStep::default()
    };
    match random.below(10) {
        0 => RawStep {
            target_label: set("__name__"),
            replacement: set(random.pick(&["$1", "merged", "x_$1", "a-b", "$1_total"])),
            ..by_value(
                "replace",
                "__name__",
                random.pick(&["(.*)_total", "h_.*", "(m|n).*", "(.*)"]),
            )
        },
        1 => {
            let regex = random.pick(&["1|0.5|\\+Inf", "1\\.0", "", "1e3|1000(\\.0)?", ".+"]);
            by_value(random.pick(&["keep", "drop", "drop"]), "le", regex)
        }
        2 => {
            let regex = random.pick(&[
                "le",
                "job|instance",
                "exported_.*",
                "a|b|c",
                "__name__",
                "quantile",
            ]);
            RawStep { action: set("labeldrop"), regex: set(regex), ..RawStep::default() }
        }
        3 => by_value(
            random.pick(&["keep", "drop"]),
            "__name__",
            random.pick(&["h.*", "m.*", ".*_total"]),
        ),
        _ => {
            let step = step(random);
            kept(random, step)
        }
    }
}

/// A `labelkeep` that keeps what this test needs, and mostly the metric's name too.
fn kept(random: &mut Random, mut step: RawStep) -> RawStep {
    let is_keep =
        matches!(&step.action, Field::Set(action) if action.eq_ignore_ascii_case("labelkeep"));
    if let (true, Field::Set(regex)) = (is_keep, &mut step.regex) {
        let name = if random.rarely(6) { "" } else { "|__name__" };
        *regex = format!("{regex}|{OWNER}|{NUMBER}{name}");
    }
    step
}
