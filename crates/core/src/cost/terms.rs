//! The structure of the model: which quantities of a load cost something, and what each stands for.

use std::time::Duration;

use super::estimate::ServerSettings;
use super::load::Load;

/// Samples after which a chunk is cut (`tsdb/head.go`, `DefaultSamplesPerChunk`).
const SAMPLES_PER_CHUNK: u64 = 120;

/// Capacities of an open chunk's buffer: it starts at 128 bytes (`tsdb/chunkenc/xor.go`) and grows
/// with Go's `append`.
const CHUNK_CAPACITIES: [f64; 5] = [128.0, 256.0, 512.0, 848.0, 1280.0];

/// Smallest scrape buffer; each next size is three times as large, up to 100 MB (`scrape/scrape.go`).
const SMALLEST_BUFFER: f64 = 1000.0;
const LARGEST_BUFFER: f64 = 100e6;

/// Bytes of a sample's value with its blank and line end, in a page.
const VALUE_BYTES: u64 = 10;

/// The GOGC that the models were measured at: Prometheus's own since 2.53 (`config/config.go`).
const MEASURED_GOGC: f64 = 75.0;

/// A load on a server that runs in a certain way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Situation<'a> {
    /// The series and targets.
    pub load: &'a Load,
    /// How the server runs.
    pub settings: &'a ServerSettings,
    /// Bytes that a sample takes in a chunk.
    pub sample_bytes: f64,
    /// Bytes of a mean target's page ([`page_bytes`]).
    pub page_bytes: f64,
}

/// Bytes of the page of a load's mean target, values included.
pub fn page_bytes(load: &Load) -> f64 {
    let lines = load.series.saturating_sub(load.gone_series) + load.dropped_series;
    let bytes = load.exposed_bytes + load.dropped_bytes + VALUE_BYTES * lines;
    if load.targets == 0 { 0.0 } else { bytes as f64 / load.targets as f64 }
}

/// A quantity that costs, and the name of its price.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// Key of the coefficient.
    pub key: &'static str,
    /// Part of the live heap that it is shown under.
    pub part: &'static str,
    /// Unit of the coefficient.
    pub unit: &'static str,
    /// What in the server it pays for.
    pub meaning: &'static str,
    /// How many units there are.
    pub quantity: fn(&Situation<'_>) -> f64,
}

/// The part of the live heap that is there without any series.
pub const PROCESS: &str = "process";

/// Live heap: the sum of these.
pub const LIVE_HEAP: [Term; 15] = [
    Term {
        key: "base",
        part: PROCESS,
        unit: "bytes",
        meaning: "the process without series: code's data, 16,384 stripes of the head, web server",
        quantity: |_| 1.0,
    },
    Term {
        key: "target",
        part: "targets",
        unit: "bytes per target",
        meaning: "scrape loop and cache, discovered labels, five report series (scrape/scrape.go)",
        quantity: |it| it.load.targets as f64,
    },
    Term {
        key: "metric_family",
        part: "targets",
        unit: "bytes per metric family of a target",
        meaning: "metaEntry with type, unit and help text, and its map slot (scrape/scrape.go)",
        quantity: |it| it.load.metric_families as f64,
    },
    Term {
        key: "series",
        part: "series",
        unit: "bytes per series of the head",
        meaning: "memSeries, memChunk, chunk with its first 128 bytes, appender, txRing, slots of two hash maps (tsdb/head.go)",
        quantity: |it| it.load.series as f64,
    },
    Term {
        key: "scraped_series",
        part: "scrape cache",
        unit: "bytes per series that is still exposed",
        meaning: "cacheEntry and slots of the scrape cache's three hash maps (scrape/scrape.go)",
        quantity: |it| it.load.series.saturating_sub(it.load.gone_series) as f64,
    },
    Term {
        key: "exposed_byte",
        part: "scrape cache",
        unit: "bytes per byte of exposed series text, dropped or not",
        meaning: "key of the scrape cache, rounded up to a size class (scrape/scrape.go)",
        quantity: |it| (it.load.exposed_bytes + it.load.dropped_bytes) as f64,
    },
    Term {
        key: "dropped_series",
        part: "dropped series",
        unit: "bytes per series dropped by metric relabeling",
        meaning: "slot and iteration number of the scrape cache's dropped series (scrape/scrape.go)",
        quantity: |it| it.load.dropped_series as f64,
    },
    Term {
        key: "label_byte",
        part: "labels",
        unit: "bytes per byte of a series' label names and values, and two for each label",
        meaning: "the label set, rounded up to a size class (model/labels)",
        quantity: |it| it.load.label_bytes as f64,
    },
    Term {
        key: "posting",
        part: "postings",
        unit: "bytes per label of a series, and one more for the list of all series",
        meaning: "an entry of 8 bytes and the room that its list has grown to (tsdb/index/postings.go); with slicelabels, two string headers of 16",
        quantity: |it| (it.load.label_pairs + it.load.series) as f64,
    },
    Term {
        key: "unique_pair",
        part: "unique label pairs",
        unit: "bytes per distinct label pair",
        meaning: "map slot, list header and value header of the postings (tsdb/index/postings.go)",
        quantity: |it| it.load.unique_pairs as f64,
    },
    Term {
        key: "full_chunk",
        part: "chunks",
        unit: "bytes per full chunk",
        meaning: "mmappedChunk and its pointer, and what waits to be mapped (tsdb/head.go)",
        quantity: |it| it.full_chunks(),
    },
    Term {
        key: "open_chunk",
        part: "chunks",
        unit: "bytes per byte that an open chunk's buffer has grown beyond its first 128",
        meaning: "the buffer, which doubles (tsdb/chunkenc/xor.go)",
        quantity: |it| it.load.series as f64 * it.open_chunk(),
    },
    Term {
        key: "cut_series",
        part: "cut blocks",
        unit: "bytes per series of the head, once a block was cut from it",
        meaning: "room that maps and lists of the head had for series that went, indexes of blocks (tsdb/head.go, tsdb/index)",
        quantity: |it| if it.has_cut() { it.load.series as f64 } else { 0.0 },
    },
    Term {
        key: "remote_write_series",
        part: "remote write",
        unit: "bytes per series and queue",
        meaning: "slots of a queue's hash maps (storage/remote/queue_manager.go)",
        quantity: |it| it.load.series as f64 * f64::from(it.settings.remote_writes),
    },
    Term {
        key: "remote_write_byte",
        part: "remote write",
        unit: "bytes per label byte and queue",
        meaning: "the queue's own label set (storage/remote/queue_manager.go)",
        quantity: |it| it.load.label_bytes as f64 * f64::from(it.settings.remote_writes),
    },
];

