//! A configuration with more steps at the end of its metric chains.

use super::action::Action;
use crate::config::{ConfiguredStep, Project, StepSpans};

/// The project with the actions' steps appended to their jobs' metric chains.
///
/// # Errors
/// The server's words, when it would refuse a step.
pub(super) fn with_actions<'a>(
    project: &Project,
    actions: impl Iterator<Item = &'a Action>,
) -> Result<Project, String> {
    let mut patched = project.clone();
    for action in actions {
        let Some(job) = patched.jobs.iter_mut().find(|job| job.name == action.job) else {
            return Err(format!("there is no job `{}`", action.job));
        };
        for raw in &action.steps {
            let step =
                raw.validate(patched.server, job.name_scheme).map_err(|error| error.message)?;
            job.metric_chain.steps.push(ConfiguredStep {
                raw: raw.clone(),
                step: Some(step),
                spans: StepSpans::default(),
            });
        }
    }
    Ok(patched)
}
