//! Live heap by its parts, and the memory that a server takes for it.

use super::agent::{AGENT_GARBAGE, live_terms, more_garbage};
use super::beside::{BESIDE, BESIDE_RESIDENT};
use super::discovered::DISCOVERED;
use super::estimate::{Part, bytes};
use super::model::CostModel;
use super::resident::{self, BLOCK_CUT, RESIDENT, block_cut};
use super::settings::ServerSettings;
use super::start::{DECODED, not_again, start_again};
use super::terms::{ALLOCATED, PEAK, Situation, Term, WAITING_CHUNK};
use crate::units::Bytes;

/// Resident bytes a byte of live heap that no collection gets below: runs with GOMEMLIMIT below what
/// is live came to 1.17 to 1.31.
const PACKED: f64 = 1.2;

/// The terms of the live heap, each with its part.
pub(super) fn live_heap(
    it: &Situation<'_>,
    model: &CostModel,
) -> impl Iterator<Item = (&'static str, f64)> {
    live_terms(it.settings).map(|term| (term.part, (term.quantity)(it) * model.value(term.key)))
}

/// Every part of the live heap.
pub(super) fn parts(it: &Situation<'_>, model: &CostModel) -> Vec<Part> {
    let mut parts: Vec<(&'static str, f64)> = Vec::new();
    let beside = BESIDE
        .iter()
        .chain(&DISCOVERED)
        .map(|term| (term.part, (term.quantity)(it) * model.value(term.key)));
    for (name, value) in live_heap(it, model).chain(beside.filter(|(_, value)| *value > 0.0)) {
        match parts.iter_mut().find(|(part, _)| *part == name) {
            Some((_, sum)) => *sum += value,
            None => parts.push((name, value)),
        }
    }
    parts.into_iter().map(|(name, value)| Part { name, bytes: bytes(value) }).collect()
}

/// Peak heap and anonymous resident memory for a live heap.
pub(super) fn peak_and_resident(it: &Situation<'_>, live: f64, model: &CostModel) -> (f64, f64) {
    let live = live - it.waiting_chunks() * model.value(WAITING_CHUNK);
    let growth = model.growth(it.settings);
    let sum = |terms: &[Term]| -> f64 {
        terms.iter().map(|term| (term.quantity)(it) * model.value(term.key)).sum()
    };
    let beside = sum(&PEAK);
    let mut peak = (live + beside) * growth;
    let prices = RESIDENT.map(|(key, ..)| model.value(key));
    let quantities = resident::resident(it, live, sum(&ALLOCATED), &prices);
    let priced = prices.iter().zip(quantities).map(|(price, of)| of * price);
    let as_agent = more_garbage(it, live) * model.value(AGENT_GARBAGE.0);
    let cut = block_cut(it) * model.value(BLOCK_CUT.0);
    let mut resident = live + priced.sum::<f64>() + sum(&BESIDE_RESIDENT) + as_agent + cut;
    if let Some(limit) = it.settings.gomemlimit {
        // The runtime collects as often as it must, but cannot go below what is live.
        peak = peak.min((limit.0 as f64).max(live + beside));
    }
    resident = limited(resident, live, it.settings);
    (peak, resident)
}

/// Anonymous resident memory under GOMEMLIMIT, where there is one: the heap is never packed without
/// gaps.
fn limited(resident: f64, live: f64, settings: &ServerSettings) -> f64 {
    let packed = |limit: Bytes| (limit.0 as f64).max(live * PACKED);
    settings.gomemlimit.map_or(resident, |limit| resident.min(packed(limit)))
}

/// Anonymous resident memory of a start over a log, for a live heap.
pub(super) fn started_again(it: &Situation<'_>, live: f64, model: &CostModel) -> f64 {
    let price = |key: &'static str| model.value(key);
    let start = start_again(it, live - not_again(it, price), price);
    limited(start.known + start.decoded * model.value(DECODED.0), live, it.settings)
}
