//! Questions about pairs of patterns, and the analysis of a chain.
#![expect(clippy::unwrap_used, reason = "a bench")]

use divan::Bencher;
use divan::counter::ItemsCount;
use promsieve_core::regexp::language::{Language, Languages, Limits};
use promsieve_core::regexp::{Dialect, Pattern};
use promsieve_core::relabel::analysis::{Start, analyse};
use promsieve_core::relabel::{Field, RawStep, Step};
use promsieve_core::server::{NameScheme, Server};

fn main() {
    divan::main();
}

/// Patterns of the kinds that configurations have.
const PATTERNS: &[&str] = &[
    "(.*)",
    "up",
    "go_.*",
    "istio_(request|response)_bytes_bucket|go_.*",
    "(node|kube)_(.+)_total",
    r"([^:]+)(?::\d+)?;(\d+)",
    "__meta_kubernetes_pod_label_(.+)",
    "container_(network_tcp_usage_total|network_udp_usage_total|tasks_state|cpu_load_average_10s)",
    "kube-system|monitoring|istio-system",
    "apiserver_request_duration_seconds_bucket;(0.15|0.25|0.3|0.35|0.4|0.45|0.6|0.7|0.8|0.9)",
];

fn patterns() -> Vec<Pattern> {
    let dialect = Dialect::of(Server::default());
    PATTERNS.iter().map(|text| Pattern::parse(text, dialect).unwrap()).collect()
}

fn languages() -> Vec<Language> {
    patterns().iter().map(|pattern| Language::of(pattern, Limits::default()).unwrap()).collect()
}

#[divan::bench]
fn build(bencher: Bencher<'_, '_>) {
    let patterns = patterns();
    bencher.counter(ItemsCount::new(patterns.len())).bench_local(|| {
        let build = |pattern| Language::of(pattern, Limits::default()).unwrap().states();
        patterns.iter().map(build).sum::<usize>()
    });
}

/// Disjoint, subset and equal of every pair.
#[divan::bench]
fn decide_pairs(bencher: Bencher<'_, '_>) {
    let languages = languages();
    bencher.counter(ItemsCount::new(languages.len() * languages.len())).bench_local(|| {
        let pairs =
            languages.iter().flat_map(|left| languages.iter().map(move |right| (left, right)));
        let holds = pairs.map(|(left, right)| {
            [left.disjoint(right), left.subset(right), left.equal(right)]
                .iter()
                .filter(|answer| answer.as_ref().unwrap().holds())
                .count()
        });
        holds.sum::<usize>()
    });
}

fn step(action: &str, sources: &[&str], regex: &str, target: &str) -> Step {
    let text = |text: &str| Field::Set(text.to_owned());
    let raw = RawStep {
        action: text(action),
        source_labels: match sources {
            [] => Field::Absent,
            names => Field::Set(names.iter().map(|&name| name.to_owned()).collect()),
        },
        regex: text(regex),
        target_label: if target.is_empty() { Field::Absent } else { text(target) },
        ..RawStep::default()
    };
    raw.validate(Server::default(), NameScheme::Utf8).unwrap()
}

/// A metric chain of 50 steps: drops, keeps of tuples, labels that are written and read again.
fn chain() -> Vec<Step> {
    (0..10)
        .flat_map(|number| {
            let label = format!("label_{number}");
            let temporary = format!("__tmp_{number}");
            [
                step("drop", &["__name__"], &format!("go_{number}_(gc|memstats)_.*"), ""),
                step("replace", &["pod", &label], "(.+)-[a-z0-9]+;(.*)", &temporary),
                step(
                    "keep",
                    &["__name__", "namespace"],
                    &format!("(.*);(kube-{number}.*|[^k].*|)"),
                    "",
                ),
                step("drop", &[&temporary, "job"], "canary;.+", ""),
                step("labeldrop", &[], &format!("{temporary}|{label}"), ""),
            ]
        })
        .collect()
}

#[divan::bench]
fn chain_of_50_steps(bencher: Bencher<'_, '_>) {
    let steps = chain();
    bencher.counter(ItemsCount::new(steps.len())).bench_local(|| {
        let languages = Languages::default();
        analyse(&steps, &Start::metric(&languages), &languages).claims.len()
    });
}

/// The same once more, with what the first time has built.
#[divan::bench]
fn chain_of_50_steps_again(bencher: Bencher<'_, '_>) {
    let (steps, languages) = (chain(), Languages::default());
    let start = Start::metric(&languages);
    bencher
        .counter(ItemsCount::new(steps.len()))
        .bench_local(|| analyse(&steps, &start, &languages).claims.len());
}
