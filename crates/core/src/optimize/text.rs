//! A plan's steps in the text of the configuration, everything else left as it is.

use std::collections::BTreeMap;

use super::action::Action;
use crate::config::{Job, Project};
use crate::doc::{Node, append_key, insert_item_after};
use crate::finding::Edit;
use crate::text::{FileId, Location, Sources, Span};

/// Stands for the value of a new key until its indentation is known.
const PLACEHOLDER: &str = "@";

/// The files that the actions change, with their new texts. Steps go to the end of their job's
/// `metric_relabel_configs`, each under a comment that says why.
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
        let items: Vec<String> = actions.iter().flat_map(|action| items(action)).collect();
        match insert(project, sources, job, &items) {
            Some(edit) => edits.entry(edit.file).or_default().push(edit),
            None => failed.push(job.name.clone()),
        }
    }
    if !failed.is_empty() {
        return Err(failed);
    }
    Ok(edits.into_iter().map(|(file, edits)| (file, apply(sources, file, edits))).collect())
}

/// The steps of an action, the first with the reason above it.
fn items(action: &Action) -> Vec<String> {
    let step = |(at, step): (usize, &crate::relabel::RawStep)| {
        let reason = if at == 0 {
            format!("# promsieve: {}: {}\n", action.proof, action.reason)
        } else {
            "# promsieve: as above\n".to_owned()
        };
        format!("{reason}{}", step.to_yaml())
    };
    action.steps.iter().enumerate().map(step).collect()
}

fn insert(project: &Project, sources: &Sources, job: &Job, items: &[String]) -> Option<Edit> {
    let source = sources.file(job.location.file);
    let chain = &job.metric_chain;
    if let Some(last) = chain.steps.last() {
        let after = node_at(project, last.spans.item.file, last.spans.item.span)?;
        let mut edits = items.iter().map(|item| insert_item_after(source, after, item));
        let first = edits.next()??;
        return edits.try_fold(first, |mut whole, edit| {
            whole.text.push_str(&edit?.text);
            Some(whole)
        });
    }
    if chain.written {
        return None;
    }
    let mapping = node_at(project, job.location.file, job.location.span)?;
    let mut edit = append_key(source, mapping, "metric_relabel_configs", PLACEHOLDER)?;
    let list = if edit.text.starts_with(',') { flow_list(items) } else { block_list(&edit, items) };
    let at = edit.text.rfind(PLACEHOLDER)?;
    let at = if list.starts_with('\n') { at - 1..at + 1 } else { at..at + 1 };
    edit.text.replace_range(at, &list);
    Some(edit)
}

fn node_at(project: &Project, file: FileId, span: Span) -> Option<Node<'_>> {
    let document = project.document_at(Location { file, span })?;
    document.nodes().find(|node| node.span() == span && node.is_mapping())
}

fn block_list(key: &Edit, items: &[String]) -> String {
    let line = key.text.lines().find(|line| line.contains(PLACEHOLDER)).unwrap_or_default();
    let indent = " ".repeat(line.len() - line.trim_start().len() + 2);
    let item =
        |item: &String| format!("\n{indent}- {}", item.replace('\n', &format!("\n{indent}  ")));
    items.iter().map(item).collect()
}

fn flow_list(items: &[String]) -> String {
    let step = |item: &String| {
        let fields: Vec<&str> = item.lines().filter(|line| !line.starts_with('#')).collect();
        format!("{{{}}}", fields.join(", "))
    };
    let steps: Vec<String> = items.iter().map(step).collect();
    format!("[{}]", steps.join(", "))
}

fn apply(sources: &Sources, file: FileId, mut edits: Vec<Edit>) -> String {
    let mut text = sources.file(file).text().to_owned();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.text);
    }
    text
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
             - # promsieve: proven: r\n      regex: x\n      action: labeldrop\n    \
             - # promsieve: proven: r\n      regex: w\n      action: labeldrop\n  \
             honor_labels: true\n",
        );
    }

    #[test]
    fn a_missing_chain_is_added() {
        check(
            "scrape_configs:\n  - job_name: a\n",
            "scrape_configs:\n  - job_name: a\n    metric_relabel_configs:\n      \
             - # promsieve: proven: r\n        regex: x\n        action: labeldrop\n      \
             - # promsieve: proven: r\n        regex: w\n        action: labeldrop\n",
        );
        check(
            "scrape_configs: [{job_name: a}]\n",
            "scrape_configs: [{job_name: a, metric_relabel_configs: \
             [{regex: x, action: labeldrop}, {regex: w, action: labeldrop}]}]\n",
        );
    }
}
