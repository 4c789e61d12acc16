//! What looks superfluous in the newest snapshot, job by job: one file a kind of candidate.

mod created;
mod labels;
mod metrics;
mod stop;
mod values;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::action::{Action, ActionKind};
use super::goal::Goal;
use super::{Evidence, Proposal};
use crate::census::{Census, CensusOptions, MetricCensus};
use crate::relabel::{Field, RawStep};
use crate::series::{MetricRows, MetricType, NameId, Table, Target};
use crate::signals::Pins;
use crate::watch::Unwatched;

/// The kinds of candidates; each reads one job.
const KINDS: [fn(&JobView<'_>) -> Vec<Action>; 5] =
    [metrics::propose, created::propose, labels::propose, values::propose, stop::propose];

/// One job of the newest snapshot.
pub(super) struct JobView<'a> {
    pub(super) evidence: &'a Evidence<'a>,
    goal: &'a Goal,
    pub(super) job: &'a str,
    pub(super) table: Table,
    census: Census,
    /// What the signals of the job rest on.
    pins: Pins,
    /// Metrics that nobody needs of this job, whole families.
    unused: BTreeSet<String>,
    /// `_created` of metrics that count, which nobody needs.
    created: BTreeSet<String>,
}

/// Looks for what nobody needs, job by job. Nothing whose use is unknown is proposed, and nothing of
/// what the goal keeps or a signal rests on.
pub fn propose(evidence: &Evidence<'_>, goal: &Goal) -> Proposal {
    let mut actions: Vec<Action> = jobs(evidence, goal)
        .flat_map(|view| {
            let all: Vec<Action> = KINDS.iter().flat_map(|propose| propose(&view)).collect();
            // Of a job that is stopped nothing else is left to be taken.
            let stops = |action: &Action| action.kind == ActionKind::StopJob && goal.stop_jobs;
            match all.iter().position(stops) {
                Some(at) => vec![all[at].clone()],
                None => all,
            }
        })
        .collect();
    actions.sort_by(|a, b| {
        let key = |action: &Action| (action.bytes_saved, action.series_saved);
        let name =
            |action: &Action| (action.job.clone(), action.labels.clone(), action.metrics.clone());
        key(b).cmp(&key(a)).then_with(|| name(a).cmp(&name(b)))
    });
    Proposal { actions }
}

/// The jobs that store anything, one after the other.
pub(super) fn jobs<'a>(
    evidence: &'a Evidence<'a>,
    goal: &'a Goal,
) -> impl Iterator<Item = JobView<'a>> {
    evidence.project.jobs.iter().filter_map(move |job| {
        let table = evidence.stored.table.select(&|target: &Target| target.job == job.name);
        if table.metrics.is_empty() {
            return None;
        }
        let census = Census::of(&table, CensusOptions::default(), &Unwatched);
        let (unused, created) = (BTreeSet::new(), BTreeSet::new());
        let pins = Pins::of(&table).without(&goal.unpin);
        let mut view =
            JobView { evidence, goal, job: &job.name, table, census, pins, unused, created };
        view.created = created::unused(&view);
        view.unused = metrics::unused(&view);
        Some(view)
    })
}

impl JobView<'_> {
    /// The metrics that somebody needs.
    fn kept(&self) -> impl Iterator<Item = &MetricCensus> {
        let goes = |name: &String| self.unused.contains(name) || self.created.contains(name);
        self.census.metrics.iter().filter(move |metric| !goes(&metric.name))
    }

    /// Of those, the ones that something may be taken from.
    pub(super) fn free(&self) -> impl Iterator<Item = &MetricCensus> {
        self.kept().filter(|metric| !self.goal.keeps(&metric.name))
    }

    /// The rows of every metric, by name.
    pub(super) fn rows(&self) -> BTreeMap<&str, &MetricRows> {
        let groups = self.table.metrics.iter();
        groups.map(|group| (self.table.metric_name(group), group)).collect()
    }

    /// Distinct series of a metric whose label has one of these values.
    pub(super) fn series_with(
        &self,
        group: &MetricRows,
        label: NameId,
        values: &BTreeSet<u32>,
    ) -> u64 {
        let column = group.column(label);
        let hashes = self.table.row_hashes(group);
        let rows = column.iter().flat_map(|column| column.codes.iter().zip(&hashes));
        let of_values = rows.filter(|(code, _)| values.contains(code));
        of_values.map(|(_, hash)| hash).collect::<HashSet<_>>().len() as u64
    }

    /// The histogram or summary that a metric is a part of, else the metric itself.
    pub(super) fn family<'m>(&self, metric: &'m str) -> &'m str {
        match self.table.family_of(metric) {
            Some((family, MetricType::Histogram | MetricType::Summary)) => family,
            _ => metric,
        }
    }

    /// The metrics that satisfy a test together with all of their histogram's or summary's other
    /// parts: queries divide one part by another, so parts must keep the same labels.
    fn whole_families<'m>(
        &self,
        metrics: &[&'m MetricCensus],
        test: impl Fn(&&MetricCensus) -> bool,
    ) -> Vec<&'m MetricCensus> {
        let mut families: BTreeMap<&str, (bool, Vec<&'m MetricCensus>)> = BTreeMap::new();
        for &metric in metrics {
            let entry = families.entry(self.family(&metric.name)).or_insert((true, Vec::new()));
            entry.0 &= test(&metric);
            entry.1.push(metric);
        }
        families.into_values().filter(|(all, _)| *all).flat_map(|(_, metrics)| metrics).collect()
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("this {noun}") } else { format!("these {number} {noun}s") }
}

/// Drops what has such values of these labels.
pub(super) fn drop_step(labels: &[&str], regex: String) -> RawStep {
    RawStep {
        source_labels: Field::Set(labels.iter().map(|&label| label.to_owned()).collect()),
        regex: Field::Set(regex),
        action: Field::Set("drop".to_owned()),
        ..RawStep::default()
    }
}
