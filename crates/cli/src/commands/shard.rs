//! `promsieve shard`: targets spread over servers by hashmod, weighed by what they store.

use std::io::Write;

use promsieve_core::config::RuleKind;
use promsieve_core::flow;
use promsieve_core::shard::{self, ShardGoal, ShardSize, TargetLoad};
use promsieve_core::units::Bytes;
use promsieve_core::usage;
use promsieve_core::usage::sharding::{ShardVerdict, classify};

use super::analysis::{Analysis, AnalysisArgs};
use crate::Status;
use crate::common::{Common, Format};
use crate::output::view::shard::{RuleView, ShardView};
use crate::output::{json, text};

/// Memory that stays free for queries, rules and churn.
const HEADROOM: f64 = 0.2;

/// The label of a stored series that decides on its shard: it names the target's address.
const SHARD_LABEL: &str = "instance";

/// Arguments of `shard`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShardArgs {
    #[command(flatten)]
    analysis: AnalysisArgs,

    /// How many shards
    #[arg(long, value_name = "N", conflicts_with = "budget")]
    shards: Option<u64>,

    /// The fewest shards that each stay within this resident memory, a fifth of it left free
    #[arg(long, value_name = "SIZE", required_unless_present = "shards")]
    budget: Option<Bytes>,
}

pub(crate) fn run(
    args: &ShardArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let analysis = Analysis::of(&args.analysis, common)?;
    let size = match args.budget {
        Some(budget) => ShardSize::Budget(budget),
        None => ShardSize::Shards(args.shards.unwrap_or(1)),
    };
    let view = view(&analysis, size);
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::shard::write(out, &view)?,
    }
    Ok(analysis.status.max(if view.fits { Status::Clean } else { Status::Findings }))
}

/// The plan for the newest snapshot, and where each rule can run.
pub(crate) fn view(analysis: &Analysis, size: ShardSize) -> ShardView {
    let discovered = flow::discover(&analysis.project);
    let (model, settings) = (&analysis.model, &analysis.settings);
    let targets = shard::target_loads(&analysis.stored.table, &discovered, model, settings);
    let goal = ShardGoal {
        size,
        headroom: HEADROOM,
        candidates: shard::candidates(&targets),
        current: None,
    };
    let plan = shard::plan(&targets, &goal, &|bytes| model.resident(bytes, settings));
    let name = |at: usize| {
        let target: &TargetLoad = &targets[at];
        (target.job.clone(), target.label("__address__").to_owned())
    };
    ShardView::of(&plan, name, rules(analysis))
}

fn rules(analysis: &Analysis) -> Vec<RuleView> {
    let Some(loaded) = &analysis.gathered.config else { return Vec::new() };
    let rules = loaded.project.rule_files.iter().flat_map(|file| &file.groups);
    let rules = rules.flat_map(|group| &group.rules);
    rules
        .map(|rule| {
            let (RuleKind::Record(name) | RuleKind::Alert(name)) = &rule.kind;
            let verdict = usage::parse(&rule.expr.value).map_or_else(
                |_| Some("the expression cannot be parsed".to_owned()),
                |expr| match classify(&expr, &[SHARD_LABEL]) {
                    ShardVerdict::ShardSafe => None,
                    ShardVerdict::NeedsGlobal { reason, .. } => Some(reason),
                },
            );
            RuleView {
                name: name.value.clone(),
                file: loaded.sources.file(rule.location.file).name().to_owned(),
                verdict: if verdict.is_none() { "shard" } else { "global" },
                reason: verdict,
            }
        })
        .collect()
}
