//! Real configurations: no panic, evidence for every error and warning, and no claim that the
//! server refuses what promtool accepts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use promsieve_core::config;
use promsieve_core::finding::{Evidence, Severity};
use promsieve_core::lint::{Facts, Settings, lint};
use promsieve_core::server::Server;
use promsieve_core::text::{SourceText, Sources};

fn corpus() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let named = std::env::var_os("PROMSIEVE_CORPUS").map(PathBuf::from);
    let path = named.unwrap_or_else(|| root.join("../shared/corpus"));
    path.is_dir().then_some(path)
}

/// Every file below a folder, in order of names.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = entries.collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

#[test]
fn real_configurations_get_findings_with_evidence() {
    let Some(corpus) = corpus() else {
        eprintln!("skipped: no corpus");
        return;
    };
    let mut files = Vec::new();
    collect(&corpus.join("prom-config"), &mut files);
    assert!(!files.is_empty(), "the corpus holds configurations");
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let mut sources = Sources::default();
        let file = sources.add(SourceText::new(path.display().to_string(), text));
        let (project, reading) = config::parse(file, sources.file(file), Server::default());
        let facts = Facts { sources: &sources, reading: &reading, flow: None, today: None };
        let findings = lint(&project, &facts, &Settings::default());
        for finding in &findings {
            *counts.entry((finding.rule.code, finding.rule.name)).or_default() += 1;
            let needs = finding.severity > Severity::Info;
            assert!(!needs || finding.evidence != Evidence::None, "{finding:#?}");
            let is_refused = matches!(finding.evidence, Evidence::Server(_));
            // Which files promtool accepts is compared in `corpus_config`: only what reading finds
            // may say that the server refuses a file.
            assert!(!is_refused || reading.contains(finding), "{}: {finding:#?}", path.display());
        }
    }
    eprintln!("{} files", files.len());
    for ((code, name), count) in counts {
        eprintln!("{code} {name}: {count}");
    }
}
