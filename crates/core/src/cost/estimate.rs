//! From a load to memory, WAL and disk of a server.

use std::time::Duration;

use super::load::Load;
use super::model::{Coefficient, CostModel, Margin};
use crate::server::Server;
use crate::units::Bytes;

/// Samples after which a chunk is cut (`tsdb/head.go`, `DefaultSamplesPerChunk`).
const SAMPLES_PER_CHUNK: u64 = 120;

/// The head holds at most one and a half block ranges of two hours (`tsdb/head.go`, `compactable`).
const HEAD_RANGE: Duration = Duration::from_hours(3);

/// Capacities of an open chunk's buffer: it starts at 128 bytes (`tsdb/chunkenc/xor.go`) and grows
/// with Go's `append`.
const CHUNK_CAPACITIES: [f64; 5] = [128.0, 256.0, 512.0, 848.0, 1280.0];

/// `memChunk`, `XORChunk` and appender of a chunk that waits to be mapped (sizes of 3.5's structs).
const CUT_CHUNK_FIXED: f64 = 48.0 + 32.0;

/// Smallest scrape buffer; each next size is three times as large (`scrape/scrape.go`).
const SMALLEST_BUFFER: f64 = 1000.0;

/// What the server is told to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServerSettings {
    /// Its version.
    pub server: Server,
    /// Mean scrape interval.
    pub scrape_interval: Duration,
    /// Time since start; memory grows until three hours.
    pub uptime: Duration,
    /// How long blocks are kept.
    pub retention: Duration,
    /// GOGC in percent, where it is set.
    pub gogc: Option<u32>,
    /// GOMEMLIMIT, where it is set: 0.9 of the container's limit by default since 3.0.
    pub gomemlimit: Option<Bytes>,
    /// Remote-write queues.
    pub remote_writes: u32,
    /// Bytes that a sample takes in a chunk, where it is known: up to 8 for noisy floats, less than
    /// 1 for constants; the model's figure is for counters.
    pub sample_bytes: Option<f64>,
}

impl Default for ServerSettings {
    /// The default server, scraping every 15 s for three hours, blocks for 15 days.
    fn default() -> Self {
        Self {
            server: Server::default(),
            scrape_interval: Duration::from_secs(15),
            uptime: HEAD_RANGE,
            retention: Duration::from_hours(15 * 24),
            gogc: None,
            gomemlimit: None,
            remote_writes: 0,
            sample_bytes: None,
        }
    }
}

/// A quantity with its measured error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Lowest in the calibration.
    pub low: Bytes,
    /// What the model says.
    pub expected: Bytes,
    /// Highest in the calibration.
    pub high: Bytes,
}

/// A part of the live heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is for.
    pub name: &'static str,
    /// Its size.
    pub bytes: Bytes,
}

/// What a load needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Heap in use after a collection.
    pub live_heap: Range,
    /// Peak heap: what the runtime lets it grow to before the next collection (`next_gc`).
    pub memory: Range,
    /// Anonymous resident memory, what counts for the OOM killer; file pages come on top.
    pub rss: Range,
    /// Blocks of a day.
    pub disk_per_day: Range,
    /// Blocks over the whole retention.
    pub disk: Range,
    /// Samples stored a second, the server's five report series a target among them.
    pub samples_per_second: f64,
    /// Write-ahead log of a head of three hours.
    pub wal: Range,
    /// What the expected live heap is made of; the parts add up to it exactly.
    pub parts: Vec<Part>,
    /// What the reader should know of the estimate, for example another version's model.
    pub notes: Vec<String>,
}

/// Estimates what a load needs on a server with these settings.
pub fn estimate(load: &Load, model: &CostModel, settings: &ServerSettings) -> Estimate {
    let parts = parts(load, model, settings);
    let live: u64 = parts.iter().map(|part| part.bytes.0).sum();
    let (peak, rss) = peak_and_resident_range(load, live as f64, model, settings);
    let (terms, errors) = (&model.coefficients, &model.errors);
    let samples_per_second = (load.series + 5 * load.targets) as f64 / interval(settings);
    let wal = samples_per_second * head_age(settings) * terms.wal_sample.value
        + load.label_bytes as f64 * terms.wal_label_byte.value;
    let per_day = samples_per_second * 86_400.0 * terms.disk_sample.value;
    Estimate {
        live_heap: range(live as f64, errors.live_heap),
        memory: range(peak, errors.memory),
        rss,
        disk_per_day: range(per_day, errors.disk),
        disk: range(per_day * settings.retention.as_secs_f64() / 86_400.0, errors.disk),
        samples_per_second,
        wal: range(wal, errors.wal),
        parts,
        notes: notes(model, settings, peak, live as f64),
    }
}

