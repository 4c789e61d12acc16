//! The structure of the model: which quantities of a load cost something, and what each stands for.

use std::time::Duration;

use super::agent::TRUNCATED;
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

/// GOGC in percent that the models were measured at: Prometheus's own since 2.53
/// (`config/config.go`).
const MEASURED_GOGC: u32 = 75;

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
pub const LIVE_HEAP: [Term; 14] = [
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
        quantity: |it| it.exposed_series(),
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
pub const PEAK: [Term; 2] = [
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
];

/// What is allocated in a second: the sum of these.
pub const ALLOCATED: [Term; 5] = [
    Term {
        key: "allocated_idle",
        part: "",
        unit: "bytes a second",
        meaning: "the process itself, with a look at its metrics each second",
        quantity: |_| 1.0,
    },
    Term {
        key: "allocated_scrape",
        part: "",
        unit: "bytes per scrape",
        meaning: "request, answer and timers of a scrape (scrape/scrape.go)",
        quantity: |it| it.load.targets as f64 / interval(it.settings),
    },
    Term {
        key: "allocated_new_series",
        part: "",
        unit: "bytes per new series",
        meaning: "what a series takes, and what is thrown away while it is made (tsdb/head_append.go)",
        quantity: |it| it.new_series(),
    },
    Term {
        key: "allocated_sample",
        part: "",
        unit: "bytes per sample, once chunks were cut",
        meaning: "chunks, whose buffers double (tsdb/chunkenc/xor.go)",
        quantity: |it| if it.has_cut() { it.samples_a_second() } else { 0.0 },
    },
    Term {
        key: "allocated_sent_sample",
        part: "",
        unit: "bytes per sample and queue",
        meaning: "what a queue reads from the log, encodes and sends (storage/remote/queue_manager.go)",
        quantity: |it| it.samples_a_second() * f64::from(it.settings.remote_writes),
    },
];

/// Keys, units and meanings of what [`resident`] gives the quantities of, in its order.
pub const RESIDENT: [(&str, &str, &str); 6] = [
    (
        "start_heap",
        "bytes per byte that GOGC allows beside the live heap",
        "garbage of the first scrapes, which the runtime keeps for the heap to grow again",
    ),
    (
        "start_page",
        "bytes per byte of a mean target's page",
        "body of a first scrape, whose buffer doubles from 1 kB, and what its lines are made into while the heap is collected (scrape/scrape.go)",
    ),
    (
        "goal_heap",
        "bytes per byte of garbage until the next collection",
        "the heap at its goal, or after the two minutes that are the longest between collections (runtime/mgcpacer.go)",
    ),
    (
        "goal_cut",
        "bytes per byte of chunks that were cut together, and as much as GOGC allows for them",
        "full chunks that wait up to a minute to be written and mapped (tsdb/head.go)",
    ),
    (
        "resident_target",
        "bytes per target",
        "stacks of a scrape loop and of the two goroutines of its connection",
    ),
    ("resident_base", "bytes", "stacks, spans and tables of the runtime itself"),
];

/// Key, unit and meaning of the price of [`start_again`].
pub const START_AGAIN: (&str, &str, &str) = (
    "again_heap",
    "bytes per byte that GOGC allows beside the live heap",
    "garbage of a log's replay and of the first scrapes after it (tsdb/head_wal.go)",
);

/// What a start over a log takes beside the live heap, at prices by their keys: bytes that
/// [`START_AGAIN`] is the price of, and the sum of all else.
pub fn start_again(
    it: &Situation<'_>,
    live_heap: f64,
    price: impl Fn(&'static str) -> f64,
) -> (f64, f64) {
    let stacks = it.load.targets as f64 * price("resident_target") + price("resident_base");
    (live_heap * it.allowed(), it.page_bytes * price("start_page") + stacks)
}

/// Seconds after which the runtime collects, whatever the heap's size (`runtime/proc.go`,
/// `forcegcperiod`).
const COLLECTED_AFTER: f64 = 120.0;

/// Collections since the one that the highest heap until now was allowed by: the last one is as far
/// as half of its way, on average.
const COLLECTIONS_AGO: f64 = 1.5;

/// Quantities of anonymous resident memory beside the live heap, where so much is allocated a second:
/// what the start has left or what comes together until a collection, whichever costs more at these
/// prices.
pub fn resident(
    it: &Situation<'_>,
    live_heap: f64,
    allocated: f64,
    prices: &[f64; RESIDENT.len()],
) -> [f64; RESIDENT.len()] {
    let allowed = it.allowed();
    let start = [live_heap * it.exposed_share() * allowed, it.page_bytes];
    // Where series come and stay, the heap was smaller when its goal was set.
    let came = live_heap * it.new_series() / it.load.series.max(1) as f64;
    let since = COLLECTIONS_AGO * allowed * came / allocated.max(1.0);
    let goal = (live_heap * (1.0 + allowed) / (1.0 + since) - live_heap).max(0.0);
    // What is done beside scraping allocates as much as is allowed within the two minutes.
    let fast = it.has_cut() || !it.settings.beside.is_none();
    let garbage = if fast { goal } else { goal.min(allocated * COLLECTED_AFTER) };
    let steady = [garbage, it.cut_chunks() * (1.0 + allowed)];
    let cost = |of: [f64; 2], at: usize| of[0] * prices[at] + of[1] * prices[at + 1];
    let (targets, base) = (it.load.targets as f64, 1.0);
    if cost(start, 0) > cost(steady, 2) {
        [start[0], start[1], 0.0, 0.0, targets, base]
    } else {
        [0.0, 0.0, steady[0], steady[1], targets, base]
    }
}

impl Situation<'_> {
    /// Garbage that GOGC allows beside a byte that is live.
    pub(super) fn allowed(&self) -> f64 {
        f64::from(self.settings.gogc.unwrap_or(MEASURED_GOGC)) / 100.0
    }

    /// Samples of a series since it came, or since the head began.
    pub(super) fn samples(&self) -> u64 {
        let settings = self.settings;
        let lived = head_age(settings).as_secs_f64() * self.exposed_share();
        #[expect(clippy::cast_sign_loss, reason = "durations are not negative")]
        let samples = (lived / interval(settings)) as u64;
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

    /// Bytes of the full chunks of all series that are there for so long: those that began together
    /// are cut together.
    fn cut_chunks(&self) -> f64 {
        if !self.has_cut() {
            return 0.0;
        }
        let to_fill = SAMPLES_PER_CHUNK as f64 * interval(self.settings);
        let old = (self.exposed_series() - self.new_series() * to_fill).max(0.0);
        old * capacity(SAMPLES_PER_CHUNK as f64 * self.sample_bytes)
    }

    /// Whether the head is so old that a series can have filled a chunk.
    fn has_cut(&self) -> bool {
        // An agent has no chunks.
        !self.settings.agent
            && head_age(self.settings).as_secs_f64()
                >= SAMPLES_PER_CHUNK as f64 * interval(self.settings)
    }

    /// Share of the series that are exposed, so also of its time that a series of the head is, on average.
    fn exposed_share(&self) -> f64 {
        (1.0 - self.load.gone_series as f64 / self.load.series.max(1) as f64).max(0.0)
    }

    fn exposed_series(&self) -> f64 {
        self.load.series.saturating_sub(self.load.gone_series) as f64
    }

    fn samples_a_second(&self) -> f64 {
        self.exposed_series() / interval(self.settings)
    }

    /// Series a second that take the place of others.
    fn new_series(&self) -> f64 {
        self.load.gone_series as f64 / head_age(self.settings).as_secs_f64().max(1.0)
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
}

/// The head holds at most one and a half block ranges (`tsdb/head.go`, `compactable`); an agent's
/// series, what comes until its log is cut.
pub(super) fn head_range(settings: &ServerSettings) -> Duration {
    if settings.agent { TRUNCATED } else { settings.block_range * 3 / 2 }
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
    fn garbage_is_what_the_goal_or_the_time_allows() {
        let load = Load { series: 1_000_000, targets: 100, ..Load::default() };
        let of = |seconds, allocated| {
            let settings = ServerSettings {
                uptime: Duration::from_secs(seconds),
                ..ServerSettings::default()
            };
            let it =
                Situation { load: &load, settings: &settings, sample_bytes: 2.4, page_bytes: 0.0 };
            let [heap, page, garbage, cut, ..] =
                resident(&it, 1e9, allocated, &[0.5, 1.0, 1.0, 1.0, 0.0, 0.0]);
            [heap, page, garbage, cut].map(f64::to_bits)
        };
        // Half of the goal is left from the start, more than comes together in two minutes.
        assert_eq!(of(600, 1e6), [0.75e9, 0.0, 0.0, 0.0].map(f64::to_bits));
        assert_eq!(of(600, 4e6), [0.0, 0.0, 0.48e9, 0.0].map(f64::to_bits));
        assert_eq!(of(600, 9e6), [0.0, 0.0, 0.75e9, 0.0].map(f64::to_bits));
        // With chunks cut, whatever the rate.
        assert_eq!(of(7200, 1e6), [0.0, 0.0, 0.75e9, 1.75 * 512e6].map(f64::to_bits));
    }

    #[test]
    fn series_that_others_replace_cut_no_chunks() {
        let settings = ServerSettings::default();
        let cut = |gone_series| {
            let load = Load { series: 1000 + gone_series, gone_series, ..Load::default() };
            let it =
                Situation { load: &load, settings: &settings, sample_bytes: 2.4, page_bytes: 0.0 };
            it.cut_chunks() / 512.0
        };
        // Half an hour fills a chunk, three hours are in the head: 600 went, 100 of them since.
        assert!((cut(0) - 1000.0).abs() < 1e-6 && (cut(600) - 900.0).abs() < 1e-6, "{}", cut(600));
        assert!(cut(9000) < 1e-6);
    }

    #[test]
    fn every_key_is_there_once() {
        let terms = LIVE_HEAP.iter().chain(&PEAK).chain(&ALLOCATED);
        let mut keys: Vec<&str> = terms.map(|term| term.key).collect();
        keys.extend(RESIDENT.map(|(key, ..)| key));
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }
}
