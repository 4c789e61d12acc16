//! What a server reads and sends in a second.

use super::estimate::Range;
use super::load::Load;
use super::settings::ServerSettings;
use super::terms::{interval, page_bytes};
use crate::units::Bytes;

/// Bytes that a queue sends for a sample beside its labels, and for a byte of its labels (name, value
/// and 2 for each), after snappy: fitted by hand to servers 2.53 and 3.5 that sent pages of
/// `fixtures/mesh` with moving values for 50 seconds (`prometheus_remote_storage_bytes_total` over
/// `_samples_total`). A sample took 18.5 bytes with 93 bytes of labels (node exporter), 25.3 with 148
/// (Spring), 97 with 809 (Istio), the same on both; `tests/real_network.rs` measures it again.
const SENT_SAMPLE: f64 = 8.0;
const SENT_LABEL_BYTE: f64 = 0.11;

/// Around it. Six servers measured were at 1.00 to 1.04 times of what this says; the range is wider by
/// judgement, as labels of others may compress better or worse.
const SENT_RANGE: [f64; 3] = [0.85, 1.0, 1.15];

/// What goes over the network in a second, protocol overhead aside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Network {
    /// Bodies of scrapes before compression.
    pub scraped: Bytes,
    /// Samples that all remote-write queues send together.
    pub sent_samples: f64,
    /// Bytes of them, compressed.
    pub sent: Range,
}

/// What a load makes of it, which stores so many samples a second. `bodies` is the size of a scrape of
/// all targets, where the pages are there; else it is taken from the series.
pub fn network(
    load: &Load,
    bodies: Option<u64>,
    samples_per_second: f64,
    settings: &ServerSettings,
) -> Network {
    let all = bodies.map_or_else(|| page_bytes(load) * load.targets as f64, |size| size as f64);
    let sent_samples = samples_per_second * f64::from(settings.remote_writes);
    let label_bytes = load.label_bytes as f64 / load.series.max(1) as f64;
    let sent = sent_samples * (SENT_SAMPLE + SENT_LABEL_BYTE * label_bytes);
    let [low, expected, high] = SENT_RANGE.map(|share| bytes(sent * share));
    Network {
        scraped: bytes(all / interval(settings)),
        sent_samples,
        sent: Range { low, expected, high },
    }
}

#[expect(clippy::cast_sign_loss, reason = "counts and prices are not negative")]
fn bytes(value: f64) -> Bytes {
    Bytes(value.round() as u64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn bodies_and_samples_go_by_the_interval_and_the_queues() {
        let load = Load { series: 100, exposed_bytes: 5000, targets: 2, ..Load::default() };
        let settings = ServerSettings {
            scrape_interval: Duration::from_secs(10),
            remote_writes: 2,
            ..ServerSettings::default()
        };
        let of = |bodies| network(&load, bodies, 50.0, &settings);
        assert_eq!(of(Some(80_000)).scraped, Bytes(8000));
        // 50 bytes a series and 10 for its value.
        assert_eq!(of(None).scraped, Bytes(600));
        let Network { sent_samples, sent, .. } = of(None);
        assert!((sent_samples - 100.0).abs() < 1e-9);
        assert!(sent.low < sent.expected && sent.expected < sent.high, "{sent:?}");
        let alone = ServerSettings { remote_writes: 0, ..settings };
        assert_eq!(network(&load, None, 50.0, &alone).sent.high, Bytes(0));
    }
}
