//! Progress and cancellation of long work, seen from inside: core never prints or waits.

/// Told how far long work is, and asked whether to go on.
pub trait Watch: Sync {
    /// `done` of about `total` units (bytes or series, as the caller of the work documents).
    fn progress(&self, done: u64, total: u64);

    /// Whether the work should stop at its next convenient place.
    fn cancelled(&self) -> bool;
}

/// Watches nothing and never cancels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn progress(&self, _done: u64, _total: u64) {}

    fn cancelled(&self) -> bool {
        false
    }
}
