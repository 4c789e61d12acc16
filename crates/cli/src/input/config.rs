//! Configurations with the files they name, read into one project.

use std::path::{Path, PathBuf};

use anyhow::Context;
use promsieve_core::config::{self, INVALID_CONFIG, Located, Project};
use promsieve_core::finding::{Evidence, Finding, Severity};
use promsieve_core::server::Server;
use promsieve_core::text::{FileId, SourceText, Sources};

use super::Source;
use super::bytes::read_text;
use super::http::Access;

/// A configuration with its texts and what reading it found.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The texts; secrets in them are marked.
    pub sources: Sources,
    /// The project.
    pub project: Project,
    /// What the server refuses, and files that are missing.
    pub findings: Vec<Finding>,
}

/// Files larger than this are not looked at when a directory is searched.
const MAX_SEARCHED: u64 = 16 << 20;

/// Reads every configuration that a path names: the file, or those that a directory holds, told by
/// their content. A rule file that no configuration names is a project of its own.
///
/// # Errors
/// A path that cannot be read, or that holds no configuration.
pub fn load(spec: &str, server: Server, access: &Access) -> anyhow::Result<Vec<Loaded>> {
    let mut loaded = Vec::new();
    for source in Source::resolve(spec)? {
        match &source {
            Source::Directory(directory) => loaded.extend(load_directory(directory, server)?),
            Source::File(path) => {
                let text = read_file(path)?;
                loaded.push(match kind(&text) {
                    Some(Kind::Rules) => load_rules(&source.name(), text, server),
                    _ => load_config(Some(path), &source.name(), text, server),
                });
            }
            Source::Stdin | Source::Url(_) => {
                let text = read_text(&source, access)?;
                loaded.push(load_config(None, &source.name(), text, server));
            }
        }
    }
    Ok(loaded)
}

/// Reads one text alone, without the files it names.
pub fn load_text(name: &str, text: String, server: Server) -> Loaded {
    match kind(&text) {
        Some(Kind::Rules) => load_rules(name, text, server),
        _ => load_config(None, name, text, server),
    }
}

/// What a YAML file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Config,
    Rules,
}

/// Told by the keys at the start of lines.
fn kind(text: &str) -> Option<Kind> {
    let has = |keys: &[&str]| text.lines().any(|line| keys.iter().any(|key| line.starts_with(key)));
    if has(&[
        "scrape_configs:",
        "scrape_config_files:",
        "remote_write:",
        "alerting:",
        "rule_files:",
    ]) {
        return Some(Kind::Config);
    }
    // A Kubernetes resource has its groups further in.
    (has(&["groups:"]) && !has(&["apiVersion:"])).then_some(Kind::Rules)
}

fn load_directory(directory: &Path, server: Server) -> anyhow::Result<Vec<Loaded>> {
    let mut configs = Vec::new();
    let mut rules = Vec::new();
    let mut broken = Vec::new();
    for path in yaml_files(directory)? {
        let bytes =
            std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                broken.extend(load_broken(&path.display().to_string(), &error, server));
                continue;
            }
        };
        match kind(&text) {
            Some(Kind::Config) => configs.push((path, text)),
            Some(Kind::Rules) => rules.push((path, text)),
            None => {}
        }
    }
    let mut loaded: Vec<Loaded> = Vec::new();
    for (path, text) in configs {
        // A file of `scrape_config_files` is read with the configuration that names it.
        if !is_read(&loaded, &path) {
            loaded.push(load_config(Some(&path), &path.display().to_string(), text, server));
        }
    }
    for (path, text) in rules {
        if !is_read(&loaded, &path) {
            loaded.push(load_rules(&path.display().to_string(), text, server));
        }
    }
    loaded.extend(broken);
    anyhow::ensure!(
        !loaded.is_empty(),
        "`{}` holds no Prometheus configuration",
        directory.display()
    );
    Ok(loaded)
}

