//! Clean configurations: what promtool takes and the linter has no warning about.

use anyhow::Result;
use promsieve_core::finding::Severity;

use super::Project;
use crate::corpus;
use crate::real::{Version, refusals};

/// A clean configuration.
#[derive(Debug, Clone)]
pub struct Base {
    /// Where it is from.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Our own, which every machine has.
const OWN: [(&str, &str); 4] = [
    ("pods", include_str!("bases/pods.yml")),
    ("nodes", include_str!("bases/nodes.yml")),
    ("shard", include_str!("bases/shard.yml")),
    ("blackbox", include_str!("bases/blackbox.yml")),
];

/// Every clean configuration: our own, and with `with_corpus` those of the corpus, where there is one.
///
/// # Errors
/// When promtool cannot be asked.
pub fn bases(with_corpus: bool) -> Result<Vec<Base>> {
    let mut candidates: Vec<Base> = OWN
        .iter()
        .map(|(name, text)| Base { name: (*name).to_owned(), text: (*text).to_owned() })
        .collect();
    for path in if with_corpus { corpus::files("prom-config", &[]) } else { Vec::new() } {
        if let Ok(text) = std::fs::read_to_string(&path) {
            candidates.push(Base { name: path.display().to_string(), text });
        }
    }
    candidates.retain(|base| is_quiet(&base.text));
    let texts: Vec<String> = candidates.iter().map(|base| base.text.clone()).collect();
    let refused = refusals(Version::V3, &texts)?;
    let taken = candidates.into_iter().enumerate().filter(|(at, _)| !refused.contains_key(at));
    Ok(taken.map(|(_, base)| base).collect())
}

fn is_quiet(text: &str) -> bool {
    let findings = Project::of(text).findings();
    text.contains("scrape_configs")
        && findings.iter().all(|found| found.severity < Severity::Warning)
}
