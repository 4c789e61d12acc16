//! `--redact`: label values are replaced as series come in, so that nothing that is made of them
//! later can show one.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use promsieve_core::census::pseudonym;
use promsieve_core::ingest::Report;
use promsieve_core::ingest::index::PairCount;
use promsieve_core::ingest::status::{Entry, TsdbStatus};
use promsieve_core::saved::Saved;
use promsieve_core::series::METRIC_NAME;
use ring::hmac;

use super::kinds::Block;

/// The least bytes of a key: what 128 bits need as they come, in hexadecimal or base64 far more.
const KEY: usize = 16;

/// Gives pseudonyms to label values: the same value the same one, wherever the key is the same.
#[derive(Debug, Clone)]
pub(crate) struct Redactor(hmac::Key);

impl Redactor {
    /// With the key in a file; blanks around it do not count.
    ///
    /// # Errors
    /// When it cannot be read, or is short enough to be tried out.
    pub(crate) fn of(path: &Path) -> anyhow::Result<Self> {
        let bytes = fs::read(path).with_context(|| {
            format!(
                "cannot read the key `{0}`: make one with `head -c 32 /dev/urandom | base64 > {0}`",
                path.display()
            )
        })?;
        let key = bytes.trim_ascii();
        ensure!(
            key.len() >= KEY,
            "the key `{0}` is shorter than {KEY} bytes, so that names could be guessed: make one \
             with `head -c 32 /dev/urandom | base64 > {0}`",
            path.display()
        );
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }

    /// What tells its key apart from others.
    pub(super) fn fingerprint(&self) -> String {
        self.called("", "fingerprint")
    }

    /// What a label's value is called. Bounds of buckets and quantiles are numbers of the
    /// instrumentation, and metric names no secrets.
    fn called(&self, label: &str, value: &str) -> String {
        let is_bound = matches!(label, "le" | "quantile") && value.parse::<f64>().is_ok();
        if label == METRIC_NAME || value.is_empty() || is_bound {
            return value.to_owned();
        }
        let tag = hmac::sign(&self.0, value.as_bytes());
        let digest = tag.as_ref().try_into().expect("SHA-256 has 32 bytes");
        pseudonym(value, digest)
    }

    /// Replaces the values of series.
    ///
    /// # Errors
    /// When only counts are left of them, whose hashes are those of the values.
    pub(super) fn series(&self, saved: &mut Saved) -> anyhow::Result<()> {
        let Saved::Exact(table) = saved else {
            anyhow::bail!(
                "only counts are left of its series, whose values cannot be replaced any more: \
                 give `--redact` when it is saved"
            );
        };
        table.rename_values(&|label, value| self.called(label, value));
        Ok(())
    }

    /// Replaces the values in a server's top lists.
    pub(super) fn status(&self, status: &mut TsdbStatus) {
        for Entry { name, .. } in &mut status.series_count_by_label_value_pair {
            if let Some((label, value)) = name.split_once('=') {
                *name = format!("{label}={}", self.called(label, value));
            }
        }
        for Entry { name, .. } in &mut status.series_count_by_focus_label_value {
            *name = self.called("", name);
        }
    }

    /// Replaces the values in a block's lists.
    pub(super) fn block(&self, block: &mut Block) {
        let churn = block.walked.iter_mut().flat_map(|walked| &mut walked.churn.pairs);
        for PairCount { name, value, .. } in block.summary.pairs.iter_mut().chain(churn) {
            *value = self.called(name, value);
        }
    }
}

/// Leaves the places of bad lines, and not their text, which messages quote.
pub(super) fn blot_out(report: &mut Report) {
    for bad in &mut report.bad {
        "a bad line, of which `--redact` shows nothing".clone_into(&mut bad.message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(key: &str) -> Redactor {
        Redactor(hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()))
    }

    #[test]
    fn a_name_depends_on_key_and_value_alone() {
        let (one, other) = (redactor("one"), redactor("other"));
        assert_eq!(one.called("a", "secret"), one.called("b", "secret"));
        assert_ne!(one.called("a", "secret"), one.called("a", "secreu"));
        assert_ne!(one.called("a", "secret"), other.called("a", "secret"));
    }

    #[test]
    fn it_is_the_hmac_of_the_value() {
        // RFC 4231, test case 2.
        let name = redactor("Jefe").called("a", "what do ya want for nothing?");
        assert_eq!(name, "free_text~5bdcc146bf60754e6a");
    }

    #[test]
    fn bounds_and_names_stay_where_they_are_such() {
        let redactor = redactor("key");
        for (label, value) in
            [("le", "0.5"), ("le", "+Inf"), ("quantile", "0.99"), ("__name__", "up"), ("a", "")]
        {
            assert_eq!(redactor.called(label, value), value);
        }
        for (label, value) in [("le", "jane"), ("code", "200")] {
            assert_ne!(redactor.called(label, value), value);
        }
    }
}
