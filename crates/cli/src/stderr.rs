//! Everything that is said and is no result.

use std::io::{self, Write};

/// Says something on stderr that is no result.
pub(crate) fn warn(text: &str) {
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
