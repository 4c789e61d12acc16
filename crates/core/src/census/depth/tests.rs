//! What is said about labels, compared with naive counting over all sets of them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::ingest::exposition::{Format, Reader};
use crate::series::{METRIC_NAME, TableBuilder, Target};
use crate::watch::Unwatched;

type Labels = BTreeMap<String, String>;

/// Distinct label sets over a few labels; small enough that values often depend on each other.
fn rows(labels: &'static str, most: usize) -> impl Strategy<Value = BTreeSet<Labels>> {
    let labels = proptest::collection::btree_map(labels, "[x-z]", 0..8);
    proptest::collection::btree_set(labels, 1..most)
}

fn depth(rows: &BTreeSet<Labels>) -> MetricDepth {
    let mut builder = TableBuilder::default();
    for labels in rows {
        let pairs: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        builder.row("m", &pairs, 0);
    }
    MetricDepth::of(&builder.finish(), &["m", "missing"], &Unwatched).remove(0)
}

fn names(rows: &BTreeSet<Labels>) -> Vec<&str> {
    let names: BTreeSet<&str> = rows.iter().flatten().map(|(name, _)| name.as_str()).collect();
    names.into_iter().collect()
}

/// How many series each label set becomes without some labels.
fn merged(rows: &BTreeSet<Labels>, gone: &[&str]) -> BTreeMap<Labels, u64> {
    let mut merged = BTreeMap::new();
    for row in rows {
        let mut row = row.clone();
        row.retain(|name, _| !gone.contains(&name.as_str()));
        *merged.entry(row).or_default() += 1;
    }
    merged
}

fn without(rows: &BTreeSet<Labels>, gone: &[&str]) -> u64 {
    merged(rows, gone).len() as u64
}

/// What is left without each set of `size` labels that needs each of its labels, fewest first.
fn best(rows: &BTreeSet<Labels>, size: u32) -> Vec<u64> {
    let names = names(rows);
    let sets = (0..1u32 << names.len()).filter(|set| set.count_ones() == size);
    let chosen = |set: u32| -> Vec<&str> {
        let chosen = names.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
        chosen.map(|(_, name)| *name).collect()
    };
    let needed = |set: &Vec<&str>| {
        let left = without(rows, set);
        let part = |gone: &&str| set.iter().copied().filter(|name| name != gone).collect();
        set.iter()
            .all(|gone| without(rows, &Vec::<&str>::from_iter::<Vec<&str>>(part(gone))) > left)
    };
    let mut left: Vec<u64> =
        sets.map(chosen).filter(needed).map(|set| without(rows, &set)).collect();
    left.sort_unstable();
    left
}

