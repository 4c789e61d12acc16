//! The three answers: used by whom, unused, unknown and why.

/// Whether something is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// By these, in the order of the queries; never empty.
    Used(Vec<Use>),
    /// By nobody who was given.
    Unused,
    /// Nobody is known to, but these could; never empty.
    Unknown(Vec<Use>),
}

/// One query that needs something, or could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Index of the query in [`super::Usage::queries`].
    pub query: usize,
    /// Where in the query's text, if a selector is meant.
    pub span: Option<crate::text::Span>,
    /// Why.
    pub reason: String,
}

impl Verdict {
    /// The verdict that `used` and, failing that, `unknown` give.
    pub(super) fn of(used: Vec<Use>, unknown: Vec<Use>) -> Self {
        match (used.is_empty(), unknown.is_empty()) {
            (false, _) => Self::Used(used),
            (true, false) => Self::Unknown(unknown),
            (true, true) => Self::Unused,
        }
    }

    /// The word used in outputs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Used(_) => "used",
            Self::Unused => "unused",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Whether it is surely needed by nobody who was given.
    pub fn is_unused(&self) -> bool {
        matches!(self, Self::Unused)
    }
}
