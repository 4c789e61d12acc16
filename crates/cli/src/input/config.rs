//! Configurations with the files they name, read into projects.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use promsieve_core::config::{INVALID_CONFIG, Kind, Located, Project};
use promsieve_core::doc::{Document, MAX_SIZE, invalid_utf8, too_large};
use promsieve_core::finding::{Evidence, Finding, Severity};
use promsieve_core::server::Server;
use promsieve_core::shard::Member;
use promsieve_core::text::{FileId, SourceText, Sources};

use super::Source;
use super::bytes::read_bytes;
use super::discover::{Read, Text, discover, read_capped, sections};
use super::http::Access;
use super::in_order;

/// A configuration with its texts and what reading it found.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The texts; secrets in them are marked.
    pub sources: Sources,
    /// The project.
    pub project: Project,
    /// What the server refuses, and files that are missing.
    pub findings: Vec<Finding>,
    /// The files that the first one names, however it writes them.
    pub(crate) named: Vec<PathBuf>,
}

impl Loaded {
    /// It as one of several that are looked at together, by the name of its first file.
    pub fn member(&self) -> Option<Member<'_>> {
        let (_, file) = self.sources.iter().next()?;
        Some(Member { name: file.name(), project: &self.project })
    }
}

/// Reads every configuration that a path names: the file, or those that a directory holds, told by
/// their content. Resources of the operator in several files make one project; a rule file that no
/// configuration names is one of its own.
///
/// # Errors
/// A path that cannot be read, or that holds no configuration.
pub fn load(spec: &str, server: Server, access: &Access) -> anyhow::Result<Vec<Loaded>> {
    load_as(spec, None, server, access)
}

/// Like [`load`], with files taken for `kind` if one is given.
///
/// # Errors
/// A path that cannot be read, or that holds no configuration.
pub fn load_as(
    spec: &str,
    kind: Option<Kind>,
    server: Server,
    access: &Access,
) -> anyhow::Result<Vec<Loaded>> {
    let mut loaded = Vec::new();
    for source in Source::resolve(spec)? {
        let texts = match &source {
            Source::Directory(directory) => discover(directory),
            Source::File(path) => vec![Text::named(Some(path), source.name(), read_capped(path)?)],
            Source::Stdin | Source::Url(_) | Source::Bucket(_) => {
                let bytes = read_bytes(&source, access, MAX_SIZE + 1)?;
                sections(Text::named(None, source.name(), Read::Bytes(bytes)))
            }
        };
        let read = assemble(&told(texts, kind)?, server, &Buffers::new());
        if let Source::Directory(directory) = &source {
            let name = directory.display();
            anyhow::ensure!(!read.is_empty(), "`{name}` holds no configuration of a known kind");
        }
        loaded.extend(read);
    }
    Ok(loaded)
}

/// Reads one text alone, without the files it names.
pub fn load_text(name: &str, text: String, server: Server) -> Loaded {
    let mut text = Text::named(None, name.to_owned(), Read::Bytes(text.into_bytes()));
    text.kinds = text.kinds_or(None).unwrap_or_else(|_| vec![Kind::Prometheus]);
    load_texts(vec![text], server, &Buffers::new())
}

/// A text that an editor has open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open<'a> {
    /// What findings call it.
    pub(crate) name: &'a str,
    /// Where it is on disk, if it is there.
    pub(crate) path: Option<&'a Path>,
    /// What is in the editor.
    pub(crate) text: &'a str,
}

/// Reads what is open and of a known kind, as [`load`] reads files; where one names another that is
/// open, what is in the editor counts.
pub(crate) fn load_open(open: &[Open<'_>], server: Server) -> Vec<Loaded> {
    let with_path = open.iter().filter_map(|it| Some((canonical(it.path?), it.text.to_owned())));
    let buffers: Buffers = with_path.collect();
    let text = |open: &Open<'_>| {
        Text::named(open.path, open.name.to_owned(), Read::Text(open.text.to_owned()))
    };
    let mut texts: Vec<Text> = open.iter().map(text).collect();
    texts.retain(|text| !text.kinds.is_empty());
    assemble(&texts, server, &buffers)
}

/// Texts that count instead of what is on disk.
type Buffers = BTreeMap<PathBuf, String>;

fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Takes texts for `kind`, where one is given.
///
/// # Errors
/// A text that the user named and that is of no kind.
fn told(mut texts: Vec<Text>, kind: Option<Kind>) -> anyhow::Result<Vec<Text>> {
    for text in &mut texts {
        text.kinds = text.kinds_or(kind)?;
    }
    Ok(texts)
}

/// Puts texts together to projects: one each, but one for all of the operator.
fn assemble(texts: &[Text], server: Server, buffers: &Buffers) -> Vec<Loaded> {
    let is_joined = |kind: &Kind| *kind == Kind::Operator;
    let joined: Vec<Text> =
        texts.iter().filter_map(|text| text.only(|kind| is_joined(&kind))).collect();
    let mut configs = Vec::new();
    let mut rules = Vec::new();
    for text in texts {
        for kind in text.kinds.iter().copied().filter(|kind| !is_joined(kind)) {
            let into = if kind == Kind::Rules { &mut rules } else { &mut configs };
            into.extend(text.only(|own| own == kind));
        }
    }
    let single = |text: Text| load_texts(vec![text], server, buffers);
    let is_mixed = !configs.is_empty() && !joined.is_empty();
    let of_configs = || in_order(configs, single);
    let of_joined = || (!joined.is_empty()).then(|| load_texts(joined, server, buffers));
    let (mut loaded, joined) =
        if is_mixed { rayon::join(of_configs, of_joined) } else { (of_configs(), of_joined()) };
    let named = leave_named_out(&mut loaded);
    rules.retain(|text| !named.contains(&canonical(Path::new(&text.name))));
    loaded.extend(in_order(rules, single));
    loaded.extend(joined);
    loaded
}

