//! A directory that nobody else reads and that goes with the value.

use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::unfinished::Unfinished;

/// An empty directory at first; removed when dropped, or when the process is interrupted.
#[derive(Debug)]
pub(crate) struct TemporaryDirectory {
    path: PathBuf,
    _unfinished: Unfinished,
}

impl TemporaryDirectory {
    /// Makes one below the system's directory for such.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let below = std::env::temp_dir();
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        for number in 0_u32.. {
            let path = below.join(format!("promsieve-{}-{number}", std::process::id()));
            match Unfinished::directory(&path, || builder.create(&path)) {
                Ok(unfinished) => return Ok(Self { path, _unfinished: unfinished }),
                // Of this process, or of an earlier one with its number.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot make `{}`", path.display()));
                }
            }
        }
        anyhow::bail!("no name is left for a directory in `{}`", below.display())
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        // What cannot be removed is the system's to remove.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