fn strs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Whether equal values of `by` come with equal values of `label`.
fn determine(rows: &BTreeSet<Labels>, by: &[&str], label: &str) -> bool {
    let mut seen = BTreeMap::new();
    rows.iter().all(|row| {
        let key: Vec<Option<&String>> = by.iter().map(|name| row.get(*name)).collect();
        *seen.entry(key).or_insert_with(|| row.get(label)) == row.get(label)
    })
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn few_labels_have_the_best_of_all_sets(rows in rows("[a-e]", 40)) {
        let depth = depth(&rows);
        for size in 2..=4 {
            let sets: Vec<&LabelSet> =
                depth.sets.iter().filter(|set| set.labels.len() == size as usize).collect();
            let left: Vec<u64> = sets.iter().map(|set| set.without).collect();
            let wanted: Vec<u64> = best(&rows, size).into_iter().take(3).collect();
            prop_assert_eq!(left, wanted);
        }
    }

    #[test]
    fn sets_of_many_labels_are_counted_right(rows in rows("[a-i]", 60)) {
        for set in depth(&rows).sets {
            let gone = strs(&set.labels);
            prop_assert_eq!(set.without, without(&rows, &gone));
            for label in &gone {
                let part: Vec<&str> = gone.iter().copied().filter(|name| name != label).collect();
                prop_assert!(without(&rows, &part) > set.without);
            }
        }
    }

    #[test]
    fn collisions_are_those_of_a_naive_counter(rows in rows("[a-e]", 40)) {
        for label in depth(&rows).labels {
            let merged = merged(&rows, &[&label.name]);
            let groups: Vec<u64> = merged.into_values().filter(|&series| series > 1).collect();
            prop_assert_eq!(label.collisions.is_none(), groups.is_empty());
            prop_assert_eq!(label.redundancy.is_some(), groups.is_empty());
            let Some(collisions) = label.collisions else { continue };
            prop_assert_eq!(collisions.groups, groups.len() as u64);
            prop_assert_eq!(Some(collisions.largest), groups.into_iter().max());
            let [a, b] = collisions.example.map(|labels| labels.into_iter().collect::<Labels>());
            prop_assert!(a != b);
            let [a, b] = [a, b].map(|mut labels| {
                assert_eq!(labels.remove(METRIC_NAME).as_deref(), Some("m"));
                assert!(rows.contains(&labels));
                labels.remove(&label.name);
                labels
            });
            prop_assert_eq!(a, b);
        }
    }

    #[test]
    fn what_makes_a_label_redundant_determines_it(rows in rows("[a-d]|job", 12)) {
        for label in depth(&rows).labels {
            let names = names(&rows);
            let single = |by: &&str| *by != label.name && determine(&rows, &[by], &label.name);
            let sets = match label.redundancy {
                None => continue,
                Some(Redundancy::Constant) => {
                    prop_assert!(determine(&rows, &[], &label.name));
                    continue;
                }
                Some(Redundancy::Target(by)) => {
                    prop_assert_eq!(&by, &["job"]);
                    vec![by]
                }
                Some(Redundancy::Labels(sets)) => {
                    let singles: BTreeSet<&str> = names.into_iter().filter(single).collect();
                    let told = sets.iter().filter(|by| by.len() == 1).map(|by| by[0].as_str());
                    prop_assert_eq!(told.collect::<BTreeSet<_>>(), singles);
                    sets
                }
            };
            for by in sets {
                prop_assert!(determine(&rows, &strs(&by), &label.name));
                for left_out in &by {
                    let part: Vec<&str> =
                        by.iter().filter(|name| *name != left_out).map(String::as_str).collect();
                    prop_assert!(!determine(&rows, &part, &label.name));
                }
            }
        }
    }

    #[test]
    fn removable_labels_go_at_once_and_no_other_with_them(rows in rows("[a-f]", 12)) {
        let depth = depth(&rows);
        let gone = strs(&depth.removable);
        let series = rows.len() as u64;
        prop_assert_eq!(without(&rows, &gone), series);
        for name in names(&rows).into_iter().filter(|name| !gone.contains(name)) {
            prop_assert!(without(&rows, &[&gone[..], &[name]].concat()) < series);
        }
        let bytes = rows.iter().flatten().filter(|(name, _)| gone.contains(&name.as_str()));
        let bytes: usize = bytes.map(|(name, value)| name.len() + value.len() + 2).sum();
        prop_assert_eq!(depth.removable_bytes, bytes as u64);
    }

    #[test]
    fn values_are_listed_by_their_series(rows in rows("[a-c]", 40)) {
        for label in depth(&rows).labels {
            let mut counts: BTreeMap<&String, u64> = BTreeMap::new();
            for value in rows.iter().filter_map(|row| row.get(&label.name)) {
                *counts.entry(value).or_default() += 1;
            }
            let mut wanted: Vec<(u64, &String)> = counts.into_iter().map(|(v, n)| (n, v)).collect();
            wanted.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
            let told: Vec<(u64, &String)> =
                label.values.iter().map(|value| (value.series, &value.value)).collect();
            prop_assert_eq!(told, wanted);
        }
    }

    #[test]
    fn buckets_are_idle_where_no_histogram_differs(
        counts in proptest::collection::vec([0..2u32, 0..2u32, 0..2u32, 0..2u32], 1..5)
    ) {
        let bounds = ["0.5", "1", "10", "+Inf"];
        let mut text = String::new();
        for (at, counts) in counts.iter().enumerate() {
            let mut sum = 0;
            for (bound, count) in bounds.iter().zip(counts) {
                sum += count;
                text += &format!("h_bucket{{h=\"{at}\",le=\"{bound}\"}} {sum}\n");
            }
        }
        let idle = &MetricDepth::of(&read(&text), &["h_bucket"], &Unwatched)[0].idle_buckets;
        let is_used = counts.iter().flatten().any(|&count| count > 0);
        let wanted = (1..4).filter(|&at| is_used && counts.iter().all(|counts| counts[at] == 0));
        let wanted: Vec<IdleBucket> = wanted.map(|at| IdleBucket {
            above: bounds[at - 1].to_owned(),
            le: bounds[at].to_owned(),
            histograms: counts.len() as u64,
        }).collect();
        prop_assert_eq!(idle, &wanted);
    }
}

