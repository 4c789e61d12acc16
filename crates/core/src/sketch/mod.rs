//! Counting distinct 64-bit hashes, exactly or in bounded memory; knows hashes only, nothing of
//! Prometheus.

mod counter;
mod exact;
#[cfg(feature = "hyperloglogplus")]
pub mod hyperloglogplus;
mod lowest;
mod registers;

pub use counter::{Count, Counter};
pub use exact::DistinctSet;
pub use lowest::{Cost, Lowest};
pub use registers::Registers;

/// Spreads a sum of hashes over all 64 bits (the finaliser of `SplitMix64`), so that sums that
/// differ in few bits land in different slots.
pub fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
