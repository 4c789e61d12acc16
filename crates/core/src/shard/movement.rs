//! What moves when a fleet goes from one sharding to another: each moved series is new on its shard.

use super::TargetLoad;
use super::assign::shard_of;
use crate::units::Bytes;

/// How a fleet is sharded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Number of shards, the modulus.
    pub shards: u64,
    /// What hashmod reads.
    pub source_labels: Vec<String>,
}

impl Layout {
    /// The shard of each target.
    pub fn assigned(&self, targets: &[TargetLoad]) -> Vec<u64> {
        targets.iter().map(|target| shard_of(target, &self.source_labels, self.shards)).collect()
    }
}

/// The way from one assignment to another.
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
    /// Expected resident memory of the fullest server in those hours, when its head holds what it
    /// had and what it got.
    pub during: Bytes,
}

/// What moves from one assignment to another, each with its number of shards. Shards are told apart
/// by index. `resident` is what [`super::plan`] gets.
pub fn movement(
    targets: &[TargetLoad],
    (before, from): (&[u64], u64),
    (after, to): (&[u64], u64),
    resident: &dyn Fn(Bytes) -> Bytes,
) -> Movement {
    let (mut moved, mut series, mut all) = (0, 0, 0);
    let mut heads = vec![0u64; from.max(to) as usize];
    for (target, (before, after)) in targets.iter().zip(before.iter().zip(after)) {
        all += target.series;
        heads[*before as usize] += target.bytes;
        if before != after {
            moved += 1;
            series += target.series;
            heads[*after as usize] += target.bytes;
        }
    }
    let share = if all == 0 { 0.0 } else { series as f64 / all as f64 };
    let during = resident(Bytes(heads.into_iter().max().unwrap_or(0)));
    Movement { from, to, targets: moved, series, share, during }
}

/// How to get from the one to the other without a gap, a step each.
pub fn procedure(movement: &Movement) -> Vec<String> {
    let (from, to) = (movement.from, movement.to);
    let mut steps = vec![format!(
        "Give every server memory for {}: for 2 to 3 hours its head holds what leaves beside what comes.",
        movement.during
    )];
    if to > from {
        steps.push(format!(
            "Start the servers of {} and add them to Thanos Query: what they scrape too early is \
             stored twice and deduplicated.",
            shards(from, to)
        ));
    }
    steps.push(format!(
        "Reload the other servers with their new configurations within one scrape interval: {} \
         targets move, and whatever two servers scrape meanwhile is deduplicated.",
        movement.targets
    ));
    steps.push(
        "Expect alerts with `for` to start again for targets that moved: their state stays on the \
         old shard."
            .to_owned(),
    );
    if to < from {
        steps.push(format!(
            "Leave the servers of {} running without targets, and in Thanos Query, until their \
             blocks are uploaded or past their retention.",
            shards(to, from)
        ));
    }
    steps.push(
        "Range queries over the change need both shards: query through Thanos Query alone. Three \
         hours later lower the memory again."
            .to_owned(),
    );
    steps
}

/// The shards from one up to another, which is not among them.
fn shards(from: u64, to: u64) -> String {
    if to - from == 1 { format!("shard {from}") } else { format!("shards {from} to {}", to - 1) }
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
            ..TargetLoad::default()
        };
        (0..count).map(target).collect()
    }

    fn moved(targets: &[TargetLoad], from: u64, to: u64) -> Movement {
        let assigned =
            |shards| Layout { shards, source_labels: vec!["__address__".into()] }.assigned(targets);
        movement(targets, (&assigned(from), from), (&assigned(to), to), &|bytes| bytes)
    }

    #[test]
    fn the_same_layout_moves_nothing() {
        let same = moved(&targets(500), 4, 4);
        assert_eq!((same.series, same.targets), (0, 0));
        assert!(same.during.0 < 200 * 100_000, "{same:?}");
        assert_eq!(moved(&[], 4, 5).share.to_bits(), 0f64.to_bits());
    }

    #[test]
    fn doubling_moves_half_and_one_more_moves_nearly_all() {
        // hash % 8 = hash % 4 for half of all hashes; hash % 5 = hash % 4 for a fifth (of 20).
        let doubled = moved(&targets(5000), 4, 8);
        assert!((doubled.share - 0.5).abs() < 0.03, "{doubled:?}");
        assert_eq!(doubled.series, doubled.targets * 100);
        // An old shard gets nothing when their number doubles: its head is as large as before.
        assert!((doubled.during.0 as f64 / 100_000.0 - 1250.0).abs() < 100.0, "{doubled:?}");
        // Else it holds a quarter, and a fifth of what four fifths of the others had.
        let one_more = moved(&targets(5000), 4, 5);
        assert!((one_more.share - 0.8).abs() < 0.03, "{one_more:?}");
        assert!((one_more.during.0 as f64 / 100_000.0 - 2000.0).abs() < 150.0, "{one_more:?}");
    }
}
