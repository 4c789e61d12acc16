//! Real configurations: no panic, evidence for every error and warning, and no claim that the
//! server refuses what promtool accepts.

use std::collections::BTreeMap;

use promsieve_core::config;
use promsieve_core::finding::{Evidence, Finding, Severity};
use promsieve_core::lint::{Facts, Settings, lint};
use promsieve_core::server::Server;
use promsieve_core::text::{SourceText, Sources};

use promsieve_lab::corpus;

#[test]
fn real_configurations_get_findings_with_evidence() {
    let files = corpus::files("prom-config", &[]);
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut review = Vec::new();
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let mut sources = Sources::default();
        let file = sources.add(SourceText::new(path.display().to_string(), text));
        let (project, reading) = config::parse(file, sources.file(file), Server::default());
        let facts = Facts::new(&sources, &reading);
        let findings = lint(&project, &facts, &Settings::default());
        for finding in &findings {
            if finding.severity > Severity::Info {
                review.push(line(&path.display().to_string(), &sources, finding));
            }
            *counts.entry((finding.rule.code, finding.rule.name)).or_default() += 1;
            let needs = finding.severity > Severity::Info;
            assert!(!needs || finding.evidence != Evidence::None, "{finding:#?}");
            let is_refused = matches!(finding.evidence, Evidence::Server(_));
            // Which files promtool accepts is compared in `corpus_config`: only what reading finds
            // may say that the server refuses a file.
            assert!(!is_refused || reading.contains(finding), "{}: {finding:#?}", path.display());
        }
    }
    for line in sample(&review) {
        println!("{line}");
    }
    println!("{} files", files.len());
    for ((code, name), count) in counts {
        println!("{code} {name}: {count}");
    }
}

/// Findings for people to judge: one in so many, so that there are as many as `PROMSIEVE_SAMPLE`
/// says (none without it), always the same ones.
fn sample(lines: &[String]) -> Vec<&String> {
    let wanted = std::env::var("PROMSIEVE_SAMPLE").ok().and_then(|n| n.parse::<usize>().ok());
    let wanted = wanted.unwrap_or(0).min(lines.len());
    (0..wanted).map(|at| &lines[at * lines.len() / wanted]).collect()
}

/// A finding on one line, with what it stands on.
fn line(path: &str, sources: &Sources, finding: &Finding) -> String {
    let at = finding.location.expect("it is about a text");
    let line = sources.file(at.file).position(at.span.start).line;
    let evidence = finding.evidence.text().unwrap_or_default();
    let (rule, severity) = (finding.rule.code, finding.severity.as_str());
    format!("{path}:{line} {rule} {severity}: {} [{evidence}]", finding.message)
}
