//! The view of findings.

use promsieve_core::finding::{Finding, Severity};
use promsieve_core::text::Sources;
use serde::Serialize;

/// Findings of one or more projects.
#[derive(Debug, Clone, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LintView {
    pub(crate) findings: Vec<FindingView>,
    pub(crate) summary: SummaryView,
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
#[derive(Debug, Clone, Serialize)]
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

impl LintView {
    /// Adds the findings of a project.
    pub(crate) fn add(&mut self, sources: &Sources, findings: &[Finding]) {
        self.summary.files += sources.len();
        for finding in findings {
            match finding.severity {
                Severity::Error => self.summary.errors += 1,
                Severity::Warning => self.summary.warnings += 1,
                Severity::Info => self.summary.infos += 1,
            }
            self.findings.push(FindingView::of(sources, finding));
        }
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
        }
    }
}
