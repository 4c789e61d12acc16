//! Where the public configurations, rules and dashboards are that some tests read: they are not ours
//! to copy, so they lie beside the workspace.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The directory that `PROMSIEVE_CORPUS` names, or `../shared/corpus` beside the workspace; `None`,
/// said on stdout, where it is absent.
pub fn dir() -> Option<PathBuf> {
    let named = std::env::var_os("PROMSIEVE_CORPUS").map(PathBuf::from);
    let path = named.unwrap_or_else(|| xtask::workspace().join("../shared/corpus"));
    if path.is_dir() {
        return Some(path);
    }
    let _ = writeln!(std::io::stdout(), "skipped: no corpus");
    None
}

/// The files below `folder` of the corpus whose names end so, in order; all with no ending given,
/// none without a corpus.
pub fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    if let Some(dir) = dir() {
        collect(&dir.join(folder), endings, &mut paths);
        assert!(!paths.is_empty(), "the corpus holds no {folder}");
    }
    paths
}

/// The texts of [`files`], those that are UTF-8.
pub fn texts(folder: &str, endings: &[&str]) -> Vec<String> {
    let paths = files(folder, endings);
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

fn collect(dir: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, endings, found);
        } else if endings.is_empty()
            || endings.iter().any(|ending| path.to_string_lossy().ends_with(ending))
        {
            found.push(path);
        }
    }
}
