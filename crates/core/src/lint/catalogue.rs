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

/// What a label tells of a target, and the labels of other discoveries that tell the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterparts {
    /// What they tell: `the application`.
    pub tells: &'static str,
    /// The other labels by their full name; one that ends with `*` stands for all that begin so.
    pub labels: Vec<String>,
}

/// A line of the embedded file.
#[derive(Debug, serde::Deserialize)]
struct Alike {
    tells: String,
    labels: Vec<String>,
}

fn alike() -> &'static [Alike] {
    static ALIKE: OnceLock<Vec<Alike>> = OnceLock::new();
    ALIKE.get_or_init(|| {
        serde_json::from_str(promsieve_rules::COUNTERPARTS).expect("a test reads the embedded file")
    })
}

/// What other discoveries call what `label` tells. A name of the user's own stays as it is: the
/// counterpart of `__meta_marathon_app_label_team` is `__meta_kubernetes_pod_label_team`.
pub fn counterparts(label: &str) -> Vec<Counterparts> {
    let found = alike().iter().filter_map(|Alike { tells, labels }| {
        let own = labels.iter().find_map(|known| own_name(known, label).map(|own| (known, own)));
        let (known, own) = own?;
        let others = labels.iter().filter(|other| *other != known);
        let labels = others.map(|other| match other.strip_suffix('*') {
            Some(start) => format!("{start}{own}"),
            None => other.clone(),
        });
        Some(Counterparts { tells, labels: labels.collect() })
    });
    found.collect()
}

/// What stands for the `*` of a known label, if `label` is it.
fn own_name<'a>(known: &str, label: &'a str) -> Option<&'a str> {
    match known.strip_suffix('*') {
        Some(start) => label.strip_prefix(start).filter(|own| !own.is_empty()),
        None => (known == label).then_some(""),
    }
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
    fn counterparts_are_labels_that_discoveries_have() {
        for Alike { tells, labels } in alike() {
            for label in labels {
                let label = label.replace('*', "team");
                assert!(!offering(&label).is_empty(), "{tells}: no discovery has {label}");
                let others = counterparts(&label);
                assert!(others.iter().any(|it| it.tells == tells), "{label}");
            }
        }
        let of_team = &counterparts("__meta_marathon_app_label_team")[0].labels;
        assert!(of_team.contains(&"__meta_kubernetes_pod_label_team".to_owned()), "{of_team:?}");
        assert_eq!(counterparts("__meta_marathon_app_label_"), []);
    }

    #[test]
    fn every_label_of_marathon_has_a_counterpart_in_kubernetes() {
        let marathon = offers().iter().find(|offer| offer.kind == "marathon_sd_configs").unwrap();
        for label in &marathon.labels {
            let others = counterparts(&label.replace('*', "team"));
            let of_kubernetes = |it: &String| it.starts_with("__meta_kubernetes_");
            assert!(others.iter().any(|it| it.labels.iter().any(of_kubernetes)), "{label}");
        }
    }

    #[test]
    fn what_can_bring_any_label_offers_no_list() {
        let kind = "file_sd_configs".to_owned();
        let discovery = Discovery { kind, ..Discovery::default() };
        assert!(offered(&Job { discoveries: vec![discovery], ..Job::default() }).is_none());
        assert_eq!(offered(&Job::default()).unwrap().len(), 0);
    }
}
