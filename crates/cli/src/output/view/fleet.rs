//! The view of an existing fleet's faults.

use promsieve_core::shard::{FaultKind, FleetFault};
use serde::Serialize;

/// How the configurations of a fleet share their jobs out.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FleetView {
    pub(crate) configurations: usize,
    pub(crate) faults: Vec<FaultView>,
}

/// A part of a job that is scraped by nobody, or several times.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FaultView {
    /// The job; none for the external labels.
    pub(crate) job: Option<String>,
    /// `gap`, `overlap`, `whole` (each shard scrapes all of it), `labels` (external labels that are the
    /// same) or `unknown` (too many residues).
    pub(crate) kind: &'static str,
    /// The share of the targets that it concerns; of the series, where those are hashed.
    pub(crate) share: f64,
    /// Whether series are hashed, not targets alone.
    pub(crate) of_series: bool,
    /// Configurations that scrape them, or that have the job where none does.
    pub(crate) configurations: Vec<String>,
    /// An address that falls there.
    pub(crate) example: Option<String>,
    /// What in the configurations leads to it.
    pub(crate) reasons: Vec<String>,
}

impl FleetView {
    /// The view of the faults of so many configurations.
    pub(crate) fn of(configurations: usize, faults: Vec<FleetFault>) -> Self {
        let fault = |fault: FleetFault| FaultView {
            job: fault.job,
            kind: match fault.kind {
                FaultKind::Gap => "gap",
                FaultKind::Overlap => "overlap",
                FaultKind::Whole => "whole",
                FaultKind::Labels => "labels",
                FaultKind::Unknown => "unknown",
            },
            share: (fault.share * 1000.0).round() / 1000.0,
            of_series: fault.of_series,
            configurations: fault.members,
            example: fault.example,
            reasons: fault.reasons,
        };
        Self { configurations, faults: faults.into_iter().map(fault).collect() }
    }
}
