//! JSON lines: a finding a line, with the keys of `--format json`.

use std::io::Write;

use crate::output::view::lint::LintView;

/// Writes every finding as an object on a line.
pub(super) fn write(out: &mut impl Write, view: &LintView) -> std::io::Result<()> {
    for finding in &view.findings {
        serde_json::to_writer(&mut *out, finding)?;
        writeln!(out)?;
    }
    Ok(())
}
