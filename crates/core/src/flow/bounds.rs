//! What a server checks of every series after the metric chain; each failure loses the scrape.

use super::chain::Passed;
use super::report::FailureCause;
use crate::config::{Job, Limits, Located};
use crate::series::{NameId, Table};
use crate::server::NameScheme;
use crate::units::Bytes;

/// The limits of a job, the global ones filled in; 0 means none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    samples: u64,
    labels: u64,
    name_bytes: u64,
    value_bytes: u64,
    targets: u64,
}

/// A cause, and the position of the first passed row that is guilty of it.
pub(super) type Guilty = (FailureCause, usize);

impl Bounds {
    pub(super) fn of(job: Option<&Job>, global: &Limits) -> Self {
        let own = job.map(|job| &job.limits);
        let pick = |field: fn(&Limits) -> &Option<Located<u64>>| {
            let written = own.and_then(|own| field(own).as_ref()).or(field(global).as_ref());
            written.map_or(0, |limit| limit.value)
        };
        Self {
            samples: pick(|limits| &limits.sample),
            labels: pick(|limits| &limits.label),
            name_bytes: pick(|limits| &limits.label_name_length),
            value_bytes: pick(|limits| &limits.label_value_length),
            targets: pick(|limits| &limits.target),
        }
    }

    /// Why a target with so many samples after its chain fails, if it does.
    pub(super) fn over_samples(&self, samples: u64) -> Option<FailureCause> {
        (self.samples > 0 && samples > self.samples)
            .then_some(FailureCause::SampleLimit(self.samples))
    }

    /// Why the targets of a job with so many of them fail, if they do.
    pub(super) fn over_targets(&self, targets: u64) -> Option<FailureCause> {
        (self.targets > 0 && targets > self.targets)
            .then_some(FailureCause::TargetLimit(self.targets))
    }
}

/// Why the server refuses the names of the rows of one metric, if it does.
pub(super) fn refused_name(
    table: &Table,
    passed: &Passed,
    metric: u32,
    rows: &[usize],
    scheme: NameScheme,
) -> Option<Guilty> {
    let first = *rows.first()?;
    let name = table.values(NameId::METRIC).value(metric);
    if name.is_empty() {
        return Some((FailureCause::NoMetricName, first));
    }
    if !scheme.is_metric_name(name) {
        return Some((FailureCause::MetricName(name.to_owned()), first));
    }
    passed.columns.iter().find_map(|(label, codes)| {
        let label = table.name(*label);
        if scheme.is_label_name(label) {
            return None;
        }
        let row = rows.iter().find(|&&row| codes[row] != 0)?;
        Some((FailureCause::LabelName(label.to_owned()), *row))
    })
}

/// Why a label limit fails the scrape of these rows, if one does. `__name__` and the target's
/// labels count; lengths are bytes (scrape.go, `verifyLabelLimits` at 3.5).
pub(super) fn over_label_limits(
    table: &Table,
    passed: &Passed,
    rows: &[usize],
    bounds: &Bounds,
) -> Option<Guilty> {
    if bounds.labels > 0 {
        let labels =
            |row: usize| passed.columns.iter().filter(|(_, codes)| codes[row] != 0).count() as u64;
        if let Some(&row) = rows.iter().find(|&&row| labels(row) > bounds.labels) {
            return Some((FailureCause::LabelLimit(bounds.labels), row));
        }
    }
    for (label, codes) in &passed.columns {
        let present = || rows.iter().copied().filter(|&row| codes[row] != 0);
        let name = table.name(*label);
        if bounds.name_bytes > 0
            && name.len() as u64 > bounds.name_bytes
            && let Some(row) = present().next()
        {
            let limit = Bytes(bounds.name_bytes);
            return Some((FailureCause::LabelNameLength { label: name.to_owned(), limit }, row));
        }
        let length = |row: usize| table.values(*label).value_bytes(codes[row]) as u64;
        if bounds.value_bytes > 0
            && let Some(row) = present().find(|&row| length(row) > bounds.value_bytes)
        {
            let (length, limit) = (Bytes(length(row)), Bytes(bounds.value_bytes));
            let label = name.to_owned();
            return Some((FailureCause::LabelValueLength { label, length, limit }, row));
        }
    }
    None
}
