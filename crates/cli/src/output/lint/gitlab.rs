//! GitLab's code quality report: a JSON list that merge requests show.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::json;

use crate::output::view::lint::LintView;

/// Writes the report.
pub(super) fn write(out: &mut impl Write, view: &LintView) -> std::io::Result<()> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut issues = Vec::new();
    for finding in &view.findings {
        // GitLab keeps one of those with the same fingerprint.
        let times = seen.entry(&finding.fingerprint).or_default();
        *times += 1;
        let severity = match finding.severity {
            "error" => "critical",
            "warning" => "major",
            _ => "info",
        };
        issues.push(json!({
            "description": finding.message,
            "check_name": finding.rule,
            "fingerprint": match *times {
                1 => finding.fingerprint.clone(),
                times => format!("{}-{times}", finding.fingerprint),
            },
            "severity": severity,
            "location": {
                "path": finding.path.as_deref().unwrap_or("-"),
                "lines": {"begin": finding.line.unwrap_or(1)},
            },
        }));
    }
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}
