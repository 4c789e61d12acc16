//! Files as they were at a revision of git.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::temporary::TemporaryDirectory;
use super::unfinished::Running;

/// Asks git about the repository that holds a directory.
///
/// # Errors
/// When git is missing, refuses, or names something that is not UTF-8.
pub(crate) fn git(directory: &Path, args: &[&str]) -> anyhow::Result<String> {
    run(&mut command(directory, args), b"")
}

fn command(directory: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(["-c", "core.quotePath=false", "-C"]).arg(directory).args(args);
    command
}

fn run(command: &mut Command, stdin: &[u8]) -> anyhow::Result<String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut git = Running::start(command).context("this needs git, which could not be started")?;
    let pipes = (git.stdin.take(), git.stdout.take(), git.stderr.take());
    let (Some(mut input), Some(output), Some(errors)) = pipes else {
        unreachable!("all three are pipes")
    };
    let (output, said) = std::thread::scope(|scope| {
        // Beside each other, or both sides would wait.
        scope.spawn(move || input.write_all(stdin));
        let said = scope.spawn(move || read(errors));
        (read(output), said.join().expect("reading does not panic"))
    });
    let status = git.wait()?;
    ensure!(status.success(), "git: {}", String::from_utf8_lossy(&said?).trim_end());
    String::from_utf8(output?).context("git names a file that is not UTF-8")
}

fn read(mut pipe: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A folder of a repository as it was at a revision; gone with this value.
#[derive(Debug)]
pub(crate) struct Checkout {
    /// Where the files are that lie in the folder now.
    folder: PathBuf,
    _temporary: TemporaryDirectory,
}

impl Checkout {
    /// Takes the folder `directory` out of its repository as it was at `revision`. The work tree and
    /// the index stay as they are.
    ///
    /// # Errors
    /// When git is missing, this is no work tree of git, or the revision is not known.
    pub(crate) fn of(revision: &str, directory: &Path) -> anyhow::Result<Self> {
        ensure!(!revision.starts_with('-'), "`{revision}` is no revision");
        let top = git(directory, &["rev-parse", "--show-toplevel"])?;
        let below = git(directory, &["rev-parse", "--show-prefix"])?;
        let (top, below) = (Path::new(top.trim_end_matches('\n')), below.trim_end_matches('\n'));
        let temporary = TemporaryDirectory::new()?;
        let index = temporary.path().join("index");
        let with_index = |args: &[&str], stdin: &[u8]| {
            run(command(top, args).env("GIT_INDEX_FILE", &index), stdin)
        };
        // As an index of its own, so that git's filters and line ends are those of the work tree.
        with_index(&["read-tree", revision], b"")?;
        let folder = if below.is_empty() { "." } else { below };
        let files = with_index(&["--literal-pathspecs", "ls-files", "-z", "--", folder], b"")?;
        let tree = temporary.path().join("tree");
        let prefix = format!("--prefix={}/", tree.display());
        with_index(&["checkout-index", "--quiet", "-z", "--stdin", &prefix], files.as_bytes())?;
        Ok(Self { folder: tree.join(below), _temporary: temporary })
    }

    /// Where the files are that lie in the folder now; nothing is there where the revision had none.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}
