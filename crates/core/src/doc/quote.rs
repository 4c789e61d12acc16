//! Quoting.