/// Leaves out what another configuration names, such as a file of `scrape_config_files`: it is read
/// with that one. What is named.
pub(crate) fn leave_named_out(loaded: &mut Vec<Loaded>) -> HashSet<PathBuf> {
    let named: HashSet<PathBuf> = loaded.iter().flat_map(|loaded| loaded.named.clone()).collect();
    let main = |loaded: &Loaded| {
        loaded.sources.iter().next().map(|(_, file)| canonical(Path::new(file.name())))
    };
    loaded.retain(|loaded| main(loaded).is_none_or(|main| !named.contains(&main)));
    named
}

/// Reads texts of one kind into one project, with the files that they name.
fn load_texts(texts: Vec<Text>, server: Server, buffers: &Buffers) -> Loaded {
    let kind = texts.first().and_then(|text| text.kinds.first().copied()).unwrap_or_default();
    let mut loaded = Loaded::default();
    loaded.project.server = kind.server(server);
    let mut paths = Vec::new();
    let mut files = Vec::new();
    for text in texts {
        let Text { path, name, read, .. } = text;
        let (text, refusal) = match read {
            Read::Text(text) => (text, None),
            Read::Invalid(text, at) => (text, Some(Refusal::Utf8(at))),
            Read::TooLarge(size) => (String::new(), Some(Refusal::Size(size))),
            Read::Bytes(_) => (String::new(), None),
        };
        let file = loaded.sources.add(SourceText::new(name, text));
        let refused = refusal.map(|refusal| match refusal {
            Refusal::Utf8(at) => invalid_utf8(file, at),
            Refusal::Size(size) => too_large(file, size),
        });
        match refused {
            Some(finding) => loaded.findings.push(Finding { rule: INVALID_CONFIG, ..finding }),
            None => files.push(file),
        }
        paths.extend(path);
    }
    let files: Vec<_> = files.into_iter().map(|file| (file, loaded.sources.file(file))).collect();
    loaded.findings.extend(loaded.project.add_all(kind, &files));
    // What a resource holds names the files of a container.
    let is_resource =
        |document: &Document| document.root().is_some_and(|root| root.get("apiVersion").is_some());
    let is_file = !loaded.project.documents.iter().any(is_resource);
    if is_file && matches!(kind, Kind::Prometheus | Kind::VmAgent) {
        for path in paths {
            add_named(&mut loaded, path.parent().unwrap_or(Path::new("")), buffers);
        }
    }
    loaded.sources.hide(&loaded.project.secrets);
    loaded
}

enum Refusal {
    Utf8(usize),
    Size(u64),
}

/// Reads what `scrape_config_files` and `rule_files` name, relative to the main file.
fn add_named(loaded: &mut Loaded, directory: &Path, buffers: &Buffers) {
    for pattern in loaded.project.wanted_scrape_files.clone() {
        let silence = "promtool and the server say nothing: the pattern simply matches no file";
        let unseen = Evidence::Data(silence.to_owned());
        let files = Named { directory, buffers, missing: unseen };
        add_pattern(loaded, &pattern, &files, Project::add_scrape_file);
    }
    for pattern in loaded.project.wanted_rule_files.clone() {
        // The server starts without it; promtool refuses it.
        let words = format!("{:?} does not point to an existing file", pattern.value);
        let refused = Evidence::Server(format!("`promtool check config` says: {words}"));
        let files = Named { directory, buffers, missing: refused };
        add_pattern(loaded, &pattern, &files, Project::add_rule_file);
    }
}

/// Where the files of a pattern are, and how it is known that one is missing.
struct Named<'a> {
    directory: &'a Path,
    buffers: &'a Buffers,
    missing: Evidence,
}

impl Named<'_> {
    fn read(&self, path: &Path) -> anyhow::Result<String> {
        if !self.buffers.is_empty()
            && let Some(text) = self.buffers.get(&canonical(path))
        {
            return Ok(text.clone());
        }
        std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
    }
}

fn add_pattern(
    loaded: &mut Loaded,
    pattern: &Located<String>,
    files: &Named<'_>,
    add: fn(&mut Project, FileId, &SourceText) -> Vec<Finding>,
) {
    let whole = files.directory.join(&pattern.value);
    let paths = glob::glob(&whole.to_string_lossy()).map(|paths| paths.flatten().collect());
    let paths: Vec<PathBuf> = paths.unwrap_or_default();
    let has_wildcard = pattern.value.contains(['*', '?', '[']);
    // Without its directory an absolute path is one of another machine.
    let is_here =
        Path::new(&pattern.value).is_relative() || whole.parent().is_some_and(Path::is_dir);
    if paths.is_empty() && !has_wildcard && is_here {
        let message = format!("`{}` does not exist", whole.display());
        loaded.findings.push(unread(pattern, message, files.missing.clone()));
    }
    for path in paths {
        match files.read(&path) {
            Ok(text) => {
                let file = loaded.sources.add(SourceText::new(path.display().to_string(), text));
                let found = add(&mut loaded.project, file, loaded.sources.file(file));
                loaded.findings.extend(found);
                loaded.named.push(canonical(&path));
            }
            Err(error) => {
                let found = Evidence::Data(format!("`{}` matches it", pattern.value));
                loaded.findings.push(unread(pattern, format!("{error:#}"), found));
            }
        }
    }
}

/// A file that the server would want.
fn unread(pattern: &Located<String>, message: String, evidence: Evidence) -> Finding {
    Finding::new(INVALID_CONFIG, Severity::Warning, pattern.location, message)
        .evidence(evidence)
        .consequence("what the file says is missing on the server")
}
