//! Which series came and went, by job and metric, and the label that drives it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{Change, GroupChange, Revision, Weight};
use crate::census::groups::{Dimension, GroupCensus, of_metric};
use crate::census::time::{Joined, Step, join};
use crate::census::{LabelCensus, MetricCensus, Shape};
use crate::cost::Load;
use crate::series::{MetricRows, Table};

/// One metric of one job.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricChange {
    /// The job's name: the series' label, "" where they have none.
    pub job: String,
    /// The metric's name.
    pub metric: String,
    /// What its series weigh.
    pub weight: Change<Weight>,
    /// Series that only the new side has.
    pub came: u64,
    /// Series that only the old side has.
    pub went: u64,
    /// The labels that explain series that came, the one that explains most first.
    pub drivers: Vec<Driver>,
}

/// A label that explains why series are more, or others than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    /// The label's name; `__name__` where the metric is new and no label makes it more than one.
    pub label: String,
    /// Distinct values that the metric has.
    pub values: Change<u64>,
    /// Series that came with a value that the metric did not have.
    pub new_series: u64,
    /// Series more than the metric would have grown by without the label.
    pub makes: u64,
    /// What its values look like on the new side.
    pub shape: Option<Shape>,
    /// Whether values of this shape come without end.
    pub is_unbounded: bool,
}

/// The rows of a metric on each side, if it is there.
type Rows<'a> = Change<Option<&'a MetricRows>>;

/// Every metric of every job of which series came or went.
pub(super) fn changes(sides: Change<&Revision<'_>>) -> Vec<MetricChange> {
    let tables = sides.map(|side| &side.stored.table);
    let mut rows: BTreeMap<&str, Rows<'_>> = BTreeMap::new();
    for group in &tables.before.metrics {
        rows.entry(tables.before.metric_name(group)).or_default().before = Some(group);
    }
    for group in &tables.after.metrics {
        rows.entry(tables.after.metric_name(group)).or_default().after = Some(group);
    }
    let census = sides.map(|side| by_name(&side.census.metrics));
    let rows: Vec<(&str, Rows<'_>)> = rows.into_iter().collect();
    let mut changes: Vec<MetricChange> = rows
        .par_iter()
        .flat_map_iter(|(metric, rows)| {
            let counted = Change {
                before: census.before.get(metric).copied(),
                after: census.after.get(metric).copied(),
            };
            of_one(sides, metric, *rows, counted)
        })
        .collect();
    changes.sort_by(|a, b| by_growth(&a.weight, a.came, &b.weight, b.came));
    changes
}

/// Every job whose series came or went.
pub(super) fn by_job(sides: Change<&Revision<'_>>, metrics: &[MetricChange]) -> Vec<GroupChange> {
    if metrics.is_empty() {
        return Vec::new();
    }
    let groups = sides.map(|side| {
        let table = &side.stored.table;
        let mut jobs: BTreeMap<String, GroupCensus> = BTreeMap::new();
        for group in table.metrics.iter().flat_map(|group| of_metric(table, group, &JOB)) {
            *jobs.entry(group.key[0].clone()).or_default() += &group;
        }
        jobs
    });
    let mut moved: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for metric in metrics {
        let (came, went) = moved.entry(&metric.job).or_default();
        *came += metric.came;
        *went += metric.went;
    }
    let weight = |side: &Revision<'_>, group: Option<&GroupCensus>| {
        group.map_or_else(Weight::default, |group| side.weigh(&Load::of_group(group)))
    };
    let change = |(job, (came, went)): (&str, (u64, u64))| GroupChange {
        name: job.to_owned(),
        weight: Change {
            before: weight(sides.before, groups.before.get(job)),
            after: weight(sides.after, groups.after.get(job)),
        },
        came,
        went,
    };
    let mut jobs: Vec<GroupChange> = moved.into_iter().map(change).collect();
    jobs.sort_by(|a, b| by_growth(&a.weight, a.came, &b.weight, b.came));
    jobs
}

const JOB: Dimension = Dimension::Job;

/// The counts of metrics by name.
pub(super) fn by_name(metrics: &[MetricCensus]) -> BTreeMap<&str, &MetricCensus> {
    metrics.iter().map(|metric| (metric.name.as_str(), metric)).collect()
}

/// What grew most comes first, what shrank most last; names break ties as they stood.
fn by_growth(
    a: &Change<Weight>,
    a_came: u64,
    b: &Change<Weight>,
    b_came: u64,
) -> std::cmp::Ordering {
    let growth = |weight: &Change<Weight>| {
        i128::from(weight.after.series) - i128::from(weight.before.series)
    };
    (growth(b), b_came).cmp(&(growth(a), a_came))
}

