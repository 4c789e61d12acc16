//! TSDB blocks: one, or all of a data directory. Only their indexes are read.

use std::path::{Path, PathBuf};

use promsieve_core::ingest::index::{
    Churn, Index, Meta, Problem, Series, Summary, Tombstones, Want,
};
use promsieve_core::saved::Saved;
use promsieve_core::watch::Unwatched;

use super::Held;
use crate::Status;
use crate::input::map;
use crate::input::source::Source;
use crate::stderr::warn;

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

/// Whether a source is a block, its index, or a directory that holds blocks.
pub(super) fn is_one(source: &Source) -> bool {
    !blocks(source).is_empty()
}

/// The blocks that a source names, each a source, oldest first.
pub(super) fn each(source: &Source) -> Vec<Source> {
    blocks(source).into_iter().map(Source::Directory).collect()
}

/// Reads a block, or all of a directory, oldest first.
pub(super) fn read(source: &Source, depth: Depth, held: &mut Held) -> anyhow::Result<()> {
    let blocks = blocks(source);
    anyhow::ensure!(!blocks.is_empty(), "`{}` holds no blocks", source.name());
    // What several blocks have in common only their series tell.
    let rows = depth.rows || blocks.len() > 1;
    for block in blocks {
        if let Err(error) = read_block(&block, Depth { rows, ..depth }, held) {
            warn(&format!("error: {error:#}"));
            held.status = Status::Incomplete;
        }
    }
    Ok(())
}

fn read_block(directory: &Path, depth: Depth, held: &mut Held) -> anyhow::Result<()> {
    let path = directory.join("index");
    let named = |file: &str| directory.join(file).display().to_string();
    let mut notes = Notes { index: named("index"), bad: false };
    let meta = std::fs::read_to_string(directory.join("meta.json"));
    let meta = meta.map_err(|error| error.to_string()).and_then(|text| Meta::parse(&text));
    let meta = notes.or_tell(&named("meta.json"), meta);
    let tombstones = match std::fs::read(directory.join("tombstones")) {
        Ok(bytes) => notes.or_tell(&named("tombstones"), Tombstones::parse(&bytes)),
        Err(_) => None,
    };
    let tombstones = tombstones.unwrap_or_default();
    let bytes = map::open(&path)?;
    let index = Index::open(&bytes).map_err(|problem| {
        anyhow::anyhow!(
            "{}: {problem}; nothing of this block can be counted: {RESTORE}",
            notes.index
        )
    })?;
    let summary = index.summary(depth.top);
    let mut walked = None;
    if depth.rows || depth.churn || summary.is_err() {
        let want = if depth.rows { Want::Rows } else { Want::Totals };
        let read =
            index.series(want, meta.as_ref().unwrap_or(&Meta::default()), &tombstones, &Unwatched);
        walked = notes.or_problem(read);
    }
    let summary = match (notes.or_problem(summary), &walked) {
        (Some((summary, problems)), _) => {
            for problem in &problems {
                notes.problem(problem);
            }
            summary
        }
        (None, Some(series)) => series.summary(depth.top),
        (None, None) => anyhow::bail!("{}: nothing of this block can be counted", notes.index),
    };
    notes.compare(meta.as_ref(), &summary, walked.as_ref());
    let known = meta.is_some();
    held.blocks.push(Block {
        name: directory.display().to_string(),
        meta: meta.unwrap_or_default(),
        with_deletions: tombstones.series(),
        walked: walked.as_ref().map(|series| Walked {
            chunks: series.chunks,
            deleted: series.deleted,
            // Without the times of the block there is no churn to tell.
            churn: if known { series.churn(depth.top) } else { Churn::default() },
        }),
        summary,
    });
    if let Some(series) = walked.filter(|_| depth.rows) {
        held.series.add(Saved::Exact(series.table()))?;
    }
    if notes.bad {
        held.status = Status::Incomplete;
    }
    Ok(())
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

/// The directories of the blocks that a source names, oldest first.
fn blocks(source: &Source) -> Vec<PathBuf> {
    match source {
        Source::File(path) if path.file_name().is_some_and(|name| name == "index") => path
            .parent()
            .filter(|parent| is_block(parent))
            .map(Path::to_owned)
            .into_iter()
            .collect(),
        Source::Directory(path) if is_block(path) => vec![path.clone()],
        Source::Directory(path) => {
            let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
            let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
            found.retain(|path| is_block(path) && path.extension().is_none());
            // Names are ULIDs, which start with the time.
            found.sort();
            found
        }
        Source::Stdin | Source::Url(_) | Source::File(_) => Vec::new(),
    }
}

fn is_block(directory: &Path) -> bool {
    directory.join("meta.json").is_file() && directory.join("index").is_file()
}
