//! JSON patches for the operator's monitors: a job's name says which one made it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Step, in_camel_case};

pub(super) fn text(jobs: &BTreeMap<&str, Vec<Step<'_>>>) -> String {
    let mut text = String::new();
    for (job, steps) in jobs {
        let Some((kind, namespace, name, path)) = monitor(job) else {
            let _ = writeln!(text, "# {job}: no monitor of the operator makes this job");
            continue;
        };
        let _ = write!(
            text,
            "# kubectl -n {namespace} patch {kind} {name} --type=json --patch-file=FILE\n\
             # (`metricRelabelings` must be there; an empty list will do)\n"
        );
        for step in steps {
            let value = in_camel_case(step.yaml).replace('\n', "\n    ");
            let _ = writeln!(
                text,
                "# {}\n- op: add\n  path: {path}/metricRelabelings/-\n  value:\n    {value}",
                step.reason
            );
        }
    }
    text
}

/// Kind, namespace and name of the monitor, and the path to its endpoint:
/// `serviceMonitor/NAMESPACE/NAME/INDEX` is what the operator calls a job.
fn monitor(job: &str) -> Option<(&'static str, &str, &str, String)> {
    let parts: Vec<&str> = job.split('/').collect();
    let [kind, namespace, name, index] = parts[..] else { return None };
    let index: usize = index.parse().ok()?;
    match kind {
        "serviceMonitor" => {
            Some(("servicemonitor", namespace, name, format!("/spec/endpoints/{index}")))
        }
        "podMonitor" => {
            Some(("podmonitor", namespace, name, format!("/spec/podMetricsEndpoints/{index}")))
        }
        _ => None,
    }
}
