//! Static targets through their job's `relabel_configs`, as `promtool check config` runs them:
//! what comes out must have an address that is no URL.

use super::model::Job;
use super::report::Report;
use crate::relabel::target::{TargetDefaults, TargetOutcome, apply};
use crate::relabel::{Program, Scratch, Step};
use crate::series::LabelBuf;
use crate::server::Server;

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

/// Milliseconds as Prometheus writes a duration: `1h30m`.
fn duration_text(milliseconds: u64) -> String {
    const UNITS: [(&str, u64, bool); 7] = [
        ("y", 365 * 86_400_000, true),
        ("w", 7 * 86_400_000, true),
        ("d", 86_400_000, false),
        ("h", 3_600_000, false),
        ("m", 60_000, false),
        ("s", 1000, false),
        ("ms", 1, false),
    ];
    let mut rest = milliseconds;
    let mut text = String::new();
    for (unit, size, exact) in UNITS {
        if rest >= size && (!exact || rest.is_multiple_of(size)) {
            text.push_str(&(rest / size).to_string());
            text.push_str(unit);
            rest %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_back() {
        for (milliseconds, text) in [(0, "0s"), (60_000, "1m"), (90_500, "1m30s500ms")] {
            assert_eq!(duration_text(milliseconds), text);
        }
        for milliseconds in [604_800_000, 694_800_000, 31_536_000_000, 1, 86_400_001] {
            let text = duration_text(milliseconds);
            assert_eq!(crate::config::duration(&text), Ok(milliseconds), "{text}");
        }
    }
}