fn read(text: &str) -> Table {
    let mut builder = TableBuilder::default();
    let mut reader = Reader::new(Format::Text);
    reader.feed(text.as_bytes(), &mut builder);
    reader.finish(&mut builder);
    builder.finish()
}

#[test]
fn labels_that_stand_for_each_other_are_found_together() {
    // pod, ip and node name each other: none of them merges anything alone, nor do two.
    let labels = |at: usize| {
        ["pod", "ip", "node"].map(|name| (name.to_owned(), format!("{name}-{at}"))).into()
    };
    let depth = depth(&(0..20).map(labels).collect());
    let sets: Vec<(&str, u64)> =
        depth.sets.iter().map(|set| (set.labels[0].as_str(), set.without)).collect();
    assert_eq!(sets, [("ip", 1)]);
    assert_eq!(depth.sets[0].labels, ["ip", "node", "pod"]);
    assert_eq!(depth.removable.len(), 2);
    let pod = depth.labels.iter().find(|label| label.name == "pod").unwrap();
    let by = vec![vec!["ip".to_owned()], vec!["node".to_owned()]];
    assert_eq!(pod.redundancy, Some(Redundancy::Labels(by)));
}

#[test]
fn target_labels_make_a_label_redundant() {
    let mut builder = TableBuilder::default();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    builder.target(Target { job: "j".to_owned(), labels: vec![pair("zone", "a")] });
    for (zone, rack, cpu) in [("a", "1", "0"), ("a", "1", "1"), ("b", "2", "0")] {
        builder.row("m", &[("zone", zone), ("rack", rack), ("cpu", cpu)], 0);
    }
    let depth = MetricDepth::of(&builder.finish(), &["m"], &Unwatched).remove(0);
    let rack = depth.labels.iter().find(|label| label.name == "rack").unwrap();
    assert_eq!(rack.redundancy, Some(Redundancy::Target(vec!["zone".to_owned()])));
}

#[test]
fn a_series_that_stands_twice_in_a_scrape_is_told() {
    let twice = read("m{a=\"1\"} 1\nm{a=\"2\"} 1\nm{a=\"1\"} 2\n");
    let depth = MetricDepth::of(&twice, &["m"], &Unwatched).remove(0);
    let labels = [(METRIC_NAME, "m"), ("a", "1")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert_eq!(depth.duplicate.as_deref(), Some(&labels[..]));
    // Two scrapes may both have it.
    let mut two = read("m{a=\"1\"} 1\n");
    two.append(&read("m{a=\"1\"} 1\n"));
    assert_eq!(MetricDepth::of(&two, &["m"], &Unwatched)[0].duplicate, None);
}
