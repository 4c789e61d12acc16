//! Public files of every kind: each relabel config that a look at the text finds is read, nothing
//! panics, and the counts stand in the output.

#![expect(clippy::unwrap_used, reason = "a test")]
#![expect(clippy::disallowed_methods, reason = "the corpus is files, and tests may read them")]
#![expect(clippy::print_stdout, reason = "the counts are for who runs it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use promsieve_core::config::{Chain, Kind, Project, read, sniff};
use promsieve_core::finding::{Finding, Severity};
use promsieve_core::relabel::StepField;
use promsieve_core::server::Server;
use promsieve_core::text::{FileId, SourceText};

/// The directory that `PROMSIEVE_CORPUS` names, or the one beside the workspace.
fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let path = std::env::var_os("PROMSIEVE_CORPUS").map_or(beside, PathBuf::from);
    if !path.is_dir() {
        println!("skipped: no corpus");
    }
    path.is_dir().then_some(path)
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// How often a field of relabel configs is written outside of comments.
fn written(text: &str, names: [&str; 2]) -> usize {
    let count = |line: &str| {
        let line = line.split(" #").next().unwrap_or_default();
        let shown = if line.trim_start().starts_with('#') { "" } else { line };
        names.iter().map(|name| shown.matches(&format!("{name}:")).count()).sum::<usize>()
    };
    text.lines().map(count).sum()
}

fn chains(project: &Project) -> impl Iterator<Item = &Chain> {
    project.chains().map(|(_, chain)| chain)
}

fn read_fields(project: &Project, field: StepField) -> usize {
    let steps = chains(project).flat_map(|chain| &chain.steps);
    steps.filter(|step| step.spans.field(field).is_some()).count()
}

/// Files of which less is read than is written, and why.
const READ_IN_PART: [(&str, &str); 5] = [
    ("163_unknown_field_camel", "its key is refused"),
    ("274_merge_key_dup_after", "a merge key sets the field again"),
    ("275_merge_key_list", "a merge key sets the field again"),
    ("279_unknown_job_field", "its list is refused"),
    ("285_mrc_map", "its list is refused"),
];

#[test]
fn every_relabel_config_of_public_files_is_read() {
    let Some(corpus) = corpus() else { return };
    let mut wrong = Vec::new();
    let mut findings: BTreeMap<String, usize> = BTreeMap::new();
    for folder in ["operator", "otel", "vm", "helm-values", "prom-config", "tricky_configs"] {
        let mut paths = Vec::new();
        files(&corpus.join(folder), &mut paths);
        let mut counts: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
        let (mut expected, mut got, mut unread) = (0, 0, 0);
        for path in &paths {
            let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
            let name = path.strip_prefix(&corpus).unwrap().display().to_string();
            let source = SourceText::new(name.clone(), text.clone());
            let mut fields = [0, 0];
            let mut is_whole = true;
            let kinds = sniff(&text);
            for kind in &kinds {
                let (project, found) = read(*kind, FileId::default(), &source, Server::default());
                let count = counts.entry(kind.to_string()).or_default();
                count.0 += 1;
                count.1 += chains(&project).map(|chain| chain.steps.len()).sum::<usize>();
                count.2 += found.len();
                fields[0] += read_fields(&project, StepField::SourceLabels);
                fields[1] += read_fields(&project, StepField::TargetLabel);
                is_whole &= !found.iter().any(is_unreadable);
                for finding in &found {
                    *findings.entry(shown(*kind, &name, &source, finding)).or_default() += 1;
                }
            }
            let written = [
                written(&text, ["source_labels", "sourceLabels"]),
                written(&text, ["target_label", "targetLabel"]),
            ];
            expected += written[0];
            got += fields[0];
            if kinds.is_empty() {
                unread += 1;
            }
            let is_known = READ_IN_PART.iter().any(|(part, _)| name.contains(part));
            if fields != written && is_whole && !is_known {
                wrong.push(format!("{name} {kinds:?}: written {written:?}, read {fields:?}"));
            }
        }
        println!("{folder}: {} files, {got} of {expected} `source_labels` read", paths.len());
        println!("  files, steps, findings by kind: {counts:?}; no kind: {unread}");
    }
    // What promtool says of `prom-config` is compared elsewhere.
    for (finding, count) in findings.iter().filter(|(text, _)| !text.contains(" prom-config/")) {
        println!("{count} {finding}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_unreadable(finding: &Finding) -> bool {
    finding.message.contains("this is a template") || finding.message.contains("no YAML")
}

fn shown(kind: Kind, name: &str, source: &SourceText, finding: &Finding) -> String {
    let line = finding.location.map_or(0, |at| source.position(at.span.start).line);
    let severity = match finding.severity {
        Severity::Error => "error",
        _ => "other",
    };
    format!("{kind} {severity} {name}:{line}: {}", finding.message)
}

/// How often a field of relabel configs is written in blocks of components that hold ours.
fn written_in_alloy(text: &str, field: &str) -> usize {
    const OURS: [&str; 4] = [
        "discovery.relabel ",
        "prometheus.relabel ",
        "prometheus.remote_write ",
        "prometheus.operator.",
    ];
    let mut end = None;
    let mut count = 0;
    for line in text.lines() {
        let shown = line.trim_start();
        let indent = &line[..line.len() - shown.len()];
        if end.is_none() && OURS.iter().any(|name| shown.starts_with(name)) {
            end = Some(format!("{indent}}}"));
        } else if end.as_ref().is_some_and(|end| line.starts_with(end)) {
            end = None;
        }
        let is_field =
            shown.strip_prefix(field).is_some_and(|rest| rest.trim_start().starts_with('='));
        count += usize::from(end.is_some() && is_field);
    }
    count
}

/// All of these files were made for Alloy, which runs them: nothing of them is refused. Broken, they
/// are read all the same.
#[test]
fn every_rule_block_of_public_alloy_files_is_read() {
    let Some(corpus) = corpus() else { return };
    let mut paths = Vec::new();
    files(&corpus.join("alloy"), &mut paths);
    let (mut expected, mut jobs, mut known) = (0, 0, 0);
    for path in &paths {
        let text = std::fs::read_to_string(path).unwrap();
        let name = path.strip_prefix(&corpus).unwrap().display().to_string();
        let fields = |text: &str| {
            let source = SourceText::new(name.clone(), text);
            let (project, found) = read(Kind::Alloy, FileId::default(), &source, Server::default());
            let [sources, targets] = [StepField::SourceLabels, StepField::TargetLabel]
                .map(|field| read_fields(&project, field));
            (sources, targets, project, found)
        };
        let (sources, targets, project, found) = fields(&text);
        let shown: Vec<_> = found.iter().map(|finding| &finding.message).collect();
        assert!(found.is_empty(), "{name}: {shown:?}");
        let written = ["source_labels", "target_label"].map(|field| written_in_alloy(&text, field));
        assert_eq!([sources, targets], written, "{name}");
        let is_ours = ["prometheus.scrape \"", "prometheus.relabel \"", "discovery.relabel \""];
        if is_ours.iter().any(|word| text.contains(word)) {
            assert_eq!(sniff(&text), [Kind::Alloy], "{name}");
        }
        expected += sources;
        jobs += project.jobs.len();
        known += project.jobs.iter().filter(|job| !job.target_chain.open).count();
        for cut in (0..text.len()).step_by(9973).filter(|at| text.is_char_boundary(*at)) {
            fields(&text[..cut]);
            fields(&text[cut..]);
        }
    }
    println!(
        "alloy: {} files, {expected} `source_labels`, {jobs} jobs, {known} whole",
        paths.len()
    );
}
