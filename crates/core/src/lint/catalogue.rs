//! Which labels each service discovery offers: what `__meta_*` a step can read.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::config::{Discovery, Job};

/// The labels of one service discovery, or of one role of it.
#[derive(Debug)]
pub struct Offer {
    /// Its key, `kubernetes_sd_configs`.
    pub kind: String,
    /// Its role, where it has several with different labels.
    pub role: Option<String>,
    /// Labels by their full name; one that ends with `*` stands for all that begin so.
    pub labels: Vec<String>,
}

impl Offer {
    /// Whether a target of it can have `label`.
    pub fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|known| match known.strip_suffix('*') {
            Some(start) => label.starts_with(start) && label.len() > start.len(),
            None => label == known,
        })
    }

    /// What to call it: `kubernetes_sd_configs` with `role: pod`.
    pub fn title(&self) -> String {
        match &self.role {
            Some(role) => format!("`{}` with `role: {role}`", self.kind),
            None => format!("`{}`", self.kind),
        }
    }
}

/// A service discovery as the embedded files tell of it.
#[derive(Debug, serde::Deserialize)]
struct Entry {
    prefix: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    roles: BTreeMap<String, Vec<String>>,
}

/// Every service discovery that is known.
fn offers() -> &'static [Offer] {
    static OFFERS: OnceLock<Vec<Offer>> = OnceLock::new();
    OFFERS.get_or_init(|| promsieve_rules::discoveries().into_iter().flat_map(read).collect())
}

fn read(text: &str) -> Vec<Offer> {
    let entries: BTreeMap<String, Entry> =
        serde_json::from_str(text).expect("a test reads the embedded files");
    let mut offers = Vec::new();
    for (kind, entry) in entries {
        let full = |labels: &[String]| -> Vec<String> {
            labels.iter().map(|label| format!("{}{label}", entry.prefix)).collect()
        };
        let of = |role: Option<&String>, labels: &[String]| Offer {
            kind: kind.clone(),
            role: role.cloned(),
            labels: full(labels),
        };
        if entry.roles.is_empty() {
            offers.push(of(None, &entry.labels));
        }
        offers.extend(entry.roles.iter().map(|(role, labels)| of(Some(role), labels)));
    }
    offers
}

/// What the service discoveries of a job offer, labels of `static_configs` apart. `None` when one of
/// them is not known, or can bring any label, as `file_sd_configs` and `http_sd_configs` can.
pub fn offered(job: &Job) -> Option<Vec<&'static Offer>> {
    job.discoveries.iter().map(offer_of).collect()
}

/// What a service discovery offers; `None` as in [`offered`].
pub fn offer_of(discovery: &Discovery) -> Option<&'static Offer> {
    offers().iter().find(|offer| {
        offer.kind == discovery.kind
            && (offer.role.is_none()
                || offer.role.as_deref().map(str::to_ascii_lowercase)
                    == discovery.role.as_deref().map(str::to_ascii_lowercase))
    })
}

/// The service discoveries whose targets can have `label`.
pub fn offering(label: &str) -> Vec<&'static Offer> {
    offers().iter().filter(|offer| offer.has(label)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_reads_and_knows_families() {
        assert!(offers().len() > 30, "{}", offers().len());
        for offer in offers() {
            assert!(offer.labels.iter().all(|label| label.starts_with("__meta_")), "{offer:?}");
            assert!(offer.labels.is_sorted(), "{}", offer.title());
        }
        let kind = "kubernetes_sd_configs".to_owned();
        let discovery = Discovery { kind, role: Some("pod".into()), ..Discovery::default() };
        let job = Job { discoveries: vec![discovery], ..Job::default() };
        let [pod] = offered(&job).unwrap()[..] else { panic!() };
        assert!(pod.has("__meta_kubernetes_pod_label_app"));
        assert!(!pod.has("__meta_kubernetes_pod_label_"));
        assert!(!pod.has("__meta_kubernetes_service_name"));
        assert_eq!(pod.title(), "`kubernetes_sd_configs` with `role: pod`");
    }

    #[test]
    fn what_can_bring_any_label_offers_no_list() {
        let kind = "file_sd_configs".to_owned();
        let discovery = Discovery { kind, ..Discovery::default() };
        assert!(offered(&Job { discoveries: vec![discovery], ..Job::default() }).is_none());
        assert_eq!(offered(&Job::default()).unwrap().len(), 0);
    }
}
