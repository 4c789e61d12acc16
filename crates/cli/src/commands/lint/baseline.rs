//! Findings that a team lives with for now: a file of fingerprints, which do not know line numbers.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use promsieve_core::finding::Finding;
use serde::{Deserialize, Serialize};

use crate::input::config::Loaded;
use crate::input::replace::write_new;
use crate::output::view::lint::{fingerprints, plain_path};

/// Version of the file's keys.
const SCHEMA: u32 = 1;

/// What is known.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Baseline {
    schema: u32,
    findings: Vec<Known>,
}

/// A finding that is known; all but its fingerprint is for readers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Known {
    path: String,
    rule: String,
    fingerprint: String,
    message: String,
}

impl Baseline {
    /// All findings that there are.
    pub(super) fn of(projects: &[Loaded], all: &[Vec<Finding>]) -> Self {
        let mut known = Vec::new();
        for (loaded, findings) in projects.iter().zip(all) {
            let prints = fingerprints(&loaded.project, &loaded.sources, findings);
            known.extend(findings.iter().zip(prints).map(|(finding, fingerprint)| Known {
                path: finding.location.map_or_else(String::new, |at| {
                    plain_path(loaded.sources.file(at.file).name()).to_owned()
                }),
                rule: finding.rule.name.to_owned(),
                fingerprint,
                message: finding.message.clone(),
            }));
        }
        known.sort();
        Self { schema: SCHEMA, findings: known }
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// When there is none, or it is none.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read `{shown}`: write it with `--write-baseline`"))?;
        serde_json::from_str(&text).with_context(|| format!("`{shown}` is no baseline"))
    }

    /// Writes it; the number of its findings.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<usize> {
        write_new(path, &format!("{}\n", serde_json::to_string_pretty(self)?))?;
        Ok(self.findings.len())
    }

    /// Takes what is known out of the findings; how many known ones are not found any more.
    pub(super) fn take_known(&self, projects: &[Loaded], all: &mut [Vec<Finding>]) -> usize {
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &self.findings {
            *known.entry(&finding.fingerprint).or_default() += 1;
        }
        for (loaded, findings) in projects.iter().zip(all) {
            let prints = fingerprints(&loaded.project, &loaded.sources, findings);
            let mut prints = prints.iter();
            findings.retain(|_| {
                let print = prints.next().map_or("", String::as_str);
                let Some(left) = known.get_mut(print).filter(|left| **left > 0) else {
                    return true;
                };
                *left -= 1;
                false
            });
        }
        known.values().sum()
    }
}
