//! `promsieve shard`: targets spread over servers by hashmod, weighed by what they store.

mod check;
mod files;
mod input;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use promsieve_core::shard::{
    self, Assignment, Layout, OwnLoad, ShardGoal, ShardKey, ShardPlan, ShardSize, SharedRules,
    Split, TargetLoad,
};
use promsieve_core::units::Bytes;

use self::input::{Input, with_recorded};
use super::analysis::{Analysis, AnalysisArgs};
use crate::Status;
use crate::common::{Common, Format};
use crate::output::view::shard::{RuleView, ShardView};
use crate::output::{json, text};

/// Memory that stays free for queries, rules and churn.
const HEADROOM: f64 = 0.2;

/// Arguments of `shard`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShardArgs {
    #[command(flatten)]
    analysis: AnalysisArgs,

    #[command(flatten)]
    options: Options,

    /// Take the loads from a census by target, or from a server or its saved answers, instead of scrapes
    #[arg(long, value_name = "FILE|URL")]
    targets: Vec<String>,

    /// Look for gaps and overlaps in the configurations of a fleet that is sharded already
    #[arg(long, conflicts_with_all = ["write", "targets", "shards", "budget"])]
    check: bool,

    /// Write the configuration of each server, the rule files and the flags of Thanos into DIR
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,

    /// Write Kubernetes resources, too, for kustomize
    #[arg(long, requires = "write")]
    kubernetes: bool,
}

/// What a plan is to reach.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Options {
    /// How many shards
    #[arg(long, value_name = "N", conflicts_with = "budget")]
    shards: Option<u64>,

    /// The fewest shards that each stay within this resident memory, less the headroom
    #[arg(long, value_name = "SIZE", required_unless_present_any = ["shards", "check"])]
    budget: Option<Bytes>,

    /// Share of the budget that stays free for queries, rules and churn
    #[arg(long, value_name = "SHARE", default_value_t = HEADROOM)]
    headroom: f64,

    /// Labels to hash, joined by commas; the best known ones by default
    #[arg(long, value_name = "LABELS", value_delimiter = ',')]
    source_labels: Vec<String>,

    /// Make the shards even by a generated list of targets that leave the shard of their hash
    #[arg(long)]
    mapped: bool,

    /// Let all shards scrape a job, each for a part of its series; the default where a budget has no room for one target
    #[arg(long, value_name = "JOB", value_delimiter = ',')]
    split: Vec<String>,

    /// Give a job a server of its own, behind the shards
    #[arg(long, value_name = "JOB", value_delimiter = ',')]
    dedicated: Vec<String>,

    /// Servers that scrape the same, for high availability
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=26))]
    replicas: u64,

    /// How many shards there are today, for what moves
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    current: Option<u64>,

    /// What is hashed today
    #[arg(long, value_name = "LABELS", value_delimiter = ',', default_value = "__address__")]
    current_labels: Vec<String>,
}

impl Options {
    /// Of a size alone.
    pub(crate) fn of(size: ShardSize) -> Self {
        let (shards, budget) = match size {
            ShardSize::Shards(shards) => (Some(shards), None),
            ShardSize::Budget(budget) => (None, Some(budget)),
        };
        Self {
            shards,
            budget,
            headroom: HEADROOM,
            source_labels: Vec::new(),
            mapped: false,
            split: Vec::new(),
            dedicated: Vec::new(),
            replicas: 1,
            current: None,
            current_labels: Vec::new(),
        }
    }

    fn goal(&self, targets: &[TargetLoad], own: OwnLoad) -> ShardGoal {
        let size = match self.budget {
            Some(budget) => ShardSize::Budget(budget),
            None => ShardSize::Shards(self.shards.unwrap_or(1)),
        };
        let source_labels = || self.current_labels.clone();
        ShardGoal {
            size,
            headroom: self.headroom,
            candidates: match &self.source_labels[..] {
                [] => shard::candidates(targets),
                labels => vec![labels.to_vec()],
            },
            current: self.current.map(|shards| Layout { shards, source_labels: source_labels() }),
            assignment: if self.mapped { Assignment::Mapped } else { Assignment::Hashmod },
            own,
            splits: Vec::new(),
            dedicated: self.dedicated.clone(),
        }
    }
}

