//! TSDB blocks: one, or all of a data directory or a bucket. Only their indexes are read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use promsieve_core::ingest::index::{
    Churn, Index, Meta, Problem, Series, Summary, Tombstones, Want,
};
use promsieve_core::saved::Saved;
use promsieve_core::watch::Unwatched;

use super::Held;
use crate::Status;
use crate::common::Common;
use crate::input::blocks::{self, BlockArgs, Directory, Entry, Kept, Left, Opened, Place, choose};
use crate::input::source::Source;
use crate::stderr::{progress, warn};

/// How much of a block is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Depth {
    /// Its series as a table; else counts alone, where one block is all there is.
    pub(crate) rows: bool,
    /// Which labels come and go.
    pub(crate) churn: bool,
    /// How many label pairs its lists name; 0 for all.
    pub(crate) top: usize,
}

/// What a block says of itself.
pub(crate) struct Block {
    /// Where it is.
    pub(crate) name: String,
    pub(crate) meta: Meta,
    pub(crate) summary: Summary,
    /// What only a walk over the series tells.
    pub(crate) walked: Option<Walked>,
    /// Series with deleted samples, as its tombstones have it.
    pub(crate) with_deletions: u64,
}

/// What the series of a block tell.
pub(crate) struct Walked {
    pub(crate) chunks: u64,
    pub(crate) deleted: u64,
    pub(crate) churn: Churn,
}

/// Whether a source is a block, its index, a directory that holds blocks, or a bucket.
pub(super) fn is_one(source: &Source) -> bool {
    matches!(source, Source::Bucket(_)) || Directory::holds(source)
}

/// The blocks of a directory that count, each a source, oldest first. A bucket is read as one.
pub(super) fn each(source: &Source) -> Vec<Source> {
    if matches!(source, Source::Bucket(_)) {
        return vec![source.clone()];
    }
    let place = Directory::of(source);
    let left = choose(place.entries());
    tell_left(source, &left);
    let counting = place.entries().iter().zip(&left).filter(|(_, left)| left.is_none());
    counting.map(|(entry, _)| Source::Directory(PathBuf::from(&entry.name))).collect()
}

/// Reads a block, or all that count of a directory or a bucket, oldest first.
pub(super) fn read(
    source: &Source,
    depth: Depth,
    args: &BlockArgs,
    common: &Common,
    held: &mut Held,
) -> anyhow::Result<()> {
    let place = blocks::at(source, args, &common.access)?;
    let entries = place.entries();
    anyhow::ensure!(!entries.is_empty(), "`{}` holds no blocks", source.name());
    let left = choose(entries);
    let mut wanted: Vec<usize> = (0..entries.len()).filter(|&at| left[at].is_none()).collect();
    tell_left(source, &left);
    let kept = args.keep.as_deref().map(|directory| Kept::of(directory, held.series.manner()));
    let kept = kept.transpose()?;
    if let Some(kept) = &kept {
        wanted = take_kept(kept, entries, wanted, held)?;
    }
    // What several blocks have in common only their series tell, and so what they get besides.
    let has_labels = |&at: &usize| !entries[at].external_labels().is_empty();
    let rows = depth.rows || wanted.len() > 1 || kept.is_some() || wanted.iter().any(has_labels);
    let depth = Depth { rows, ..depth };
    let mut done = 0;
    let mut show = || {
        progress(&format!("{}: {done} of {} blocks", source.name(), wanted.len()));
        done += 1;
    };
    show();
    place.open(&wanted, &mut |at, opened| {
        let entry = &entries[at];
        let read = opened.and_then(|opened| match &kept {
            Some(kept) => read_and_keep(kept, entry, &opened, depth, held),
            None => read_block(entry, &opened, depth, held),
        });
        show();
        if let Err(error) = read {
            warn(&format!("error: {error:#}"));
            held.status = Status::Incomplete;
        }
    });
    progress("");
    place.told().iter().for_each(|told| warn(told));
    Ok(())
}

/// Says how many blocks do not count, and why.
fn tell_left(source: &Source, left: &[Option<Left>]) {
    let mut counts = BTreeMap::<Left, usize>::new();
    left.iter().flatten().for_each(|why| *counts.entry(*why).or_default() += 1);
    if !counts.is_empty() {
        let counts: Vec<String> =
            counts.iter().map(|(why, count)| format!("{count} {why}")).collect();
        let all = left.len();
        warn(&format!("{}: of {all} blocks left out: {}", source.name(), counts.join(", ")));
    }
}

/// Adds the censuses that were kept; the blocks that are left to be read.
fn take_kept(
    kept: &Kept,
    entries: &[Entry],
    wanted: Vec<usize>,
    held: &mut Held,
) -> anyhow::Result<Vec<usize>> {
    let mut left = Vec::new();
    for at in wanted {
        match kept.read(&entries[at]) {
            Some(saved) => held.series.add_again(saved)?,
            None => left.push(at),
        }
    }
    Ok(left)
}

