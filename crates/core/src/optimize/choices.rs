//! A plan of which some actions are not taken: what any choice of them saves, as sums over portions.
//!
//! Actions overlap: two may drop the same series, and of a series that is dropped no label can be
//! taken away. Series that the same actions touch are one portion, so what a choice saves is added
//! up from the portions, each counted once.

use std::collections::BTreeMap;

use super::Evidence;
use super::action::{Action, ActionKind};
use super::apply::steps_alone;
use super::replay::{Claim, claim};
use crate::census::LENGTH_BYTES;
use crate::census::groups::row_sizes;
use crate::cost::Load;
use crate::flow::{self, distinct};
use crate::series::{Column, MetricRows, NameId, Table};
use crate::units::{Bytes, SeriesCount};

/// What any choice of some actions saves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The series that any of the actions touches.
    pub portions: Vec<Portion>,
    /// Why not every choice holds as the whole plan does: what the actions that take labels away
    /// would do if nothing were dropped before. `None` where every choice holds.
    pub caveat: Option<String>,
}

/// Series that the same actions touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portion {
    /// The actions that drop these series, each of them alone, by their index, ascending.
    pub dropped_by: Vec<usize>,
    /// The series.
    pub series: SeriesCount,
    /// Live heap that dropping them saves.
    pub bytes: Bytes,
    /// Live heap that actions save by taking a label away, where the series are not dropped: by
    /// index, ascending.
    pub labels: Vec<(usize, Bytes)>,
}

/// What choices of these actions save of the newest snapshot.
///
/// Every choice drops exactly the series of the portions that one of its actions drops, unless there
/// is a [`Choices::caveat`] and the choice takes labels away.
pub fn choices(evidence: &Evidence<'_>, actions: &[Action]) -> Choices {
    // What the chains of today made one already is one series of the server.
    let stored = distinct(&evidence.stored.table);
    let mut tallies: BTreeMap<Key, Tally> = BTreeMap::new();
    let effects: Vec<Effect<'_>> =
        actions.iter().enumerate().map(|(at, action)| Effect::of(&stored, at, action)).collect();
    let mut by_metric: BTreeMap<&str, Vec<&Effect<'_>>> = BTreeMap::new();
    for effect in &effects {
        for metric in &effect.action.metrics {
            by_metric.entry(metric).or_default().push(effect);
        }
    }
    for group in &stored.metrics {
        if let Some(effects) = by_metric.get(stored.metric_name(group)) {
            add(&mut tallies, &stored, group, effects);
        }
    }
    Choices {
        portions: tallies.into_iter().map(|(key, tally)| portion(evidence, key, &tally)).collect(),
        caveat: caveat(evidence, actions),
    }
}

/// What an action does to rows of the table.
struct Effect<'a> {
    at: usize,
    action: &'a Action,
    drops: Option<Claim>,
    strips: Option<NameId>,
}

impl<'a> Effect<'a> {
    fn of(table: &Table, at: usize, action: &'a Action) -> Self {
        let label = action.labels.first().filter(|_| action.kind == ActionKind::DropLabel);
        Self {
            at,
            action,
            drops: claim(table, action),
            strips: label.and_then(|label| table.name_id(label)),
        }
    }

    /// The label that it takes away from a metric.
    fn column<'t>(&self, group: &'t MetricRows) -> Option<&'t Column> {
        self.strips.and_then(|label| group.column(label))
    }
}

/// The actions that drop a row, and those that take a label away from it.
type Key = (Vec<usize>, Vec<usize>);

/// Sums over the rows of one key.
#[derive(Default)]
struct Tally {
    load: Load,
    /// Of the label that each action takes away, in the order of the key.
    labels: Vec<Load>,
}

impl Tally {
    fn add(&mut self, load: Load, labels: &[Load]) {
        self.load += load;
        self.labels.resize(labels.len(), Load::default());
        for (sum, label) in self.labels.iter_mut().zip(labels) {
            *sum += *label;
        }
    }
}

/// Adds the rows of a metric that any of these actions touches.
fn add(
    tallies: &mut BTreeMap<Key, Tally>,
    table: &Table,
    group: &MetricRows,
    effects: &[&Effect<'_>],
) {
    let sizes = row_sizes(table, group);
    let mut keyed: Vec<(Key, Tally)> = Vec::new();
    let (mut key, mut labels) = (Key::default(), Vec::new());
    for (target, rows) in group.run_ranges() {
        let job = table.target(target).job.as_str();
        let of_job = effects.iter().filter(|effect| effect.action.job == job);
        let of_job: Vec<_> = of_job.map(|effect| (*effect, effect.column(group))).collect();
        for row in rows {
            key.0.clear();
            key.1.clear();
            labels.clear();
            for (effect, column) in &of_job {
                if effect.drops.as_ref().is_some_and(|claim| claim.has(group, row)) {
                    key.0.push(effect.at);
                }
                if let Some(label) = column.and_then(|column| stripped(table, column, row)) {
                    key.1.push(effect.at);
                    labels.push(label);
                }
            }
            if key == Key::default() {
                continue;
            }
            // A metric has few keys.
            let at = keyed.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
                keyed.push((key.clone(), Tally::default()));
                keyed.len() - 1
            });
            let (label_pairs, label_bytes) = sizes[row];
            let load = Load { series: 1, label_pairs, label_bytes, ..Load::default() };
            keyed[at].1.add(load, &labels);
        }
    }
    for (key, tally) in keyed {
        let exposed_bytes = group.exposed_bytes * tally.load.series / group.rows as u64;
        let load = Load { exposed_bytes, ..tally.load };
        tallies.entry(key).or_default().add(load, &tally.labels);
    }
}

/// What a label makes up of a row that has it.
fn stripped(table: &Table, column: &Column, row: usize) -> Option<Load> {
    let code = Some(column.codes[row]).filter(|&code| code != 0)?;
    let bytes = table.name(column.name).len() + table.values(column.name).value_bytes(code);
    Some(Load { label_pairs: 1, label_bytes: bytes as u64 + LENGTH_BYTES, ..Load::default() })
}

fn portion(evidence: &Evidence<'_>, (dropped_by, strips): Key, tally: &Tally) -> Portion {
    let bytes = |label: &Load| evidence.saved(&tally.load, &tally.load.without(label));
    Portion {
        dropped_by,
        series: SeriesCount(tally.load.series),
        bytes: evidence.saved_by_dropping(&tally.load),
        labels: strips.into_iter().zip(tally.labels.iter().map(bytes)).collect(),
    }
}

/// Taking labels away merges most where most series are there and most labels go; where that
/// merges nothing, no choice does.
fn caveat(evidence: &Evidence<'_>, actions: &[Action]) -> Option<String> {
    let strip = |action: &&Action| action.kind == ActionKind::DropLabel;
    let steps = match steps_alone(evidence.project, actions.iter().filter(strip)) {
        Ok(steps) => steps,
        Err(error) => return Some(format!("the server refuses a step: {error}")),
    };
    let mut merged = evidence.snapshots().filter_map(|snapshot| {
        let after = flow::store_more(&steps, &distinct(&snapshot.table));
        let collision = after.report.collisions.into_iter().next()?;
        Some(format!(
            "where nothing is dropped, taking labels away makes {} series of `{}` the same as others",
            collision.before.0 - collision.after.0,
            collision.metric,
        ))
    });
    merged.next()
}
