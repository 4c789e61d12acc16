//! What gives a cell: a pack's query, with the metrics, labels and values that it needs.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::packs::{Cell, Measure, Pack, cells, packs};
use crate::series::Table;
use crate::usage::{
    LabelNeed, Origin, OriginKind, Query, SelectorUse, Selects, Usage, UsageOptions,
};

/// A query that gives a cell.
#[derive(Debug)]
pub struct Giver {
    /// Whose metrics it reads.
    pub exporter: &'static str,
    /// What it gives.
    pub cell: &'static Cell,
    /// The query.
    pub query: String,
    /// What must be there for the exporter to show its metrics, besides the exporter.
    pub needs: Option<&'static str>,
    /// Its selectors, in order; all of them must select something.
    pub parts: Vec<Part>,
}

/// One selector of a query.
#[derive(Debug)]
pub struct Part {
    /// The metric.
    pub metric: String,
    /// Labels that it matches or that the query groups by, sorted.
    pub labels: Vec<String>,
    /// Values that it looks for and that are absent as long as all is well.
    pub example: Vec<(String, String)>,
    selector: SelectorUse,
}

impl Giver {
    /// Whether it reads the same metrics for the same cell, by labels that are spelt otherwise: those of
    /// a proxy that a mesh has configured, and those of one by itself.
    pub(super) fn is_spelling_of(&self, other: &Self) -> bool {
        std::ptr::eq(self.cell, other.cell)
            && self.exporter == other.exporter
            && self.metrics().eq(other.metrics())
    }

    /// The metrics of its selectors, in order.
    pub(super) fn metrics(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.metric.as_str())
    }
}

impl Part {
    /// Whether it selects series whose `label` has `value`, as far as that label goes.
    pub fn selects(&self, label: &str, value: &str) -> bool {
        self.selector.selects_value(label, value) == Selects::Yes
    }

    /// Whether it takes series by the values of `label`.
    pub fn matches_by(&self, label: &str) -> bool {
        self.labels.iter().any(|name| name == label)
            && !(self.selects(label, "") && self.selects(label, "no value of anybody"))
    }

    /// Whether `value` of `label` is one that the query must find: one that it matches, or the
    /// bound of a histogram without which it has no end.
    pub fn needs_value(&self, label: &str, value: &str) -> bool {
        let bound = label == "le" && value == "+Inf" && self.labels.iter().any(|name| name == "le");
        bound || self.matches_by(label) && self.selects(label, value)
    }
}

/// Every way to a cell that a pack knows, in the order of the cells and, within one, of the packs.
pub fn givers() -> &'static [Giver] {
    static GIVERS: OnceLock<Vec<Giver>> = OnceLock::new();
    GIVERS.get_or_init(|| {
        let of_cell = |cell| packs().iter().flat_map(move |pack| of_pack(pack, cell));
        cells().iter().flat_map(of_cell).collect()
    })
}

/// The exporters whose metrics a table holds: those of which it has a metric that no other has.
pub fn exporters_at_hand(table: &Table) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for group in &table.metrics {
        let metric = table.metric_name(group);
        let mut known = packs().iter().filter(|pack| pack.family(metric).is_some());
        if let (Some(pack), None) = (known.next(), known.next()) {
            found.insert(pack.exporter.as_str());
        }
    }
    found
}

fn of_pack(pack: &'static Pack, cell: &'static Cell) -> impl Iterator<Item = Giver> {
    let id = if cell.is_flag() { format!("{}/*", cell.row) } else { cell.id() };
    let measures = pack.signals.iter().filter(move |measure| measure.cell == id);
    measures.map(move |measure| giver(pack, measure, cell))
}

fn giver(pack: &'static Pack, measure: &'static Measure, cell: &'static Cell) -> Giver {
    let fill = |text: &str| text.replace("{flag}", &cell.signal);
    let query = fill(&measure.query);
    let origin = Origin {
        kind: OriginKind::List,
        file: pack.exporter.clone(),
        location: None,
        name: cell.id(),
    };
    let usage = Usage::of(vec![Query::new(query.clone(), origin)], UsageOptions::default());
    let example: Vec<(String, String)> =
        measure.example.iter().map(|(label, value)| (label.clone(), fill(value))).collect();
    let parts = usage.selectors().iter().map(|selector| part(selector, &example)).collect();
    Giver { exporter: &pack.exporter, cell, query, needs: measure.needs.as_deref(), parts }
}

fn part(selector: &SelectorUse, example: &[(String, String)]) -> Part {
    let labels = match &selector.need {
        LabelNeed::Only(labels) => labels.iter().cloned().collect(),
        // A pack's query names what it groups by; a test sees to that.
        LabelNeed::All | LabelNeed::AllExcept(_) => Vec::new(),
    };
    let mut part = Part {
        metric: selector.metric().unwrap_or_default().to_owned(),
        labels,
        example: Vec::new(),
        selector: selector.clone(),
    };
    let asked = example.iter().filter(|(label, _)| part.matches_by(label)).cloned().collect();
    part.example = asked;
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_names_its_metrics_and_labels_and_its_example_is_one() {
        for giver in givers() {
            let name = format!("{} {}", giver.exporter, giver.query);
            assert!(!giver.parts.is_empty(), "{name}");
            let pack = packs().iter().find(|pack| pack.exporter == giver.exporter).unwrap();
            for part in &giver.parts {
                assert!(matches!(part.selector.need, LabelNeed::Only(_)), "{name}");
                let (_, labels) = pack
                    .family(&part.metric)
                    .unwrap_or_else(|| panic!("{name}: {} is no metric of the pack", part.metric));
                let target = ["job", "instance", "le", "quantile"];
                let known = |label: &String| {
                    labels.contains(label)
                        || pack.every_metric.contains(label)
                        || target.contains(&label.as_str())
                };
                assert!(part.labels.iter().all(known), "{name}: {:?}", part.labels);
                for (label, value) in &part.example {
                    assert!(part.selects(label, value), "{name}: {label}={value}");
                }
            }
        }
    }

    #[test]
    fn a_flag_is_found_alone_and_in_lists_and_nowhere_else() {
        let uf = givers().iter().find(|giver| giver.cell.id() == "response_flags/UF").unwrap();
        let part = &uf.parts[0];
        for (value, expected) in [
            ("UF", true),
            ("UF,URX", true),
            ("DC,UF", true),
            ("URX", false),
            ("UFX", false),
            ("-", false),
        ] {
            assert_eq!(part.selects("response_flags", value), expected, "{value}");
        }
        assert!(part.needs_value("response_flags", "UF,URX"));
        assert!(!part.needs_value("source_app", "any"));
    }
}
