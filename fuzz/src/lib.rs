//! Fuzz targets as plain functions, their corpus, and a seeded mutator.

pub mod mutate;
mod readers;
mod seal;
mod seeds;
mod targets;

#[cfg(test)]
mod tests;

pub use targets::{TARGETS, Target};

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Result, ensure};

use mutate::Mutator;

/// Where the committed inputs of a target lie.
pub fn corpus_dir(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name)
}

/// The inputs that a target starts from: its committed files, sorted by name, and what is written
/// for it.
///
/// # Errors
/// When its files cannot be read, or there is nothing at all.
pub fn corpus(target: &Target) -> Result<Vec<Vec<u8>>> {
    let mut inputs = seeds::seeds(target.name)?;
    let directory = corpus_dir(target);
    if directory.is_dir() {
        let entries = fs::read_dir(directory)?;
        let mut files: Vec<PathBuf> =
            entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        files.sort();
        for file in files {
            inputs.push(fs::read(file)?);
        }
    }
    ensure!(!inputs.is_empty(), "{} has no inputs", target.name);
    Ok(inputs)
}

/// Runs a target over its corpus and then over mutations of it for as long as `more` says, with the
/// number of inputs so far. The input of a panic is handed to `last` before it is run.
///
/// # Errors
/// When the target has no corpus.
pub fn run(
    target: &Target,
    seed: u64,
    mut more: impl FnMut(u64) -> bool,
    mut last: impl FnMut(&[u8]),
) -> Result<u64> {
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