/// Reads a block by itself, and keeps its census if nothing of it was missing.
fn read_and_keep(
    kept: &Kept,
    entry: &Entry,
    opened: &Opened,
    depth: Depth,
    held: &mut Held,
) -> anyhow::Result<()> {
    let mut own = held.alike();
    read_block(entry, opened, depth, &mut own)?;
    held.status = held.status.max(own.status);
    let Some(saved) = own.series.finish() else { return Ok(()) };
    if own.status == Status::Clean {
        kept.write(entry, &saved)?;
    }
    held.series.add_again(saved)
}

fn read_block(entry: &Entry, opened: &Opened, depth: Depth, held: &mut Held) -> anyhow::Result<()> {
    let named = |file: &str| format!("{}/{file}", entry.name);
    let mut notes = Notes { index: named("index"), bad: false };
    let meta = notes.or_tell(&named("meta.json"), entry.meta.clone());
    let tombstones = opened.tombstones.as_deref().map(Tombstones::parse);
    let tombstones = tombstones.and_then(|read| notes.or_tell(&named("tombstones"), read));
    let tombstones = tombstones.unwrap_or_default();
    let index = Index::open(&opened.index).map_err(|problem| {
        anyhow::anyhow!(
            "{}: {problem}; nothing of this block can be counted: {RESTORE}",
            notes.index
        )
    })?;
    let counted = count(&index, opened.parts, depth, meta.as_ref(), &tombstones, &mut notes);
    let (summary, walked) = counted
        .ok_or_else(|| anyhow::anyhow!("{}: nothing of this block can be counted", notes.index))?;
    notes.compare(meta.as_ref(), &summary, walked.as_ref());
    let known = meta.is_some();
    // A walk that took the place of a summary says no more than that.
    let told = walked.as_ref().filter(|_| depth.rows || depth.churn || !opened.parts);
    held.blocks.push(Block {
        name: entry.name.clone(),
        meta: meta.unwrap_or_default(),
        with_deletions: tombstones.series(),
        walked: told.map(|series| Walked {
            chunks: series.chunks,
            deleted: series.deleted,
            // Without the times of the block there is no churn to tell.
            churn: if known { series.churn(depth.top) } else { Churn::default() },
        }),
        summary,
    });
    if let Some(series) = walked.filter(|_| depth.rows) {
        for mut table in series.tables(held.series.rows_at_once()) {
            for (name, value) in entry.external_labels() {
                table.set_label(name, value);
            }
            held.series.add(Saved::Exact(table))?;
        }
    }
    if notes.bad {
        held.status = Status::Incomplete;
    }
    Ok(())
}

/// Sums up an index, and walks over its series where that is wanted or nothing else tells the sums.
/// Of an index in `parts` the lengths of the lists of series are not there: its series tell as much.
fn count<'a>(
    index: &Index<'a>,
    parts: bool,
    depth: Depth,
    meta: Option<&Meta>,
    tombstones: &Tombstones,
    notes: &mut Notes,
) -> Option<(Summary, Option<Series<'a>>)> {
    let summary = (!parts).then(|| index.summary(depth.top));
    let mut walked = None;
    if depth.rows || depth.churn || !matches!(summary, Some(Ok(_))) {
        let want = if depth.rows { Want::Rows } else { Want::Totals };
        let unknown = Meta::default();
        let read = index.series(want, meta.unwrap_or(&unknown), tombstones, &Unwatched);
        walked = notes.or_problem(read);
    }
    let summary = match summary.and_then(|summary| notes.or_problem(summary)) {
        Some((summary, problems)) => {
            for problem in &problems {
                notes.problem(problem);
            }
            summary
        }
        None => walked.as_ref()?.summary(depth.top),
    };
    Some((summary, walked))
}

/// What to do about a damaged block.
const RESTORE: &str = "restore the block from a backup or a replica";

/// What is wrong with a block, told as it is found.
struct Notes {
    index: String,
    bad: bool,
}

impl Notes {
    fn tell(&mut self, text: &str) {
        warn(text);
        self.bad = true;
    }

    fn problem(&mut self, problem: &Problem) {
        let index = &self.index;
        let text = format!("{index}: {problem}; the rest was counted: {RESTORE}");
        self.tell(&text);
    }

    fn or_problem<T>(&mut self, read: Result<T, Problem>) -> Option<T> {
        read.map_err(|problem| self.problem(&problem)).ok()
    }

    fn or_tell<T>(&mut self, file: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|error| self.tell(&format!("{file}: {error}; it was left out: {RESTORE}")))
            .ok()
    }

    /// Tells what the parts of a block say differently.
    fn compare(&mut self, meta: Option<&Meta>, summary: &Summary, series: Option<&Series<'_>>) {
        let index = self.index.clone();
        if let Some(series) = series {
            for problem in &series.problems {
                self.problem(problem);
            }
            if series.bad > 0 {
                self.tell(&format!("{index}: {} series cannot be read: {RESTORE}", series.bad));
            }
        }
        let told = meta.map_or(summary.series, |meta| meta.stats.num_series);
        if told != summary.series {
            let found = summary.series;
            self.tell(&format!("{index}: it has {found} series, `meta.json` says {told}"));
        }
    }
}
