//! Which files are read: those that a directory holds and `.gitignore` leaves, told by content; and
//! the sections of a rendered chart.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use promsieve_core::config::{Kind, sniff};
use promsieve_core::doc::{self, MAX_SIZE};
use promsieve_core::text::{FileId, SourceText};
use rayon::prelude::*;

/// What was read of a file.
pub(super) enum Read {
    /// Not looked at yet.
    Bytes(Vec<u8>),
    /// Its text.
    Text(String),
    /// What it would be, and the first byte that is no UTF-8.
    Invalid(String, usize),
    /// Nothing: it has so many bytes.
    TooLarge(u64),
}

/// A file that may be of a known kind.
pub(super) struct Text {
    /// Where it is on disk.
    pub(super) path: Option<PathBuf>,
    pub(super) name: String,
    pub(super) read: Read,
    /// What it was found to be.
    pub(super) kinds: Vec<Kind>,
    /// Whether the user named it: then it must be of some kind.
    is_named: bool,
}

impl Text {
    /// A file that the user named.
    pub(super) fn named(path: Option<&Path>, name: String, read: Read) -> Self {
        let path = path.map(Path::to_owned);
        let mut text = Self { path, name, read: decoded(read), kinds: Vec::new(), is_named: true };
        text.kinds = text.sniffed();
        text
    }

    fn text(&self) -> &str {
        match &self.read {
            Read::Text(text) | Read::Invalid(text, _) => text,
            Read::Bytes(_) | Read::TooLarge(_) => "",
        }
    }

    fn sniffed(&self) -> Vec<Kind> {
        sniff(self.text())
    }

    /// Its kinds, or `asked`.
    ///
    /// # Errors
    /// A file that the user named and that is of no kind.
    pub(super) fn kinds_or(&self, asked: Option<Kind>) -> anyhow::Result<Vec<Kind>> {
        match asked {
            Some(kind) if self.is_named || self.kinds.contains(&kind) => Ok(vec![kind]),
            Some(_) => Ok(Vec::new()),
            None if self.kinds.is_empty() && self.is_named => self.guessed(),
            None => Ok(self.kinds.clone()),
        }
    }

    /// What was named is Prometheus's configuration when half of its keys or more are its fields, or
    /// slips near them, or when it cannot be read at all.
    fn guessed(&self) -> anyhow::Result<Vec<Kind>> {
        let source = SourceText::new("", self.text());
        let parsed = doc::parse(&source, FileId::default());
        let root = parsed.documents.first().and_then(doc::Document::root);
        let is_config = match root {
            None => true,
            Some(root) if root.is_null() => true,
            Some(root) if root.is_mapping() => root.get("apiVersion").is_none() && has_fields(root),
            Some(_) => false,
        };
        if is_config {
            return Ok(vec![Kind::Prometheus]);
        }
        let known: Vec<String> =
            Kind::ALL.iter().map(|kind| format!("{} (`{kind}`)", kind.description())).collect();
        bail!(
            "`{}` is none of the kinds that are known: {}; say which with `--kind`",
            self.name,
            known.join(", ")
        )
    }

    /// The same text as one of these kinds; `None` when it is none.
    pub(super) fn only(&self, is_wanted: impl Fn(Kind) -> bool) -> Option<Self> {
        let kinds: Vec<Kind> = self.kinds.iter().copied().filter(|kind| is_wanted(*kind)).collect();
        let read = match &self.read {
            Read::Bytes(bytes) => Read::Bytes(bytes.clone()),
            Read::Text(text) => Read::Text(text.clone()),
            Read::Invalid(text, at) => Read::Invalid(text.clone(), *at),
            Read::TooLarge(size) => Read::TooLarge(*size),
        };
        let (path, name) = (self.path.clone(), self.name.clone());
        (!kinds.is_empty()).then_some(Self { path, name, read, kinds, is_named: self.is_named })
    }
}

