//! Everything that a set of paths holds: configurations, scrapes, snapshots, dashboards.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use promsieve_core::census::is_pseudonym;
use promsieve_core::finding::{Finding, Severity};
use promsieve_core::ingest::status::{self, TsdbStatus};
use promsieve_core::saved::Saved;
use promsieve_core::series::{Stage, Table, TableBuilder, Target};
use promsieve_core::text::{FileId, SourceText, Sources};
use promsieve_core::usage;
use promsieve_core::usage::{Consumers, Note, Query, Usage, UsageOptions};

use super::Source;
use super::bytes::read_text;
use super::collect::Collector;
use super::config::{Loaded, load};
use super::consumers::{ConsumerArgs, is_query_log};
use super::discover::files;
use super::kinds::saved;
use super::scrapes::{self, Scrape};
use crate::Status;
use crate::common::Common;
use crate::stderr::warn;

/// What was found, each told by its content.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// The configuration with its rule files; the first one where there are several.
    pub(crate) config: Option<Loaded>,
    /// Exposed series: the newest snapshot first.
    pub(crate) snapshots: Vec<Table>,
    /// The scrapes of the newest snapshot.
    pub(crate) scrapes: Vec<Scrape>,
    /// Texts that may ask for series, by name.
    texts: Vec<(String, String)>,
    /// Files of further servers, whose rules run there.
    elsewhere: BTreeSet<String>,
    /// TSDB statuses, by name.
    pub(crate) statuses: Vec<(String, TsdbStatus)>,
    /// Queries of lists, of logs, and of programs whose queries are known.
    queries: Vec<Query>,
    /// Whether everything could be read.
    pub(crate) status: Status,
    /// Whose pages single files are, where that is told.
    page: Option<PageTarget>,
    /// What files are called instead, for those below the first path: below the second.
    renamed: Vec<(PathBuf, PathBuf)>,
}

/// The targets that a page stands for which is given as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageTarget {
    /// Their job.
    pub(crate) job: String,
    /// Label `instance` of one, and what those of several begin with.
    pub(crate) instance: String,
    /// How many show such a page.
    pub(crate) count: u32,
}

/// What asks for series.
#[derive(Debug, Default)]
pub(crate) struct Consumed {
    /// The files that queries point into: those of the configuration first, as it has them.
    pub(crate) sources: Sources,
    /// Who needs what.
    pub(crate) usage: Usage,
    /// What was left out.
    pub(crate) notes: Vec<Note>,
}

/// Reads what the paths name. Of a directory: its configurations with the files they name,
/// `scrapes/`, `snapshots/*/scrapes/`, statuses, and whatever asks for series.
///
/// # Errors
/// When a path does not exist.
pub(crate) fn gather(
    paths: &[String],
    consumers: &ConsumerArgs,
    common: &Common,
) -> anyhow::Result<Gathered> {
    gather_as(paths, None, Vec::new(), consumers, common)
}

/// As [`gather`], with single pages taken for those of `page`, and files called as `renamed` says.
///
/// # Errors
/// When a path does not exist.
pub(crate) fn gather_as(
    paths: &[String],
    page: Option<&PageTarget>,
    renamed: Vec<(PathBuf, PathBuf)>,
    consumers: &ConsumerArgs,
    common: &Common,
) -> anyhow::Result<Gathered> {
    let mut found = Gathered {
        texts: consumers.fetch(&common.access)?,
        queries: consumers.built_in(),
        page: page.cloned(),
        renamed,
        ..Gathered::default()
    };
    for path in paths {
        for source in Source::resolve(path)? {
            let read = match &source {
                Source::Directory(directory) => found.directory(directory, consumers, common),
                _ => found.file(&source, consumers, common),
            };
            if let Err(error) = read {
                warn(&format!("error: {error:#}"));
                found.status = Status::Incomplete;
            }
        }
    }
    found.tell_of_pseudonyms();
    Ok(found)
}

impl Gathered {
    /// Warns where a configuration is run over values that it does not know.
    fn tell_of_pseudonyms(&self) {
        if self.config.is_some() && self.snapshots.iter().any(is_redacted) {
            warn(
                "the series were saved with `--redact`: no pattern over their values matches, and \
                 no job of the configuration has their names",
            );
        }
    }

