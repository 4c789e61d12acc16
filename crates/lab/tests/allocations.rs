//! Reading allocates nothing a sample: what is allocated grows with the distinct values and with the
//! doubling of columns, not with the samples. Relabeling allocates nothing at all once it has seen
//! what names there are.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::relabel::{Outcome, Scratch};
use promsieve_core::series::{LabelBuf, TableBuilder};
use promsieve_lab::chains::LOADS;
use promsieve_lab::mesh::{Plan, big_scrape};

/// Allocations while the second half of a scrape is read, and its samples.
fn second_half(series: usize) -> (u64, u64) {
    let mut bytes = Vec::new();
    big_scrape(Plan { services: 40, seed: 1 }, series, &mut bytes).unwrap();
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let mut builder = TableBuilder::default();
    let mut reader = Reader::new(Format::Text);
    reader.feed(first, &mut builder);
    let before = builder.samples();
    let counted = allocation_counter::measure(|| reader.feed(second, &mut builder));
    (counted.count_total, builder.samples() - before)
}

#[test]
fn reading_allocates_nothing_a_sample() {
    let (allocations, samples) = second_half(40_000);
    assert!(samples > 18_000, "{samples}");
    assert!(allocations < samples / 20, "{allocations} allocations for {samples} samples");
}

#[test]
fn relabeling_allocates_nothing_a_series() {
    for load in LOADS {
        let (table, program) = (load.table(6_000), load.program().unwrap());
        let rows =
            table.metrics.iter().flat_map(|group| (0..group.rows).map(move |row| (group, row)));
        let series: Vec<_> = rows.map(|(group, row)| table.row_labels(group, row)).collect();
        let (mut scratch, mut labels) = (Scratch::new(), LabelBuf::new());
        let mut run = || {
            let (mut kept, mut unchanged) = (0, 0);
            for series in &series {
                labels.refill(series.iter().copied());
                let outcome = program.apply(&mut scratch, &mut labels);
                kept += usize::from(outcome == Outcome::Kept);
                unchanged += usize::from(outcome == Outcome::Kept && labels.is_unchanged());
            }
            (kept, unchanged)
        };
        let first = run();
        assert!(first.0 > 3_000, "{}: {first:?}", load.name);
        assert!(first.1 > 3_000 || load.name != "kubelet", "{}: {first:?}", load.name);
        let counted = allocation_counter::measure(|| assert_eq!(run(), first));
        assert_eq!(counted.count_total, 0, "{}", load.name);
    }
}
