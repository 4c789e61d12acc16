//! A start over a log, as after a kill.

use super::beside::BESIDE;
use super::terms::{LIVE_HEAP, Situation, WAITING_CHUNK};

/// Key, unit and meaning of the price of the garbage that a start makes.
pub const AGAIN: (&str, &str, &str) = (
    "again_heap",
    "bytes per byte that GOGC allows beside the live heap",
    "garbage of a log's replay and of the first scrapes after it (tsdb/head_wal.go)",
);

/// Key, unit and meaning of the price of samples that were read and not yet stored.
pub const DECODED: (&str, &str, &str) = (
    "decoded_byte",
    "bytes per byte of samples that a replay has read and not yet stored",
    "samples in the channels between the log's reader and the head's shards (tsdb/head_wal.go)",
);

/// Records whose samples wait in the channel of a shard (`tsdb/head_wal.go`, `setup`).
const RECORDS_AHEAD: f64 = 300.0;

/// Share of a short log's samples that are read before they are stored.
const SHARE_AHEAD: f64 = 0.75;

/// Bytes of a float that was read from a log: reference, time and value.
const DECODED_FLOAT: f64 = 24.0;

/// Bytes of a native histogram that was read from a log, beside 8 for each bucket: reference, time and
/// pointers of 32, histogram of 176, a span of 8.
const DECODED_HISTOGRAM: f64 = 216.0;
const DECODED_BUCKET: f64 = 8.0;

/// Keys of what of the live heap a start does not bring back: what was cut waits for the next cut, and
/// exemplars come from the log without the line that they were scraped in.
const NOT_AGAIN: [&str; 3] = [WAITING_CHUNK, "chunk_writer", "exemplar_line"];

/// Live heap that a start does not bring back, at prices by their keys.
pub fn not_again(it: &Situation<'_>, price: impl Fn(&'static str) -> f64) -> f64 {
    let gone = LIVE_HEAP.iter().chain(&BESIDE).filter(|term| NOT_AGAIN.contains(&term.key));
    gone.map(|term| (term.quantity)(it) * price(term.key)).sum()
}

/// Anonymous resident memory of a start, as a sum that [`DECODED`] has a price in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Start {
    /// What does not hang on that price.
    pub known: f64,
    /// Bytes that it is the price of.
    pub decoded: f64,
}

/// The highest anonymous resident memory of a start over a log, for a live heap and prices by their
/// keys.
pub fn start_again(
    it: &Situation<'_>,
    live_heap: f64,
    price: impl Fn(&'static str) -> f64,
) -> Start {
    let stacks = it.load.targets as f64 * price("resident_target") + price("resident_base");
    let beside = it.page_bytes * price("start_page") + stacks;
    let garbage = it.allowed() * price(AGAIN.0);
    let [read, waiting] = it.decoded();
    let few = Start { known: live_heap + beside, decoded: read * SHARE_AHEAD };
    let many =
        Start { known: live_heap * (1.0 + garbage) + beside, decoded: waiting * (1.0 + garbage) };
    let takes = |start: &Start| start.known + start.decoded * price(DECODED.0);
    let least = if takes(&few) < takes(&many) { few } else { many };
    let none = Start { decoded: 0.0, ..many };
    if takes(&none) > takes(&least) { none } else { least }
}

impl Situation<'_> {
    /// Bytes of the samples of the log as they are read, and of those that fit into the channels to the
    /// head's shards.
    fn decoded(&self) -> [f64; 2] {
        let beside = &self.settings.beside;
        let histograms = beside.native_histograms as f64;
        let native = histograms * DECODED_HISTOGRAM + beside.native_buckets as f64 * DECODED_BUCKET;
        let bytes = native + (self.exposed_series() - histograms).max(0.0) * DECODED_FLOAT;
        let samples = self.samples() as f64;
        // A scrape of a target is a record.
        let ahead = samples.min(RECORDS_AHEAD / self.load.targets.max(1) as f64);
        [bytes * samples, bytes * ahead]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::beside::Beside;
    use super::super::load::Load;
    use super::super::settings::ServerSettings;
    use super::*;

    fn start(native_histograms: u64, seconds: u64) -> f64 {
        let beside = Beside {
            native_histograms,
            native_buckets: native_histograms * 98,
            ..Beside::default()
        };
        let settings = ServerSettings {
            beside,
            scrape_interval: Duration::from_secs(1),
            uptime: Duration::from_secs(seconds),
            ..ServerSettings::default()
        };
        let load = Load { series: native_histograms, targets: 10, ..Load::default() };
        let it = Situation { load: &load, settings: &settings, sample_bytes: 2.4, page_bytes: 0.0 };
        let start =
            start_again(&it, 100e6, |key| f64::from(u8::from(!key.starts_with("resident"))));
        start.known + start.decoded
    }

    #[test]
    fn native_histograms_wait_until_the_channels_are_full() {
        // A kilobyte each; 75 % of garbage where there is time to make it.
        let takes = [start(0, 600), start(1000, 10), start(10_000, 10), start(10_000, 3600)];
        let want = [175e6, 175e6, 100e6 + 75e6, 175e6 + 300e6 * 1.75];
        for (at, (takes, want)) in takes.into_iter().zip(want).enumerate() {
            assert!((takes - want).abs() < 1.0, "{at}: {takes}");
        }
    }
}
