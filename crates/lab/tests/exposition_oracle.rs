//! Our exposition reader against `prometheus-parse` where that one is right: the same series with
//! the same values.
//!
//! It cuts labels at every `,` and `=`, ends them at the first `}`, reads no escapes and no `{}`, takes `\w+`
//! for names (so no `:`), keeps the blanks around names and values, reads neither quoted names,
//! `OpenMetrics` nor exemplars, skips what it cannot read without a word, takes histograms and
//! summaries apart and forgets the order of their samples and how their bounds were written, and of
//! equal lines of one histogram it keeps both as one. So lines with any of these are left out of what
//! both read, and distributions are compared through `ingest::prometheus_parse`, by the value of
//! their bounds.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prometheus_parse::Scrape;
use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::ingest::prometheus_parse::feed;
use promsieve_core::series::{MetricType, Sample, Sink};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Samples by metric and labels: how often each value (as bits) was told.
#[derive(Default, Debug, PartialEq)]
struct Told(BTreeMap<Heard, usize>);

/// A metric, its labels, and the bits of its value.
type Heard = (String, Vec<(String, String)>, u64);

impl Sink for Told {
    fn family(&mut self, _: &str, _: MetricType) {}

    fn sample(&mut self, sample: &Sample<'_>) {
        let normal = |(name, value): (&str, &str)| {
            let bound = ["le", "quantile"].contains(&name);
            let number = value.parse::<f64>().ok().filter(|_| bound);
            (name.to_owned(), number.map_or_else(|| value.to_owned(), |value| value.to_string()))
        };
        let mut labels: Vec<(String, String)> = sample.pairs().map(normal).collect();
        labels.sort();
        // Of a not-a-number only that it is one matters.
        let value = if sample.value.is_nan() { f64::NAN } else { sample.value };
        *self.0.entry((sample.metric.to_owned(), labels, value.to_bits())).or_default() += 1;
    }
}

fn ours(text: &str) -> Told {
    let mut told = Told::default();
    let mut reader = Reader::new(Format::Text);
    reader.feed(text.as_bytes(), &mut told);
    assert_eq!(reader.finish(&mut told).bad, [], "{text}");
    told
}

fn theirs(text: &str) -> Told {
    let scrape = Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
    let mut told = Told::default();
    feed(&scrape, &mut told);
    told
}

/// Whether both can read a line of a real scrape.
fn is_plain(line: &str) -> bool {
    if line.starts_with('#') || line.is_empty() {
        return true;
    }
    let (name, labels) = match line.split_once('{') {
        Some((name, rest)) => (name, rest.rsplit_once('}').map_or("", |(labels, _)| labels)),
        None => (line.split(' ').next().unwrap_or(line), ""),
    };
    let quotes = labels.matches('"').count();
    let pairs = labels.matches("=\"").count();
    let word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let blank_free = |part: &str| part.split_once('=').is_none_or(|(name, _)| word(name));
    !line.contains(['\\', '\r'])
        && !line.contains("{}")
        && word(name)
        && !labels.contains(['}', '{'])
        && labels.matches('=').count() == pairs
        && quotes == 2 * pairs
        && labels.matches(',').count() == pairs.saturating_sub(1)
        && labels.split(',').all(blank_free)
}

fn scrapes() -> Vec<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let root = std::env::var_os("PROMSIEVE_CORPUS").map_or(default, PathBuf::from).join("scrapes");
    let mut pending = vec![root];
    let mut found = Vec::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Real scrapes; passes where there is no corpus.
#[test]
fn reads_the_corpus_as_prometheus_parse_does() {
    let mut compared = 0;
    let files = scrapes();
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        if text.trim_end().ends_with("# EOF") {
            continue;
        }
        let mut told = Told::default();
        let mut reader = Reader::new(Format::Text);
        reader.feed(text.as_bytes(), &mut told);
        // Some are there because they are broken.
        if reader.finish(&mut told).bad_lines > 0 {
            continue;
        }
        let plain: String =
            text.lines().filter(|line| is_plain(line)).flat_map(|l| [l, "\n"]).collect();
        let (ours, theirs) = (ours(&plain), theirs(&plain));
        let differs = |told: &Told, other: &Told| {
            let own = told.0.iter().filter(|(key, count)| other.0.get(key) != Some(count));
            own.map(|own| format!("{own:?}")).take(3).collect::<Vec<_>>()
        };
        let differences = (differs(&ours, &theirs), differs(&theirs, &ours));
        assert_eq!(differences, (vec![], vec![]), "{}", path.display());
        compared += plain.lines().filter(|line| !line.starts_with('#')).count();
    }
    assert!(files.is_empty() || compared > 1000, "{compared} samples of {} files", files.len());
}

fn labels() -> impl Strategy<Value = String> {
    let value = "[ -~é&&[^,=}{\"\\\\]]{0,8}";
    proptest::collection::btree_map("[a-z_][a-z0-9_]{0,5}", value, 0..4).prop_map(|labels| {
        let pairs: Vec<String> = labels
            .iter()
            .filter(|(name, _)| !["le", "quantile"].contains(&name.as_str()))
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        pairs.join(",")
    })
}

fn line() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        any::<f64>().prop_map(|value| value.to_string()),
        any::<i32>().prop_map(|value| value.to_string()),
        "NaN|\\+Inf|-Inf|[0-9]{1,3}e[0-9]{1,2}",
    ];
    ("[a-z_][a-z0-9_]{0,6}", labels(), value, "( [0-9]{1,13})?").prop_map(
        |(name, labels, value, time)| match labels.as_str() {
            "" => format!("{name} {value}{time}\n"),
            labels => format!("{name}{{{labels}}} {value}{time}\n"),
        },
    )
}

fn family() -> impl Strategy<Value = String> {
    let bounds = proptest::collection::btree_set(0u32..40, 1..5);
    let kinds = prop_oneof![Just("histogram"), Just("summary")];
    ("f[a-z]{1,4}", kinds, labels(), bounds).prop_map(|(name, kind, labels, bounds)| {
        let (suffix, label) =
            if kind == "histogram" { ("_bucket", "le") } else { ("", "quantile") };
        let comma = if labels.is_empty() { "" } else { "," };
        let line = |bound: &u32| {
            let value = f64::from(*bound) / 8.0;
            format!("{name}{suffix}{{{labels}{comma}{label}=\"{value}\"}} {bound}\n")
        };
        let lines: String = bounds.iter().map(line).collect();
        format!("# TYPE {name} {kind}\n{lines}{name}_count{{{labels}}} 1\n").replace("{}", "")
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300, rng_seed: RngSeed::Fixed(1), failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn reads_generated_pages_as_prometheus_parse_does(
        lines in proptest::collection::vec(line(), 0..20),
        families in proptest::collection::btree_map("[a-z]", family(), 0..3),
    ) {
        let families: Vec<String> = families.into_iter().map(|(letter, text)| {
            text.replace("TYPE f", &format!("TYPE F{letter}")).lines().map(|line| {
                let own = line.strip_prefix('f').map(|rest| format!("F{letter}{rest}\n"));
                own.unwrap_or_else(|| format!("{line}\n"))
            }).collect()
        }).collect();
        let text = lines.concat() + &families.concat();
        prop_assert_eq!(ours(&text), theirs(&text));
    }
}
