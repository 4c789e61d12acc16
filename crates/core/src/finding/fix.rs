//! How to mend a finding: byte-range edits with a stated safety.

use crate::text::{FileId, Span};

/// Whether a fix may be applied without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    /// Relabeling stays the same for every series; proven by replay.
    Safe,
    /// What is stored may change: only on request.
    Unsafe,
}

/// Replaces the bytes of `span` in `file` by `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The file to change.
    pub file: FileId,
    /// The bytes to replace; empty to insert.
    pub span: Span,
    /// What to put there.
    pub text: String,
}

/// A set of edits that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative.
    pub title: String,
    /// Whether it may be applied without being asked.
    pub applicability: Applicability,
    /// The edits, which do not overlap.
    pub edits: Vec<Edit>,
}
