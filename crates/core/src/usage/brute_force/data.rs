//! Random series over a few moments, and what is left of them without what usage calls unneeded.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::Usage;

pub(crate) type Labels = BTreeMap<String, String>;
/// A vector.
pub(crate) type Series = Vec<(Labels, f64)>;
/// The samples of each moment, oldest first.
pub(crate) type Data = Vec<Series>;

pub(crate) const NAME: &str = "__name__";
pub(crate) const METRICS: [&str; 4] = ["m", "n", "o", "target_info"];
pub(crate) const LABELS: [&str; 3] = ["job", "instance", "le"];

pub(crate) fn one_of(
    words: &[&'static str],
) -> impl Strategy<Value = &'static str> + Clone + use<> {
    prop::sample::select(words.to_vec())
}

/// A few series over a few moments, some of them not at each.
pub(crate) fn data() -> impl Strategy<Value = Data> {
    let value = || one_of(&["", "1", "2"]);
    let name = one_of(&["m", "m", "n", "o", "target_info"]);
    let one = (name, value(), value(), one_of(&["", "1", "2", "+Inf"]));
    let samples = prop::collection::vec(prop::option::weighted(0.9, 1u8..6), 3);
    prop::collection::btree_map(one, samples, 0..9).prop_map(|series| {
        let labels = |(name, job, instance, le): &(&str, &str, &str, &str)| -> Labels {
            let pairs = [(NAME, *name), ("job", *job), ("instance", *instance), ("le", *le)];
            let set = pairs.into_iter().filter(|(_, value)| !value.is_empty());
            set.map(|(label, value)| (label.to_owned(), value.to_owned())).collect()
        };
        let moment = |at: usize| {
            let there = series.iter().filter_map(|(key, samples)| Some((key, samples[at]?)));
            there.map(|(key, value)| (labels(key), f64::from(value))).collect()
        };
        (0..3).map(moment).collect()
    })
}

/// `data` without `label` on `metric`; none where that merges series of any moments.
pub(crate) fn dropped(data: &Data, metric: &str, label: &str) -> Option<Data> {
    let drop = |labels: &Labels| {
        let mut labels = labels.clone();
        if labels.get(NAME).is_some_and(|name| name == metric) {
            labels.remove(label);
        }
        labels
    };
    let all: BTreeSet<&Labels> = data.iter().flatten().map(|(labels, _)| labels).collect();
    let left: BTreeSet<Labels> = all.iter().map(|labels| drop(labels)).collect();
    let moment = |series: &Series| series.iter().map(|(l, v)| (drop(l), *v)).collect();
    (left.len() == all.len()).then(|| data.iter().map(moment).collect())
}

/// `data` without the series that `goes` says.
pub(crate) fn without(data: &Data, goes: impl Fn(&Labels) -> bool) -> Data {
    let moment = |series: &Series| series.iter().filter(|(l, _)| !goes(l)).cloned().collect();
    data.iter().map(moment).collect()
}

/// Data without one thing that is called unneeded, for each such thing, with what it is.
pub(crate) fn without_unneeded(usage: &Usage, data: &Data) -> Vec<(String, Data)> {
    let mut found = Vec::new();
    for metric in METRICS {
        for label in LABELS {
            if usage.label(metric, label).is_unused() {
                let less = dropped(data, metric, label);
                found.extend(less.map(|less| (format!("{label} on {metric}"), less)));
            }
        }
        let is_it = |labels: &Labels| labels[NAME] == metric;
        if usage.metric(metric).is_unused() {
            found.push((metric.to_owned(), without(data, is_it)));
        }
        for value in ["", "1", "2"] {
            if usage.value(metric, "job", value).is_unused() {
                let has_it =
                    |labels: &Labels| labels.get("job").map_or("", String::as_str) == value;
                let less = without(data, |labels| is_it(labels) && has_it(labels));
                found.push((format!("{metric} of job {value:?}"), less));
            }
        }
    }
    found
}
