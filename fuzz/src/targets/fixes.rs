//! Safe fixes: the fixed text is read again, has no mistake that it did not have, and in the end
//! there is nothing left to fix.

use std::collections::BTreeMap;

use promsieve_core::config::{self, Kind};
use promsieve_core::finding::{Applicability, Finding, Severity};
use promsieve_core::lint::{Facts, Settings, fix, lint};
use promsieve_core::server::Server;
use promsieve_core::text::{SourceText, Sources};

/// A fix may make room for another; so many rounds are more than any file needs.
const ROUNDS: usize = 20;

pub(super) fn fixes(data: &[u8]) {
    let mut text = String::from_utf8_lossy(data).into_owned();
    let kind = config::sniff(&text).first().copied().unwrap_or(Kind::Prometheus);
    let (_, before) = linted(kind, &text);
    for _ in 0..ROUNDS {
        let (sources, findings) = linted(kind, &text);
        let Some((_, fixed)) = fix::apply(&sources, &findings, Applicability::Safe).pop() else {
            return;
        };
        let (_, after) = linted(kind, &fixed);
        let (had, has) = (errors(&before), errors(&after));
        for (rule, count) in has {
            assert!(had.get(rule).is_some_and(|had| count <= *had), "{rule}\n{text}\n->\n{fixed}");
        }
        text = fixed;
    }
    panic!("there is always something left to fix\n{text}");
}

fn linted(kind: Kind, text: &str) -> (Sources, Vec<Finding>) {
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new("prometheus.yml", text));
    let (project, reading) = config::read(kind, file, sources.file(file), Server::default());
    let findings = lint(&project, &Facts::new(&sources, &reading), &Settings::default());
    (sources, findings)
}

/// What a server refuses, by rule.
fn errors(findings: &[Finding]) -> BTreeMap<&'static str, usize> {
    let mut errors = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Error) {
        *errors.entry(finding.rule.name).or_default() += 1;
    }
    errors
}
