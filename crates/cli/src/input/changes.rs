//! What is done to series as they come in, wherever they come from: external labels added, those of
//! replicas taken away, values hidden.

use anyhow::ensure;
use promsieve_core::saved::Saved;
use promsieve_core::series::{Stage, Table};

use super::redact::Redactor;

/// What is done, in this order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    /// Labels that series get, in place of those of the same name.
    pub(crate) external_labels: Vec<(String, String)>,
    /// Labels that tell replicas apart, which series lose.
    pub(crate) replica_labels: Vec<String>,
    /// What hides the values of labels.
    pub(crate) redactor: Option<Redactor>,
}

impl Changes {
    /// Changes series.
    ///
    /// # Errors
    /// When only counts are left of them, which are not changed any more.
    pub(crate) fn apply(&self, saved: &mut Saved) -> anyhow::Result<()> {
        if let Saved::Exact(table) = saved {
            self.external_labels.iter().for_each(|(name, value)| add(table, name, value));
            self.replica_labels.iter().for_each(|name| table.remove_label(name));
        }
        ensure!(
            matches!(saved, Saved::Exact(_)) || !self.change_labels(),
            "only counts are left of its series, whose labels cannot be changed any more: give \
             `--external-label` and `--replica-label` when it is saved"
        );
        self.redactor.as_ref().map_or(Ok(()), |redactor| redactor.series(saved))
    }

    /// Whether series get or lose labels.
    pub(crate) fn change_labels(&self) -> bool {
        !self.external_labels.is_empty() || !self.replica_labels.is_empty()
    }

    /// A text that is another one where other things are done. It holds no secret.
    pub(crate) fn fingerprint(&self) -> String {
        let redactor = self.redactor.as_ref().map(Redactor::fingerprint);
        format!("{:?} {:?} {redactor:?}", self.external_labels, self.replica_labels)
    }
}

/// Adds an external label: to targets while their labels stand apart from those of the series.
fn add(table: &mut Table, name: &str, value: &str) {
    if table.stage != Stage::Exposed {
        return table.set_label(name, value);
    }
    for target in &mut table.targets {
        target.labels.retain(|(label, _)| label != name);
        target.labels.push((name.to_owned(), value.to_owned()));
        target.labels.sort();
    }
}
