//! What we say about an input: a finding as plain data, with its evidence and its fix.

mod fix;

pub use fix::{Applicability, Edit, Fix};

use crate::text::Location;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Advice.
    Info,
    /// Provably without effect, or not what it says.
    Warning,
    /// Prometheus rejects it, or it provably loses or merges series that it should not.
    Error,
}

impl Severity {
    /// The lower-case word used in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a finding rests on. An error or a warning is never shown without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// This server version refuses the file; holds the server's own words.
    Server(String),
    /// Automata or replay, with a witness.
    Proof(String),
    /// Counts from samples.
    Data(String),
    /// Queries that need what is touched.
    Usage(String),
    /// None: allowed for [`Severity::Info`] only.
    None,
}

impl Evidence {
    /// The value of `evidence_kind` in JSON.
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Server(_) => Some("server"),
            Self::Proof(_) => Some("proof"),
            Self::Data(_) => Some("data"),
            Self::Usage(_) => Some("usage"),
            Self::None => None,
        }
    }

    /// The words of the evidence.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Server(text) | Self::Proof(text) | Self::Data(text) | Self::Usage(text) => {
                Some(text)
            }
            Self::None => None,
        }
    }
}

/// The stable identity of a kind of finding: `RL001` and `unreachable-step`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId {
    /// Two letters and three digits, never reused.
    pub code: &'static str,
    /// Kebab-case, names the problem.
    pub name: &'static str,
}

/// Another place that explains the finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub location: Location,
    /// What is there.
    pub label: String,
}

/// Which part of a configuration a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// The scrape job's name.
    pub job: Option<String>,
    /// The chain's path, such as `scrape_configs[job=app].metric_relabel_configs`.
    pub chain: Option<String>,
    /// Zero-based index of the step in its chain.
    pub step: Option<usize>,
}

/// One thing to tell the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule says so.
    pub rule: RuleId,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, code in backticks, no full stop.
    pub message: String,
    /// What it does to the server, with its blast radius.
    pub consequence: Option<String>,
    /// What to do about it, in the imperative.
    pub remedy: Option<String>,
    /// Where; `None` only when the input has no text (a live server).
    pub location: Option<Location>,
    /// Places that explain it.
    pub related: Vec<Related>,
    /// What it rests on.
    pub evidence: Evidence,
    /// What it is about.
    pub subject: Subject,
    /// How to mend it.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding with only the parts that each one has.
    pub fn new(rule: RuleId, severity: Severity, location: Location, message: String) -> Self {
        Self {
            rule,
            severity,
            message,
            consequence: None,
            remedy: None,
            location: Some(location),
            related: Vec::new(),
            evidence: Evidence::None,
            subject: Subject::default(),
            fix: None,
        }
    }

    /// With its evidence.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = evidence;
        self
    }

    /// With what it does to the server.
    #[must_use]
    pub fn consequence(mut self, text: impl Into<String>) -> Self {
        self.consequence = Some(text.into());
        self
    }

    /// With what to do about it.
    #[must_use]
    pub fn remedy(mut self, text: impl Into<String>) -> Self {
        self.remedy = Some(text.into());
        self
    }

    /// With another place that explains it.
    #[must_use]
    pub fn related(mut self, location: Location, label: impl Into<String>) -> Self {
        self.related.push(Related { location, label: label.into() });
        self
    }

    /// With what it is about.
    #[must_use]
    pub fn subject(mut self, subject: Subject) -> Self {
        self.subject = subject;
        self
    }

    /// With a way to mend it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}
