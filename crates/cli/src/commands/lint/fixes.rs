//! `--fix` and `--diff`: fixes applied round after round, checked before a file is touched.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use anyhow::ensure;
use promsieve_core::finding::{Applicability, Finding, Severity};
use promsieve_core::lint::fix;
use promsieve_core::text::{SourceText, Span};

use super::{Run, fleet};
use crate::input::config::{Loaded, load_text};
use crate::input::replace::replace;
use crate::output::lint::LintFormat;
use crate::output::view::lint::{DiffView, FileDiffView};
use crate::output::{json, text};

/// How often fixes are applied before the rest is left: one can make room for the next.
const ROUNDS: usize = 10;

/// Applies the fixes, on disk or as a printed difference. Whether there were any.
pub(super) fn mend(
    run: &Run<'_>,
    projects: &[Loaded],
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let mut diffs = DiffView::default();
    let mut changed = false;
    let fleet = fleet(projects);
    for project in projects {
        let findings = run.lint(project, &fleet);
        for (file, text) in fix::apply(&project.sources, &findings, most(run)) {
            let source = project.sources.file(file);
            let text = settle(run, text, source.name(), project);
            check(source, &text, project)?;
            changed = true;
            if run.args.diff {
                let after = load_text(source.name(), text, project.project.server);
                let diff = text::diff::unified(source.name(), &shown(source), &all_shown(&after));
                diffs.files.push(FileDiffView { path: source.name().to_owned(), diff });
            } else {
                let path = Path::new(source.name());
                ensure!(path.is_file(), "`{}` is no file: it cannot be fixed", source.name());
                replace(path, source.text(), &text)?;
            }
        }
    }
    if run.args.diff {
        let as_json = run.args.format.as_deref() == Some("json")
            || run.args.output.iter().any(|it| it.is_stdout() && it.format == LintFormat::Json);
        if as_json {
            json::write(out, &diffs)?;
        } else {
            diffs.files.iter().try_for_each(|it| out.write_all(it.diff.as_bytes()))?;
        }
    }
    Ok(changed)
}

fn most(run: &Run<'_>) -> Applicability {
    if run.args.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe }
}

/// Lints and mends one text again until nothing changes.
fn settle(run: &Run<'_>, mut text: String, name: &str, project: &Loaded) -> String {
    for _ in 0..ROUNDS {
        let loaded = load_text(name, text.clone(), project.project.server);
        let findings = run.lint(&loaded, &[]);
        let Some((_, next)) = fix::apply(&loaded.sources, &findings, most(run)).pop() else {
            break;
        };
        text = next;
    }
    text
}

/// Nothing is written that the server would refuse where it took the old text.
fn check(source: &SourceText, text: &str, project: &Loaded) -> anyhow::Result<()> {
    let server = project.project.server;
    let errors = |text: &str| {
        let loaded = load_text(source.name(), text.to_owned(), server);
        let is_error = |finding: &&Finding| finding.severity == Severity::Error;
        loaded.findings.iter().filter(is_error).count()
    };
    ensure!(
        errors(text) <= errors(source.text()),
        "the fixes of `{}` do not fit together: it is left as it is; fix one rule at a time with \
         `--select`",
        source.name()
    );
    Ok(())
}

/// The text as it may be shown.
fn shown(source: &SourceText) -> Cow<'_, str> {
    source.shown(Span::new(0, source.text().len()))
}

fn all_shown(loaded: &Loaded) -> String {
    loaded.sources.iter().map(|(_, source)| shown(source)).collect()
}
