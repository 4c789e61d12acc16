//! The series as Parquet: what [`Writer`] writes, [`read()`] reads, and so do other engines.

mod read;
mod write;

use std::path::{Path, PathBuf};

use anyhow::Context;
use promsieve_cli::input::Source;
use serde::{Deserialize, Serialize};

use crate::input::Input;

pub(crate) use read::{read, read_targets};
pub(crate) use write::{Partitioning, Writer};

/// Below a written directory: the files of series, and that of targets.
const SERIES: &str = "series";
const TARGETS: &str = "targets.parquet";

/// Rows that are read at once, about.
const SLICE: i64 = 1 << 20;

/// Row groups of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Slice {
    path: String,
    /// The first, and the one behind the last.
    groups: (usize, usize),
}

impl Slice {
    /// The file.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

/// What rows stand for that were counted when they were written.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Samples and duplicates, in the order of the table's metrics and rows.
    pub(crate) rows: Vec<(u64, u64)>,
}

/// The parts of the Parquet that `spec` names; none where it names something else.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn parts(spec: &str) -> anyhow::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for file in files(spec)? {
        let path = std::path::absolute(&file)?.display().to_string();
        if file.ends_with(TARGETS) {
            inputs.push(Input::Targets(path));
            continue;
        }
        let rows = read::rows_of_groups(&file)?;
        let mut start = 0;
        while start < rows.len() {
            let mut end = start;
            let mut taken = 0;
            while end < rows.len() && (end == start || taken + rows[end] <= SLICE) {
                taken += rows[end];
                end += 1;
            }
            inputs.push(Input::Parquet(Slice { path: path.clone(), groups: (start, end) }));
            start = end;
        }
    }
    Ok(inputs)
}

/// The Parquet files that `spec` names, sorted.
fn files(spec: &str) -> anyhow::Result<Vec<PathBuf>> {
    let is_parquet = |path: &Path| path.extension().is_some_and(|ending| ending == "parquet");
    let directory = Path::new(spec);
    let mut found = Vec::new();
    if directory.is_dir() {
        collect(directory, &is_parquet, &mut found)?;
    } else if is_parquet(directory) {
        let sources = Source::resolve(spec)?.into_iter();
        found.extend(sources.filter_map(|source| match source {
            Source::File(path) => Some(path),
            _ => None,
        }));
    }
    found.sort();
    Ok(found)
}

fn collect(
    directory: &Path,
    wanted: &dyn Fn(&Path) -> bool,
    found: &mut Vec<PathBuf>,
) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(directory)
        .with_context(|| format!("cannot read the directory `{}`", directory.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, wanted, found)?;
        } else if wanted(&path) {
            found.push(path);
        }
    }
    Ok(())
}