/// Whether fields of Prometheus's configuration, or what is nearly one, are half of a mapping's keys:
/// values of charts have a `global`, too.
fn has_fields(root: doc::Node<'_>) -> bool {
    const FIELDS: [&str; 9] = [
        "global",
        "scrape_config",
        "rule_file",
        "alerting",
        "remote_write",
        "remote_read",
        "storage",
        "tracing",
        "otlp",
    ];
    let is_field = |key: &str| FIELDS.iter().any(|field| key.replace('-', "_").starts_with(field));
    let known = root.entries().filter(|(key, _)| is_field(key.text())).count();
    known > 0 && known * 2 >= root.entries().len()
}

fn decoded(read: Read) -> Read {
    let Read::Bytes(bytes) = read else { return read };
    if bytes.len() > MAX_SIZE {
        return Read::TooLarge(bytes.len() as u64);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Read::Text(text),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Read::Invalid(String::from_utf8_lossy(error.as_bytes()).into_owned(), at)
        }
    }
}

/// Reads a file unless it is too large.
pub(super) fn read_capped(path: &Path) -> anyhow::Result<Read> {
    let cannot = || format!("cannot read `{}`", path.display());
    let size = std::fs::metadata(path).with_context(cannot)?.len();
    if size > MAX_SIZE as u64 {
        return Ok(Read::TooLarge(size));
    }
    Ok(Read::Bytes(std::fs::read(path).with_context(cannot)?))
}

/// Every file below a directory that is of a known kind, nearer ones first.
pub(super) fn discover(directory: &Path) -> Vec<Text> {
    files(directory, &["yml", "yaml", "json", "alloy", "river"])
        .into_par_iter()
        .filter_map(|path| found(&path))
        .collect()
}

/// Every YAML file below a directory, nearer ones first.
pub(crate) fn yaml_files(directory: &Path) -> Vec<PathBuf> {
    files(directory, &["yml", "yaml"])
}

/// Files with one of the endings, nearer ones first. Hidden ones and what `.gitignore` names are
/// left out.
pub(super) fn files(directory: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let has_ending = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| endings.contains(&ending))
    };
    let mut walk = ignore::WalkBuilder::new(directory);
    let is_file = |entry: &ignore::DirEntry| entry.file_type().is_some_and(|kind| kind.is_file());
    let entries = walk.require_git(false).build().flatten().filter(is_file);
    let mut paths: Vec<PathBuf> =
        entries.map(ignore::DirEntry::into_path).filter(has_ending).collect();
    paths.sort_by(|a, b| (a.parent(), a.file_name()).cmp(&(b.parent(), b.file_name())));
    paths
}

/// The file, if it is of a known kind; JSON only where it is a Kubernetes resource.
fn found(path: &Path) -> Option<Text> {
    let read = read_capped(path).ok()?;
    let mut text = Text::named(Some(path), path.display().to_string(), read);
    text.is_named = false;
    let is_json = path.extension().is_some_and(|ending| ending == "json");
    if is_json && !text.text().contains("monitoring.coreos.com/") {
        return None;
    }
    (!text.kinds.is_empty()).then_some(text)
}

/// The parts of a rendered chart, each under the name of the template that it comes from; other
/// texts as they are.
pub(super) fn sections(text: Text) -> Vec<Text> {
    const MARK: &str = "# Source: ";
    let Read::Text(whole) = &text.read else { return vec![text] };
    if !whole.lines().any(|line| line.starts_with(MARK)) {
        return vec![text];
    }
    let mut parts: Vec<(String, String)> = Vec::new();
    for document in whole.split_inclusive("\n---\n") {
        let source = document.lines().find_map(|line| line.strip_prefix(MARK));
        match (source, parts.last_mut()) {
            (Some(source), Some((name, part))) if name == source => part.push_str(document),
            (Some(source), _) => parts.push((source.to_owned(), document.to_owned())),
            (None, Some((_, part))) => part.push_str(document),
            (None, None) => parts.push((text.name.clone(), document.to_owned())),
        }
    }
    let part = |(name, part): (String, String)| {
        let mut text = Text::named(None, name, Read::Text(part));
        text.is_named = false;
        text
    };
    parts.into_iter().map(part).collect()
}