pub(crate) fn run(
    args: &ShardArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    if args.check {
        return check::run(&args.analysis.paths, common, out);
    }
    if !args.targets.is_empty() {
        return with_recorded(&args.targets, &args.analysis, common, |input, status| {
            Ok(status.max(planned(input, args, common, out)?))
        });
    }
    let analysis = Analysis::of(&args.analysis, common)?;
    Ok(analysis.status.max(planned(&Input::of(&analysis), args, common, out)?))
}

/// Makes the plan, shows it and writes its files.
fn planned(
    input: &Input<'_>,
    args: &ShardArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let sharded = Sharded::of(input, &args.options)?;
    let view = sharded.view(input, &args.options);
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::shard::write(out, &view)?,
    }
    if let Some(directory) = &args.write {
        files::write(directory, input, &sharded, args.options.replicas, args.kubernetes)?;
    }
    Ok(if view.fits { Status::Clean } else { Status::Findings })
}

/// The plan for the newest snapshot, and where each rule can run.
pub(crate) fn view(analysis: &Analysis, size: ShardSize) -> Option<ShardView> {
    let (options, input) = (Options::of(size), Input::of(analysis));
    Some(Sharded::of(&input, &options).ok()?.view(&input, &options))
}

/// A plan with what it was made of.
struct Sharded {
    targets: Vec<TargetLoad>,
    plan: ShardPlan,
    key: ShardKey,
    rules: SharedRules,
}

impl Sharded {
    fn of(input: &Input<'_>, options: &Options) -> anyhow::Result<Self> {
        let own_jobs = input.project.jobs.iter().filter(|job| shard::watches_own_machine(job));
        let own_jobs: BTreeSet<&str> = own_jobs.map(|job| job.name.as_str()).collect();
        let is_own = |target: &TargetLoad| own_jobs.contains(target.job.as_str());
        let (own, mut targets): (Vec<_>, Vec<_>) = input.targets.iter().cloned().partition(is_own);
        if let Some(job) = options.split.iter().find(|job| options.dedicated.contains(job)) {
            bail!("`{job}` is either split or on a server of its own: leave one of them out");
        }
        let mut split: BTreeSet<String> = options.split.iter().cloned().collect();
        let mut apart: Vec<TargetLoad> = Vec::new();
        loop {
            apart.extend(targets.extract_if(.., |target| split.contains(&target.job)));
            let mut goal = options.goal(&targets, own_load(&own));
            goal.splits = splits(input, &apart, &split)?;
            let (model, settings) = (input.model, input.settings);
            let plan = shard::plan(&targets, &goal, &|bytes| model.resident(bytes, settings));
            let large = plan.too_large.iter().map(|it| targets[it.target].job.clone());
            let large: Vec<String> = large.collect();
            if large.is_empty() || input.stored.is_none() {
                let key = shard::shard_key(&targets, &plan, input.stored);
                let rules = shard::share_rules(input.project, &key);
                return Ok(Self { targets, plan, key, rules });
            }
            split.extend(large);
        }
    }

    fn view(&self, input: &Input<'_>, options: &Options) -> ShardView {
        let name = |at: usize| {
            let target = &self.targets[at];
            (target.job.clone(), target.label("__address__").to_owned())
        };
        let file = |rule: &shard::PlacedRule| {
            input.config.map_or_else(String::new, |it| it.sources.file(rule.file).name().to_owned())
        };
        let rules = self.rules.rules.iter().map(|rule| RuleView::of(rule, file(rule))).collect();
        let key = self.key.labels.clone();
        ShardView { replicas: options.replicas, key, rules, ..ShardView::of(&self.plan, name) }
    }
}

/// The splits of jobs whose targets these are.
fn splits(
    input: &Input<'_>,
    targets: &[TargetLoad],
    jobs: &BTreeSet<String>,
) -> anyhow::Result<Vec<Split>> {
    let split = |job: &String| {
        let stored = input.stored.context("a job is split by its labels: give its scrapes")?;
        let split = Split::of(stored, targets, job, input.model, input.settings);
        split.with_context(|| format!("`{job}` cannot be split: no series of it are known"))
    };
    jobs.iter().map(split).collect()
}

fn own_load(own: &[TargetLoad]) -> OwnLoad {
    OwnLoad {
        targets: own.len() as u64,
        series: own.iter().map(|target| target.series).sum(),
        bytes: own.iter().map(|target| target.bytes).sum(),
    }
}
