//! The structure of the model: which quantities of a load cost something, and what each stands for.

use super::chunks::head_age;
use super::load::Load;
use super::settings::ServerSettings;

/// Smallest scrape buffer; each next size is three times as large, up to 100 MB (`scrape/scrape.go`).
const SMALLEST_BUFFER: f64 = 1000.0;
const LARGEST_BUFFER: f64 = 100e6;

/// Most samples that a queue sends at once (`config/config.go`, `DefaultQueueConfig`).
const SAMPLES_PER_SEND: f64 = 2000.0;

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

/// Key of the price of full chunks that wait; they are left out of what resident memory is made of,
/// which has chunks that were cut together by itself.
pub const WAITING_CHUNK: &str = "waiting_chunk";

/// Live heap: the sum of these.
pub const LIVE_HEAP: [Term; 18] = [
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
        meaning: "mmappedChunk of 32 bytes, and its pointer in a list with room (tsdb/head.go)",
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
        key: WAITING_CHUNK,
        part: "chunks",
        unit: "bytes per byte of full chunks that wait to be mapped",
        meaning: "full chunks until they are mapped once a minute (tsdb/head.go)",
        quantity: |it| it.waiting_chunks(),
    },
    Term {
        key: "chunk_writer",
        part: PROCESS,
        unit: "bytes per byte of the writer of mapped chunks",
        meaning: "its buffer of 4 MiB, and the chunks that it has not written (tsdb/chunks/head_chunks.go)",
        quantity: |it| it.chunk_writer(),
    },
    Term {
        key: "remote_write_queue",
        part: PROCESS,
        unit: "bytes per queue",
        meaning: "batches of 2,000 samples, and what a queue needs to read the log (storage/remote/queue_manager.go)",
        quantity: |it| f64::from(it.settings.remote_writes),
    },
    Term {
        key: "remote_write_batch",
        part: PROCESS,
        unit: "bytes per label byte of a batch and queue",
        meaning: "labels of 2,000 samples, and buffers that they are encoded and packed into (storage/remote/queue_manager.go)",
        quantity: |it| f64::from(it.settings.remote_writes) * it.batch() * it.label_bytes(),
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
pub const ALLOCATED: [Term; 6] = [
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
        key: "allocated_new_byte",
        part: "",
        unit: "bytes per label byte of a new series",
        meaning: "labels as they are read, relabeled, kept and written to the log (scrape/scrape.go, tsdb/record/record.go)",
        quantity: |it| it.new_series() * it.label_bytes(),
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

impl Situation<'_> {
    /// Garbage that GOGC allows beside a byte that is live.
    pub fn allowed(&self) -> f64 {
        f64::from(self.settings.gogc.unwrap_or(MEASURED_GOGC)) / 100.0
    }

    /// Share of the series that are exposed, so also of its time that a series of the head is, on average.
    pub(super) fn exposed_share(&self) -> f64 {
        (1.0 - self.load.gone_series as f64 / self.load.series.max(1) as f64).max(0.0)
    }

    pub(super) fn exposed_series(&self) -> f64 {
        self.load.series.saturating_sub(self.load.gone_series) as f64
    }

    /// Samples that a queue sends at once.
    fn batch(&self) -> f64 {
        self.exposed_series().min(SAMPLES_PER_SEND)
    }

    fn samples_a_second(&self) -> f64 {
        self.exposed_series() / interval(self.settings)
    }

    /// Series a second that take the place of others.
    pub(super) fn new_series(&self) -> f64 {
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

pub(super) fn interval(settings: &ServerSettings) -> f64 {
    settings.scrape_interval.as_secs_f64().max(0.001)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_there_once() {
        let terms = LIVE_HEAP.iter().chain(&PEAK).chain(&ALLOCATED);
        let mut keys: Vec<&str> = terms.map(|term| term.key).collect();
        keys.extend(super::super::resident::RESIDENT.map(|(key, ..)| key));
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }
}
