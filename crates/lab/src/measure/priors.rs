//! What is known of a model's coefficients before any run: sizes of the server's structs.

use std::collections::BTreeMap;

use promsieve_core::cost::resident::{BLOCK_CUT, RESIDENT};
use promsieve_core::cost::start::{AGAIN, DECODED};
use promsieve_core::cost::terms::{ALLOCATED, LIVE_HEAP, PEAK};
use promsieve_core::cost::{
    AGENT, AGENT_GARBAGE, BESIDE, BESIDE_RESIDENT, Coefficient, CostModel, DISCOVERED, Errors,
    Margin,
};

use crate::real::Version;

/// The documented 1 to 2 bytes a sample (`docs/storage.md`); noise takes up to 8.
pub(super) const DISK: Margin = Margin { low: 0.67, high: 1.77 };

/// A model of no runs, which a fit starts from and is drawn to.
pub(super) fn model(version: Version) -> CostModel {
    let (v2, build) = match version {
        Version::V2 => (true, "slicelabels: Debian's 2.53.3, built with Go 1.24"),
        Version::V3 => (
            false,
            "stringlabels: 3.5.3, built with Go 1.27; the official build keeps labels alike",
        ),
    };
    let values: BTreeMap<&str, f64> = VALUES
        .into_iter()
        .map(|(key, on_v2, on_v3)| (key, if v2 { on_v2 } else { on_v3 }))
        .collect();
    let fitted = |key: &str, unit: &str, meaning: &str| {
        let source = format!("fitted to RUNS runs; {meaning}");
        let unit = unit.to_owned();
        (key.to_owned(), Coefficient { value: values[key], unit, source })
    };
    let terms = LIVE_HEAP.iter().chain(&PEAK).chain(&ALLOCATED);
    let mut coefficients: BTreeMap<String, Coefficient> =
        terms.map(|term| fitted(term.key, term.unit, term.meaning)).collect();
    coefficients.extend(RESIDENT.iter().map(|(key, unit, meaning)| fitted(key, unit, meaning)));
    let beside = BESIDE.iter().chain(&BESIDE_RESIDENT);
    let beside = beside.map(|term| (term.key, term.unit, term.meaning, "runs `with-…`"));
    let agent = AGENT.iter().map(|term| (term.key, term.unit, term.meaning, "runs `agent-…`"));
    let discovered =
        DISCOVERED.iter().map(|term| (term.key, term.unit, term.meaning, "runs `discovered-…`"));
    let beside = beside.chain(agent).chain(discovered);
    let again = (AGAIN.0, AGAIN.1, AGAIN.2, "runs `replay-…`");
    let decoded = (DECODED.0, DECODED.1, DECODED.2, "runs `with-native-…`");
    let garbage = (AGENT_GARBAGE.0, AGENT_GARBAGE.1, AGENT_GARBAGE.2, "runs `agent-…`");
    let cut = (BLOCK_CUT.0, BLOCK_CUT.1, BLOCK_CUT.2, "runs `slow-…`");
    coefficients.extend(beside.chain([again, decoded, garbage, cut]).map(
        |(key, unit, meaning, to)| {
            let source = format!("fitted to the {to}; {meaning}");
            (key.to_owned(), Coefficient { value: values[key], unit: unit.to_owned(), source })
        },
    ));
    coefficients.extend(OTHERS.iter().map(|(key, unit, source)| {
        let (unit, source) = ((*unit).to_owned(), (*source).to_owned());
        ((*key).to_owned(), Coefficient { value: values[key], unit, source })
    }));
    let none = Margin { low: 1.0, high: 1.0 };
    let errors =
        Errors { live_heap: none, memory: none, rss: none, start: none, wal: none, disk: DISK };
    CostModel { server: version.name().to_owned(), build: build.to_owned(), coefficients, errors }
}

