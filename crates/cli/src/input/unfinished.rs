//! What an interrupted run leaves nothing of: files half written, directories of its own, and
//! processes that write into these.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Result;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// Everything that is unfinished, by its number.
static UNFINISHED: Mutex<Things> = Mutex::new(Things { next: 0, things: BTreeMap::new() });

struct Things {
    next: u64,
    things: BTreeMap<u64, Thing>,
}

enum Thing {
    File(PathBuf),
    Directory(PathBuf),
    Process(Child),
}

/// Something that goes when the process is interrupted while this value lives.
#[derive(Debug)]
pub(super) struct Unfinished(u64);

impl Unfinished {
    /// A file, once `make` has made it.
    ///
    /// # Errors
    /// Those of `make`.
    pub(super) fn file(path: &Path, make: impl FnOnce() -> Result<File>) -> Result<(Self, File)> {
        let mut things = lock();
        let file = make()?;
        Ok((things.add(Thing::File(path.to_owned())), file))
    }

    /// A directory, once `make` has made it.
    ///
    /// # Errors
    /// Those of `make`.
    pub(super) fn directory(path: &Path, make: impl FnOnce() -> Result<()>) -> Result<Self> {
        let mut things = lock();
        make()?;
        Ok(things.add(Thing::Directory(path.to_owned())))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        lock().things.remove(&self.0);
    }
}

/// A process that ends with this one, and its pipes.
pub(super) struct Running {
    unfinished: Unfinished,
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let mut things = lock();
        let mut child = command.spawn()?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        Ok(Self { unfinished: things.add(Thing::Process(child)), stdin, stdout, stderr })
    }

    /// Waits for its end; to be called once its outputs have ended.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(super) fn wait(self) -> Result<ExitStatus> {
        let thing = lock().things.remove(&self.unfinished.0);
        let Some(Thing::Process(mut child)) = thing else {
            unreachable!("only the owner takes it out")
        };
        child.wait()
    }
}

impl Things {
    fn add(&mut self, thing: Thing) -> Unfinished {
        let number = self.next;
        self.next += 1;
        self.things.insert(number, thing);
        Unfinished(number)
    }

    /// Ends the processes, then removes what is on disk. What cannot be removed stays.
    fn remove(&mut self) {
        for thing in self.things.values_mut() {
            if let Thing::Process(child) = thing {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
        for thing in self.things.values() {
            let _ = match thing {
                Thing::File(path) => fs::remove_file(path),
                Thing::Directory(path) => fs::remove_dir_all(path),
                Thing::Process(_) => Ok(()),
            };
        }
    }
}

/// What is unfinished, to be added to or taken from: whoever makes a thing holds it until the thing
/// is in, so that no signal comes between. From the first time on, signals are waited for.
fn lock() -> MutexGuard<'static, Things> {
    static WAITS: Once = Once::new();
    WAITS.call_once(wait_for_signals);
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for SIGINT and SIGTERM in a thread of its own, removes what is unfinished, and ends the
/// process as the signal would have.
#[cfg(unix)]
fn wait_for_signals() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    // Where the system refuses, a signal ends the process at once, as it does without this.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Held until the end: nobody makes anything new, or tells of what is gone.
            let mut things = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
            things.remove();
            let _ = emulate_default_handler(signal);
        }
    });
}

#[cfg(not(unix))]
fn wait_for_signals() {}
