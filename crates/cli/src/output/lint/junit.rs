//! Findings as `JUnit` cases: a suite a file, a failed case a finding, one that passed where a file
//! has none.

use std::io::Write;

use super::github::message;
use crate::output::junit::{self, Case, Problem, Suite};
use crate::output::view::lint::{LintView, plain_path};

/// Writes the document.
pub(super) fn write(out: &mut impl Write, view: &LintView) -> std::io::Result<()> {
    let suites: Vec<Suite> = view.file_names().into_iter().map(|path| suite(path, view)).collect();
    junit::write(out, "promsieve lint", &suites)
}

fn suite(path: &str, view: &LintView) -> Suite {
    let of_file = |at: &Option<String>| at.as_deref().is_some_and(|at| plain_path(at) == path);
    let findings = view.findings.iter().filter(|finding| of_file(&finding.path));
    let case = |finding: &crate::output::view::lint::FindingView| Case {
        name: format!("{} {} at line {}", finding.id, finding.rule, finding.line.unwrap_or(1)),
        class: path.to_owned(),
        file: Some(path.to_owned()),
        line: finding.line,
        problem: Some(Problem {
            is_error: finding.severity == "error",
            kind: finding.severity.to_owned(),
            message: finding.message.clone(),
            text: message(finding),
        }),
    };
    let mut cases: Vec<Case> = findings.map(case).collect();
    if cases.is_empty() {
        let name = "nothing found".to_owned();
        cases.push(Case { name, class: path.to_owned(), ..Case::default() });
    }
    Suite { name: path.to_owned(), cases }
}