/// Key, value of 2.53 (slicelabels), value of 3.5 (stringlabels): struct sizes, rounded up to size
/// classes; 8 bytes a posting with a list's room, and 32 for two string headers; map slots at the
/// mean of their load.
const VALUES: [(&str, f64, f64); 60] = [
    ("base", 10.6e6, 10.6e6),
    ("target", 9000.0, 9000.0),
    ("metric_family", 250.0, 250.0),
    ("series", 600.0, 600.0),
    ("scraped_series", 200.0, 180.0),
    ("exposed_byte", 1.06, 1.06),
    ("dropped_series", 60.0, 60.0),
    ("label_byte", 1.06, 1.06),
    ("posting", 43.0, 11.0),
    ("unique_pair", 105.0, 105.0),
    ("full_chunk", 45.0, 45.0),
    ("waiting_chunk", 1.0, 1.0),
    ("chunk_writer", 1.0, 1.0),
    ("remote_write_queue", 2e6, 2e6),
    ("remote_write_batch", 4.0, 4.0),
    ("open_chunk", 1.0, 1.0),
    ("remote_write_series", 100.0, 100.0),
    ("remote_write_byte", 1.06, 1.06),
    ("peak_buffer", 4.0, 4.0),
    ("peak_cut", 0.8, 0.8),
    ("allocated_idle", 0.3e6, 0.3e6),
    ("allocated_scrape", 7000.0, 7000.0),
    ("allocated_new_series", 1500.0, 1500.0),
    ("allocated_new_byte", 6.0, 6.0),
    ("allocated_sample", 10.0, 10.0),
    ("allocated_sent_sample", 100.0, 100.0),
    ("start_heap", 0.5, 0.5),
    ("start_page", 4.0, 4.0),
    ("goal_heap", 1.0, 1.0),
    ("goal_cut", 0.8, 0.8),
    ("again_heap", 0.75, 0.75),
    ("native_histogram", 600.0, 600.0),
    ("native_bucket", 32.0, 32.0),
    ("native_cut", 0.6, 0.6),
    ("exemplar", 110.0, 110.0),
    ("exemplar_byte", 1.5, 1.5),
    ("recorded_byte", 2.0, 2.0),
    ("late_byte", 1.12, 1.12),
    ("exemplar_line", 1.06, 0.0),
    ("queried_series", 3500.0, 3500.0),
    ("recorded_series", 1000.0, 1000.0),
    ("decoded_byte", 1.0, 1.0),
    ("block_cut", 200.0, 200.0),
    ("agent_base", 10.6e6, 10.6e6),
    ("agent_series", 300.0, 300.0),
    ("agent_label", 32.0, 1.0),
    ("agent_queue", 0.5e6, 0.5e6),
    ("agent_queue_series", 100.0, 100.0),
    ("agent_queue_byte", 1.06, 1.06),
    ("agent_garbage", 0.1, 0.1),
    ("dropped_target", 2000.0, 1500.0),
    ("discovered_label", 110.0, 75.0),
    ("discovered_byte", 1.2, 1.2),
    ("resident_target", 45e3, 45e3),
    ("resident_base", 4e6, 4e6),
    ("chunk_sample", 2.4, 2.4),
    ("gogc", 75.0, 75.0),
    ("wal_sample", 7.9, 7.9),
    ("wal_label_byte", 0.05, 0.05),
    ("disk_sample", 1.5, 1.5),
];

/// Key, unit and source of what no fit finds, or what is fitted beside the memory.
const OTHERS: [(&str, &str, &str); 5] = [
    (
        "chunk_sample",
        "bytes per sample in a chunk",
        "full chunks on disk of jittery integer counters, less 30 bytes of their heads; constants take 0.3, noisy floats 7.7",
    ),
    ("gogc", "percent", "config/config.go, DefaultRuntimeConfig since 2.53"),
    ("wal_sample", "bytes per sample", "fitted to the runs without blocks; snappy"),
    (
        "wal_label_byte",
        "bytes per label byte of a new series",
        "fitted to the runs without blocks; series records compress well",
    ),
    (
        "disk_sample",
        "bytes per sample",
        "docs/storage.md says 1 to 2; the range's upper end covers noisy floats",
    ),
];
