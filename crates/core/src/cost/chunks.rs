//! Chunks of a head at an age: open, full, waiting to be mapped, and held by the writer of the mapped.
//!
//! A series that fills a chunk begins the next one; once a minute the full ones are written to
//! `chunks_head` and mapped (`tsdb/db.go`, `tsdb/head.go`). Series that began together fill their chunks
//! together, so what is live rises until they are full and falls when they are mapped.

use std::time::Duration;

use super::agent::TRUNCATED;
use super::settings::ServerSettings;
use super::terms::{Situation, interval};

/// Samples of a chunk where the head is so old that its chunks divide a block's range
/// (`tsdb/head.go`, `DefaultSamplesPerChunk`).
const SAMPLES_PER_CHUNK: u64 = 120;

/// Samples of a chunk before: its end is set after a quarter of them to four times what those took, 116,
/// and up to 121 so that chunks of one length divide what is left of the range
/// (`tsdb/head_append.go`, `computeChunkEndTime`).
const SAMPLES_OF_FIRST_CHUNKS: u64 = 118;

/// Capacities of an open chunk's buffer: it starts at 128 bytes (`tsdb/chunkenc/xor.go`) and grows
/// with Go's `append`.
const CAPACITIES: [f64; 5] = [128.0, 256.0, 512.0, 848.0, 1280.0];

/// Seconds between two times that full chunks are mapped (`tsdb/db.go`, `run`).
const MAPPED_EVERY: f64 = 60.0;

/// Bytes of the buffer of the writer of mapped chunks; what it has not written is held, too
/// (`tsdb/chunks/head_chunks.go`, `DefaultWriteBufferSize`, `chunkBuffer`).
const WRITER_BUFFER: f64 = 4_194_304.0;

/// Bytes of a chunk in a file beside its samples: reference, times, encoding, length, checksum.
const FILE_HEAD: f64 = 30.0;

/// Bytes of an entry of the map of held chunks: 44,110 of them took 3.7 MB.
const HELD_ENTRY: f64 = 84.0;

