//! How many pairs of the patterns that real configurations have cannot be decided.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

use promsieve_core::config;
use promsieve_core::regexp::language::{Language, Limits};
use promsieve_core::regexp::{Dialect, Pattern};
use promsieve_core::server::Server;
use promsieve_core::text::{FileId, SourceText};

use promsieve_lab::corpus;

/// The patterns of relabel configs, and those that a dialect was tried with.
fn patterns() -> Vec<Pattern> {
    let mut texts: BTreeSet<String> = BTreeSet::new();
    for folder in ["prom-config", "tricky_configs"] {
        for text in corpus::texts(folder, &[]) {
            let source = SourceText::new("prometheus.yml", text);
            let (project, _) = config::parse(FileId::default(), &source, Server::default());
            let steps = project.chains().flat_map(|(_, chain)| &chain.steps);
            texts.extend(steps.filter_map(|step| step.raw.regex.value().cloned()));
        }
    }
    for text in corpus::texts("regex-dialect", &["go.json"]) {
        let verdicts: serde_json::Value = serde_json::from_str(&text).unwrap();
        let all = verdicts.as_array().unwrap().iter();
        texts.extend(all.filter_map(|verdict| Some(verdict["re"].as_str()?.to_owned())));
    }
    let dialect = Dialect::of(Server::default());
    texts.iter().filter_map(|text| Pattern::parse(text, dialect).ok()).collect()
}

#[test]
fn fewer_than_one_pair_in_a_hundred_is_undecided() {
    if corpus::dir().is_none() {
        return;
    }
    let limits = Limits::default();
    let patterns = patterns();
    let started = Instant::now();
    let built: Vec<Option<Language>> =
        patterns.iter().map(|pattern| Language::of(pattern, limits).ok()).collect();
    let building = started.elapsed();
    let failed: Vec<&str> = patterns
        .iter()
        .zip(&built)
        .filter(|(_, language)| language.is_none())
        .map(|(pattern, _)| pattern.text())
        .collect();
    let languages: Vec<&Language> = built.iter().flatten().collect();
    let largest = languages.iter().map(|language| language.states()).max().unwrap_or(0);
    let (mut pairs, mut undecided, mut searched) = (0_u64, 0_u64, 0_u64);
    for (at, left) in built.iter().enumerate() {
        for right in &built[at + 1..] {
            pairs += 1;
            let (Some(left), Some(right)) = (left, right) else {
                undecided += 1;
                continue;
            };
            // A search visits a pair of states once at most.
            if left.states() * right.states() > limits.pairs {
                searched += 1;
                undecided += u64::from(left.equal(right).is_err());
            }
        }
    }
    let share = undecided as f64 / pairs as f64;
    println!("{} patterns in {building:?}, the largest has {largest} states", patterns.len());
    println!("{pairs} pairs, {searched} large, {undecided} undecided ({:.3} %)", 100.0 * share);
    println!("not built: {failed:?}");
    println!("disjoint, subset and equal of a pair: {:?} (median)", median(&languages));
    assert!(patterns.len() > 500, "the corpus has shrunk");
    assert!(share < 0.01, "{share}");
}

/// The middle time of three questions about one of 20,000 pairs spread over all.
fn median(languages: &[&Language]) -> std::time::Duration {
    let count = languages.len();
    let mut times: Vec<_> = (0..20_000)
        .map(|number| {
            let at = number * 7919;
            let (left, right) =
                (languages[at % count], languages[(at / count * 31 + number) % count]);
            let started = Instant::now();
            let _ = black_box([left.disjoint(right), left.subset(right), left.equal(right)]);
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}
