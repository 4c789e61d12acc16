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
use crate::series::{MetricRows, NameId, Table};
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

fn add(
    tallies: &mut BTreeMap<Key, Tally>,
    table: &Table,
    group: &MetricRows,
    effects: &[&Effect<'_>],
) {
    let sizes = row_sizes(table, group);
    let exposed = group.exposed_bytes as f64 / group.rows.max(1) as f64;
    let mut rows_of: BTreeMap<Key, u64> = BTreeMap::new();
    for (target, rows) in group.run_ranges() {
        let job = table.target(target).job.as_str();
        let of_job = || effects.iter().filter(|effect| effect.action.job == job);
        for row in rows {
            let drops = |effect: &&&Effect<'_>| {
                effect.drops.as_ref().is_some_and(|claim| claim.has(group, row))
            };
            let stripped: Vec<(usize, Load)> = of_job()
                .filter_map(|effect| {
                    Some((effect.at, stripped(table, group, row, effect.strips?)?))
                })
                .collect();
            let key: Key = (
                of_job().filter(drops).map(|effect| effect.at).collect(),
                stripped.iter().map(|(at, _)| *at).collect(),
            );
            *rows_of.entry(key.clone()).or_default() += 1;
            let tally = tallies.entry(key).or_default();
            tally.load.series += 1;
            tally.load.label_pairs += sizes[row].0;
            tally.load.label_bytes += sizes[row].1;
            tally.labels.resize(stripped.len(), Load::default());
            for (sum, (_, label)) in tally.labels.iter_mut().zip(stripped) {
                *sum += label;
            }
        }
    }
    for (key, rows) in rows_of {
        #[expect(clippy::cast_sign_loss, reason = "bytes are not negative")]
        let bytes = (exposed * rows as f64).round() as u64;
        tallies.entry(key).or_default().load.exposed_bytes += bytes;
    }
}

/// What the label makes up of a row that has it.
fn stripped(table: &Table, group: &MetricRows, row: usize, label: NameId) -> Option<Load> {
    let code = group.column(label).map(|column| column.codes[row]).filter(|&code| code != 0)?;
    let bytes = table.name(label).len() + table.values(label).value_bytes(code);
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
