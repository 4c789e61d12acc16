//! Workflow commands of GitHub Actions, which show findings at their lines of a pull request.

use std::io::Write;

use crate::output::github;
use crate::output::view::lint::{FindingView, LintView};

/// Writes a command a finding.
pub(super) fn write(out: &mut impl Write, view: &LintView) -> std::io::Result<()> {
    for finding in &view.findings {
        let command = match finding.severity {
            "error" => "error",
            "warning" => "warning",
            _ => "notice",
        };
        github::command(out, command, &properties(finding), &message(finding))?;
    }
    Ok(())
}

fn properties(finding: &FindingView) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    if let Some(path) = &finding.path {
        all.push(("file", path.clone()));
    }
    // Columns are shown only where the finding is on one line.
    let one_line = finding.line == finding.end_line;
    let numbers = [
        ("line", finding.line),
        ("endLine", finding.end_line),
        ("col", finding.column.filter(|_| one_line)),
        ("endColumn", finding.end_column.filter(|_| one_line)),
    ];
    all.extend(numbers.iter().filter_map(|(key, at)| Some((*key, (*at)?.to_string()))));
    all.push(("title", format!("{} {}", finding.id, finding.rule)));
    all
}

/// The message with its consequence and remedy, a line each.
pub(super) fn message(finding: &FindingView) -> String {
    let rest = [("so", &finding.consequence), ("do", &finding.remedy)];
    let lines =
        rest.iter().filter_map(|(word, text)| Some(format!("\n{word}: {}", text.as_ref()?)));
    finding.message.clone() + &lines.collect::<String>()
}
