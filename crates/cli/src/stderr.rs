//! Everything that is said and is no result.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the latest line is one of progress, and the next one takes its place.
static IS_PROGRESS: AtomicBool = AtomicBool::new(false);

/// What goes back to the start of a line and empties it.
const EMPTY_LINE: &str = "\r\x1b[K";

/// Says something on stderr that is no result.
pub(crate) fn warn(text: &str) {
    let start = if IS_PROGRESS.swap(false, Ordering::Relaxed) { EMPTY_LINE } else { "" };
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{start}{text}");
}

/// Shows on a terminal how far long work is, until something else is said; "" once it is done.
pub(crate) fn progress(text: &str) {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr().lock(), "{EMPTY_LINE}{text}");
        IS_PROGRESS.store(!text.is_empty(), Ordering::Relaxed);
    }
}
