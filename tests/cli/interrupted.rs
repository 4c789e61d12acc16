//! Interrupted at any moment: every file is the old or the new one, whole, and nothing is left over.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use promsieve_lab::real::TempDir;

use super::revisions::repository;
use super::spawn_with;

/// Moments spread over a run, at which it is interrupted.
const MOMENTS: u32 = 12;

/// Files by their path in a directory.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A directory to start from, what is run there, and the folder that it may change.
struct Case<'a> {
    start: fn() -> TempDir,
    args: &'a [&'a str],
    folder: &'a str,
}

impl Case<'_> {
    /// Runs it to the end, then again and again with an interrupt at other moments.
    #[track_caller]
    fn check(&self) {
        let (old, new, duration) = self.whole();
        let mut interrupted = 0;
        for moment in 0..MOMENTS {
            let dir = (self.start)();
            let signal = ["INT", "TERM"][moment as usize % 2];
            let status = self.run(&dir, Some((duration * moment / MOMENTS, signal)));
            interrupted +=
                u32::from(status.signal().is_some_and(|signal| [2, 15].contains(&signal)));
            for (path, bytes) in files(&dir.path().join(self.folder)) {
                let is_either = [&old, &new].iter().any(|whole| whole.get(&path) == Some(&bytes));
                assert!(is_either, "{:?}, SIG{signal}: {path:?} is not whole", self.args);
            }
            let left = files(&dir.path().join("tmp"));
            assert!(left.is_empty(), "{:?}, SIG{signal} leaves {:?}", self.args, left.keys());
        }
        // That at the start comes before the end.
        assert!(interrupted > 0, "{:?} was never interrupted", self.args);
    }

    /// The files before and after a whole run, and how long it takes.
    fn whole(&self) -> (Files, Files, Duration) {
        let dir = (self.start)();
        let folder = dir.path().join(self.folder);
        let old = files(&folder);
        let start = Instant::now();
        let status = self.run(&dir, None);
        let duration = start.elapsed();
        assert!(matches!(status.code(), Some(0 | 1)), "{:?}: {status}", self.args);
        (old, files(&folder), duration)
    }

    /// Runs it with a temporary directory of its own.
    fn run(&self, dir: &TempDir, interrupt: Option<(Duration, &str)>) -> std::process::ExitStatus {
        let temporary = dir.path().join("tmp");
        fs::create_dir(&temporary).unwrap();
        let path = std::env::var("PATH").unwrap();
        let variables = [("PATH", path.as_str()), ("TMPDIR", temporary.to_str().unwrap())];
        let child = spawn_with(dir.path(), self.args, &variables);
        if let Some((after, signal)) = interrupt {
            std::thread::sleep(after);
            let pid = child.id().to_string();
            // It may have ended meanwhile.
            Command::new("kill").args([&format!("-{signal}"), &pid]).output().unwrap();
        }
        child.wait_with_output().unwrap().status
    }
}

fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).into_iter().flatten() {
            let path = entry.unwrap().path();
            // An empty directory is a thing left over, too.
            let bytes = if path.is_dir() { Vec::new() } else { fs::read(&path).unwrap() };
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
        }
    }
    found
}

/// Some thousand series, configurations with something to mend, and an old output.
fn inputs() -> TempDir {
    let dir = TempDir::new("interrupted").unwrap();
    let series = (0..20_000).map(|at| format!("requests_total{{user_id=\"user-{at}\"}} 1\n"));
    dir.write("scrapes/job/a.prom", series.collect::<String>()).unwrap();
    for number in 0..40 {
        let config = "scrape_configs:\n- job_name: a\n  metric_relabel_configs:\n  - \
                      {source_labels: [__name__], regex: ^a$, action: drop}\n";
        dir.write(&format!("out/{number}.yml"), config).unwrap();
    }
    dir.write("out/series.csv.zst", "old").unwrap();
    dir.write("out/page.html", "old").unwrap();
    dir
}

#[test]
fn a_saved_census_is_old_or_new() {
    for file in ["out/series.csv.zst", "out/all.census"] {
        let args = &["census", "scrapes", "--summary", "--save", file];
        Case { start: inputs, args, folder: "out" }.check();
    }
}

#[test]
fn a_mended_file_is_old_or_new() {
    let args = &["lint", "--fix", "out"];
    let case = Case { start: inputs, args, folder: "out" };
    let (old, new, _) = case.whole();
    assert!(old != new, "there is something to mend");
    case.check();
}

#[test]
fn a_page_is_old_or_new() {
    let args = &["review", "scrapes", "--html", "out/page.html"];
    Case { start: inputs, args, folder: "out" }.check();
}

#[test]
fn no_checkout_is_left() {
    let args =
        &["diff", "--base", "HEAD", "monitoring/prometheus.yml", "--with", "samples/scrapes"];
    Case { start: repository, args, folder: "monitoring" }.check();
}