impl Situation<'_> {
    /// Samples of a series since it came, or since the head began.
    pub(super) fn samples(&self) -> u64 {
        let lived = head_age(self.settings).as_secs_f64() * self.exposed_share();
        #[expect(clippy::cast_sign_loss, reason = "durations are not negative")]
        let samples = (lived / interval(self.settings)) as u64;
        samples
    }

    /// Full chunks of all series.
    pub(super) fn full_chunks(&self) -> f64 {
        self.load.series as f64 * (self.samples() / self.samples_per_chunk()) as f64
    }

    /// What the open chunk's buffer has grown beyond its first 128 bytes: at its fill while the head
    /// is young, else the mean over its life.
    pub(super) fn open_chunk(&self) -> f64 {
        let grown = |samples: u64| capacity(samples as f64 * self.sample_bytes) - CAPACITIES[0];
        if self.is_young() {
            return grown(self.samples() % self.samples_per_chunk());
        }
        (1..=SAMPLES_PER_CHUNK).map(grown).sum::<f64>() / SAMPLES_PER_CHUNK as f64
    }

    /// Bytes of a full chunk of all series that are there for so long: those that began together are
    /// cut together.
    pub(super) fn cut_chunks(&self) -> f64 {
        if !self.has_cut() {
            return 0.0;
        }
        let old = (self.exposed_series() - self.new_series() * self.seconds_a_chunk()).max(0.0);
        old * self.full_chunk()
    }

    /// Bytes of full chunks that wait to be mapped: at this moment while the head is young, else the
    /// mean over the time.
    pub(super) fn waiting_chunks(&self) -> f64 {
        if !self.is_young() {
            return self.cut_chunks() * (MAPPED_EVERY / 2.0 / self.seconds_a_chunk()).min(1.0);
        }
        let age = self.settings.uptime.as_secs_f64();
        let cut = (age / self.seconds_a_chunk()).floor() * self.seconds_a_chunk();
        let mapped = (cut / MAPPED_EVERY).ceil() * MAPPED_EVERY;
        // The targets' scrapes are spread over an interval.
        let share = ((age - cut) / interval(self.settings)).min(1.0);
        if age < mapped { self.cut_chunks() * share } else { 0.0 }
    }

    /// Samples of a series between two times that full chunks are mapped, where it has so many.
    pub(super) fn samples_unmapped(&self) -> f64 {
        (MAPPED_EVERY / interval(self.settings)).min(self.samples() as f64)
    }

    /// Bytes of the writer of mapped chunks, and of the chunks that it still holds: all until its
    /// buffer was full once, half of a buffer on average from then on.
    pub(super) fn chunk_writer(&self) -> f64 {
        let mapped = self.full_chunks() - self.waiting_chunks() / self.full_chunk();
        if mapped < 1.0 {
            return 0.0;
        }
        let in_file = SAMPLES_PER_CHUNK as f64 * self.sample_bytes + FILE_HEAD;
        let written = mapped * in_file;
        let held = if written < WRITER_BUFFER { written } else { WRITER_BUFFER / 2.0 };
        WRITER_BUFFER + held / in_file * (self.full_chunk() + HELD_ENTRY)
    }

    /// Whether the head is so old that a series can have filled a chunk.
    pub(super) fn has_cut(&self) -> bool {
        // An agent has no chunks.
        !self.settings.agent && head_age(self.settings).as_secs_f64() >= self.seconds_a_chunk()
    }

    /// Whether the series' chunks are still as full as they are old.
    pub(super) fn is_young(&self) -> bool {
        self.settings.uptime < head_range(self.settings)
    }

    fn samples_per_chunk(&self) -> u64 {
        if self.is_young() { SAMPLES_OF_FIRST_CHUNKS } else { SAMPLES_PER_CHUNK }
    }

    /// Seconds that a series takes to fill a chunk.
    fn seconds_a_chunk(&self) -> f64 {
        self.samples_per_chunk() as f64 * interval(self.settings)
    }

    /// Bytes of memory of a full chunk's samples.
    fn full_chunk(&self) -> f64 {
        capacity(SAMPLES_PER_CHUNK as f64 * self.sample_bytes)
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

fn capacity(used: f64) -> f64 {
    let fits = CAPACITIES.into_iter().find(|capacity| used <= *capacity);
    fits.unwrap_or(CAPACITIES[CAPACITIES.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::super::load::Load;
    use super::*;

    const SERIES: u64 = 1000;

    /// Chunks of a thousand series at a second between scrapes, at an age in seconds.
    struct Chunks {
        open: f64,
        full: f64,
        waiting: f64,
        writer: f64,
    }

    fn at(seconds: u64, sample_bytes: f64) -> Chunks {
        let load = Load { series: SERIES, ..Load::default() };
        let settings = ServerSettings {
            scrape_interval: Duration::from_secs(1),
            uptime: Duration::from_secs(seconds),
            ..ServerSettings::default()
        };
        let it = Situation { load: &load, settings: &settings, sample_bytes, page_bytes: 0.0 };
        Chunks {
            open: it.open_chunk(),
            full: it.full_chunks(),
            waiting: it.waiting_chunks(),
            writer: it.chunk_writer(),
        }
    }

    #[track_caller]
    fn check(seconds: u64, sample_bytes: f64, grown: f64, full: f64) {
        let chunks = at(seconds, sample_bytes);
        assert!((chunks.open - grown).abs() < 1e-9, "{}", chunks.open);
        assert!((chunks.full - full * SERIES as f64).abs() < 1e-9, "{}", chunks.full);
    }

    #[test]
    fn open_chunks_grow_with_age_and_with_noise() {
        check(30, 2.4, 0.0, 0.0);
        check(100, 2.4, 128.0, 0.0);
        check(117, 7.7, 1280.0 - 128.0, 0.0);
        check(130, 7.7, 0.0, 1.0);
        // Once blocks are cut, nobody knows the fill.
        let old = 4 * 3600;
        assert!(at(old, 7.7).open > at(old, 2.4).open);
        assert!(at(old, 0.3).open < 1e-9);
    }

    #[test]
    fn full_chunks_wait_for_the_minute_and_are_held_until_the_buffer_is_full() {
        let waiting = |seconds| at(seconds, 2.4).waiting / 512.0;
        // Cut after 118 and 354 seconds, mapped after 120 and 360.
        let all = [117, 119, 121, 353, 355, 359, 361].map(|seconds| waiting(seconds).round());
        let want = [0.0, 1000.0, 0.0, 0.0, 1000.0, 1000.0, 0.0];
        assert_eq!(all.map(f64::to_bits), want.map(f64::to_bits), "{all:?}");
        // A quarter of the time of an old head.
        assert!((waiting(4 * 3600) - 250.0).abs() < 1e-6, "{}", waiting(4 * 3600));
        let held = |seconds| at(seconds, 2.4).writer - WRITER_BUFFER;
        assert!(at(119, 2.4).writer < 1e-9, "nothing was mapped");
        assert!((held(121) - 1000.0 * (512.0 + HELD_ENTRY)).abs() < 1e-3, "{}", held(121));
        let half = WRITER_BUFFER / 2.0 / 318.0 * (512.0 + HELD_ENTRY);
        assert!((held(3 * 3600) - half).abs() < 1e-3, "{}", held(3 * 3600));
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
}
