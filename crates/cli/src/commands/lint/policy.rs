//! What `promsieve.toml` says about findings: vendored paths report errors only, and suppressions
//! have a reason and an end.

use promsieve_core::finding::{Finding, Severity};
use promsieve_core::lint::rules;

use super::Run;
use super::settings::Suppression;
use crate::input::config::Loaded;
use crate::output::view::lint::{FindingView, LintView, plain_path};

/// Takes out what is not wanted, and reports suppressions that do nothing or have ended.
pub(super) fn apply(
    run: &Run<'_>,
    projects: &[Loaded],
    all: &mut [Vec<Finding>],
    view: &mut LintView,
) {
    let settings = &run.project;
    let mut used = vec![false; settings.suppressions.len()];
    for (loaded, findings) in projects.iter().zip(all) {
        findings.retain(|finding| {
            let name = finding.location.map_or("", |at| loaded.sources.file(at.file).name());
            let path = settings.relative(name);
            if finding.severity < Severity::Error && settings.is_vendored(&path) {
                return false;
            }
            let mut silenced = false;
            for (suppression, used) in settings.suppressions.iter().zip(&mut used) {
                if covers(suppression, finding, &path) && !is_over(suppression, run) {
                    *used = true;
                    silenced = true;
                }
            }
            !silenced
        });
    }
    let idle = settings.suppressions.iter().zip(used).filter(|(_, used)| !used);
    for (suppression, _) in idle {
        if let Some(finding) = unused(suppression, run) {
            view.add_bare(&settings.sources, &[finding]);
        }
    }
}

fn covers(suppression: &Suppression, finding: &Finding, path: &str) -> bool {
    let rule = finding.rule;
    let is_named = suppression.rules.iter().any(|word| word == rule.code || word == rule.name);
    let in_path = suppression.paths.is_empty()
        || suppression.paths.iter().any(|pattern| pattern.matches(path));
    let job = finding.subject.job.as_deref();
    let in_job = suppression.jobs.is_empty()
        || job.is_some_and(|job| suppression.jobs.iter().any(|pattern| pattern.matches(job)));
    is_named && in_path && in_job
}

fn is_over(suppression: &Suppression, run: &Run<'_>) -> bool {
    suppression.until.is_some_and(|until| until < run.today)
}

fn unused(suppression: &Suppression, run: &Run<'_>) -> Option<Finding> {
    let rule = rules::find("unused-suppression")?.rule;
    if !run.settings.selects(rule.id) {
        return None;
    }
    let names = suppression.rules.join("`, `");
    let message = match suppression.until.filter(|_| is_over(suppression, run)) {
        Some(until) => format!("the suppression of `{names}` ended on {until}"),
        None => format!("nothing that was looked at is found by `{names}`"),
    };
    let finding = Finding::new(rule.id, Severity::Info, suppression.location, message);
    Some(finding.remedy("delete the suppression"))
}

impl FindingView {
    /// A path that could not be read at all, shown in every format.
    pub(crate) fn unreadable(spec: &str, message: &str) -> Self {
        Self {
            id: "SC000",
            rule: "unreadable-input",
            severity: "error",
            message: message.to_owned(),
            path: Some(plain_path(spec).to_owned()),
            line: Some(1),
            column: Some(1),
            consequence: Some("nothing of it is looked at".to_owned()),
            ..Self::default()
        }
    }
}
