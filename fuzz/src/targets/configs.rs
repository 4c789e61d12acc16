//! Configurations of every kind, rule files, and tests of relabeling.

use std::collections::BTreeMap;

use promsieve_core::config::{self, Kind, Project};
use promsieve_core::relabel::target::TargetDefaults;
use promsieve_core::relabel_tests::{self, Actual, ChainSource, TestFile};
use promsieve_core::server::Server;
use promsieve_core::text::{FileId, SourceText, Sources};

/// The text, as a file.
pub(super) fn sources(data: &[u8]) -> (Sources, FileId) {
    let mut sources = Sources::default();
    let text = String::from_utf8_lossy(data).into_owned();
    let file = sources.add(SourceText::new("prometheus.yml", text));
    (sources, file)
}

/// Every place that a finding or an edit names must be one of the text.
fn read(kind: Kind, sources: &Sources, file: FileId) -> Project {
    let source = sources.file(file);
    let (project, findings) = config::read(kind, file, source, Server::default());
    for finding in &findings {
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in finding.location.map(|place| place.span).into_iter().chain(edits) {
            assert!(source.text().get(span.range()).is_some(), "{span:?}: {}", finding.message);
        }
    }
    project
}

pub(super) fn prometheus(data: &[u8]) {
    let (sources, file) = sources(data);
    read(Kind::Prometheus, &sources, file);
}

pub(super) fn alloy(data: &[u8]) {
    let (sources, file) = sources(data);
    read(Kind::Alloy, &sources, file);
}

/// As every kind that it looks like, and as one more.
pub(super) fn kinds(data: &[u8]) {
    let (sources, file) = sources(data);
    let other = Kind::ALL[data.len() % Kind::ALL.len()];
    for kind in config::sniff(sources.file(file).text()).into_iter().chain([other]) {
        read(kind, &sources, file);
    }
}

/// Tests of relabeling are read; those with a chain of their own run, and what came out of them is
/// what the updated file expects.
pub(super) fn tests(data: &[u8]) {
    let (sources, file) = sources(data);
    let (mut tests, came) = outcomes(file, sources.file(file));
    tests.cases.retain(|case| came.contains_key(&case.index));
    let Ok(updated) = relabel_tests::update(sources.file(file), &tests, &came) else { return };
    let (_, again) = outcomes(file, &SourceText::new("test.yml", &*updated));
    assert!(came.iter().all(|(index, actual)| again.get(index) == Some(actual)), "{updated}");
}

/// What comes of the cases whose chain stands beside them, by their index.
fn outcomes(file: FileId, source: &SourceText) -> (TestFile, BTreeMap<usize, Actual>) {
    let (tests, _) = relabel_tests::read(file, source);
    let mut came = BTreeMap::new();
    for case in &tests.cases {
        let ChainSource::Inline(list) = case.chain else { continue };
        let server = Server::default();
        let (chain, refused) = tests.inline(list, source, case, server);
        if refused.is_empty() {
            let verdict = relabel_tests::run(case, &chain, server, &TargetDefaults::default());
            came.insert(case.index, verdict.actual);
        }
    }
    (tests, came)
}
