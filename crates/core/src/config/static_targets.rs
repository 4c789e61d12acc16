//! Static targets through their job's `relabel_configs`, as `promtool check config` runs them:
//! what comes out must have an address that is no URL.

use super::model::Job;
use super::report::Report;
use crate::relabel::target::{TargetDefaults, TargetOutcome, apply};
use crate::relabel::{Program, Scratch, Step};
use crate::series::LabelBuf;
use crate::server::Server;
use crate::units::duration_text;

/// Refuses static targets that the server could not scrape after relabeling. Without any step the
/// targets were checked as they are; a chain with a refused step is not run.
pub(super) fn check_relabeled_targets(job: &Job, server: Server, report: &mut Report<'_>) {
    if job.target_chain.steps.is_empty() || job.static_targets.is_empty() {
        return;
    }
    let steps: Option<Vec<Step>> =
        job.target_chain.steps.iter().map(|step| step.step.clone()).collect();
    let Some(steps) = steps else { return };
    let program = Program::compile(&steps);
    let defaults = TargetDefaults {
        job: job.name.clone(),
        scrape_interval: duration_text(job.scrape_interval),
        scrape_timeout: duration_text(job.scrape_timeout),
        metrics_path: job.metrics_path.clone(),
        scheme: job.scheme.clone(),
        params: job
            .params
            .iter()
            .filter_map(|(key, values)| Some((key.clone(), values.first()?.clone())))
            .collect(),
    };
    let (mut scratch, mut labels) = (Scratch::default(), LabelBuf::new());
    for (number, group) in job.static_targets.iter().enumerate() {
        for (index, target) in group.targets.iter().enumerate() {
            labels.clear();
            for (name, value) in &group.labels {
                labels.set(&name.value, &value.value);
            }
            labels.set("__address__", &target.value);
            let outcome = apply(&program, server, &defaults, &mut scratch, &mut labels);
            if let TargetOutcome::Invalid(error) = outcome {
                let message = format!("instance {index} in group {number}: {error}");
                let finding = report.refuse(target.location, message);
                finding.consequence = Some(
                    "Prometheus never scrapes this target; promtool refuses the file".to_owned(),
                );
            }
        }
    }
}
