//! Rules for vmagent, for all jobs in one list: each asks for its job.

use std::collections::BTreeMap;

use super::{Step, item};

pub(super) fn text(jobs: &BTreeMap<&str, Vec<Step<'_>>>) -> String {
    let of_job = |(job, steps): (&&str, &Vec<Step<'_>>)| {
        let name = job.replace('\\', r"\\").replace('"', "\\\"");
        // In single quotes YAML knows no other escape than the doubled quote.
        let asks = format!("{{job=\"{name}\"}}").replace('\'', "''");
        let rule = |step: &Step<'_>| {
            let yaml = format!("if: '{asks}'\n{}", step.yaml);
            item(&Step { reason: step.reason, yaml: &yaml }, 0)
        };
        steps.iter().map(rule).collect::<String>()
    };
    jobs.iter().map(of_job).collect()
}
