//! Heads of servers and agents: a data directory, its `wal`, or one segment.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use promsieve_core::ingest::wal::{HeadCounts, Part, Replay, ReplayOptions, Replayed};
use promsieve_core::saved::Saved;

use super::Held;
use crate::Status;
use crate::input::bytes::PIECE;
use crate::input::source::Source;
use crate::stderr::warn;

/// What a log told of a head besides its series.
pub(crate) struct Head {
    /// The source's name.
    pub(crate) name: String,
    /// The number of the checkpoint that was read.
    pub(crate) checkpoint: Option<u64>,
    /// Segments that were found, those of the checkpoint and of `wbl` included.
    pub(crate) segments: u64,
    /// Segments behind a broken record.
    pub(crate) skipped_segments: u64,
    pub(crate) counts: HeadCounts,
}

/// The files of a head, in the order in which they are read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Files {
    chunks: Vec<PathBuf>,
    checkpoint: Option<u64>,
    segments: Vec<(Part, PathBuf)>,
    min_valid_time: Option<i64>,
}

/// Whether a directory holds a log or is one, or a file has a segment's name.
pub(super) fn is_one(source: &Source) -> bool {
    match source {
        Source::Directory(directory) => {
            directory.join("wal").is_dir() || is_log(&list(directory).unwrap_or_default())
        }
        Source::File(path) => number(path, "").is_some(),
        Source::Stdin | Source::Url(_) | Source::Bucket(_) => false,
    }
}

/// Replays a log as a server would.
pub(super) fn read(source: &Source, held: &mut Held) -> anyhow::Result<()> {
    let files = match source {
        Source::Directory(directory) => find(directory)?,
        Source::File(path) => {
            Files { segments: vec![(Part::Log, path.clone())], ..Files::default() }
        }
        Source::Stdin | Source::Url(_) | Source::Bucket(_) => {
            anyhow::bail!("`{}` is no log: name a directory or a segment", source.name())
        }
    };
    anyhow::ensure!(!files.segments.is_empty(), "`{}` holds no segments of a log", source.name());
    let mut replay = Replay::new(options(&files));
    for path in &files.chunks {
        let bytes = std::fs::read(path).with_context(|| cannot_read(path))?;
        replay.chunks(&path.display().to_string(), &bytes);
    }
    for (part, path) in &files.segments {
        read_segment(&mut replay, *part, path)?;
    }
    let Replayed { table, counts, faults, skipped_segments } = replay.finish();
    for fault in &faults {
        warn(&format!(
            "{}: byte {}: {}; {}",
            fault.file, fault.offset, fault.what, fault.consequence
        ));
        // A crash leaves a torn record behind, and nothing that was committed is lost with it.
        if !fault.torn {
            held.status = Status::Incomplete;
        }
    }
    let (checkpoint, segments) = (files.checkpoint, files.segments.len() as u64);
    held.series.add(Saved::Exact(table))?;
    held.heads.push(Head { name: source.name(), checkpoint, segments, skipped_segments, counts });
    Ok(())
}

fn options(files: &Files) -> ReplayOptions {
    let default = ReplayOptions::default();
    ReplayOptions {
        min_valid_time: files.min_valid_time.unwrap_or(default.min_valid_time),
        ..default
    }
}

fn read_segment(replay: &mut Replay, part: Part, path: &Path) -> anyhow::Result<()> {
    let mut wanted = replay.start_segment(part, &path.display().to_string());
    let mut file = File::open(path).with_context(|| cannot_read(path))?;
    let mut piece = vec![0; PIECE];
    while wanted {
        let length = file.read(&mut piece).with_context(|| cannot_read(path))?;
        if length == 0 {
            break;
        }
        wanted = replay.feed(&piece[..length]);
    }
    replay.end_segment();
    Ok(())
}

/// The files of the head in a data directory or in a log's own.
fn find(directory: &Path) -> anyhow::Result<Files> {
    let log = directory.join("wal");
    if !log.is_dir() {
        return find_log(directory, Files::default());
    }
    let mut files = Files { min_valid_time: blocks_end(directory)?, ..Files::default() };
    let chunks = directory.join("chunks_head");
    if chunks.is_dir() {
        files.chunks = numbered(&list(&chunks)?, "").into_iter().map(|(_, path)| path).collect();
    }
    if list(directory)?.iter().any(|path| number(path, "chunk_snapshot.").is_some()) {
        warn(&format!(
            "{}: its chunk snapshot is not read: series whose samples stand in it alone are \
             missing",
            directory.display()
        ));
    }
    let mut files = find_log(&log, files)?;
    let late = directory.join("wbl");
    if late.is_dir() {
        let late = numbered(&list(&late)?, "").into_iter();
        files.segments.extend(late.map(|(_, path)| (Part::LateLog, path)));
    }
    Ok(files)
}

/// The newest checkpoint and the segments behind it.
fn find_log(log: &Path, mut files: Files) -> anyhow::Result<Files> {
    let paths = list(log)?;
    let checkpoint = numbered(&paths, "checkpoint.").pop();
    if let Some((number, path)) = &checkpoint {
        files.checkpoint = Some(*number);
        let segments = numbered(&list(path)?, "").into_iter();
        files.segments.extend(segments.map(|(_, path)| (Part::Checkpoint, path)));
    }
    let first = files.checkpoint.map_or(0, |number| number + 1);
    let mut expected = first;
    for (number, path) in numbered(&paths, "").into_iter().filter(|(it, _)| *it >= first) {
        if number != expected {
            let missing = log.join(format!("{expected:08}"));
            warn(&format!(
                "{} is missing: a server does not start without it; the rest was counted",
                missing.display()
            ));
        }
        expected = number + 1;
        files.segments.push((Part::Log, path));
    }
    Ok(files)
}

/// Where the newest block ends that was not made of late samples, milliseconds since the epoch.
fn blocks_end(directory: &Path) -> anyhow::Result<Option<i64>> {
    let metas = list(directory)?.into_iter().map(|path| path.join("meta.json"));
    let end = |path: PathBuf| {
        let meta: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
        let hints = meta["compaction"]["hints"].as_array().into_iter().flatten();
        let late = hints.into_iter().any(|hint| hint == "from-out-of-order");
        meta["maxTime"].as_i64().filter(|_| !late)
    };
    Ok(metas.filter_map(end).max())
}

fn is_log(paths: &[PathBuf]) -> bool {
    paths.iter().any(|path| number(path, "").or(number(path, "checkpoint.")).is_some())
}

/// The paths whose names are `prefix` and a number, by number.
fn numbered(paths: &[PathBuf], prefix: &str) -> Vec<(u64, PathBuf)> {
    let mut found: Vec<(u64, PathBuf)> =
        paths.iter().filter_map(|path| Some((number(path, prefix)?, path.clone()))).collect();
    found.sort();
    found
}

/// The number in a name such as `00000012` or `checkpoint.00000011`, of at least six digits, as
/// servers write them.
fn number(path: &Path, prefix: &str) -> Option<u64> {
    let digits = path.file_name()?.to_str()?.strip_prefix(prefix)?;
    let is_number = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

fn list(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(directory)
        .with_context(|| format!("cannot read the directory `{}`", directory.display()))?;
    Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read `{}`", path.display())
}
