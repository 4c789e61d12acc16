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
    pub(crate) job: String,
    /// `gap`, `overlap`, `whole` (each shard scrapes all of it) or `unknown` (too many residues).
    pub(crate) kind: &'static str,
    /// The share of the targets that it concerns.
    pub(crate) share: f64,
    /// Configurations that scrape them, or that have the job where none does.
    pub(crate) configurations: Vec<String>,
    /// An address that falls there.
    pub(crate) example: Option<String>,
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
                FaultKind::Unknown => "unknown",
            },
            share: (fault.share * 1000.0).round() / 1000.0,
            configurations: fault.members,
            example: fault.example,
        };
        Self { configurations, faults: faults.into_iter().map(fault).collect() }
    }
}
