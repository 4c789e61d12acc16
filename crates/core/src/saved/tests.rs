//! Saved and read again; merged in any order; damaged at every place.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::census::{Census, CensusOptions};
use crate::series::{Stage, TableBuilder, Target};
use crate::watch::Unwatched;

type Page = (String, Vec<(String, Vec<(String, String)>)>);

fn pages() -> impl Strategy<Value = Vec<Page>> {
    let labels = proptest::collection::btree_map("[a-c]", "[x-z]{0,2}", 0..3);
    let labels = labels.prop_map(|map| map.into_iter().collect());
    let rows = proptest::collection::vec(("m[1-3]", labels), 0..8);
    proptest::collection::vec(("[jk]?", rows), 0..5)
}

fn table((job, rows): &Page) -> Table {
    let mut builder = TableBuilder::default();
    let labels = if job.is_empty() { vec![] } else { vec![("job".to_owned(), job.clone())] };
    builder.target(Target { job: job.clone(), labels });
    for (metric, labels) in rows {
        let pairs: Vec<_> = labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        builder.row(metric, &pairs, 7);
    }
    builder.finish()
}

fn exact(pages: &[Page]) -> Table {
    let mut whole = Table::empty(Stage::Exposed);
    for page in pages {
        whole.merge(&table(page));
    }
    whole
}

fn sketched(pages: &[Page]) -> SketchedCensus {
    let mut census = SketchedCensus::new(Stage::Attached);
    for page in pages {
        let mut table = table(page);
        table.stage = Stage::Attached;
        census.add(&table);
    }
    census
}

/// A census of each kind with something of everything in it.
fn samples() -> &'static [Vec<u8>; 2] {
    static SAMPLES: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    SAMPLES.get_or_init(make_samples)
}

fn make_samples() -> [Vec<u8>; 2] {
    let mut rows = Vec::new();
    for at in 0..400 {
        let labels = vec![("a".to_owned(), at.to_string()), ("b".to_owned(), (at % 7).to_string())];
        rows.push((format!("m{}", at % 2), labels));
    }
    rows.push(("m0".to_owned(), vec![("a".to_owned(), String::new())]));
    let pages = [("j".to_owned(), rows), (String::new(), vec![("up".to_owned(), vec![])])];
    [to_bytes(&Saved::Exact(exact(&pages))), to_bytes(&Saved::Sketched(Box::new(sketched(&pages))))]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn equal_series_give_equal_bytes(pages in pages(), cut in 0usize..5) {
        let whole = to_bytes(&Saved::Exact(exact(&pages)));
        let reversed: Vec<Page> = pages.iter().rev().cloned().collect();
        prop_assert_eq!(&to_bytes(&Saved::Exact(exact(&reversed))), &whole);
        let (front, back) = pages.split_at(cut.min(pages.len()));
        let again = |saved: &Saved| match read(&to_bytes(saved)).unwrap() {
            Saved::Exact(table) => table,
            Saved::Sketched(_) => unreachable!("an exact one was saved"),
        };
        let mut merged = again(&Saved::Exact(exact(back)));
        merged.merge(&again(&Saved::Exact(exact(front))));
        prop_assert_eq!(&to_bytes(&Saved::Exact(merged)), &whole);
        let read = again(&Saved::Exact(exact(&pages)));
        let census = |table: &Table| Census::of(table, CensusOptions::default(), &Unwatched);
        prop_assert_eq!(census(&read), census(&exact(&pages).canonical()));
    }

    #[test]
    fn unsorted_bytes_hold_the_same_series(pages in pages()) {
        let table = exact(&pages);
        match read(&to_bytes_unsorted(&table)).unwrap() {
            Saved::Exact(read) => {
                prop_assert_eq!(to_bytes(&Saved::Exact(read)), to_bytes(&Saved::Exact(table)));
            }
            Saved::Sketched(_) => prop_assert!(false, "an exact one was saved"),
        }
    }

    #[test]
    fn a_sketched_census_comes_back(pages in pages()) {
        let saved = to_bytes(&Saved::Sketched(Box::new(sketched(&pages))));
        match read(&saved).unwrap() {
            Saved::Sketched(census) => prop_assert_eq!(*census, sketched(&pages)),
            Saved::Exact(_) => prop_assert!(false, "a sketched one was saved"),
        }
    }

    /// Checksums find it all; without them, whatever is read can be used.
    #[test]
    fn damaged_files_are_refused_or_harmless(
        which in 0usize..2,
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        mends in any::<bool>(),
    ) {
        let good = samples()[which].clone();
        let mut bad = good.clone();
        for (place, byte) in &places {
            let at = place.index(bad.len());
            bad[at] = *byte;
        }
        if mends {
            file::mend(&mut bad);
        }
        match read(&bad) {
            Ok(saved) => {
                prop_assert!(bad == good || mends);
                harmless(saved);
            }
            Err(error) => prop_assert!(error.offset <= bad.len() && !error.message.is_empty()),
        }
    }
}

fn harmless(saved: Saved) {
    match saved {
        Saved::Exact(table) => {
            drop(Census::of(&table, CensusOptions::default(), &Unwatched));
            drop(to_bytes(&Saved::Exact(table)));
        }
        Saved::Sketched(mut census) => {
            drop(census.census());
            let other = census.clone();
            census.merge(&other);
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    for good in samples() {
        for length in (0..good.len()).step_by(97).chain(good.len() - 40..good.len()) {
            assert!(read(&good[..length]).is_err(), "{length}");
        }
        assert!(is_saved(good) && read(good).is_ok());
    }
}
