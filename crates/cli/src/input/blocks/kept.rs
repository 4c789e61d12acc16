//! The censuses of single blocks that `--keep` leaves behind, so that a run goes on where another
//! ended. A block is written once: its name and what its store says of its files tell whether it is
//! still the one that was counted.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use promsieve_core::saved::{self, Saved};
use ring::digest;

use super::Entry;
use crate::output::save;
use crate::stderr::warn;

/// How the name of every file here ends.
const END: &str = ".census";

/// A directory of censuses, a file a block.
pub(crate) struct Kept {
    directory: PathBuf,
    counted: String,
}

impl Kept {
    /// The directory, made where it is missing. `counted` says how blocks are counted: a file of
    /// another way is none.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn of(directory: &Path, counted: String) -> anyhow::Result<Self> {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make the directory `{}`", directory.display()))?;
        Ok(Self { directory: directory.to_owned(), counted })
    }

    /// The census of a block, where it was kept and holds.
    pub(crate) fn read(&self, entry: &Entry) -> Option<Saved> {
        let path = self.path(entry);
        let bytes = fs::read(&path).ok()?;
        match saved::read(&bytes) {
            Ok(saved) => Some(saved),
            Err(error) => {
                warn(&format!("{}: {error}; the block is read again", path.display()));
                None
            }
        }
    }

    /// Keeps the census of a block, in place of what was kept of it before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, entry: &Entry, saved: &Saved) -> anyhow::Result<()> {
        let path = self.path(entry);
        save::save(saved, &path)?;
        let files = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let of_block = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(END) && name.split('.').next() == Some(&entry.ulid)
        };
        let old = files.map(|file| file.path()).filter(|other| *other != path && of_block(other));
        for old in old {
            fs::remove_file(&old).with_context(|| format!("cannot remove `{}`", old.display()))?;
        }
        Ok(())
    }

    /// Where the census of a block is, as its files are now.
    fn path(&self, entry: &Entry) -> PathBuf {
        let mut context = digest::Context::new(&digest::SHA256);
        let labels = entry.external_labels();
        let labels = labels.iter().flat_map(|(name, value)| [*name, *value]);
        for part in [entry.version.as_str(), &self.counted].into_iter().chain(labels) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let digest = context.finish();
        let version: String = digest.as_ref()[..8].iter().map(|it| format!("{it:02x}")).collect();
        self.directory.join(format!("{}.{version}{END}", entry.ulid))
    }
}
