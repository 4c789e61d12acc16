//! A running server's own metrics against the estimate of its load.

use super::estimate::estimate;
use super::load::Load;
use super::model::CostModel;
use super::settings::ServerSettings;
use super::terms::{LIVE_HEAP, PROCESS};
use crate::units::Bytes;

/// What a running server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// Series of its head (`prometheus_tsdb_head_series`).
    pub series: u64,
    /// How far its heap may grow (`go_memstats_next_gc_bytes`).
    pub next_gc: Bytes,
    /// Resident memory, file pages included (`process_resident_memory_bytes`).
    pub resident: Bytes,
    /// Seconds since 1970 when it started (`process_start_time_seconds`).
    pub started: u64,
}

impl Observed {
    /// Reads a server's `/metrics`.
    ///
    /// # Errors
    /// Names the metric that is missing or no number.
    pub fn read(metrics: &str) -> Result<Self, String> {
        let value = |name: &str| {
            let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            let value = line.and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
            let value = value.filter(|value| value.is_finite() && *value >= 0.0);
            #[expect(clippy::cast_sign_loss, reason = "filtered above")]
            value.map(|value| value as u64).ok_or_else(|| format!("no `{name}` in its metrics"))
        };
        Ok(Self {
            series: value("prometheus_tsdb_head_series")?,
            next_gc: Bytes(value("go_memstats_next_gc_bytes")?),
            resident: Bytes(value("process_resident_memory_bytes")?),
            started: value("process_start_time_seconds")?,
        })
    }

    /// The load as the server has it: series of its head beyond those of the load are gone ones.
    #[must_use]
    pub fn load(&self, load: &Load) -> Load {
        let times = self.series as f64 / load.series.max(1) as f64 - 1.0;
        if load.gone_series > 0 { *load } else { load.with_gone(times) }
    }
}

impl CostModel {
    /// How far the heap of a server may grow while nothing is cut: its live heap and GOGC's share of
    /// it, which is what a server shows at nearly all times.
    pub fn heap_goal(&self, load: &Load, settings: &ServerSettings) -> Bytes {
        let live = estimate(load, self, settings).live_heap.expected.0 as f64;
        #[expect(clippy::cast_sign_loss, reason = "heaps are not negative")]
        Bytes((live * self.growth(settings)) as u64)
    }

    /// The model with all prices but that of the process multiplied so that this load has the heap
    /// goal observed; and by how much. `settings` hold the uptime it was observed at.
    #[must_use]
    pub fn recalibrated(
        &self,
        load: &Load,
        settings: &ServerSettings,
        observed: &Observed,
    ) -> (Self, f64) {
        let estimate = estimate(load, self, settings);
        let live = estimate.live_heap.expected.0 as f64;
        let process = estimate.parts.iter().filter(|part| part.name == PROCESS);
        let base = process.map(|part| part.bytes.0).sum::<u64>() as f64;
        let wanted = observed.next_gc.0 as f64 / self.growth(settings);
        let factor = if live > base { ((wanted - base) / (live - base)).max(0.0) } else { 1.0 };
        let mut model = self.clone();
        for term in LIVE_HEAP.iter().filter(|term| term.part != PROCESS) {
            if let Some(coefficient) = model.coefficients.get_mut(term.key) {
                coefficient.value *= factor;
            }
        }
        (model, factor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::server::Server;

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..<_>::default()
        })]

        #[test]
        fn a_recalibrated_model_says_what_was_observed(
            series in 10_000u64..3_000_000, per_series in 1500u64..9000, more in 0u64..50_000,
        ) {
            let load = Load {
                series,
                label_pairs: series * 9,
                label_bytes: series * 180,
                exposed_bytes: series * 140,
                targets: 1 + series / 2000,
                ..Load::default()
            };
            let next_gc = Bytes(series * per_series + 60_000_000);
            let observed = Observed { series: series + more, next_gc, resident: next_gc, started: 0 };
            let (model, settings) = (CostModel::embedded(&Server::default()).0, ServerSettings::default());
            let load = observed.load(&load);
            prop_assert!(load.series.abs_diff(series + more) <= 1);
            prop_assert_eq!(load.gone_series, load.series - series);
            let (model, factor) = model.recalibrated(&load, &settings, &observed);
            let said = model.heap_goal(&load, &settings).0;
            prop_assert!(factor > 0.0 && said.abs_diff(next_gc.0) < next_gc.0 / 1000, "{said} {next_gc}");
        }
    }

    #[test]
    fn metrics_of_a_server_are_read() {
        let metrics = "# TYPE go_memstats_next_gc_bytes gauge\ngo_memstats_next_gc_bytes 1.5e+07\n\
                       process_resident_memory_bytes 7.0e+07\nprometheus_tsdb_head_series 120\n\
                       process_start_time_seconds 1.7e+09\n\
                       prometheus_tsdb_head_series_created_total 900\n";
        let read = Observed::read(metrics).unwrap();
        assert_eq!((read.series, read.next_gc.0, read.resident.0), (120, 15_000_000, 70_000_000));
        assert_eq!(read.started, 1_700_000_000);
        let missing = Observed::read("go_memstats_next_gc_bytes NaN\n").unwrap_err();
        assert!(missing.contains("prometheus_tsdb_head_series"), "{missing}");
    }
}
