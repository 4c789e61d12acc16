//! The steps of actions alone, as the metric chains of their jobs.

use super::action::Action;
use crate::config::{ConfiguredStep, Project, StepSpans};

/// The project with the actions' steps for metric chains: what goes on with series that are stored.
///
/// # Errors
/// The server's words, when it would refuse a step.
pub(super) fn steps_alone<'a>(
    project: &Project,
    actions: impl Iterator<Item = &'a Action>,
) -> Result<Project, String> {
    let mut steps = project.clone();
    for job in &mut steps.jobs {
        job.metric_chain.steps.clear();
    }
    for action in actions {
        let Some(job) = steps.jobs.iter_mut().find(|job| job.name == action.job) else {
            return Err(format!("there is no job `{}`", action.job));
        };
        for raw in &action.steps {
            let step =
                raw.validate(steps.server, job.name_scheme).map_err(|error| error.message)?;
            job.metric_chain.steps.push(ConfiguredStep {
                raw: raw.clone(),
                step: Some(step),
                spans: StepSpans::default(),
            });
        }
    }
    Ok(steps)
}
