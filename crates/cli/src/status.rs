//! How a run ended, as its exit status.

use std::process::ExitCode;

/// The exit status of a command that could do its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Status {
    /// Nothing to say: 0.
    #[default]
    Clean,
    /// Findings at or above `--fail-on`, or over budget: 1.
    Findings,
    /// Some input could not be read; the rest was processed: 2.
    Incomplete,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Clean => 0,
            Status::Findings => 1,
            Status::Incomplete => 2,
        })
    }
}
