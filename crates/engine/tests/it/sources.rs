//! Sources that tests read: blocks that share series, a log, scrapes that repeat them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use promsieve_core::ingest::index::Version;
use promsieve_core::sketch::mix;
use promsieve_lab::block::{self, Series};
use promsieve_lab::wal::{self, Packing, Segment};

/// Two hours, milliseconds since the epoch.
const TIMES: (i64, i64) = (1_700_000_000_000, 1_700_007_200_000);

/// So many blocks, a directory each, of which neighbours share half of their series.
pub(crate) fn blocks(directory: &Path, count: u64, series: u64) -> Vec<PathBuf> {
    let write = |at: u64| {
        let place = directory.join(at.to_string());
        let first = at * series / 2;
        let all: Vec<Series> = (first..first + series).map(one).collect();
        block::write_small_block(&place, TIMES, Version::V2, &all, all.len()).unwrap();
        place.join(block::ULID)
    };
    (0..count).map(write).collect()
}

/// The series of a number, different for different numbers.
fn one(number: u64) -> Series {
    Series { labels: labels(number), chunks: vec![TIMES] }
}

fn labels(number: u64) -> BTreeMap<String, String> {
    let random = mix(number);
    let metric = ["requests_total", "latency_bucket", "up", "pods"][(random % 7 % 4) as usize];
    let mut labels = vec![
        ("__name__", metric.to_owned()),
        ("pod", format!("payments-{}-{:05x}", number / 40, number % 40)),
        ("ip", format!("10.{}.{}.{}", random >> 8 & 7, random >> 16 & 31, random >> 24 & 255)),
        ("id", number.to_string()),
    ];
    if random & 1 == 0 {
        labels.push(("zone", format!("z{}", random >> 32 & 3)));
    }
    labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A log of a head.
pub(crate) fn log(directory: &Path) -> PathBuf {
    let entries: Vec<(u64, Vec<(String, String)>)> =
        (1..400).map(|number| (number, labels(number * 3).into_iter().collect())).collect();
    let mut segment = Segment::new(Packing::Snappy);
    segment.record(&wal::series(&entries)).unwrap();
    let samples: Vec<_> = entries.iter().map(|(number, _)| (*number, TIMES.0, 1.0)).collect();
    segment.record(&wal::samples(&samples)).unwrap();
    let place = directory.join("head/wal");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("00000000"), segment.padded()).unwrap();
    directory.join("head")
}

/// Scrapes of two targets, with types, repeated series and values that need escapes.
pub(crate) fn scrapes(directory: &Path) -> PathBuf {
    let place = directory.join("scrapes/app");
    fs::create_dir_all(&place).unwrap();
    for target in ["10.0.0.1%3A80", "10.0.0.2%3A80"] {
        let mut page = String::from("# TYPE t histogram\n# TYPE c_total counter\n");
        for at in 0..300 {
            page += &format!("c_total{{path=\"/a/{}\",zone=\"z\\\"{}\\n\"}} 1\n", at % 200, at % 3);
            page += &format!("t_bucket{{le=\"{}\"}} 1\n", at % 10);
        }
        page += "plain 1\n";
        fs::write(place.join(format!("{target}.prom")), page).unwrap();
    }
    directory.to_owned()
}
