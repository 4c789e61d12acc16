//! A line a finding, as compilers and editors have it: `path:line:column: severity: message [id]`.

use std::io::Write;

use crate::output::view::lint::LintView;

/// Writes every finding on a line.
pub(super) fn write(out: &mut impl Write, view: &LintView) -> std::io::Result<()> {
    for finding in &view.findings {
        if let (Some(path), Some(line)) = (&finding.path, finding.line) {
            write!(out, "{path}:{line}:{}: ", finding.column.unwrap_or(1))?;
        }
        let message = finding.message.replace(['\n', '\r'], " ");
        writeln!(out, "{}: {message} [{} {}]", finding.severity, finding.id, finding.rule)?;
    }
    Ok(())
}
