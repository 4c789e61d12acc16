//! The view of findings.

use std::collections::BTreeSet;

use promsieve_core::config::Project;
use promsieve_core::finding::Finding;
use promsieve_core::relabel::hash;
use promsieve_core::text::{Location, SourceText, Sources, Span};
use serde::Serialize;

/// Lines of a finding that are shown of its text.
const LINES: u32 = 8;
/// Characters of a line that are shown.
const COLUMNS: usize = 200;

/// Findings of one or more projects.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LintView {
    pub(crate) findings: Vec<FindingView>,
    pub(crate) summary: SummaryView,
    /// The files that were looked at, for formats that name those without findings.
    #[serde(skip)]
    pub(crate) files: Vec<String>,
}

/// How many findings there are.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SummaryView {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) infos: usize,
    pub(crate) files: usize,
}

/// One finding. Lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FindingView {
    pub(crate) id: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) message: String,
    pub(crate) consequence: Option<String>,
    pub(crate) remedy: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
    pub(crate) end_line: Option<u32>,
    pub(crate) end_column: Option<u32>,
    pub(crate) job: Option<String>,
    pub(crate) chain: Option<String>,
    pub(crate) step: Option<usize>,
    pub(crate) evidence_kind: Option<&'static str>,
    pub(crate) evidence: Option<String>,
    pub(crate) fix: Option<FixView>,
    /// The same for as long as the rule, the file, the job, the chain and the step's content are:
    /// lines may move. Empty for what is no finding of a rule.
    pub(crate) fingerprint: String,
    /// The lines that it is about, without secrets; of a review alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) snippet: Option<SnippetView>,
    /// Whether it has no text beside it that could be shown.
    #[serde(skip)]
    pub(crate) is_bare: bool,
}

/// Lines of a file around what a finding is about.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SnippetView {
    /// The number of the first line.
    pub(crate) first: u32,
    pub(crate) lines: Vec<String>,
}

/// How to mend a finding.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FixView {
    pub(crate) title: String,
    pub(crate) safe: bool,
    pub(crate) edits: Vec<EditView>,
}

/// A replacement of bytes in a file, counted from 0.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct EditView {
    pub(crate) path: String,
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) text: String,
}

/// What fixes would change.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct DiffView {
    pub(crate) files: Vec<FileDiffView>,
}

/// The unified difference of one file.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FileDiffView {
    pub(crate) path: String,
    pub(crate) diff: String,
}

impl LintView {
    /// The names of all files that were looked at, sorted.
    pub(crate) fn file_names(&self) -> BTreeSet<&str> {
        let found = self.findings.iter().filter_map(|finding| finding.path.as_deref());
        self.files.iter().map(String::as_str).chain(found).map(plain_path).collect()
    }

    /// Adds the findings of a project.
    pub(crate) fn add(&mut self, project: &Project, sources: &Sources, findings: &[Finding]) {
        self.add_files(sources);
        self.add_findings(project, sources, findings);
    }

    /// Adds files that were looked at.
    pub(crate) fn add_files(&mut self, sources: &Sources) {
        self.summary.files += sources.len();
        self.files.extend(sources.iter().map(|(_, file)| file.name().to_owned()));
    }

    /// Adds the findings of a project whose files were added.
    pub(crate) fn add_findings(
        &mut self,
        project: &Project,
        sources: &Sources,
        findings: &[Finding],
    ) {
        let prints = fingerprints(project, sources, findings);
        for (finding, fingerprint) in findings.iter().zip(prints) {
            let view = FindingView { fingerprint, ..FindingView::of(sources, finding) };
            self.push(view);
        }
    }

    /// Adds findings about a file that is no configuration.
    pub(crate) fn add_bare(&mut self, sources: &Sources, findings: &[Finding]) {
        let prints = fingerprints(&Project::default(), sources, findings);
        for (finding, fingerprint) in findings.iter().zip(prints) {
            let view = FindingView::of(sources, finding);
            self.push(FindingView { is_bare: true, fingerprint, ..view });
        }
    }

    /// Adds an input that could not be read.
    pub(crate) fn add_unreadable(&mut self, finding: FindingView) {
        let fingerprint = format!("{:016x}", hash(finding.path.as_deref().unwrap_or_default()));
        self.push(FindingView { is_bare: true, fingerprint, ..finding });
    }

    /// Adds the lines that the findings of these files are about.
    pub(crate) fn add_snippets(&mut self, sources: &Sources) {
        for finding in &mut self.findings {
            let file =
                sources.iter().find(|(_, file)| finding.path.as_deref() == Some(file.name()));
            if let (Some((_, file)), Some(line)) = (file, finding.line) {
                let last = finding.end_line.unwrap_or(line);
                finding.snippet = Some(SnippetView::of(file, line, last));
            }
        }
    }

