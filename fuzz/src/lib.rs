//! Fuzz targets as plain functions, their corpus, and a seeded mutator.

pub mod mutate;
mod readers;
mod targets;

#[cfg(test)]
mod tests;

pub use targets::{TARGETS, Target};

use std::path::{Path, PathBuf};
use std::{fs, io};

use mutate::Mutator;

/// Where the committed inputs of a target lie.
pub fn corpus_dir(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name)
}

/// The committed inputs of a target, sorted by name.
///
/// # Errors
/// When the target has no readable corpus.
pub fn corpus(target: &Target) -> io::Result<Vec<Vec<u8>>> {
    let entries = fs::read_dir(corpus_dir(target))?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    files.sort();
    files.iter().map(fs::read).collect()
}

/// Runs a target over its corpus and then over mutations of it for as long as `more` says, with the
/// number of inputs so far. The input of a panic is handed to `last` before it is run.
///
/// # Errors
/// When the target has no readable corpus.
pub fn run(
    target: &Target,
    seed: u64,
    mut more: impl FnMut(u64) -> bool,
    mut last: impl FnMut(&[u8]),
) -> io::Result<u64> {
    let corpus = corpus(target)?;
    for input in &corpus {
        last(input);
        (target.run)(input);
    }
    let mut mutator = Mutator::new(seed);
    let mut input = Vec::new();
    let mut runs = corpus.len() as u64;
    while more(runs) {
        mutator.mutate(&corpus, &mut input);
        last(&input);
        (target.run)(&input);
        runs += 1;
    }
    Ok(runs)
}
