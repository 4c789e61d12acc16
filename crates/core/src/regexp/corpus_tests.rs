//! The verdicts of Go itself on 912 patterns × 158 strings, where the corpus is present.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::{Anchoring, Dialect, Pattern, Slots};
use crate::server::GoRelease;

#[derive(Deserialize)]
struct Inputs {
    s: Vec<String>,
}

#[derive(Deserialize)]
struct Verdict {
    re: String,
    err: Option<String>,
    #[serde(default)]
    m: Vec<String>,
    #[serde(default)]
    caps: BTreeMap<String, Vec<i64>>,
}

#[expect(clippy::disallowed_methods, reason = "the corpus is optional and outside")]
fn read(name: &str) -> Option<String> {
    let folder = std::env::var_os("PROMSIEVE_CORPUS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    std::fs::read_to_string(folder.join("regex-dialect").join(name)).ok()
}

/// What Go would say of the string: the offsets of the groups, or nothing.
fn offsets(pattern: &Pattern, value: &str, slots: &mut Slots) -> Option<Vec<i64>> {
    let groups = pattern.captures(value, slots)?;
    let pairs = (0..=pattern.group_count()).flat_map(|group| match groups.get(group) {
        Some(range) => [range.start, range.end].map(|at| i64::try_from(at).unwrap()),
        None => [-1, -1],
    });
    Some(pairs.collect())
}

#[test]
fn go_and_we_agree_on_the_corpus() {
    let (Some(inputs), Some(verdicts)) = (read("corpus.json"), read("go.json")) else {
        println!("skipped: no corpus (PROMSIEVE_CORPUS)");
        return;
    };
    let inputs: Inputs = serde_json::from_str(&inputs).unwrap();
    let verdicts: Vec<Verdict> = serde_json::from_str(&verdicts).unwrap();
    // The corpus was made with Go 1.27.
    let dialect = Dialect { go: GoRelease(1, 27), anchoring: Anchoring::DotAll };
    let (mut differences, mut pairs) = (Vec::new(), 0);
    let mut slots = Slots::default();
    for verdict in &verdicts {
        let pattern = match (Pattern::parse(&verdict.re, dialect), &verdict.err) {
            (Ok(pattern), None) => pattern,
            (Err(ours), Some(theirs)) if ours.message == *theirs => continue,
            (ours, theirs) => {
                differences.push(format!("{}: we {ours:?}, Go {theirs:?}", verdict.re));
                continue;
            }
        };
        for value in &inputs.s {
            pairs += 1;
            let matched = verdict.m.contains(value);
            if pattern.is_match(value) != matched {
                differences.push(format!("{} on {value:?}: Go says {matched}", verdict.re));
            }
            let (ours, theirs) = (offsets(&pattern, value, &mut slots), verdict.caps.get(value));
            if ours.is_some() != matched || theirs.is_some() && ours.as_ref() != theirs {
                differences.push(format!("{} on {value:?}: {ours:?}, Go {theirs:?}", verdict.re));
            }
        }
    }
    println!("{} patterns, {pairs} pairs, {} differences", verdicts.len(), differences.len());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(pairs > 80_000, "the corpus has shrunk: {pairs}");
}
