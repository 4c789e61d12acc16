//! What each metric and each label costs of a live heap.

use std::collections::BTreeMap;

use super::load::Load;
use super::model::CostModel;
use super::settings::ServerSettings;
use crate::census::{Census, LabelTotal, MetricCensus};
use crate::series::METRIC_NAME;
use crate::units::Bytes;

/// What a metric or a label costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Its name.
    pub name: String,
    /// Series of the metric, or that have the label.
    pub series: u64,
    /// Live heap that would not be needed without it.
    pub bytes: Bytes,
}

/// The shares of a census, the dearest first, then by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Breakdown {
    /// Metrics; together they cost what the series do, but for the distinct pairs.
    pub metrics: Vec<Share>,
    /// Labels: the text of each, and the series that only differ in it. Two labels that multiply each
    /// other both cost the product, so these don't add up.
    pub labels: Vec<Share>,
}

/// Breaks the live heap of a census down. Labels of metrics whose *without(L)* was not counted cost
/// their text.
pub fn breakdown(census: &Census, model: &CostModel, settings: &ServerSettings) -> Breakdown {
    let mut labels: BTreeMap<&str, u64> = BTreeMap::new();
    let share = |metric: &MetricCensus| {
        let bytes = model.marginal(&Load::of_metric(metric), settings);
        Share { name: metric.name.clone(), series: metric.series, bytes }
    };
    for metric in &census.metrics {
        let whole = model.marginal(&Load::of_metric(metric), settings).0;
        for label in &metric.labels {
            let left = model.marginal(&Load::of_metric_without(metric, &label.name), settings).0;
            *labels.entry(&label.name).or_default() += whole.saturating_sub(left);
        }
    }
    let of_label = |label: &LabelTotal| {
        let pairs = Load { unique_pairs: label.values, ..Load::default() };
        let series = labels.get(label.name.as_str()).copied().unwrap_or(0);
        let bytes = Bytes(series + model.marginal(&pairs, settings).0);
        Share { name: label.name.clone(), series: label.series, bytes }
    };
    let sorted = |mut shares: Vec<Share>| {
        shares.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        shares
    };
    Breakdown {
        metrics: sorted(census.metrics.iter().map(share).collect()),
        labels: sorted(
            census.labels.iter().filter(|label| label.name != METRIC_NAME).map(of_label).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::census::CensusOptions;
    use crate::series::TableBuilder;
    use crate::server::Server;
    use crate::watch::Unwatched;

    fn of(rows: &[(&str, &[(&str, &str)])]) -> (Census, Breakdown) {
        let mut builder = TableBuilder::default();
        for (metric, labels) in rows {
            builder.row(metric, labels, 60);
        }
        let census = Census::of(&builder.finish(), CensusOptions::default(), &Unwatched);
        let (model, settings) =
            (CostModel::embedded(&Server::default()).0, ServerSettings::default());
        let breakdown = breakdown(&census, &model, &settings);
        (census, breakdown)
    }

    #[test]
    fn a_label_that_multiplies_costs_the_series_that_it_makes() {
        let (_, all) = of(&[
            ("a", &[("path", "/1"), ("zone", "x")]),
            ("a", &[("path", "/2"), ("zone", "x")]),
            ("a", &[("path", "/3"), ("zone", "x")]),
            ("b", &[("zone", "x")]),
        ]);
        let names = |shares: &[Share]| shares.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&all.metrics), ["a", "b"]);
        assert_eq!(names(&all.labels), ["path", "zone"]);
        // Two of three series would go.
        assert!(all.labels[0].bytes.0 * 3 > all.metrics[0].bytes.0 * 2, "{all:?}");
        assert!(all.labels[1].bytes.0 < all.metrics[1].bytes.0, "{all:?}");
    }

    #[test]
    fn metrics_add_up_to_what_the_series_cost() {
        let rows: &[(&str, &[(&str, &str)])] = &[
            ("a", &[("x", "1")]),
            ("a", &[("x", "2")]),
            ("b", &[]),
            ("c", &[("y", "long value")]),
        ];
        let (census, all) = of(rows);
        let (model, settings) =
            (CostModel::embedded(&Server::default()).0, ServerSettings::default());
        let loads: Load = census.metrics.iter().map(Load::of_metric).sum();
        let sum: u64 = all.metrics.iter().map(|share| share.bytes.0).sum();
        assert!(sum.abs_diff(model.marginal(&loads, &settings).0) <= 3);
    }
}
