//! Checkstyle XML, which many code review tools read.

use std::io::Write;

use crate::output::view::lint::{LintView, plain_path};
use crate::output::xml::attribute;

/// Writes the document: a `file` with its `error`s, whatever their severity.
pub(super) fn write(out: &mut impl Write, view: &LintView) -> std::io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<checkstyle version="4.3">"#)?;
    for path in view.file_names() {
        writeln!(out, r#"  <file name="{}">"#, attribute(path))?;
        let of_file = |at: &Option<String>| at.as_deref().is_some_and(|at| plain_path(at) == path);
        for finding in view.findings.iter().filter(|finding| of_file(&finding.path)) {
            writeln!(
                out,
                r#"    <error line="{}" column="{}" severity="{}" message="{}" source="promsieve.{}"/>"#,
                finding.line.unwrap_or(1),
                finding.column.unwrap_or(1),
                finding.severity,
                attribute(&finding.message),
                attribute(finding.rule),
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}