/// A file that would be a configuration if it were UTF-8: with nothing but that finding. Files that
/// are no configuration either way are none of our business.
fn load_broken(name: &str, error: &std::string::FromUtf8Error, server: Server) -> Option<Loaded> {
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    kind(&text)?;
    let at = error.utf8_error().valid_up_to();
    // yaml.v2 readerc.go: a byte that starts no sequence, or a sequence that does not go on.
    let starts = matches!(error.as_bytes().get(at), Some(0xc0..=0xf7));
    let what = if starts { "trailing" } else { "leading" };
    let mut loaded = Loaded::default();
    loaded.project.server = server;
    let file = loaded.sources.add(SourceText::new(name, text));
    let span = promsieve_core::text::Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8());
    let location = promsieve_core::text::Location { file, span };
    let message = "this is no UTF-8".to_owned();
    let finding = Finding::new(INVALID_CONFIG, Severity::Error, location, message)
        .evidence(Evidence::Server(format!("yaml: invalid {what} UTF-8 octet")))
        .consequence("Prometheus refuses to start or to reload with this file")
        .remedy("save the file as UTF-8");
    loaded.findings.push(finding);
    Some(loaded)
}

fn is_read(loaded: &[Loaded], path: &Path) -> bool {
    let name = path.display().to_string();
    loaded.iter().any(|loaded| loaded.sources.iter().any(|(_, file)| file.name() == name))
}

/// Every YAML file below a directory that is not hidden, in order of names, nearer ones first.
pub(crate) fn yaml_files(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    let read = std::fs::read_dir(directory);
    for entry in read.with_context(|| format!("cannot read `{}`", directory.display()))? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let is_yaml = path.extension().is_some_and(|end| end == "yml" || end == "yaml");
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            folders.push(path);
        } else if kind.is_file() && is_yaml && entry.metadata()?.len() <= MAX_SEARCHED {
            files.push(path);
        }
    }
    files.sort();
    folders.sort();
    for folder in folders {
        files.extend(yaml_files(&folder)?);
    }
    Ok(files)
}

fn load_config(path: Option<&Path>, name: &str, text: String, server: Server) -> Loaded {
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new(name, text));
    let (project, findings) = config::parse(file, sources.file(file), server);
    let mut loaded = Loaded { sources, project, findings };
    if let Some(path) = path {
        let directory = path.parent().unwrap_or(Path::new(""));
        add_named(&mut loaded, directory);
    }
    loaded.sources.hide(&loaded.project.secrets);
    loaded
}

fn load_rules(name: &str, text: String, server: Server) -> Loaded {
    let mut loaded = Loaded::default();
    loaded.project.server = server;
    let file = loaded.sources.add(SourceText::new(name, text));
    loaded.findings = loaded.project.add_rule_file(file, loaded.sources.file(file));
    loaded
}

/// Reads what `scrape_config_files` and `rule_files` name, relative to the main file.
fn add_named(loaded: &mut Loaded, directory: &Path) {
    for pattern in loaded.project.wanted_scrape_files.clone() {
        let silence = "promtool and the server say nothing: the pattern simply matches no file";
        let unseen = Evidence::Data(silence.to_owned());
        add_pattern(loaded, directory, &pattern, unseen, Project::add_scrape_file);
    }
    for pattern in loaded.project.wanted_rule_files.clone() {
        // The server starts without it; promtool refuses it.
        let words = format!("{:?} does not point to an existing file", pattern.value);
        let refused = Evidence::Server(format!("`promtool check config` says: {words}"));
        add_pattern(loaded, directory, &pattern, refused, Project::add_rule_file);
    }
}

fn add_pattern(
    loaded: &mut Loaded,
    directory: &Path,
    pattern: &Located<String>,
    missing: Evidence,
    add: fn(&mut Project, FileId, &SourceText) -> Vec<Finding>,
) {
    let whole = directory.join(&pattern.value);
    let paths = glob::glob(&whole.to_string_lossy()).map(|paths| paths.flatten().collect());
    let paths: Vec<PathBuf> = paths.unwrap_or_default();
    let has_wildcard = pattern.value.contains(['*', '?', '[']);
    if paths.is_empty() && !has_wildcard {
        let message = format!("`{}` does not exist", whole.display());
        loaded.findings.push(unread(pattern, message, missing));
    }
    for path in paths {
        match read_file(&path) {
            Ok(text) => {
                let file = loaded.sources.add(SourceText::new(path.display().to_string(), text));
                let found = add(&mut loaded.project, file, loaded.sources.file(file));
                loaded.findings.extend(found);
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

fn read_file(path: &Path) -> anyhow::Result<String> {
    let name = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{name}`"))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        anyhow::anyhow!("`{name}` is not valid UTF-8 at byte {at}")
    })
}