impl CostModel {
    /// Live heap that a set of series adds to a running server: what it would save without them.
    /// Buffers and the process itself are not in it.
    pub fn marginal(&self, load: &Load, settings: &ServerSettings) -> Bytes {
        let series = series_terms(load, self, settings);
        bytes(series.iter().map(|(_, value)| value).sum())
    }

    /// Live heap of one series with so many labels, label bytes (name, value and 2 for each) and
    /// bytes of exposed text, all its pairs shared with other series.
    pub fn series_bytes(
        &self,
        label_pairs: u64,
        label_bytes: u64,
        exposed_bytes: u64,
        settings: &ServerSettings,
    ) -> Bytes {
        let load = Load { series: 1, label_pairs, label_bytes, exposed_bytes, ..Load::default() };
        self.marginal(&load, settings)
    }

    /// Expected anonymous resident memory of a server whose series take so much live heap
    /// ([`CostModel::marginal`]); for shard plans, which know no more of each shard.
    pub fn resident(&self, marginal: Bytes, settings: &ServerSettings) -> Bytes {
        let live = self.coefficients.base.value + marginal.0 as f64;
        bytes(peak_and_resident(&Load::default(), live, self, settings).1)
    }
}

/// Anonymous resident memory of a load with its range: what [`estimate`] says, and nothing else.
pub(super) fn resident(load: &Load, model: &CostModel, settings: &ServerSettings) -> Range {
    let live: u64 = parts(load, model, settings).iter().map(|part| part.bytes.0).sum();
    peak_and_resident_range(load, live as f64, model, settings).1
}

fn peak_and_resident_range(
    load: &Load,
    live: f64,
    model: &CostModel,
    settings: &ServerSettings,
) -> (f64, Range) {
    let (peak, resident) = peak_and_resident(load, live, model, settings);
    let mut rss = range(resident, model.errors.rss);
    // Under queries and rules the heap reaches its goal before each collection.
    rss.high = rss.high.max(bytes(peak + model.coefficients.resident_base.value));
    (peak, rss)
}

/// Every part of the live heap.
fn parts(load: &Load, model: &CostModel, settings: &ServerSettings) -> Vec<Part> {
    let buffers = buffers(load, model, settings);
    let mut parts = vec![("process", model.coefficients.base.value), ("scrape buffers", buffers)];
    parts.extend(series_terms(load, model, settings));
    parts.into_iter().map(|(name, value)| Part { name, bytes: bytes(value) }).collect()
}

