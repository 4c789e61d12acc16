//! Actions replayed over what is stored: exactly what they claim goes, and no two series become one.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, ActionKind, Replay};
use crate::config::Project;
use crate::flow::{self, Stored};
use crate::regexp::{Dialect, Pattern};
use crate::series::{MetricRows, NameId, Table, Target};
use crate::server::Server;

/// What went otherwise than claimed.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) job: String,
    pub(super) metric: String,
    pub(super) reason: String,
}

impl Difference {
    /// So many series became the same as others.
    pub(super) fn merged(job: &str, metric: &str, lost: u64) -> Self {
        Self {
            job: job.to_owned(),
            metric: metric.to_owned(),
            reason: format!("{lost} series of `{metric}` would become the same as others"),
        }
    }
}

/// What the actions' steps leave of a snapshot.
///
/// # Errors
/// What they do besides what they claim.
pub(super) fn replay(
    steps: &Project,
    snapshot: &Table,
    actions: &[&Action],
) -> Result<Stored, Difference> {
    let after = flow::store_more(steps, snapshot);
    match difference(snapshot, &after, actions) {
        Some(difference) => Err(difference),
        None => Ok(after),
    }
}

/// The series that an action can touch at all.
pub(super) fn touched(snapshot: &Table, action: &Action) -> Table {
    let of_job = |target: &Target| target.job == action.job;
    snapshot.select_metrics(&|group| is_touched(snapshot, group, action), &of_job)
}

/// Whether an action can touch series of a metric: one that it names, or has a label that it drops.
pub(super) fn is_touched(snapshot: &Table, group: &MetricRows, action: &Action) -> bool {
    let has =
        |label: &String| snapshot.name_id(label).is_some_and(|label| group.column(label).is_some());
    let by_label = action.kind == ActionKind::DropLabel && action.labels.iter().any(has);
    by_label || action.metrics.iter().any(|metric| metric == snapshot.metric_name(group))
}

/// How much of a snapshot an action is tried on.
pub(super) fn figures(snapshot: &Table, action: &Action) -> Replay {
    let claims = Claims::of(snapshot, &[action]);
    let mut figures = Replay::default();
    for group in &snapshot.metrics {
        if action.metrics.iter().any(|metric| metric == snapshot.metric_name(group)) {
            for (job, rows, claimed) in claims.count(snapshot, group) {
                if job == action.job {
                    figures.series.0 += rows;
                    figures.dropped.0 += claimed;
                }
            }
        }
    }
    figures
}

/// Rows of each metric, and those of them that the actions claim, by job and metric.
pub(super) fn claimed<'t>(
    table: &'t Table,
    actions: &[&Action],
) -> BTreeMap<(&'t str, &'t str), (u64, u64)> {
    Claims::of(table, actions).all(table)
}

/// The first job and metric for which the replay shows more or less than the actions claim.
fn difference(before: &Table, after: &Stored, actions: &[&Action]) -> Option<Difference> {
    if let Some(collision) = after.report.collisions.first() {
        let lost = collision.before.0 - collision.after.0;
        return Some(Difference::merged(&collision.job, &collision.metric, lost));
    }
    if let Some(failure) = after.report.failures.first() {
        return Some(Difference {
            job: failure.job.clone(),
            metric: String::new(),
            reason: format!("scrapes would fail: {}", failure.reason),
        });
    }
    let old = claimed(before, actions);
    let new = claimed(&after.table, actions);
    let none = (0, 0);
    old.iter().find_map(|((job, metric), (rows, claimed))| {
        let (left, wrong) = new.get(&(*job, *metric)).unwrap_or(&none);
        (*wrong > 0 || *left != rows - claimed).then(|| Difference {
            job: (*job).to_owned(),
            metric: (*metric).to_owned(),
            reason: format!(
                "{rows} series of `{metric}` would become {left} rather than {}",
                rows - claimed
            ),
        })
    })
}

/// What actions say will go, as codes of one table.
struct Claims<'a> {
    /// By job and metric: nothing for the whole of it, or the label and the codes of its values.
    rows: BTreeMap<(&'a str, &'a str), Vec<Claim>>,
}

/// What one action says will go of its metrics.
#[derive(Clone)]
pub(super) enum Claim {
    /// The whole of them.
    Everything,
    /// Series whose label has one of these values, by their codes.
    Values(NameId, BTreeSet<u32>),
}

impl<'a> Claims<'a> {
    fn of(table: &Table, actions: &[&'a Action]) -> Self {
        let mut rows: BTreeMap<(&'a str, &'a str), Vec<Claim>> = BTreeMap::new();
        for &action in actions {
            let Some(claim) = claim(table, action) else { continue };
            for metric in &action.metrics {
                rows.entry((&action.job, metric)).or_default().push(claim.clone());
            }
        }
        Self { rows }
    }

    /// Rows and claimed rows of a metric, by job.
    fn count<'t>(&self, table: &'t Table, group: &MetricRows) -> Vec<(&'t str, u64, u64)> {
        let metric = table.metric_name(group);
        let mut counts: Vec<(&str, u64, u64)> = Vec::new();
        for (target, range) in group.run_ranges() {
            let job = table.target(target).job.as_str();
            let claims = self.rows.get(&(job, metric)).map_or(&[][..], Vec::as_slice);
            let rows = range.len() as u64;
            let claimed = range.filter(|&row| claims.iter().any(|claim| claim.has(group, row)));
            let claimed = if claims.is_empty() { 0 } else { claimed.count() as u64 };
            match counts.last_mut() {
                Some(last) if last.0 == job => (last.1, last.2) = (last.1 + rows, last.2 + claimed),
                _ => counts.push((job, rows, claimed)),
            }
        }
        counts
    }

    /// Rows and claimed rows, by job and metric.
    fn all<'t>(&self, table: &'t Table) -> BTreeMap<(&'t str, &'t str), (u64, u64)> {
        let mut all: BTreeMap<_, (u64, u64)> = BTreeMap::new();
        for group in &table.metrics {
            for (job, rows, claimed) in self.count(table, group) {
                let entry = all.entry((job, table.metric_name(group))).or_default();
                *entry = (entry.0 + rows, entry.1 + claimed);
            }
        }
        all
    }
}

impl Claim {
    /// Whether a row of one of its metrics goes.
    pub(super) fn has(&self, group: &MetricRows, row: usize) -> bool {
        match self {
            Self::Everything => true,
            Self::Values(label, codes) => {
                group.column(*label).is_some_and(|column| codes.contains(&column.codes[row]))
            }
        }
    }
}

/// What an action says will go of a table; `None` where it drops nothing.
pub(super) fn claim(table: &Table, action: &Action) -> Option<Claim> {
    match action.kind {
        ActionKind::DropMetrics | ActionKind::StopJob => Some(Claim::Everything),
        ActionKind::DropLabel => None,
        ActionKind::DropValues => {
            let label = table.name_id(action.labels.first()?)?;
            let values = table.values(label);
            let dialect = Dialect::of(Server::default());
            let patterns = action.patterns.iter();
            let patterns: Vec<Pattern> =
                patterns.filter_map(|text| Pattern::parse(text, dialect).ok()).collect();
            let goes = |value: &str| patterns.iter().any(|pattern| pattern.is_match(value));
            let codes = (1u32..).zip(values.values()).filter(|(_, value)| goes(value));
            Some(Claim::Values(label, codes.map(|(code, _)| code).collect()))
        }
    }
}
