//! Shapes of series as they are met, and shapes that set one cost apart from the rest.

use super::workload::{Group, LabelShape, Motion, Source, Values};

/// Series of one metric on every target.
pub fn group(metric: &str, series: usize, labels: Vec<LabelShape>, motion: Motion) -> Group {
    let metric = format!("{metric}_requests_total");
    Group { source: Source::Shaped { metric, series, labels }, motion, lifetime: 0 }
}

/// Series of one metric that others take the place of after so many scrapes.
pub fn churning(
    metric: &str,
    series: usize,
    labels: Vec<LabelShape>,
    motion: Motion,
    lifetime: u64,
) -> Group {
    Group { lifetime, ..group(metric, series, labels, motion) }
}

/// So many metrics with a few series each.
pub fn families(count: usize, series: usize, labels: &[LabelShape], motion: Motion) -> Vec<Group> {
    let one = |at| group(&format!("family_number_{at:04}"), series, labels.to_vec(), motion);
    (0..count).map(one).collect()
}

/// So many labels alike.
pub(super) fn labels(
    count: usize,
    name_len: usize,
    value_len: usize,
    values: Values,
) -> Vec<LabelShape> {
    vec![LabelShape { name_len, value_len, values }; count]
}

/// One label of its own.
pub fn bare() -> Vec<LabelShape> {
    labels(1, 4, 5, Values::Shared(100_000))
}

/// Three labels of its own: five with `instance` and `job`, as an application's counters.
pub fn small() -> Vec<LabelShape> {
    [labels(1, 6, 5, Values::Shared(500)), labels(2, 6, 8, Values::Shared(10))].concat()
}

/// Six labels of middling length, one of them the bound of a histogram's bucket.
pub fn histogram() -> Vec<LabelShape> {
    [
        labels(1, 2, 4, Values::Shared(12)),
        labels(1, 6, 3, Values::Shared(5)),
        labels(1, 5, 25, Values::Shared(40)),
        labels(3, 9, 14, Values::PerTarget),
    ]
    .concat()
}

/// Sixteen labels as Istio's sidecars have them, eight of them the target's own.
pub fn mesh() -> Vec<LabelShape> {
    [
        labels(2, 20, 20, Values::Shared(60)),
        labels(4, 14, 6, Values::Shared(4)),
        labels(8, 24, 22, Values::PerTarget),
    ]
    .concat()
}

/// Three labels with values as long as URLs.
pub fn long() -> Vec<LabelShape> {
    [labels(1, 6, 150, Values::Shared(2000)), labels(2, 6, 150, Values::Shared(4))].concat()
}

/// Twenty-five labels as short as they can be.
pub fn many() -> Vec<LabelShape> {
    [labels(2, 4, 4, Values::Shared(100)), labels(23, 4, 4, Values::PerTarget)].concat()
}

/// Two labels with a value for each series, as request or user numbers.
pub fn unique() -> Vec<LabelShape> {
    [labels(2, 8, 24, Values::Unique), labels(2, 8, 8, Values::Shared(4))].concat()
}

/// Nine labels as a container's, one value for each series among them.
pub fn container() -> Vec<LabelShape> {
    [
        labels(1, 4, 30, Values::Unique),
        labels(1, 9, 16, Values::Shared(25)),
        labels(1, 5, 60, Values::Shared(200)),
        labels(6, 11, 18, Values::PerTarget),
    ]
    .concat()
}

/// Six labels of its own with short values.
pub fn zone() -> Vec<LabelShape> {
    [
        labels(1, 5, 12, Values::Shared(60)),
        labels(2, 8, 7, Values::Shared(7)),
        labels(3, 7, 11, Values::PerTarget),
    ]
    .concat()
}