/// The parts that grow with the series: linear in the load.
fn series_terms(
    load: &Load,
    model: &CostModel,
    settings: &ServerSettings,
) -> [(&'static str, f64); 8] {
    let terms = &model.coefficients;
    let of = |count: u64, term: &Coefficient| count as f64 * term.value;
    let samples = samples_of_a_series(settings);
    let chunks = (samples / SAMPLES_PER_CHUNK) as f64 * terms.mapped_chunk.value
        + chunk_growth(samples, sample_bytes(model, settings));
    let labels = of(load.label_pairs, &terms.label_pair) + of(load.label_bytes, &terms.label_byte);
    let unique = of(load.unique_pairs, &terms.unique_pair)
        + of(load.unique_pair_bytes, &terms.unique_pair_byte);
    let dropped = of(load.dropped_series, &terms.dropped_series)
        + of(load.dropped_bytes, &terms.dropped_byte);
    let remote = of(load.series, &terms.remote_write_series)
        + of(load.label_bytes, &terms.remote_write_byte);
    [
        ("series", of(load.series, &terms.series)),
        ("labels", labels),
        ("exposed text", of(load.exposed_bytes, &terms.exposed_byte)),
        ("unique label pairs", unique),
        ("chunks", load.series as f64 * chunks),
        ("dropped series", dropped),
        (
            "targets",
            of(load.targets, &terms.target) + of(load.metric_families, &terms.metric_family),
        ),
        ("remote write", remote * f64::from(settings.remote_writes)),
    ]
}

/// Peak heap and anonymous resident memory for a live heap.
fn peak_and_resident(
    load: &Load,
    live: f64,
    model: &CostModel,
    settings: &ServerSettings,
) -> (f64, f64) {
    let terms = &model.coefficients;
    let growth = 1.0 + settings.gogc.map_or(terms.gogc.value, f64::from) / 100.0;
    let mut burst = buffers(load, model, settings);
    if samples_of_a_series(settings) >= SAMPLES_PER_CHUNK {
        // Series that began together cut their chunks together; those wait up to a minute.
        let full = capacity(SAMPLES_PER_CHUNK as f64 * sample_bytes(model, settings));
        burst += load.series as f64 * (full + CUT_CHUNK_FIXED);
    }
    let mut peak = (live + burst) * growth;
    let mut resident = peak * terms.resident_heap.value
        + terms.resident_base.value
        + load.targets as f64 * terms.resident_target.value;
    if let Some(limit) = settings.gomemlimit {
        // The runtime collects as often as it must, but cannot go below what is live.
        peak = peak.min((limit.0 as f64).max(live + burst));
        resident = resident.min((limit.0 as f64).max(live + burst));
    }
    (peak, resident)
}

fn notes(model: &CostModel, settings: &ServerSettings, peak: f64, live: f64) -> Vec<String> {
    let mut notes = vec![format!("measured on {} ({})", model.server, model.build)];
    notes.extend(CostModel::embedded(&settings.server).1);
    if settings.gomemlimit.is_some_and(|limit| peak >= limit.0 as f64 && live > 0.0) {
        notes.push("GOMEMLIMIT holds the heap below its goal: more CPU goes to collections".into());
    }
    notes
}

/// Bodies of scrapes in flight: the buffer of a mean target's page, times the scrapes that begin
/// while one is in use.
fn buffers(load: &Load, model: &CostModel, settings: &ServerSettings) -> f64 {
    if load.targets == 0 {
        return 0.0;
    }
    let at_once = model.coefficients.scrape_buffer.value / interval(settings);
    let page = (load.exposed_bytes + load.dropped_bytes) as f64 / load.targets as f64;
    let mut size = SMALLEST_BUFFER;
    while size < page && size < 100e6 {
        size *= 3.0;
    }
    size * load.targets as f64 * at_once.min(1.0)
}

fn interval(settings: &ServerSettings) -> f64 {
    settings.scrape_interval.as_secs_f64().max(0.001)
}

fn head_age(settings: &ServerSettings) -> f64 {
    settings.uptime.min(HEAD_RANGE).as_secs_f64()
}

fn sample_bytes(model: &CostModel, settings: &ServerSettings) -> f64 {
    settings.sample_bytes.unwrap_or(model.coefficients.chunk_sample.value)
}

fn samples_of_a_series(settings: &ServerSettings) -> u64 {
    #[expect(clippy::cast_sign_loss, reason = "durations are not negative")]
    let samples = (head_age(settings) / interval(settings)) as u64;
    samples
}

/// What the open chunk's buffer has grown beyond its first 128 bytes: at this age while it is the
/// first, else the mean over its life.
fn chunk_growth(samples: u64, sample_bytes: f64) -> f64 {
    let grown = |samples: u64| capacity(samples as f64 * sample_bytes) - CHUNK_CAPACITIES[0];
    if samples < SAMPLES_PER_CHUNK {
        return grown(samples);
    }
    (1..=SAMPLES_PER_CHUNK).map(grown).sum::<f64>() / SAMPLES_PER_CHUNK as f64
}

fn capacity(used: f64) -> f64 {
    let fits = CHUNK_CAPACITIES.into_iter().find(|capacity| used <= *capacity);
    fits.unwrap_or(CHUNK_CAPACITIES[CHUNK_CAPACITIES.len() - 1])
}

fn range(expected: f64, margin: Margin) -> Range {
    Range {
        low: bytes(expected * margin.low),
        expected: bytes(expected),
        high: bytes(expected * margin.high),
    }
}

#[expect(clippy::cast_sign_loss, reason = "clamped at 0")]
fn bytes(value: f64) -> Bytes {
    Bytes(value.max(0.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    fn config() -> ProptestConfig {
        ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..<_>::default() }
    }

    fn model() -> CostModel {
        CostModel::embedded(&Server::default()).0
    }

    fn load(series: u64, targets: u64) -> Load {
        Load {
            series,
            label_pairs: series * 10,
            label_bytes: series * 200,
            exposed_bytes: series * 150,
            unique_pairs: series / 7,
            unique_pair_bytes: series * 4,
            targets,
            dropped_series: series / 3,
            dropped_bytes: series * 50,
            metric_families: targets * 40,
        }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn parts_add_up_and_ranges_are_ordered(
            series in 0u64..10_000_000, targets in 0u64..10_000, interval in 0u64..120,
            uptime in 0u64..100_000, limit in prop::option::of(0u64..1 << 34),
        ) {
            let settings = ServerSettings {
                scrape_interval: Duration::from_secs(interval),
                uptime: Duration::from_secs(uptime),
                gomemlimit: limit.map(Bytes),
                ..ServerSettings::default()
            };
            let estimate = estimate(&load(series, targets), &model(), &settings);
            let sum: u64 = estimate.parts.iter().map(|part| part.bytes.0).sum();
            prop_assert_eq!(sum, estimate.live_heap.expected.0);
            prop_assert!(estimate.memory.expected >= estimate.live_heap.expected);
            for range in [estimate.live_heap, estimate.memory, estimate.rss, estimate.disk] {
                prop_assert!(range.low <= range.expected && range.expected <= range.high);
            }
        }

        #[test]
        fn marginals_add_up_and_make_the_estimate(a in 0u64..1_000_000, b in 0u64..1_000_000) {
            let (model, settings) = (model(), ServerSettings::default());
            let of = |load: &Load| model.marginal(load, &settings).0;
            prop_assert!(of(&(load(a, 1) + load(b, 2))).abs_diff(of(&load(a, 1)) + of(&load(b, 2))) <= 2);
            let estimate = estimate(&load(a, 3), &model, &settings);
            let beside = |part: &&Part| ["process", "scrape buffers"].contains(&part.name);
            let beside: u64 = estimate.parts.iter().filter(beside).map(|part| part.bytes.0).sum();
            let live = estimate.live_heap.expected.0;
            prop_assert!(live.abs_diff(of(&load(a, 3)) + beside) <= 10);
        }
    }

    #[test]
    fn a_memory_limit_holds_the_peak_but_not_what_is_live() {
        let free = ServerSettings::default();
        let load = load(1_000_000, 100);
        let full = estimate(&load, &model(), &free);
        let limited = |limit: u64| {
            let settings = ServerSettings { gomemlimit: Some(Bytes(limit)), ..free };
            estimate(&load, &model(), &settings)
        };
        let held = limited(full.memory.expected.0 * 9 / 10);
        assert_eq!(held.memory.expected.0, full.memory.expected.0 * 9 / 10);
        assert!(held.notes.iter().any(|note| note.contains("GOMEMLIMIT")), "{:?}", held.notes);
        assert!(limited(1).memory.expected >= full.live_heap.expected);
    }

    #[test]
    fn open_chunks_grow_with_age_and_with_noise() {
        assert_eq!(chunk_growth(30, 2.4).to_bits(), 0f64.to_bits());
        assert_eq!(chunk_growth(100, 2.4).to_bits(), 128f64.to_bits());
        assert!(chunk_growth(720, 7.7) > chunk_growth(720, 2.4));
        assert!(chunk_growth(720, 0.3) < 1e-9);
    }

    #[test]
    fn a_longer_label_costs_more() {
        let (model, settings) = (model(), ServerSettings::default());
        let short = model.series_bytes(5, 100, 80, &settings);
        assert!(model.series_bytes(5, 150, 130, &settings) > short);
        assert!(model.series_bytes(6, 100, 80, &settings) > short);
        assert!(short > Bytes(500) && short < Bytes(3000), "{short}");
    }
}