    /// What has no text beside it.
    pub(crate) fn bare(&self) -> impl Iterator<Item = &FindingView> {
        self.findings.iter().filter(|finding| finding.is_bare)
    }

    fn push(&mut self, finding: FindingView) {
        match finding.severity {
            "error" => self.summary.errors += 1,
            "warning" => self.summary.warnings += 1,
            _ => self.summary.infos += 1,
        }
        self.findings.push(finding);
    }
}

/// The path of a finding's file as reports name it: without a leading `./`.
pub(crate) fn plain_path(name: &str) -> &str {
    name.strip_prefix("./").unwrap_or(name)
}

/// A fingerprint a finding, made of what stays when lines move: the rule, the file, the job, the
/// chain, and the text of the step without comments and white space.
pub(crate) fn fingerprints(
    project: &Project,
    sources: &Sources,
    findings: &[Finding],
) -> Vec<String> {
    let steps: Vec<Location> = project
        .chains()
        .flat_map(|(_, chain)| chain.steps.iter().map(|step| step.spans.item))
        .collect();
    let fingerprint = |finding: &Finding| {
        let subject = &finding.subject;
        let (name, content) = finding.location.map_or(("", String::new()), |at| {
            let holds = |step: &&Location| step.file == at.file && step.span.contains(at.span);
            let whole = steps.iter().find(holds).copied().unwrap_or(at);
            let file = sources.file(at.file);
            (file.name(), content(file.text().get(whole.span.range()).unwrap_or_default()))
        });
        let parts = [
            finding.rule.name,
            name.strip_prefix("./").unwrap_or(name),
            subject.job.as_deref().unwrap_or_default(),
            subject.chain.as_deref().unwrap_or_default(),
            &content,
        ];
        format!("{:016x}", hash(&parts.join("\0")))
    };
    findings.iter().map(fingerprint).collect()
}

/// A text without the comments at the ends of its lines and with single spaces.
fn content(text: &str) -> String {
    let code = |line: &str| {
        let end = if line.trim_start().starts_with('#') { Some(0) } else { line.find(" #") };
        line[..end.unwrap_or(line.len())].to_owned()
    };
    let lines: Vec<String> = text.lines().map(code).collect();
    lines.iter().flat_map(|line| line.split_whitespace()).collect::<Vec<_>>().join(" ")
}

impl SnippetView {
    /// These lines of a file, which count from 1, and one before and after; long ones are cut.
    fn of(file: &SourceText, line: u32, last: u32) -> Self {
        let first = line.saturating_sub(1).max(1);
        let end =
            last.saturating_add(1).min(line.saturating_add(LINES)).min(file.lines().len() as u32);
        let text = |number: u32| {
            let range = file.lines().line_range(file.text(), number as usize - 1);
            file.shown(Span::new(range.start, range.end)).chars().take(COLUMNS).collect()
        };
        Self { first, lines: (first..=end).map(text).collect() }
    }
}

impl FindingView {
    /// A finding as it is shown.
    pub(crate) fn of(sources: &Sources, finding: &Finding) -> Self {
        let place = finding.location.map(|at| (sources.file(at.file), at.span));
        let start = place.map(|(file, span)| file.position(span.start));
        let end = place.map(|(file, span)| file.position(span.end));
        Self {
            id: finding.rule.code,
            rule: finding.rule.name,
            severity: finding.severity.as_str(),
            message: finding.message.clone(),
            consequence: finding.consequence.clone(),
            remedy: finding.remedy.clone(),
            path: place.map(|(file, _)| file.name().to_owned()),
            line: start.map(|position| position.line),
            column: start.map(|position| position.column),
            end_line: end.map(|position| position.line),
            end_column: end.map(|position| position.column),
            job: finding.subject.job.clone(),
            chain: finding.subject.chain.clone(),
            step: finding.subject.step,
            evidence_kind: finding.evidence.kind(),
            evidence: finding.evidence.text().map(str::to_owned),
            fix: finding.fix.as_ref().map(|fix| FixView {
                title: fix.title.clone(),
                safe: fix.applicability == promsieve_core::finding::Applicability::Safe,
                edits: fix
                    .edits
                    .iter()
                    .map(|edit| EditView {
                        path: sources.file(edit.file).name().to_owned(),
                        start: edit.span.start,
                        end: edit.span.end,
                        text: edit.text.clone(),
                    })
                    .collect(),
            }),
            fingerprint: String::new(),
            snippet: None,
            is_bare: false,
        }
    }
}