    /// What is asked by the configuration's rules and by everything else.
    pub(crate) fn consumed(&self) -> Consumed {
        let mut sources = Sources::default();
        let mut consumers = Consumers::default();
        let mut read: BTreeSet<&str> = BTreeSet::new();
        for (_, file) in self.config.iter().flat_map(|loaded| loaded.sources.iter()) {
            let id = sources.add(file.clone());
            read.insert(file.name());
            consumers.add_own(id, file);
        }
        for (name, text) in &self.texts {
            if read.insert(name) {
                let id = sources.add(SourceText::new(name.as_str(), text.as_str()));
                consumers.add(id, sources.file(id));
            }
        }
        let (mut queries, notes) = consumers.finish();
        queries.extend(self.queries.iter().cloned());
        for query in &mut queries {
            query.origin.file = self.called(&query.origin.file);
        }
        Consumed { sources, notes, usage: Usage::of(queries, UsageOptions::default()) }
    }

    /// Whether a query's file is of another server than the one whose series are there.
    pub(crate) fn is_elsewhere(&self, file: &str) -> bool {
        // Of the working directory the same file may be called with `./` and without.
        let plain = |name: &str| name.trim_start_matches("./").to_owned();
        self.elsewhere.iter().any(|name| plain(&self.called(name)) == plain(file))
    }

