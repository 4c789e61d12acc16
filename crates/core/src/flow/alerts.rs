//! The way of an alert: external labels, `alert_relabel_configs`, then those of each Alertmanager
//! (notifier/alert.go and alertmanagerset.go at 3.5).

use super::report::LabelPairs;
use super::rows::after_steps;
use super::written::external_labels;
use crate::config::{Chain, Project};

/// What became of an alert's labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerted {
    /// After the global chain; `None` where it dropped the alert.
    pub relabeled: Option<LabelPairs>,
    /// What each item of `alertmanagers` is sent; `None` where nothing is. An alert without any
    /// label is sent, and an Alertmanager refuses it.
    pub sent: Vec<Option<LabelPairs>>,
}

/// Takes the labels of an alert, as its rule makes them, to the Alertmanagers. External labels are
/// added where the alert has none of that name, once, before the global chain.
pub fn alert(project: &Project, labels: &[(String, String)]) -> Alerted {
    let external = external_labels(project);
    let relabeled = relabel(&project.alerting.alert_chain, labels, &external);
    let managers = project.alerting.alertmanagers.iter();
    let sent =
        managers.map(|manager| relabel(&manager.alert_chain, relabeled.as_ref()?, &[])).collect();
    Alerted { relabeled, sent }
}

fn relabel(
    chain: &Chain,
    labels: &[(String, String)],
    external: &[(String, String)],
) -> Option<LabelPairs> {
    let program = chain.program();
    after_steps(&program, program.steps().len(), labels, external)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use crate::server::Server;
    use crate::text::{SourceText, Sources};

    #[track_caller]
    fn check(labels: &[(&str, &str)], wanted: [Option<&str>; 2]) {
        let text = "global: {external_labels: {zone: x, a: '9'}}\nalerting:\n  \
                    alert_relabel_configs:\n  - {source_labels: [drop], regex: '1', action: drop}\n  \
                    - {source_labels: [zone], target_label: z}\n  alertmanagers:\n  \
                    - alert_relabel_configs: [{regex: zone, action: labeldrop}]\n  \
                    - alert_relabel_configs: [{source_labels: [a], regex: '9', action: drop}]\n";
        let mut sources = Sources::default();
        let file = sources.add(SourceText::new("p.yml", text.to_owned()));
        let (project, findings) = parse(file, sources.file(file), Server::default());
        assert_eq!(findings, []);
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        let alerted = alert(&project, &labels.iter().map(owned).collect::<Vec<_>>());
        let shown = alerted.sent.iter().map(|sent| {
            let text = |labels: &LabelPairs| {
                labels.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(",")
            };
            sent.as_ref().map(text)
        });
        let wanted: Vec<Option<String>> = wanted.map(|it| it.map(str::to_owned)).to_vec();
        assert_eq!(shown.collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn alerts_get_external_labels_and_both_chains() {
        check(&[("alertname", "A")], [Some("a=9,alertname=A,z=x"), None]);
        check(&[("a", "1"), ("zone", "own")], [Some("a=1,z=own"), Some("a=1,z=own,zone=own")]);
        check(&[("drop", "1")], [None, None]);
    }
}
