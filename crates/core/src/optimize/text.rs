//! A plan's steps in the text of the configuration, everything else left as it is.

use std::collections::BTreeMap;

use super::action::{Action, ActionKind};
use crate::config::{Place, Project, apply_edits, insert_steps};
use crate::finding::Edit;
use crate::text::{FileId, Sources};

/// The files that the actions change, with their new texts. Steps go to the end of their job's
/// `metric_relabel_configs`, those that stop it to its `relabel_configs`, each under a comment that
/// says why.
///
/// # Errors
/// The jobs whose text cannot be changed safely (for example a list that several jobs share).
pub fn patch(
    project: &Project,
    sources: &Sources,
    actions: &[Action],
) -> Result<Vec<(FileId, String)>, Vec<String>> {
    let mut by_job: BTreeMap<&str, Vec<&Action>> = BTreeMap::new();
    for action in actions {
        by_job.entry(&action.job).or_default().push(action);
    }
    let mut edits: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
    let mut failed = Vec::new();
    for job in &project.jobs {
        let Some(actions) = by_job.get(job.name.as_str()) else { continue };
        let (stops, drops): (Vec<&Action>, Vec<&Action>) =
            actions.iter().partition(|action| action.kind == ActionKind::StopJob);
        for (key, chain, actions) in [
            ("relabel_configs", &job.target_chain, stops),
            ("metric_relabel_configs", &job.metric_chain, drops),
        ] {
            let items: Vec<String> = actions.iter().flat_map(|action| items(action)).collect();
            if items.is_empty() {
                continue;
            }
            match insert_steps(project, sources, (job.location, key), chain, &items, Place::Last) {
                Some(edit) => edits.entry(edit.file).or_default().push(edit),
                None => failed.push(job.name.clone()),
            }
        }
    }
    if !failed.is_empty() {
        return Err(failed);
    }
    Ok(edits.into_iter().map(|(file, edits)| (file, apply_edits(sources, file, edits))).collect())
}

/// The steps of an action, the first with the reason above it.
fn items(action: &Action) -> Vec<String> {
    let step = |(at, step): (usize, &crate::relabel::RawStep)| {
        let reason = if at == 0 {
            format!("# by promsieve, {}: {}\n", action.proof, action.reason)
        } else {
            "# by promsieve, as above\n".to_owned()
        };
        format!("{reason}{}", step.to_yaml())
    };
    action.steps.iter().enumerate().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::optimize::ActionKind;
    use crate::relabel::{Field, RawStep};
    use crate::server::Server;
    use crate::text::SourceText;

    fn action(job: &str, regex: &str) -> Action {
        Action {
            steps: vec![RawStep {
                regex: Field::Set(regex.to_owned()),
                action: Field::Set("labeldrop".to_owned()),
                ..RawStep::default()
            }],
            reason: "r".to_owned(),
            ..Action::new(ActionKind::DropLabel, job)
        }
    }

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        let mut sources = Sources::default();
        let file = sources.add(SourceText::new("prometheus.yml", text));
        let (project, findings) = config::parse(file, sources.file(file), Server::default());
        assert_eq!(findings, []);
        let actions = [action("a", "x"), action("a", "w")];
        let patched = patch(&project, &sources, &actions).unwrap();
        assert_eq!(patched[0].1, wanted);
        let (again, findings) =
            config::parse(file, &SourceText::new("new", wanted), Server::default());
        assert_eq!(findings, []);
        let steps = project.jobs[0].metric_chain.steps.len();
        assert_eq!(again.jobs[0].metric_chain.steps.len(), steps + 2);
    }

    #[test]
    fn steps_go_behind_the_last_one() {
        check(
            "scrape_configs:\n- job_name: a\n  metric_relabel_configs:\n    # keep me\n    \
             - {regex: z, action: labeldrop} # and me\n  honor_labels: true\n",
            "scrape_configs:\n- job_name: a\n  metric_relabel_configs:\n    # keep me\n    \
             - {regex: z, action: labeldrop} # and me\n    \
             - # by promsieve, proven: r\n      regex: x\n      action: labeldrop\n    \
             - # by promsieve, proven: r\n      regex: w\n      action: labeldrop\n  \
             honor_labels: true\n",
        );
    }

    #[test]
    fn a_job_is_stopped_in_its_target_chain() {
        let mut sources = Sources::default();
        let text = "scrape_configs:\n- job_name: a\n";
        let file = sources.add(SourceText::new("prometheus.yml", text));
        let (project, _) = config::parse(file, sources.file(file), Server::default());
        let stop = Action { kind: ActionKind::StopJob, ..action("a", "x") };
        let patched = patch(&project, &sources, &[stop]).unwrap();
        let wanted = "  relabel_configs:\n    - # by promsieve, proven: r\n      regex: x\n";
        assert!(patched[0].1.contains(wanted), "{}", patched[0].1);
    }

    #[test]
    fn a_missing_chain_is_added() {
        check(
            "scrape_configs:\n  - job_name: a\n",
            "scrape_configs:\n  - job_name: a\n    metric_relabel_configs:\n      \
             - # by promsieve, proven: r\n        regex: x\n        action: labeldrop\n      \
             - # by promsieve, proven: r\n        regex: w\n        action: labeldrop\n",
        );
        check(
            "scrape_configs: [{job_name: a}]\n",
            "scrape_configs: [{job_name: a, metric_relabel_configs: \
             [{regex: x, action: labeldrop}, {regex: w, action: labeldrop}]}]\n",
        );
    }
}
