//! From a load to memory, WAL and disk of a server.

use super::agent::{self, log_age};
use super::load::Load;
use super::memory::{live_heap, parts, peak_and_resident, started_again};
use super::model::{CostModel, Margin};
use super::settings::ServerSettings;
use super::terms::{self, PROCESS, Situation, interval};
use crate::server::Server;
use crate::units::Bytes;

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
    /// Anonymous resident memory at its highest while the server starts over its log, as after a kill,
    /// until the first scrapes are in; `None` for an agent, where it was not measured.
    pub start: Option<Range>,
    /// Blocks of a day.
    pub disk_per_day: Range,
    /// Blocks over the whole retention.
    pub disk: Range,
    /// Samples stored a second, the server's five report series a target among them.
    pub samples_per_second: f64,
    /// Write-ahead log of a head of three hours, or of an agent.
    pub wal: Range,
    /// What the expected live heap is made of; the parts add up to it exactly.
    pub parts: Vec<Part>,
    /// What the reader should know of the estimate, for example another version's model.
    pub notes: Vec<String>,
}

/// Share of a container's limit that Prometheus sets GOMEMLIMIT to by itself since 3.0.
const AUTO_GOMEMLIMIT: f64 = 0.9;

impl Estimate {
    /// Memory that a container should ask for: the expected resident memory.
    pub fn request(&self) -> Bytes {
        self.rss.expected
    }

    /// Memory limit of a container under which the high end of resident memory stays below the
    /// GOMEMLIMIT that Prometheus 3 makes of it: the collector is not pressed, and a tenth is left.
    /// Where the server makes none, a start over the log has to find room, too, or whoever is killed
    /// once is killed again.
    pub fn limit(&self, server: Server) -> Bytes {
        let held = server.at_least(3, 0);
        let high = if held {
            self.rss.high
        } else {
            self.start.map_or(self.rss.high, |start| self.rss.high.max(start.high))
        };
        bytes(high.0 as f64 / AUTO_GOMEMLIMIT)
    }
}

/// Estimates what a load needs on a server with these settings.
pub fn estimate(load: &Load, model: &CostModel, settings: &ServerSettings) -> Estimate {
    let it = situation(load, model, settings);
    let parts = parts(&it, model);
    let live: u64 = parts.iter().map(|part| part.bytes.0).sum();
    let (peak, rss) = peak_and_resident(&it, live as f64, model);
    let errors = &model.errors;
    let samples_per_second = (load.series - load.gone_series.min(load.series) + 5 * load.targets)
        as f64
        / interval(settings);
    let logged = samples_per_second * model.value("wal_sample");
    let wal = logged * log_age(settings, logged).as_secs_f64()
        + load.label_bytes as f64 * model.value("wal_label_byte");
    // An agent has no blocks.
    let stored = if settings.agent { 0.0 } else { samples_per_second };
    let per_day = stored * 86_400.0 * model.value("disk_sample");
    Estimate {
        live_heap: range(live as f64, errors.live_heap),
        memory: range(peak, errors.memory),
        rss: range(rss, errors.rss),
        start: (!settings.agent)
            .then(|| range(started_again(&it, live as f64, model), errors.start)),
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
    pub fn marginal(&self, load: &Load, settings: &ServerSettings) -> Bytes {
        let it = situation(load, self, settings);
        let live = live_heap(&it, self).filter(|(part, _)| *part != PROCESS);
        bytes(live.map(|(_, value)| value).sum())
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

    /// What the heap may grow to, times what is live.
    pub(super) fn growth(&self, settings: &ServerSettings) -> f64 {
        1.0 + settings.gogc.map_or_else(|| self.value("gogc"), f64::from) / 100.0
    }

    /// Expected anonymous resident memory of a server whose series take so much live heap
    /// ([`CostModel::marginal`]); for shard plans, which know no more of each shard.
    pub fn resident(&self, marginal: Bytes, settings: &ServerSettings) -> Bytes {
        let live = self.value("base") + marginal.0 as f64;
        let load = Load::default();
        bytes(peak_and_resident(&situation(&load, self, settings), live, self).1)
    }
}

/// Anonymous resident memory of a load with its range: what [`estimate`] says, and nothing else, with
/// pages of this size.
pub(super) fn resident(
    load: &Load,
    page_bytes: f64,
    model: &CostModel,
    settings: &ServerSettings,
) -> Range {
    let it = Situation { page_bytes, ..situation(load, model, settings) };
    let live: u64 = parts(&it, model).iter().map(|part| part.bytes.0).sum();
    range(peak_and_resident(&it, live as f64, model).1, model.errors.rss)
}

fn situation<'a>(load: &'a Load, model: &CostModel, settings: &'a ServerSettings) -> Situation<'a> {
    let sample_bytes = settings.sample_bytes.unwrap_or(model.value("chunk_sample"));
    Situation { load, settings, sample_bytes, page_bytes: terms::page_bytes(load) }
}

fn notes(model: &CostModel, settings: &ServerSettings, peak: f64, live: f64) -> Vec<String> {
    let mut notes = vec![format!("measured on {} ({})", model.server, model.build)];
    notes.extend(model.note_for(&settings.server));
    notes.extend(agent::note(settings));
    if settings.gomemlimit.is_some_and(|limit| peak >= limit.0 as f64 && live > 0.0) {
        notes.push("GOMEMLIMIT holds the heap below its goal: more CPU goes to collections".into());
    }
    notes
}

fn range(expected: f64, margin: Margin) -> Range {
    Range {
        low: bytes(expected * margin.low),
        expected: bytes(expected),
        high: bytes(expected * margin.high),
    }
}

#[expect(clippy::cast_sign_loss, reason = "clamped at 0")]
pub(super) fn bytes(value: f64) -> Bytes {
    Bytes(value.max(0.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
            gone_series: series / 5,
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
            let Estimate { live_heap, memory, rss, start, disk, .. } = estimate;
            for range in [live_heap, memory, rss, start.unwrap(), disk] {
                prop_assert!(range.low <= range.expected && range.expected <= range.high);
            }
        }

        #[test]
        fn marginals_add_up_and_make_the_estimate(a in 0u64..1_000_000, b in 0u64..1_000_000) {
            let (model, settings) = (model(), ServerSettings::default());
            let of = |load: &Load| model.marginal(load, &settings).0;
            prop_assert!(of(&(load(a, 1) + load(b, 2))).abs_diff(of(&load(a, 1)) + of(&load(b, 2))) <= 2);
            let estimate = estimate(&load(a, 3), &model, &settings);
            let process = estimate.parts.iter().find(|part| part.name == PROCESS).unwrap();
            let live = estimate.live_heap.expected.0;
            prop_assert!(live.abs_diff(of(&load(a, 3)) + process.bytes.0) <= 10);
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
    fn a_longer_label_costs_more() {
        let (model, settings) = (model(), ServerSettings::default());
        let short = model.series_bytes(5, 100, 80, &settings);
        assert!(model.series_bytes(5, 150, 130, &settings) > short);
        assert!(model.series_bytes(6, 100, 80, &settings) > short);
        assert!(short > Bytes(500) && short < Bytes(3000), "{short}");
    }
}