/// The changes of one metric, by job.
fn of_one(
    sides: Change<&Revision<'_>>,
    metric: &str,
    rows: Rows<'_>,
    counted: Change<Option<&MetricCensus>>,
) -> Vec<MetricChange> {
    let tables = sides.map(|side| &side.stored.table);
    let (both, groups) = ([tables.before, tables.after], [rows.before, rows.after]);
    let joined = join(&both, &groups);
    let step = &joined.steps[0];
    let came = split(tables.after, rows.after, &step.came);
    let went = split(tables.before, rows.before, &step.went);
    let jobs: BTreeSet<&str> = came.keys().chain(went.keys()).copied().collect();
    if jobs.is_empty() {
        return Vec::new();
    }
    let weights = Change {
        before: weights(sides.before, rows.before),
        after: weights(sides.after, rows.after),
    };
    let change = |job: &str| {
        let of = |all: &BTreeMap<String, Weight>| all.get(job).copied().unwrap_or_default();
        let weight = Change { before: of(&weights.before), after: of(&weights.after) };
        let came = came.get(job).cloned().unwrap_or_default();
        let count = came.len() as u64;
        let only = Joined::of_step(Step { came, went: Vec::new() });
        let new = only.drivers(&both, &groups);
        MetricChange {
            job: job.to_owned(),
            metric: metric.to_owned(),
            weight,
            came: count,
            went: went.get(job).map_or(0, |went| went.len() as u64),
            drivers: drivers(&new, counted, weight.growth() > 0),
        }
    };
    jobs.into_iter().map(change).collect()
}

/// Rows by the job that they belong to.
fn split<'a>(
    table: &'a Table,
    group: Option<&MetricRows>,
    rows: &[u32],
) -> BTreeMap<&'a str, Vec<u32>> {
    let name = table.name_id("job");
    let column = name.and_then(|name| Some((name, group?.column(name)?)));
    let mut jobs: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for &row in rows {
        let job = column
            .map_or("", |(name, column)| table.values(name).value(column.codes[row as usize]));
        jobs.entry(job).or_default().push(row);
    }
    jobs
}

fn weights(side: &Revision<'_>, group: Option<&MetricRows>) -> BTreeMap<String, Weight> {
    let groups = group.map_or_else(Vec::new, |group| of_metric(&side.stored.table, group, &JOB));
    let weigh = |group: &GroupCensus| (group.key[0].clone(), side.weigh(&Load::of_group(group)));
    groups.iter().map(weigh).collect()
}

/// The labels that explain what came, by new values before all. Of those that explain as much, where
/// the metric grew, those come first without which it would have grown least, then those with most
/// values: a label that is the same in all series renames them and multiplies nothing. Where it did
/// not grow it is the other way round: a new version explains its pods, not they it.
fn drivers(
    new: &[crate::census::time::Driver],
    counted: Change<Option<&MetricCensus>>,
    grew: bool,
) -> Vec<Driver> {
    let labels = counted.after.map_or(&[][..], |metric| &metric.labels);
    let name = new.iter().filter(|driver| !labels.iter().any(|label| label.name == driver.label));
    let mut drivers: Vec<Driver> = labels
        .iter()
        .map(|label| driver(&label.name, new, counted))
        .chain(name.map(|it| driver(&it.label, new, counted)))
        .filter(|driver| driver.new_series > 0 || (grew && driver.makes > 0))
        .collect();
    if grew {
        drivers.sort_by_key(|it| {
            (Reverse(it.new_series), Reverse(it.makes), Reverse(it.values.after))
        });
    } else {
        drivers.sort_by_key(|it| (Reverse(it.new_series), it.values.after));
    }
    drivers
}

fn driver(
    label: &str,
    new: &[crate::census::time::Driver],
    counted: Change<Option<&MetricCensus>>,
) -> Driver {
    let of = |metric: Option<&MetricCensus>| -> (u64, u64) {
        let found = metric.and_then(|metric| Some((metric, find(metric, label)?)));
        found.map_or((0, 0), |(metric, label)| {
            (label.values, metric.series - label.without.unwrap_or(metric.series))
        })
    };
    let Change { before, after } = counted.map(of);
    let shape = counted.after.and_then(|metric| find(metric, label)?.shape());
    let shape = shape.map(|share| share.shape);
    Driver {
        label: label.to_owned(),
        values: Change { before: before.0, after: after.0 },
        new_series: new.iter().find(|it| it.label == label).map_or(0, |it| it.new_series),
        makes: after.1.saturating_sub(before.1),
        is_unbounded: shape.is_some_and(Shape::is_unbounded),
        shape,
    }
}

fn find<'a>(metric: &'a MetricCensus, label: &str) -> Option<&'a LabelCensus> {
    metric.labels.iter().find(|found| found.name == label)
}
