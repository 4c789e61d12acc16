//! What moves when a fleet goes from one sharding to another: each moved series is new on its shard.

use super::TargetLoad;
use super::assign::shard_of;

/// How a fleet is sharded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Number of shards, the modulus.
    pub shards: u64,
    /// What hashmod reads.
    pub source_labels: Vec<String>,
}

/// The way from one layout to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Movement {
    /// Shards before.
    pub from: u64,
    /// Shards after.
    pub to: u64,
    /// Targets that change their shard.
    pub targets: u64,
    /// Their series: in two heads at once until the old shard's head is collected (2–3 h).
    pub series: u64,
    /// Those series over all series, 0 to 1.
    pub share: f64,
}

/// What moves from one layout to another. Shards are told apart by index; a layout of one shard
/// keeps index 0.
pub fn movement(targets: &[TargetLoad], from: &Layout, to: &Layout) -> Movement {
    let mut moved =
        Movement { from: from.shards, to: to.shards, targets: 0, series: 0, share: 0.0 };
    let mut all = 0;
    for target in targets {
        all += target.series;
        let before = shard_of(target, &from.source_labels, from.shards);
        if before != shard_of(target, &to.source_labels, to.shards) {
            moved.targets += 1;
            moved.series += target.series;
        }
    }
    if all > 0 {
        moved.share = moved.series as f64 / all as f64;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(count: u64) -> Vec<TargetLoad> {
        let target = |at| TargetLoad {
            job: "app".into(),
            labels: vec![("__address__".into(), format!("10.0.{}.{}:9090", at / 250, at % 250))],
            series: 100,
            bytes: 100_000,
        };
        (0..count).map(target).collect()
    }

    fn layout(shards: u64) -> Layout {
        Layout { shards, source_labels: vec!["__address__".into()] }
    }

    #[test]
    fn the_same_layout_moves_nothing() {
        assert_eq!(movement(&targets(500), &layout(4), &layout(4)).series, 0);
        assert_eq!(movement(&[], &layout(4), &layout(5)).share.to_bits(), 0f64.to_bits());
    }

    #[test]
    fn doubling_moves_half_and_one_more_moves_nearly_all() {
        // hash % 8 = hash % 4 for half of all hashes; hash % 5 = hash % 4 for a fifth (of 20).
        let doubled = movement(&targets(5000), &layout(4), &layout(8));
        assert!((doubled.share - 0.5).abs() < 0.03, "{doubled:?}");
        assert_eq!(doubled.series, doubled.targets * 100);
        let one_more = movement(&targets(5000), &layout(4), &layout(5));
        assert!((one_more.share - 0.8).abs() < 0.03, "{one_more:?}");
    }
}
