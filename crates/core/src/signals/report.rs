//! The table of cells: what is given, by what, and what the chains leave of it.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use super::giver::Giver;
use crate::packs::Cell;

/// Every cell, in the order of the layers.
#[derive(Debug, Clone)]
pub struct Report {
    /// The cells.
    pub cells: Vec<CellReport>,
}

/// One cell.
#[derive(Debug, Clone)]
pub struct CellReport {
    /// Which.
    pub cell: &'static Cell,
    /// Whether the data gives it.
    pub state: State,
    /// The ways to it of exporters whose series are at hand.
    pub givers: Vec<GiverReport>,
    /// The ways to it of other exporters.
    pub elsewhere: Vec<&'static Giver>,
}

/// Whether a cell is given before the metric chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is.
    Present,
    /// It is, and shows nothing as long as all is well: no series has the values looked for yet.
    Quiet,
    /// An exporter at hand could give it and does not.
    Absent,
    /// No exporter at hand can.
    NotMeasurable,
}

/// What the metric chains leave of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// All ways to it.
    Whole,
    /// In some job a way to it goes, and another stays.
    Otherwise,
    /// In some job every way to it goes.
    Lost,
}

/// One way to a cell.
#[derive(Debug, Clone)]
pub struct GiverReport {
    /// Which.
    pub giver: &'static Giver,
    /// The jobs whose series give it.
    pub jobs: Vec<JobReport>,
    /// Metrics that no job with the others has.
    pub missing: Vec<&'static str>,
}

/// One way to a cell in one job.
#[derive(Debug, Clone)]
pub struct JobReport {
    /// The job.
    pub job: String,
    /// Its selectors, in order.
    pub parts: Vec<PartReport>,
    /// What the chains take away; nothing where it is kept.
    pub losses: Vec<Loss>,
}

impl JobReport {
    /// Whether every selector finds series, not only those of an example.
    pub(super) fn shows(&self) -> bool {
        self.parts.iter().all(|part| part.before > 0)
    }
}

/// One selector in one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartReport {
    /// The metric.
    pub metric: &'static str,
    /// Series that it selects before the metric chains; 0 where only an example would be selected.
    pub before: u64,
    /// Those after them.
    pub after: u64,
    /// Labels that the query groups by and no series has: the cell has fewer sides.
    pub without: Vec<&'static str>,
}

/// What takes a way to a cell away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The metric.
    pub metric: &'static str,
    /// What of it.
    pub what: What,
    /// The step of the job's metric chain, where one alone is to blame.
    pub step: Option<usize>,
}

/// What of a metric a way to a cell loses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Every series.
    Metric,
    /// A label.
    Label(&'static str),
    /// The values of a label that the query looks for.
    Values(&'static str),
    /// Series that a label told apart become one.
    Merged,
}

impl State {
    /// The word used in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Quiet => "quiet",
            Self::Absent => "absent",
            Self::NotMeasurable => "not_measurable",
        }
    }

    /// Whether the data gives the cell.
    pub fn is_given(self) -> bool {
        matches!(self, Self::Present | Self::Quiet)
    }
}

impl Kept {
    /// The word used in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Otherwise => "otherwise",
            Self::Lost => "lost",
        }
    }
}

impl Display for Loss {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let metric = self.metric;
        match self.what {
            What::Metric => write!(f, "`{metric}` has no series left"),
            What::Label(label) => write!(f, "`{metric}` has no `{label}` any more"),
            What::Values(label) => write!(
                f,
                "`{metric}` has none of the values of `{label}` any more that are looked for"
            ),
            What::Merged => write!(f, "series of `{metric}` become one"),
        }
    }
}

impl Report {
    /// What is lost, cell by cell and job by job; nothing for jobs that keep every way to a cell.
    pub fn lost(&self) -> Vec<LostCell<'_>> {
        self.cells.iter().flat_map(CellReport::lost).collect()
    }
}

/// A cell that a job loses, or loses a way to.
#[derive(Debug, Clone)]
pub struct LostCell<'a> {
    /// Which.
    pub cell: &'static Cell,
    /// The job.
    pub job: &'a str,
    /// Whether another way to it stays.
    pub otherwise: bool,
    /// What is lost, of every way that goes.
    pub losses: Vec<&'a Loss>,
}

impl CellReport {
    fn lost(&self) -> Vec<LostCell<'_>> {
        let mut jobs: BTreeMap<&str, LostCell<'_>> = BTreeMap::new();
        for job in self.givers.iter().flat_map(|giver| &giver.jobs) {
            let empty =
                LostCell { cell: self.cell, job: &job.job, otherwise: false, losses: Vec::new() };
            let lost = jobs.entry(&job.job).or_insert(empty);
            lost.otherwise |= job.losses.is_empty();
            lost.losses.extend(&job.losses);
        }
        jobs.into_values().filter(|lost| !lost.losses.is_empty()).collect()
    }

    /// What the metric chains leave of it.
    pub fn kept(&self) -> Kept {
        let worst = |lost: &LostCell<'_>| if lost.otherwise { Kept::Otherwise } else { Kept::Lost };
        self.lost().iter().map(worst).max().unwrap_or(Kept::Whole)
    }
}
