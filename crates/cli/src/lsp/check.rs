//! What is open, linted as `promsieve lint` lints it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use promsieve_core::config::Project;
use promsieve_core::finding::Finding;
use promsieve_core::text::{FileId, SourceText, Sources, Span};

use super::documents::{Document, Documents};
use crate::commands::lint::settings::{self, ProjectSettings};
use crate::commands::lint::{LintArgs, Run};
use crate::common::Common;
use crate::input::config::{Loaded, Open, load_open};
use crate::output::view::lint::LintView;

/// The result of linting what is open.
#[derive(Debug, Default)]
pub(super) struct Checked {
    projects: Vec<(Loaded, Vec<Finding>)>,
    /// What is wrong with each `promsieve.toml`.
    settings: Vec<(Sources, Vec<Finding>)>,
}

/// A file of a project with what was found in the project.
#[derive(Clone, Copy)]
pub(super) struct File<'c> {
    pub(super) project: Option<&'c Project>,
    pub(super) sources: &'c Sources,
    pub(super) id: FileId,
    findings: &'c [Finding],
}

impl<'c> File<'c> {
    /// Its text.
    pub(super) fn source(&self) -> &'c SourceText {
        self.sources.file(self.id)
    }

    /// What was found in it.
    pub(super) fn findings(self) -> impl Iterator<Item = &'c Finding> {
        self.findings.iter().filter(move |it| it.location.is_some_and(|at| at.file == self.id))
    }

    /// What was found that touches `span`.
    pub(super) fn findings_at(self, span: Span) -> impl Iterator<Item = &'c Finding> {
        self.findings().filter(move |finding| {
            let at = finding.location.map(|at| at.span).unwrap_or_default();
            at.start <= span.end && span.start <= at.end
        })
    }
}

impl Checked {
    /// Lints all documents, those with one `promsieve.toml` above them together.
    pub(super) fn of(documents: &Documents, common: &Common) -> Self {
        let mut groups: BTreeMap<PathBuf, (ProjectSettings, Vec<&Document>)> = BTreeMap::new();
        for document in documents.iter() {
            let start = document.path.as_deref().map_or(".".into(), |path| path.to_string_lossy());
            // One that cannot be read is as good as none here; `promsieve lint` says so.
            let found = ProjectSettings::find(&start).unwrap_or_default();
            let key = found.directory().to_owned();
            groups.entry(key).or_insert_with(|| (found, Vec::new())).1.push(document);
        }
        let mut checked = Self::default();
        for (settings, documents) in groups.into_values() {
            let open: Vec<Open<'_>> = documents.iter().map(|document| document.as_open()).collect();
            checked.lint(&open, settings, common);
        }
        checked
    }

    fn lint(&mut self, open: &[Open<'_>], settings: ProjectSettings, common: &Common) {
        let path = settings.directory().join(settings::NAME).display().to_string();
        let mut sources = Sources::default();
        for (_, source) in settings.sources.iter() {
            sources.add(SourceText::new(path.as_str(), source.text()));
        }
        self.settings.push((sources, settings.findings.clone()));
        let args = LintArgs::default();
        let run = Run::new(&args, common, settings);
        let projects = load_open(open, run.server());
        // Which suppressions do nothing is not known: not all files are open. A baseline that
        // cannot be read hides nothing; `promsieve lint` says so.
        let all = run.findings(&projects, &mut LintView::default());
        self.projects.extend(projects.into_iter().zip(all.unwrap_or_default()));
    }

    /// Every file that was looked at.
    pub(super) fn files(&self) -> impl Iterator<Item = File<'_>> {
        let projects = self.projects.iter().map(|(loaded, findings)| {
            (Some(&loaded.project), &loaded.sources, findings.as_slice())
        });
        let settings =
            self.settings.iter().map(|(sources, findings)| (None, sources, findings.as_slice()));
        projects.chain(settings).flat_map(|(project, sources, findings)| {
            sources.iter().map(move |(id, _)| File { project, sources, id, findings })
        })
    }

    /// The files that are a document: one that several projects name is in each.
    pub(super) fn files_of<'c>(&'c self, document: &Document) -> impl Iterator<Item = File<'c>> {
        let name = document.source.name().to_owned();
        self.files().filter(move |file| file.source().name() == name)
    }
}
