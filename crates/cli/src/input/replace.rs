//! Files written whole or not at all: beside the old one, then renamed over it.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, ensure};

use super::unfinished::Unfinished;

/// Writes a file, so that no reader ever sees half of it.
///
/// # Errors
/// When it cannot be written; the old one is then as it was.
pub(crate) fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    write_new_with(path, |file| Ok(file.write_all(text.as_bytes())?))
}

/// Writes a file piece by piece, so that no reader ever sees half of it.
///
/// # Errors
/// When it cannot be written, or what `write` gives; the old one is then as it was.
pub(crate) fn write_new_with(
    path: &Path,
    write: impl FnOnce(&mut File) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // A link stays a link: what it leads to is replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().context("this is no file")?.to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.promsieve", std::process::id()));
    let written = write_beside(&beside, path, write);
    if written.is_err() {
        // Nothing was there before, so nothing of the user's goes.
        let _ = fs::remove_file(&beside);
    }
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

fn write_beside(
    beside: &Path,
    path: &Path,
    write: impl FnOnce(&mut File) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let make = || match File::create_new(beside) {
        // In a container every process has the same number: an earlier one was killed as it wrote.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(beside)?;
            File::create_new(beside)
        }
        created => created,
    };
    let (_unfinished, mut file) = Unfinished::file(beside, make)?;
    write(&mut file)?;
    if let Ok(old) = fs::metadata(path) {
        fs::set_permissions(beside, old.permissions())?;
    }
    file.sync_all()?;
    Ok(fs::rename(beside, path)?)
}

/// Replaces a file that was read as `before`.
///
/// # Errors
/// When it has changed since, or cannot be written.
pub(crate) fn replace(path: &Path, before: &str, after: &str) -> anyhow::Result<()> {
    let now = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    ensure!(
        now == before.as_bytes(),
        "`{}` has changed while it was looked at: run it again",
        path.display()
    );
    write_new(path, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_in_nobodys_way() {
        let directory = std::env::temp_dir();
        let name = format!("promsieve-replace-{}", std::process::id());
        let left = directory.join(format!(".{name}.{}.promsieve", std::process::id()));
        fs::write(&left, "half").unwrap();
        let path = directory.join(&name);
        write_new(&path, "whole").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        assert!(!left.exists());
        fs::remove_file(&path).unwrap();
    }
}
