//! Replaying a log of 50,000 series with ten samples each, packed in each way.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use promsieve_core::ingest::wal::{Part, Replay, ReplayOptions};
use promsieve_lab::wal::{Labels, Packing, Segment, samples, series};

const SERIES: u64 = 50_000;
const SCRAPES: i64 = 10;

fn main() {
    divan::main();
}

fn labels(at: u64) -> Labels {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    vec![
        pair("__name__", format!("app_requests_{}_total", at / 2000)),
        pair("instance", format!("10.0.{}.1:9100", at % 7)),
        pair("job", "app".to_owned()),
        pair("path", format!("/api/v1/resource/{}", at % 97)),
        pair("pod", format!("app-{}", at / 97)),
        pair("shard", at.to_string()),
        pair("status", (200 + at % 5).to_string()),
    ]
}

fn segment(packing: Packing) -> Vec<u8> {
    let mut segment = Segment::new(packing);
    let entries: Vec<(u64, Labels)> = (1..=SERIES).map(|at| (at, labels(at))).collect();
    segment.record(&series(&entries)).expect("it packs");
    for scrape in 0..SCRAPES {
        let entries: Vec<(u64, i64, f64)> =
            (1..=SERIES).map(|at| (at, scrape * 15_000, (at as f64) * scrape as f64)).collect();
        segment.record(&samples(&entries)).expect("it packs");
    }
    segment.padded()
}

#[divan::bench(args = [Packing::Plain, Packing::Snappy, Packing::Zstd])]
fn replay(bencher: Bencher<'_, '_>, packing: Packing) {
    let segment = segment(packing);
    bencher
        .counter(BytesCount::of_slice(&segment))
        .counter(ItemsCount::new(SERIES * SCRAPES as u64))
        .bench(|| {
            let mut replay = Replay::new(ReplayOptions::default());
            replay.start_segment(Part::Log, "00000000");
            replay.feed(&segment);
            replay.end_segment();
            replay.finish().counts.series
        });
}
