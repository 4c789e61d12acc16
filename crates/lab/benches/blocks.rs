//! An index of 100,000 series: its totals, its churn, its series as a table.
#![expect(clippy::unwrap_used, reason = "a bench")]

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use promsieve_core::ingest::index::{Index, Meta, Tombstones, Version, Want};
use promsieve_core::watch::Unwatched;
use promsieve_lab::block::{Series, index_of};

const SERIES: u64 = 100_000;

fn main() {
    divan::main();
}

fn index() -> Vec<u8> {
    let one = |at: u64| {
        let pair = |name: &str, value: String| (name.to_owned(), value);
        let labels = [
            pair("__name__", format!("app_requests_{}_total", at / 5000)),
            pair("instance", format!("10.0.{}.1:9100", at % 97)),
            pair("job", "app".to_owned()),
            pair("namespace", format!("team-{}", at % 11)),
            pair("path", format!("/api/v1/resource/{}", at % 97)),
            pair("pod", format!("app-{}", at / 97)),
            pair("shard", at.to_string()),
            pair("status", (200 + at % 5).to_string()),
        ];
        let chunk = |at: i64| (at * 1_800_000, (at + 1) * 1_800_000 - 1);
        Series { labels: labels.into(), chunks: (0..4).map(chunk).collect() }
    };
    let mut bytes = Vec::new();
    index_of(Version::V2, &(0..SERIES).map(one).collect::<Vec<_>>(), &mut bytes).unwrap();
    bytes
}

#[divan::bench]
fn summary(bencher: Bencher<'_, '_>) {
    let bytes = index();
    bencher
        .counter(ItemsCount::new(SERIES))
        .bench(|| Index::open(divan::black_box(&bytes)).unwrap().summary(20).unwrap());
}

#[divan::bench]
fn churn(bencher: Bencher<'_, '_>) {
    let bytes = index();
    bencher
        .counter(ItemsCount::new(SERIES))
        .counter(BytesCount::of_slice(&bytes))
        .bench(|| walk(divan::black_box(&bytes), Want::Totals).churn(20));
}

#[divan::bench]
fn table(bencher: Bencher<'_, '_>) {
    let bytes = index();
    bencher
        .counter(ItemsCount::new(SERIES))
        .counter(BytesCount::of_slice(&bytes))
        .bench(|| walk(divan::black_box(&bytes), Want::Rows).table());
}

fn walk(bytes: &Vec<u8>, want: Want) -> promsieve_core::ingest::index::Series<'_> {
    let meta = Meta { min_time: 0, max_time: 7_200_000, ..Meta::default() };
    let index = Index::open(bytes).unwrap();
    index.series(want, &meta, &Tombstones::default(), &Unwatched).unwrap()
}
