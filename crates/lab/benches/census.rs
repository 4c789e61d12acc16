//! The census of a mesh scrape: from the table, and from the bytes on.
#![expect(clippy::unwrap_used, reason = "a bench")]

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::series::{Table, TableBuilder};
use promsieve_core::watch::Unwatched;
use promsieve_lab::mesh::{Plan, big_scrape};

fn main() {
    divan::main();
}

fn scrape() -> Vec<u8> {
    let mut bytes = Vec::new();
    big_scrape(Plan { services: 40, seed: 1 }, 50_000, &mut bytes).unwrap();
    bytes
}

fn table(bytes: &[u8]) -> Table {
    let mut builder = TableBuilder::default();
    let mut reader = Reader::new(Format::Text);
    reader.feed(bytes, &mut builder);
    reader.finish(&mut builder);
    builder.finish()
}

#[divan::bench(args = [true, false])]
fn of_table(bencher: Bencher<'_, '_>, summary: bool) {
    let table = table(&scrape());
    let options = CensusOptions { summary };
    bencher
        .counter(ItemsCount::new(table.rows()))
        .bench(|| Census::of(divan::black_box(&table), options, &Unwatched));
}

#[divan::bench]
fn of_bytes(bencher: Bencher<'_, '_>) {
    let bytes = scrape();
    bencher.counter(BytesCount::new(bytes.len())).bench(|| {
        let table = table(divan::black_box(&bytes));
        Census::of(&table, CensusOptions::default(), &Unwatched)
    });
}
