//! Reading allocates nothing a sample: what is allocated grows with the distinct values and with the
//! doubling of columns, not with the samples.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::series::TableBuilder;
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
    let (allocations, samples) = second_half(20_000);
    assert!(samples > 9_000, "{samples}");
    assert!(allocations < samples / 20, "{allocations} allocations for {samples} samples");
}
