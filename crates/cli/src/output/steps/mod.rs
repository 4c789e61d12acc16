//! A plan's steps alone, as other systems want them: one file a form.

mod helm;
mod service_monitor;
mod vmagent;

use std::collections::BTreeMap;
use std::io::Write;

use super::view::optimize::{ActionView, STOP_JOB};

/// Where steps go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum StepsFormat {
    /// JSON patches in YAML for the monitors of the operator
    ServiceMonitor,
    /// Values of the chart kube-prometheus-stack
    Helm,
    /// Rules for vmagent's `-remoteWrite.relabelConfig`
    Vmagent,
}

/// Writes the steps of actions, each under a comment that says why.
pub(crate) fn write(
    out: &mut impl Write,
    format: StepsFormat,
    actions: &[ActionView],
) -> std::io::Result<()> {
    let mut jobs: BTreeMap<&str, Vec<Step<'_>>> = BTreeMap::new();
    let (stops, drops): (Vec<_>, Vec<_>) =
        actions.iter().partition(|action| action.kind == STOP_JOB);
    for action in stops {
        writeln!(
            out,
            "# {}: to be scraped no more, where it is configured: {}",
            action.job, action.reason
        )?;
    }
    for action in drops {
        jobs.entry(&action.job).or_default().extend(steps(action));
    }
    let text = match format {
        StepsFormat::ServiceMonitor => service_monitor::text(&jobs),
        StepsFormat::Helm => helm::text(&jobs),
        StepsFormat::Vmagent => vmagent::text(&jobs),
    };
    out.write_all(text.as_bytes())
}

/// A step with the reason for it.
struct Step<'a> {
    reason: &'a str,
    yaml: &'a str,
}

fn steps(action: &ActionView) -> impl Iterator<Item = Step<'_>> {
    action.steps.iter().map(|yaml| Step { reason: &action.reason, yaml })
}

/// A step as an item of a list, indented.
fn item(step: &Step<'_>, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let lines = step.yaml.trim_end().replace('\n', &format!("\n{pad}  "));
    format!("{pad}# {}\n{pad}- {lines}\n", step.reason)
}

/// The step with the keys of the operator's resources.
fn in_camel_case(yaml: &str) -> String {
    let key = |line: &str| {
        let renamed =
            line.strip_prefix("source_labels:").map(|rest| format!("sourceLabels:{rest}"));
        let target =
            || line.strip_prefix("target_label:").map(|rest| format!("targetLabel:{rest}"));
        renamed.or_else(target).unwrap_or_else(|| line.to_owned())
    };
    yaml.lines().map(key).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "source_labels: [__name__]\nregex: a|b\naction: drop\n";

    #[track_caller]
    fn check(text: fn(&BTreeMap<&str, Vec<Step<'_>>>) -> String, jobs: &[&str], wanted: &str) {
        let steps = |_| vec![Step { reason: "why", yaml: YAML }];
        let jobs: BTreeMap<&str, Vec<Step<'_>>> =
            jobs.iter().map(|job| (*job, steps(job))).collect();
        assert_eq!(text(&jobs), wanted);
    }

    #[test]
    fn monitors_are_patched_where_their_jobs_come_from() {
        check(
            service_monitor::text,
            &["app", "podMonitor/shop/cart/1"],
            "# app: no monitor of the operator makes this job\n\
             # kubectl -n shop patch podmonitor cart --type=json --patch-file=FILE\n\
             # (`metricRelabelings` must be there; an empty list will do)\n\
             # why\n\
             - op: add\n  path: /spec/podMetricsEndpoints/1/metricRelabelings/-\n  value:\n    \
             sourceLabels: [__name__]\n    regex: a|b\n    action: drop\n",
        );
    }

    #[test]
    fn charts_have_values_for_the_jobs_that_they_make() {
        check(
            helm::text,
            &["app", "coredns", "serviceMonitor/monitoring/stack-prometheus-node-exporter/0"],
            "# app: the chart makes no such job\n\
             # A list of values replaces that of the chart: these go below what it has.\n\
             coreDns:\n  serviceMonitor:\n    metricRelabelings:\n      # why\n      \
             - sourceLabels: [__name__]\n        regex: a|b\n        action: drop\n\
             prometheus-node-exporter:\n  prometheus:\n    monitor:\n      metricRelabelings:\n        \
             # why\n        - sourceLabels: [__name__]\n          regex: a|b\n          action: drop\n",
        );
    }

    #[test]
    fn endpoints_of_one_monitor_have_a_list_each() {
        let kubelet = |index| format!("serviceMonitor/monitoring/stack-kubelet/{index}");
        let jobs = [kubelet(0), kubelet(1), kubelet(4)];
        let step = "      # why\n      - sourceLabels: [__name__]\n        regex: a|b\n        \
                    action: drop\n";
        check(
            helm::text,
            &jobs.each_ref().map(String::as_str),
            &format!(
                "# {}: the chart makes no such job\n\
                 # A list of values replaces that of the chart: these go below what it has.\n\
                 kubelet:\n  serviceMonitor:\n    cAdvisorMetricRelabelings:\n{step}    \
                 metricRelabelings:\n{step}",
                jobs[2]
            ),
        );
    }

    #[test]
    fn vmagent_asks_for_the_job() {
        check(
            vmagent::text,
            &["a\"b"],
            "# why\n- if: '{job=\"a\\\"b\"}'\n  source_labels: [__name__]\n  regex: a|b\n  action: drop\n",
        );
    }
}