    /// What to call a file.
    fn called(&self, name: &str) -> String {
        let new = self.renamed.iter().find_map(|(from, to)| {
            let rest = Path::new(name).strip_prefix(from).ok()?;
            // To join nothing would add a slash.
            Some(if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) })
        });
        new.map_or_else(|| name.to_owned(), |path| path.display().to_string())
    }

    /// What the server refuses of the configuration: the file and why.
    pub(crate) fn refused(&self) -> Vec<String> {
        let Some(loaded) = &self.config else { return Vec::new() };
        let errors = loaded.findings.iter().filter(|it| it.severity == Severity::Error);
        let words = |finding: &Finding| match finding.location {
            Some(at) => {
                let name = self.called(loaded.sources.file(at.file).name());
                format!("{name}: {}", finding.message)
            }
            None => finding.message.clone(),
        };
        errors.map(words).collect()
    }

    /// Where no scrapes are, there are no series.
    pub(crate) fn or_no_series(&mut self) {
        if self.snapshots.is_empty() {
            self.snapshots.push(Table::empty(Stage::Exposed));
        }
    }

    fn directory(
        &mut self,
        directory: &Path,
        consumers: &ConsumerArgs,
        common: &Common,
    ) -> anyhow::Result<()> {
        let spec = directory.display().to_string();
        let loaded = load(&spec, common.server, &common.access);
        self.scrape_directory(directory, common)?;
        for snapshot in subdirectories(&directory.join("snapshots")).into_iter().rev() {
            self.scrape_directory(&snapshot, common)?;
        }
        let asked = self.texts.len() + self.queries.len();
        for path in files(directory, &ENDINGS) {
            self.found(&Source::File(path), consumers, common)?;
        }
        match loaded {
            Ok(loaded) => self.configs(loaded),
            // A directory of scrapes, or of dashboards, is none the worse for it.
            Err(error) => {
                let asks = self.texts.len() + self.queries.len() > asked;
                if !asks && !scrapes::has_scrapes(directory) {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn configs(&mut self, loaded: Vec<Loaded>) {
        for mut loaded in loaded {
            let first = self.config.as_ref();
            let is_better = first.is_none_or(|first| {
                first.project.jobs.is_empty() && !loaded.project.jobs.is_empty()
            });
            if is_better && let Some(other) = self.config.replace(std::mem::take(&mut loaded)) {
                loaded = other;
            }
            if !loaded.project.jobs.is_empty() {
                let files = loaded.sources.iter().map(|(_, file)| file.name().to_owned());
                self.elsewhere.extend(files);
            }
            // Of other servers only what they ask for counts.
            let others = loaded.sources.iter();
            self.texts.extend(others.map(|(_, it)| (it.name().to_owned(), it.text().to_owned())));
        }
    }

    fn scrape_directory(&mut self, directory: &Path, common: &Common) -> anyhow::Result<()> {
        if !scrapes::has_scrapes(directory) {
            return Ok(());
        }
        let newest = self.snapshots.is_empty();
        let mut series = Collector::unlimited();
        let files = scrapes::files(directory)?;
        let read = scrapes::read_files(&files, common.reading(), &mut series)?;
        self.snapshots.push(series.into_table());
        for scrape in read {
            match scrape {
                Ok(scrape) if newest => self.scrapes.push(scrape),
                Ok(_) => {}
                Err(error) => {
                    warn(&format!("error: {error:#}"));
                    self.status = Status::Incomplete;
                }
            }
        }
        Ok(())
    }

    /// A file that the user named.
    fn file(
        &mut self,
        source: &Source,
        consumers: &ConsumerArgs,
        common: &Common,
    ) -> anyhow::Result<()> {
        let name = source.name();
        if has_ending(&name, &["yml", "yaml"]) {
            match load(&name, common.server, &common.access) {
                Ok(loaded) => self.configs(loaded),
                Err(error) => {
                    let text = read_text(source, &common.access)?;
                    let asks = Consumers::default()
                        .add(FileId::default(), &SourceText::new(name.as_str(), text.as_str()));
                    if !asks {
                        return Err(error.context(format!("cannot read `{name}`")));
                    }
                    self.texts.push((name, text));
                }
            }
            return Ok(());
        }
        if has_ending(&name, &ENDINGS) {
            return self.found(source, consumers, common);
        }
        if saved::is_one(source) {
            return self.saved(source, common);
        }
        let mut builder = TableBuilder::default();
        if let Some(page) = &self.page {
            builder.target(page.target(0));
        }
        let (access, reading) = (&common.access, common.reading());
        let scrape = scrapes::read_source(source, access, None, reading, &mut builder, None)?;
        self.scrapes.push(scrape);
        self.page(builder.finish());
        Ok(())
    }

    /// Adds the series of a page, once for each target that shows it.
    fn page(&mut self, mut table: Table) {
        self.series(&table);
        let Some(page) = self.page.clone() else { return };
        for at in 1..page.count {
            for target in &mut table.targets {
                *target = page.target(at);
            }
            self.series(&table);
        }
    }

    fn saved(&mut self, source: &Source, common: &Common) -> anyhow::Result<()> {
        match saved::read_saved(source, &common.access)? {
            Saved::Exact(table) if table.stage == Stage::Exposed => self.series(&table),
            Saved::Exact(_) => anyhow::bail!(
                "`{}` holds series as they are stored, which no configuration is run over: give \
                 scrapes, or a census saved of scrapes",
                source.name()
            ),
            Saved::Sketched(_) => anyhow::bail!(
                "`{}` holds counts without the series, which prove nothing: save it with more \
                 `--memory`, or count a part of it",
                source.name()
            ),
        }
        Ok(())
    }

    /// A file that may be a status, a query log, a list of queries, or ask for series otherwise.
    fn found(
        &mut self,
        source: &Source,
        consumers: &ConsumerArgs,
        common: &Common,
    ) -> anyhow::Result<()> {
        let name = source.name();
        if !has_ending(&name, &["yml", "yaml"]) && is_query_log(source, &common.access) {
            self.queries.extend(consumers.log(source, &common.access)?);
            return Ok(());
        }
        if has_ending(&name, &["log"]) {
            return Ok(());
        }
        let text = read_text(source, &common.access)?;
        if has_ending(&name, &["promql"]) {
            self.queries.extend(usage::list_queries(&name, &text));
        } else if let Ok(statuses) = status::parse(&text) {
            self.statuses.extend(statuses.into_iter().map(|it| (name.clone(), it)));
        } else {
            self.texts.push((name, text));
        }
        Ok(())
    }

    /// Adds series to the newest snapshot.
    fn series(&mut self, table: &Table) {
        match self.snapshots.first_mut() {
            Some(first) => first.append(table),
            None => self.snapshots.push(table.clone()),
        }
    }
}

impl PageTarget {
    /// One of the targets, counted from zero.
    fn target(&self, at: u32) -> Target {
        let number = if self.count > 1 { format!("-{}", at + 1) } else { String::new() };
        let instance = format!("{}{number}", self.instance);
        let labels = vec![("instance".into(), instance), ("job".into(), self.job.clone())];
        Target { job: self.job.clone(), labels }
    }
}

/// Whether values were replaced as the series were saved: of any label with values they are the
/// first, but for numbers in bounds of buckets.
fn is_redacted(table: &Table) -> bool {
    let first = |name| (table.values(name).len() > 1).then(|| table.values(name).value(1));
    table.name_ids().filter_map(first).any(is_pseudonym)
}

/// How the names of files end that may ask for series.
const ENDINGS: [&str; 7] = ["json", "jsonl", "log", "promql", "tmpl", "yaml", "yml"];

fn has_ending(name: &str, endings: &[&str]) -> bool {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| endings.contains(&ending))
}

fn subdirectories(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}
