//! Blocks in a directory of a file system.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use promsieve_core::ingest::index::Meta;

use super::{Entry, Opened, Place};
use crate::input::map;
use crate::input::source::Source;

/// One block, or all of a data directory.
pub(crate) struct Directory {
    paths: Vec<PathBuf>,
    entries: Vec<Entry>,
}

impl Directory {
    /// Those that a source names.
    pub(crate) fn of(source: &Source) -> Self {
        let paths = blocks(source);
        let entries = paths.iter().map(|path| entry(path)).collect();
        Self { paths, entries }
    }

    /// Whether a source is a block, its index, or a directory that holds blocks.
    pub(crate) fn holds(source: &Source) -> bool {
        !blocks(source).is_empty()
    }
}

impl Place for Directory {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn open(&self, wanted: &[usize], each: &mut dyn FnMut(usize, anyhow::Result<Opened>)) {
        for &at in wanted {
            let path = &self.paths[at];
            let opened = map::open(&path.join("index")).map(|index| Opened {
                index,
                parts: false,
                tombstones: fs::read(path.join("tombstones")).ok(),
                _held: Box::new(()),
            });
            each(at, opened);
        }
    }

    fn told(&self) -> Option<String> {
        None
    }
}

fn entry(path: &Path) -> Entry {
    let meta = fs::read_to_string(path.join("meta.json"));
    Entry {
        name: path.display().to_string(),
        ulid: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        tenant: None,
        meta: meta.map_err(|error| error.to_string()).and_then(|text| Meta::parse(&text)),
        marked: path.join("deletion-mark.json").is_file(),
        version: ["index", "tombstones", "meta.json"]
            .map(|file| version(&path.join(file)))
            .join(" "),
    }
}

/// Size and time of a file, where there is one.
fn version(path: &Path) -> String {
    let Ok(file) = fs::metadata(path) else { return String::new() };
    let time = file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("{}-{}", file.len(), time.unwrap_or_default().as_nanos())
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
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
            found.retain(|path| is_block(path) && path.extension().is_none());
            // Names are ULIDs, which start with the time.
            found.sort();
            found
        }
        Source::Stdin | Source::Url(_) | Source::File(_) | Source::Bucket(_) => Vec::new(),
    }
}

fn is_block(directory: &Path) -> bool {
    directory.join("meta.json").is_file() && directory.join("index").is_file()
}
