//! Everything that a set of paths holds: configurations, scrapes, snapshots, dashboards.

use std::path::{Path, PathBuf};

use anyhow::Context;
use promsieve_core::ingest::status::{self, TsdbStatus};
use promsieve_core::saved::Saved;
use promsieve_core::series::{Stage, Table, TableBuilder};
use promsieve_core::usage::{self, Query, Usage, UsageOptions};

use super::Source;
use super::bytes::read_text;
use super::collect::Collector;
use super::config::{Loaded, load};
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
    /// Dashboards, by name.
    pub(crate) dashboards: Vec<(String, String)>,
    /// TSDB statuses, by name.
    pub(crate) statuses: Vec<(String, TsdbStatus)>,
    /// Lists of queries, by name.
    pub(crate) queries: Vec<(String, String)>,
    /// Whether everything could be read.
    pub(crate) status: Status,
}

/// Reads what the paths name. Of a directory: its configurations with the files they name,
/// `scrapes/`, `snapshots/*/scrapes/` and JSON files.
///
/// # Errors
/// When a path does not exist.
pub(crate) fn gather(paths: &[String], common: &Common) -> anyhow::Result<Gathered> {
    let mut found = Gathered::default();
    for path in paths {
        for source in Source::resolve(path)? {
            let read = match &source {
                Source::Directory(directory) => found.directory(directory, common),
                _ => found.file(&source, common),
            };
            if let Err(error) = read {
                warn(&format!("error: {error:#}"));
                found.status = Status::Incomplete;
            }
        }
    }
    Ok(found)
}

impl Gathered {
    /// What rules, dashboards and lists need.
    pub(crate) fn usage(&self) -> Usage {
        let mut queries: Vec<Query> = Vec::new();
        if let Some(loaded) = &self.config {
            for file in &loaded.project.rule_files {
                let rule = file.groups.iter().flat_map(|group| &group.rules).next();
                let name = rule.map_or("", |rule| loaded.sources.file(rule.location.file).name());
                queries.extend(usage::rule_queries(name, file));
            }
        }
        for (name, text) in &self.dashboards {
            queries.extend(usage::dashboard_queries(name, text));
        }
        for (name, text) in &self.queries {
            queries.extend(usage::list_queries(name, text));
        }
        Usage::of(queries, UsageOptions::default())
    }

    fn directory(&mut self, directory: &Path, common: &Common) -> anyhow::Result<()> {
        let spec = directory.display().to_string();
        match load(&spec, common.server, &common.access) {
            Ok(loaded) => self.configs(loaded),
            // A directory of scrapes alone is none the worse for it.
            Err(error) if !scrapes::has_scrapes(directory) => return Err(error),
            Err(_) => {}
        }
        self.scrape_directory(directory, common)?;
        for snapshot in subdirectories(&directory.join("snapshots")).into_iter().rev() {
            self.scrape_directory(&snapshot, common)?;
        }
        for path in json_files(directory)? {
            self.file(&Source::File(path), common)?;
        }
        Ok(())
    }

    fn configs(&mut self, loaded: Vec<Loaded>) {
        for loaded in loaded {
            match &self.config {
                None => self.config = Some(loaded),
                Some(first) if first.project.jobs.is_empty() && !loaded.project.jobs.is_empty() => {
                    self.config = Some(loaded);
                }
                Some(_) => {}
            }
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

    fn file(&mut self, source: &Source, common: &Common) -> anyhow::Result<()> {
        let name = source.name();
        if Path::new(&name).extension().is_some_and(|end| end == "json") {
            let text = read_text(source, &common.access)?;
            match status::parse(&text) {
                Ok(statuses) => {
                    self.statuses.extend(statuses.into_iter().map(|it| (name.clone(), it)));
                }
                Err(_) if text.contains("\"panels\"") || text.contains("\"elements\"") => {
                    self.dashboards.push((name, text));
                }
                Err(_) => {}
            }
            return Ok(());
        }
        if Path::new(&name).extension().is_some_and(|end| end == "yml" || end == "yaml") {
            let loaded = load(&name, common.server, &common.access)
                .with_context(|| format!("cannot read `{name}`"))?;
            self.configs(loaded);
            return Ok(());
        }
        if Path::new(&name).extension().is_some_and(|end| end == "promql") {
            self.queries.push((name, read_text(source, &common.access)?));
            return Ok(());
        }
        if saved::is_one(source) {
            return self.saved(source, common);
        }
        let mut builder = TableBuilder::default();
        let (access, reading) = (&common.access, common.reading());
        let scrape = scrapes::read_source(source, access, None, reading, &mut builder, None)?;
        self.scrapes.push(scrape);
        self.series(&builder.finish());
        Ok(())
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

    /// Adds series to the newest snapshot.
    fn series(&mut self, table: &Table) {
        match self.snapshots.first_mut() {
            Some(first) => first.append(table),
            None => self.snapshots.push(table.clone()),
        }
    }
}

fn subdirectories(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// JSON files in a directory and one below, sorted.
fn json_files(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut directories = vec![directory.to_owned()];
    directories.extend(subdirectories(directory));
    for directory in directories {
        let entries = std::fs::read_dir(&directory)
            .with_context(|| format!("cannot read `{}`", directory.display()))?;
        let paths = entries.flatten().map(|entry| entry.path());
        found.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "json")));
    }
    found.sort();
    Ok(found)
}