/// What is alive at the worst moment beside the live heap, and lets the heap grow further.
pub const PEAK: [Term; 3] = [
    Term {
        key: "peak_buffer",
        part: "",
        unit: "bytes per byte of the buffer of a mean page",
        meaning: "bodies of scrapes that are read, and those in the pool (scrape/scrape.go)",
        quantity: |it| it.buffer(),
    },
    Term {
        key: "peak_cut",
        part: "",
        unit: "bytes per byte of chunks that were cut together",
        meaning: "full chunks that wait up to a minute to be written and mapped (tsdb/head.go)",
        quantity: |it| it.cut_chunks(),
    },
    Term {
        key: "peak_block",
        part: "",
        unit: "bytes per series of the head while a block is cut from it",
        meaning: "index and chunks on their way into the block (tsdb/compact.go)",
        quantity: |it| if it.has_cut() { it.load.series as f64 } else { 0.0 },
    },
];

/// Anonymous resident memory: the live heap and these, of which some are of the live heap.
pub fn resident(it: &Situation<'_>, live_heap: f64) -> [f64; 7] {
    let growth = it.settings.gogc.map_or(1.0, |gogc| f64::from(gogc) / MEASURED_GOGC);
    [
        live_heap * growth,
        if it.is_busy() { live_heap * growth } else { 0.0 },
        if it.has_cut() { it.load.series as f64 * (1.0 + growth) } else { 0.0 },
        it.buffer() * (1.0 + growth),
        it.cut_chunks() * (1.0 + growth),
        it.load.targets as f64,
        1.0,
    ]
}

/// Keys, units and meanings of what [`resident`] gives the quantities of, in its order.
pub const RESIDENT: [(&str, &str, &str); 7] = [
    (
        "resident_quiet",
        "bytes per byte of live heap",
        "garbage of the start, which the runtime keeps for the heap to grow again, at GOGC 75",
    ),
    (
        "resident_busy",
        "bytes per byte of live heap, once chunks were cut or where series are written remotely",
        "as much more, since enough is allocated between two collections to reach the heap's goal",
    ),
    (
        "resident_block",
        "bytes per series of the head while a block is cut from it, at GOGC 75 twice",
        "index and chunks on their way into the block (tsdb/compact.go)",
    ),
    (
        "resident_buffer",
        "bytes per byte of the buffer of a mean page, at GOGC 75 twice",
        "bodies of scrapes (scrape/scrape.go)",
    ),
    (
        "resident_cut",
        "bytes per byte of chunks that were cut together, at GOGC 75 twice",
        "full chunks that wait to be mapped (tsdb/head.go)",
    ),
    (
        "resident_target",
        "bytes per target",
        "stacks of a scrape loop and of the two goroutines of its connection",
    ),
    ("resident_base", "bytes", "stacks, spans and tables of the runtime itself"),
];

