//! A bare list of relabel configs: vmagent's `-remoteWrite.relabelConfig`, Thanos's
//! `--selector.relabel-config`, a list that something includes.

use super::{Kind, Reading};
use crate::config::model::{Chain, ConfiguredStep};
use crate::doc::Node;
use crate::relabel::{Action, RawStep, StepField};
use crate::server::KeyCase;

/// Reads the list as the chain of a job without a name.
pub(super) fn read(root: Node<'_>, reading: &mut Reading<'_, '_>) {
    let sees_targets = root.items().any(|item| {
        let labels = item.get("source_labels").into_iter().flat_map(Node::items);
        let mut labels = labels.map(|label| label.resolved().text());
        labels.any(|label| label.starts_with("__") && !label.starts_with("__name__"))
    });
    let is_thanos = reading.kind == Kind::Thanos;
    let (target, metric) =
        if sees_targets || is_thanos { (Some(root), None) } else { (None, Some(root)) };
    let job = reading.fragment(String::new(), root, KeyCase::Snake, target, metric);
    if is_thanos {
        let refused = unsupported(&job.target_chain);
        for (at, words) in refused {
            reading.report.refuse(at, words).remedy =
                Some("Thanos selects blocks by `keep`, `drop` and `hashmod` only".to_owned());
        }
    }
}

/// What Thanos says of actions other than the three that select (pkg/block/fetcher.go).
fn unsupported(chain: &Chain) -> Vec<(crate::text::Location, String)> {
    let is_allowed = |step: &ConfiguredStep| {
        let action = step.step.as_ref().map(crate::relabel::Step::action);
        action.is_none_or(|action| matches!(action, Action::Keep | Action::Drop | Action::HashMod))
    };
    let refused = chain.steps.iter().filter(|step| !is_allowed(step));
    let say = |step: &ConfiguredStep| {
        let at = step.spans.value_or_item(StepField::Action);
        (at, format!("unsupported relabel action: {}", action(&step.raw)))
    };
    refused.map(say).collect()
}

fn action(raw: &RawStep) -> String {
    raw.action.value().map_or_else(|| "replace".to_owned(), |action| action.to_lowercase())
}
