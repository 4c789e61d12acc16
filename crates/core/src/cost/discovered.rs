//! What a server keeps of targets that service discovery found, beside scraping them.

use serde::{Deserialize, Serialize};

use super::terms::Term;

/// Targets as discovered: those that relabeling drops, and the labels of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DiscoveredLoad {
    /// Targets that `relabel_configs` drop.
    pub dropped_targets: u64,
    /// All labels of the dropped ones as discovered, and those of the others that begin with `__meta_`:
    /// the price of a target has the rest.
    pub discovered_labels: u64,
    /// Bytes of their names and values.
    pub discovered_bytes: u64,
}

impl DiscoveredLoad {
    /// Whether there is nothing of it.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// With one more target, which has these labels.
    #[must_use]
    pub fn with<'a>(self, dropped: bool, labels: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut all = Self { dropped_targets: self.dropped_targets + u64::from(dropped), ..self };
        for (name, value) in labels.filter(|(name, _)| dropped || name.starts_with("__meta_")) {
            all.discovered_labels += 1;
            all.discovered_bytes += (name.len() + value.len()) as u64;
        }
        all
    }
}

/// Part of the live heap that they are shown under.
const PART: &str = "discovered targets";

/// Live heap on top of that of the series: the sum of these.
pub const DISCOVERED: [Term; 3] = [
    Term {
        key: "dropped_target",
        part: PART,
        unit: "bytes per target that relabeling drops",
        meaning: "its group, the labels that every target has, and its place in the list of dropped ones (scrape/scrape.go, scrape/target.go)",
        quantity: |it| it.settings.discovered.dropped_targets as f64,
    },
    Term {
        key: "discovered_label",
        part: PART,
        unit: "bytes per discovered label of a target",
        meaning: "slot in the map of its group, and string headers (discovery/targetgroup); with slicelabels, a copy of the headers",
        quantity: |it| it.settings.discovered.discovered_labels as f64,
    },
    Term {
        key: "discovered_byte",
        part: PART,
        unit: "bytes per byte of the names and values of discovered labels",
        meaning: "their text, rounded up to size classes (discovery/targetgroup)",
        quantity: |it| it.settings.discovered.discovered_bytes as f64,
    },
];

#[cfg(test)]
mod tests {
    use super::super::{CostModel, Load, ServerSettings, estimate};
    use super::*;

    const LABELS: [(&str, &str); 2] = [("__meta_pod", "a"), ("instance", "bc")];

    #[test]
    fn all_labels_of_dropped_targets_count_and_meta_labels_of_others() {
        let none = DiscoveredLoad::default();
        let dropped = none.with(true, LABELS.into_iter());
        let of = |load: DiscoveredLoad| {
            (load.dropped_targets, load.discovered_labels, load.discovered_bytes)
        };
        assert_eq!(of(dropped), (1, 2, 21));
        assert_eq!(of(none.with(false, LABELS.into_iter())), (0, 1, 11));
        assert!(none.is_none() && !dropped.is_none());
    }

    #[test]
    fn they_are_a_part_of_the_live_heap() {
        let discovered = DiscoveredLoad {
            dropped_targets: 1000,
            discovered_labels: 30_000,
            discovered_bytes: 1_500_000,
        };
        let settings = ServerSettings { discovered, ..ServerSettings::default() };
        let model = CostModel::embedded(&settings.server).0;
        let with = estimate(&Load::default(), &model, &settings);
        let without = estimate(&Load::default(), &model, &ServerSettings::default());
        let part = with.parts.iter().find(|part| part.name == PART).unwrap();
        assert_eq!(with.live_heap.expected.0 - without.live_heap.expected.0, part.bytes.0);
        assert!(part.bytes.0 > discovered.discovered_bytes);
    }
}
