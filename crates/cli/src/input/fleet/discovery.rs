//! File discovery: groups of targets from the files that a job names.

use std::path::{Path, PathBuf};

use anyhow::Context;
use promsieve_core::config::{Located, StaticGroup};
use promsieve_core::doc::{self, Node};
use promsieve_core::text::{FileId, SourceText};

/// The label that tells which file a target comes from.
const FILE_LABEL: &str = "__meta_filepath";

/// The groups of a job's `file_sd_configs`, whose files lie beside the configuration, and what
/// cannot be read; other discoveries than files and static ones are told.
pub(super) fn groups(
    job: &str,
    node: Node<'_>,
    directory: &Path,
) -> (Vec<StaticGroup>, Vec<String>) {
    let (mut groups, mut problems) = (Vec::new(), Vec::new());
    for field in node.fields() {
        let kind = field.key.resolved().text();
        if kind == "file_sd_configs" {
            for pattern in
                field.value.items().filter_map(|it| it.get("files")).flat_map(Node::items)
            {
                read_pattern(job, pattern.resolved().text(), directory, &mut groups, &mut problems);
            }
        } else if kind.ends_with("_sd_configs") && field.value.items().len() > 0 {
            problems.push(format!(
                "job {job}: `{kind}` is not asked: its targets are not counted; write them into a \
                 file of `file_sd_configs` to have them"
            ));
        }
    }
    (groups, problems)
}

fn read_pattern(
    job: &str,
    pattern: &str,
    directory: &Path,
    groups: &mut Vec<StaticGroup>,
    problems: &mut Vec<String>,
) {
    let joined = directory.join(pattern).display().to_string();
    let paths: Vec<PathBuf> =
        glob::glob(&joined).map(|paths| paths.filter_map(Result::ok).collect()).unwrap_or_default();
    if paths.is_empty() {
        problems.push(format!("job {job}: no file is `{joined}`"));
    }
    for path in paths {
        match read_file(&path) {
            Ok(read) => groups.extend(read),
            Err(error) => problems.push(format!("job {job}: {error:#}")),
        }
    }
}

/// The groups in one file, JSON or YAML.
fn read_file(path: &Path) -> anyhow::Result<Vec<StaticGroup>> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{name}`"))?;
    let source = SourceText::new(name.clone(), text);
    let parsed = doc::parse(&source, FileId::default());
    if let Some(finding) = parsed.findings.first() {
        anyhow::bail!("{name}: {}", finding.message);
    }
    let root = parsed.documents.first().and_then(doc::Document::root);
    let items = root.into_iter().flat_map(Node::items);
    Ok(items.map(|item| group(item.resolved(), &name)).collect())
}

fn group(node: Node<'_>, file: &str) -> StaticGroup {
    let text = |node: Node<'_>| Located::new(node.resolved().text().to_owned(), node.location());
    let labels = node.get("labels").map(Node::fields).unwrap_or_default();
    let mut labels: Vec<_> =
        labels.iter().map(|field| (text(field.key), text(field.value))).collect();
    let own = |text: &str| Located::new(text.to_owned(), node.location());
    labels.push((own(FILE_LABEL), own(file)));
    StaticGroup {
        location: node.location(),
        targets: node.get("targets").into_iter().flat_map(Node::items).map(text).collect(),
        labels,
    }
}