impl Situation<'_> {
    /// Samples of a series since it came, or since the head began.
    fn samples(&self) -> u64 {
        let (load, settings) = (self.load, self.settings);
        let lived = 1.0 - load.gone_series as f64 / load.series.max(1) as f64;
        #[expect(clippy::cast_sign_loss, reason = "durations are not negative")]
        let samples = (head_age(settings).as_secs_f64() * lived / interval(settings)) as u64;
        samples
    }

    fn full_chunks(&self) -> f64 {
        self.load.series as f64 * (self.samples() / SAMPLES_PER_CHUNK) as f64
    }

    /// What the open chunk's buffer has grown beyond its first 128 bytes: at its fill while the head
    /// is young, else the mean over its life.
    fn open_chunk(&self) -> f64 {
        let grown =
            |samples: u64| capacity(samples as f64 * self.sample_bytes) - CHUNK_CAPACITIES[0];
        if self.settings.uptime < head_range(self.settings) {
            return grown(self.samples() % SAMPLES_PER_CHUNK);
        }
        (1..=SAMPLES_PER_CHUNK).map(grown).sum::<f64>() / SAMPLES_PER_CHUNK as f64
    }

    /// Bytes of all series' full chunks: those that began together are cut together.
    fn cut_chunks(&self) -> f64 {
        if self.samples() < SAMPLES_PER_CHUNK {
            return 0.0;
        }
        let active = self.load.series.saturating_sub(self.load.gone_series);
        active as f64 * capacity(SAMPLES_PER_CHUNK as f64 * self.sample_bytes)
    }

    /// The buffer that a mean target's page is read into.
    fn buffer(&self) -> f64 {
        if self.page_bytes <= 0.0 {
            return 0.0;
        }
        let mut size = SMALLEST_BUFFER;
        while size < self.page_bytes && size < LARGEST_BUFFER {
            size *= 3.0;
        }
        size
    }

    /// Whether blocks have been cut from the head.
    fn has_cut(&self) -> bool {
        self.settings.uptime >= head_range(self.settings)
    }

    /// Whether so much is allocated that the heap reaches its goal before each collection; without,
    /// the runtime's own collection every two minutes comes first.
    fn is_busy(&self) -> bool {
        self.samples() >= SAMPLES_PER_CHUNK || self.settings.remote_writes > 0
    }
}

/// The head holds at most one and a half block ranges (`tsdb/head.go`, `compactable`).
pub(super) fn head_range(settings: &ServerSettings) -> Duration {
    settings.block_range * 3 / 2
}

/// How far back the head reaches.
pub(super) fn head_age(settings: &ServerSettings) -> Duration {
    settings.uptime.min(head_range(settings))
}

pub(super) fn interval(settings: &ServerSettings) -> f64 {
    settings.scrape_interval.as_secs_f64().max(0.001)
}

fn capacity(used: f64) -> f64 {
    let fits = CHUNK_CAPACITIES.into_iter().find(|capacity| used <= *capacity);
    fits.unwrap_or(CHUNK_CAPACITIES[CHUNK_CAPACITIES.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: u64 = 10;

    /// Bytes that an open chunk has grown by, and full chunks of a series, at an age in seconds.
    fn chunks(seconds: u64, sample_bytes: f64) -> (f64, f64) {
        let load = Load { series: SERIES, ..Load::default() };
        let settings = ServerSettings {
            scrape_interval: Duration::from_secs(1),
            uptime: Duration::from_secs(seconds),
            ..ServerSettings::default()
        };
        let it = Situation { load: &load, settings: &settings, sample_bytes, page_bytes: 0.0 };
        (it.open_chunk(), it.full_chunks() / SERIES as f64)
    }

    #[track_caller]
    fn check(seconds: u64, sample_bytes: f64, grown: f64, full: f64) {
        let (open, chunks) = chunks(seconds, sample_bytes);
        assert!((open - grown).abs() < 1e-9 && (chunks - full).abs() < 1e-9, "{open} {chunks}");
    }

    #[test]
    fn open_chunks_grow_with_age_and_with_noise() {
        check(30, 2.4, 0.0, 0.0);
        check(100, 2.4, 128.0, 0.0);
        check(119, 7.7, 1280.0 - 128.0, 0.0);
        check(130, 7.7, 0.0, 1.0);
        // Once blocks are cut, nobody knows the fill.
        let old = 4 * 3600;
        assert!(chunks(old, 7.7).0 > chunks(old, 2.4).0);
        assert!(chunks(old, 0.3).0 < 1e-9);
    }

    #[test]
    fn every_key_is_there_once() {
        let mut keys: Vec<&str> = LIVE_HEAP.iter().chain(&PEAK).map(|term| term.key).collect();
        keys.extend(RESIDENT.map(|(key, ..)| key));
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }
}
