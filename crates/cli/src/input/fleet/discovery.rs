//! Discovery by files and by HTTP: groups of targets from where a job says they are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use promsieve_core::config::{Located, StaticGroup};
use promsieve_core::doc::{self, Node};
use promsieve_core::text::{FileId, SourceText};

use super::settings::Settings;
use crate::input::bytes::{read_whole, unpack};
use crate::input::http::{Wanted, shown};

/// The label that tells which file a target comes from; the server sets it.
pub(crate) const FILE_LABEL: &str = "__meta_filepath";

/// Discovery by files.
const FILES: &str = "file_sd_configs";

/// The label that tells which URL a target comes from.
const URL_LABEL: &str = "__meta_url";

/// After which a server's list is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// The groups of a job's `file_sd_configs`, whose files lie beside the configuration, and of its
/// `http_sd_configs`, and what cannot be read; other discoveries than these are told.
pub(super) fn groups(
    job: &str,
    node: Node<'_>,
    directory: &Path,
) -> (Vec<StaticGroup>, Vec<String>) {
    let (mut groups, mut problems) = file_groups(job, node, directory);
    for field in node.fields() {
        let kind = field.key.resolved().text();
        if kind == FILES {
            continue;
        }
        if kind == "http_sd_configs" {
            for config in field.value.items().map(Node::resolved) {
                match ask(config, directory) {
                    Ok(read) => groups.extend(read),
                    Err(error) => problems.push(format!("job {job}: {error:#}")),
                }
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

/// The groups of a job's `file_sd_configs` alone, and what cannot be read.
pub(super) fn file_groups(
    job: &str,
    node: Node<'_>,
    directory: &Path,
) -> (Vec<StaticGroup>, Vec<String>) {
    let (mut groups, mut problems) = (Vec::new(), Vec::new());
    let configs = node.get(FILES).into_iter().flat_map(Node::items);
    for pattern in configs.filter_map(|it| it.get("files")).flat_map(Node::items) {
        read_pattern(job, pattern.resolved().text(), directory, &mut groups, &mut problems);
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

/// The groups that a server of targets lists.
fn ask(config: Node<'_>, directory: &Path) -> anyhow::Result<Vec<StaticGroup>> {
    let url = config.get("url").map(Node::text).context("`http_sd_configs` without a `url`")?;
    let client = Settings::read(config, directory)?.client(PATIENCE)?;
    let answer = client.ask(url, Wanted::Anything)?;
    ensure!(answer.status == 200, "{} answers {}", shown(url), answer.status);
    let text = read_whole(unpack(answer.bytes)?, &shown(url))?;
    read_groups(&shown(url), text, URL_LABEL)
}

/// The groups in one file, JSON or YAML.
fn read_file(path: &Path) -> anyhow::Result<Vec<StaticGroup>> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{name}`"))?;
    read_groups(&name, text, FILE_LABEL)
}

/// The groups in a text, JSON or YAML, each with its origin's name under `label`.
///
/// # Errors
/// The first thing that is wrong with the text.
pub(crate) fn read_groups(
    name: &str,
    text: String,
    label: &str,
) -> anyhow::Result<Vec<StaticGroup>> {
    let source = SourceText::new(name.to_owned(), text);
    let parsed = doc::parse(&source, FileId::default());
    if let Some(finding) = parsed.findings.first() {
        anyhow::bail!("{name}: {}", finding.message);
    }
    let Some(root) = parsed.documents.first().and_then(doc::Document::root) else {
        return Ok(Vec::new());
    };
    ensure!(root.is_sequence(), "{name}: a list of groups (`targets`, `labels`) is expected");
    Ok(root.items().map(|item| group(item.resolved(), label, name)).collect())
}

fn group(node: Node<'_>, label: &str, origin: &str) -> StaticGroup {
    let text = |node: Node<'_>| Located::new(node.resolved().text().to_owned(), node.location());
    let labels = node.get("labels").map(Node::fields).unwrap_or_default();
    let mut labels: Vec<_> =
        labels.iter().map(|field| (text(field.key), text(field.value))).collect();
    let own = |text: &str| Located::new(text.to_owned(), node.location());
    labels.push((own(label), own(origin)));
    StaticGroup {
        location: node.location(),
        targets: node.get("targets").into_iter().flat_map(Node::items).map(text).collect(),
        labels,
    }
}
