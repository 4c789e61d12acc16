//! `--new-from REV`: findings on lines, or in steps, that git says have changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use promsieve_core::finding::Finding;
use promsieve_core::text::{Location, Sources};

use crate::input::config::Loaded;
use crate::input::git::git;

/// Changed lines by file, first and last, counted from one; a new file is one range to its end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes(BTreeMap<PathBuf, Vec<(u32, u32)>>);

/// Leaves the findings that touch a change since `revision`.
///
/// # Errors
/// When git is missing, this is no work tree of git, or the revision is not known.
pub(super) fn only_new(
    revision: &str,
    projects: &[Loaded],
    all: &mut [Vec<Finding>],
) -> anyhow::Result<()> {
    ensure!(!revision.starts_with('-'), "`{revision}` is no revision");
    let mut by_directory: BTreeMap<PathBuf, Changes> = BTreeMap::new();
    for (loaded, findings) in projects.iter().zip(all) {
        let mut kept = Vec::new();
        for finding in findings.drain(..) {
            let Some(at) = finding.location else { continue };
            let name = loaded.sources.file(at.file).name();
            let Ok(path) = std::fs::canonicalize(name) else {
                // Nothing says what was there before: stdin, or a URL.
                kept.push(finding);
                continue;
            };
            let directory = path.parent().unwrap_or(Path::new("/")).to_owned();
            if !by_directory.contains_key(&directory) {
                by_directory.insert(directory.clone(), Changes::read(&directory, revision)?);
            }
            let whole = step(loaded, &finding).unwrap_or(at);
            if by_directory[&directory].touch(&path, lines(&loaded.sources, whole)) {
                kept.push(finding);
            }
        }
        *findings = kept;
    }
    Ok(())
}

/// The whole step that a finding is about.
fn step(loaded: &Loaded, finding: &Finding) -> Option<Location> {
    let at = finding.location?;
    let steps = loaded.project.chains().flat_map(|(_, chain)| &chain.steps);
    let mut items = steps.map(|step| step.spans.item);
    items.find(|item| item.file == at.file && item.span.contains(at.span))
}

fn lines(sources: &Sources, at: Location) -> (u32, u32) {
    let file = sources.file(at.file);
    let last = at.span.end.max(at.span.start + 1) - 1;
    (file.position(at.span.start).line, file.position(last).line)
}

impl Changes {
    fn read(directory: &Path, revision: &str) -> anyhow::Result<Self> {
        let top = git(directory, &["rev-parse", "--show-toplevel"])?;
        let top = PathBuf::from(top.trim_end());
        let args = ["diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-renames"];
        let diff = git(directory, &[&args[..], &[revision, "--", "."]].concat())?;
        let mut changes = Self::parse(&diff, &top);
        let others =
            git(directory, &["ls-files", "--others", "--exclude-standard", "--full-name"])?;
        for name in others.lines() {
            changes.0.insert(top.join(name), vec![(1, u32::MAX)]);
        }
        Ok(changes)
    }

    /// The lines that a diff without context puts into each file.
    fn parse(diff: &str, top: &Path) -> Self {
        let mut changes = Self::default();
        let mut file: Option<PathBuf> = None;
        for line in diff.lines() {
            if let Some(name) = line.strip_prefix("+++ ") {
                file = name.trim_end().strip_prefix("b/").map(|name| top.join(name));
            } else if let Some(range) = line.strip_prefix("@@ ").and_then(added)
                && let Some(file) = &file
            {
                changes.0.entry(file.clone()).or_default().push(range);
            }
        }
        changes
    }

    fn touch(&self, path: &Path, (first, last): (u32, u32)) -> bool {
        let ranges = self.0.get(path).map_or(&[][..], Vec::as_slice);
        // Of lines that are gone `to` is the one before and `from` the one after: they count where
        // both belong to it.
        ranges.iter().any(|&(from, to)| from <= last && first <= to)
    }
}

/// The range behind `+` in `-3,2 +3,4 @@`: first and last line; `last` is before `first` when lines
/// were only taken away.
fn added(hunk: &str) -> Option<(u32, u32)> {
    let (_, rest) = hunk.split_once('+')?;
    let (range, _) = rest.split_once(' ')?;
    let (start, count) = range.split_once(',').unwrap_or((range, "1"));
    let (start, count): (u32, u32) = (start.parse().ok()?, count.parse().ok()?);
    Some(if count == 0 { (start + 1, start) } else { (start, start + count - 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_say_which_lines_are_new() {
        let diff = "diff --git a/p.yml b/p.yml\n--- a/p.yml\n+++ b/p.yml\n@@ -3 +3,2 @@ x\n-a\n\
                    +b\n+c\n@@ -9,2 +10,0 @@\n-y\n-z\n--- a/q\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
        let changes = Changes::parse(diff, Path::new("/r"));
        let path = Path::new("/r/p.yml");
        assert_eq!(changes.0[path], [(3, 4), (11, 10)]);
        assert_eq!(changes.0.len(), 1);
        for (lines, touched) in
            [((1, 2), false), ((4, 9), true), ((10, 11), true), ((11, 12), false), ((5, 10), false)]
        {
            assert_eq!(changes.touch(path, lines), touched, "{lines:?}");
        }
    }
}
