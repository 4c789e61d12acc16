//! Estimates what a server needs for a number of series that is only planned.

use std::time::Duration;

use promsieve_core::cost::{CostModel, Load, ServerSettings, estimate};
use promsieve_core::server::Server;

fn main() {
    let server = Server::prometheus(3, 5);
    let series = 1_000_000;
    let load = Load {
        series,
        label_pairs: 12 * series,
        label_bytes: 300 * series,
        exposed_bytes: 250 * series,
        unique_pairs: 200_000,
        unique_pair_bytes: 6_000_000,
        targets: 2_000,
        ..Load::default()
    };
    let interval = Duration::from_secs(30);
    let settings =
        ServerSettings { server, scrape_interval: interval, ..ServerSettings::default() };
    let (model, note) = CostModel::embedded(&server);
    assert_eq!(note, None, "the model is of another release");

    let needs = estimate(&load, &model, &settings);
    assert!(needs.rss.low < needs.rss.expected && needs.rss.expected < needs.rss.high);
    // A series a sample each half minute, and five of the server's own for each target.
    let expected = (1_000_000.0 + 5.0 * 2_000.0) / 30.0;
    assert!((needs.samples_per_second - expected).abs() < 1e-6);
}
