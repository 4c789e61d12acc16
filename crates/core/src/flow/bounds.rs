//! What a server checks of every series after the metric chain; each failure loses the scrape.

use super::chain::Passed;
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
}

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
        }
    }

    /// Why a target with so many samples after its chain fails, if it does.
    pub(super) fn over_samples(&self, samples: u64) -> Option<String> {
        let over = self.samples > 0 && samples > self.samples;
        over.then(|| format!("more samples than `sample_limit: {}`", self.samples))
    }
}

/// Why the server refuses the names of the rows of one metric, if it does.
pub(super) fn refused_name(
    table: &Table,
    passed: &Passed,
    metric: u32,
    rows: &[usize],
    scheme: NameScheme,
) -> Option<String> {
    let name = table.values(NameId::METRIC).value(metric);
    if name.is_empty() {
        return Some("a series without `__name__`".to_owned());
    }
    if !scheme.is_metric_name(name) {
        return Some(format!("`{name}` cannot name a metric"));
    }
    let wrong = passed.columns.iter().find(|(label, codes)| {
        !scheme.is_label_name(table.name(*label)) && rows.iter().any(|&row| codes[row] != 0)
    });
    wrong.map(|(label, _)| format!("`{}` cannot name a label", table.name(*label)))
}

/// Why a label limit fails the scrape of these rows, if one does. `__name__` and the target's
/// labels count; lengths are bytes (scrape.go, `verifyLabelLimits` at 3.5).
pub(super) fn over_label_limits(
    table: &Table,
    passed: &Passed,
    rows: &[usize],
    bounds: &Bounds,
) -> Option<String> {
    if bounds.labels > 0 {
        let most = rows
            .iter()
            .map(|&row| passed.columns.iter().filter(|(_, codes)| codes[row] != 0).count() as u64);
        if most.max().unwrap_or(0) > bounds.labels {
            return Some(format!("more labels than `label_limit: {}`", bounds.labels));
        }
    }
    for (label, codes) in &passed.columns {
        let present = || rows.iter().map(|&row| codes[row]).filter(|&code| code != 0);
        let name = table.name(*label);
        if bounds.name_bytes > 0 && name.len() as u64 > bounds.name_bytes && present().count() > 0 {
            return Some(format!(
                "`{name}` is longer than `label_name_length_limit: {}`",
                bounds.name_bytes
            ));
        }
        let longest = || present().map(|code| table.values(*label).value(code).len() as u64).max();
        if bounds.value_bytes > 0
            && let Some(longest) = longest().filter(|&longest| longest > bounds.value_bytes)
        {
            return Some(format!(
                "a value of `{name}` has {}, more than `label_value_length_limit: {}`",
                Bytes(longest),
                bounds.value_bytes
            ));
        }
    }
    None
}
