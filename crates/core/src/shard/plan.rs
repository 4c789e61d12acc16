//! The planner: how many shards, hashed on which labels, and what each of them will hold.

use super::TargetLoad;
use super::apart::set_apart;
use super::assign::HOST_LABEL;
use super::churn::Churn;
use super::hashed::{Fleet, has_all, part_of};
use super::movement::{Layout, Movement, movement};
use super::split::{PlannedSplit, Split};
use crate::units::Bytes;

pub(super) const POD: &str = "__meta_kubernetes_pod_name";
pub(super) const SERVICE: &str = "__meta_kubernetes_service_name";
pub(super) const NAMESPACE: &str = "__meta_kubernetes_namespace";

/// How big a shard may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardSize {
    /// So many shards.
    Shards(u64),
    /// The fewest shards that each stay within this resident memory, less headroom.
    Budget(Bytes),
}

/// Who decides on the shard of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Assignment {
    /// Its hash alone: new targets go anywhere, and the same steps do for all fleets.
    #[default]
    Hashmod,
    /// Its hash, but for those that a generated list moves to make the shards even.
    Mapped,
}

/// What each server scrapes besides its part: itself, its own machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnLoad {
    /// Targets.
    pub targets: u64,
    /// Their series.
    pub series: u64,
    /// Live heap of those series.
    pub bytes: u64,
}

/// What a plan is to reach.
#[derive(Debug, Clone, PartialEq)]
pub struct ShardGoal {
    /// Number or size.
    pub size: ShardSize,
    /// Share of the budget that stays free, 0 to 1; for queries, rules and churn.
    pub headroom: f64,
    /// Sets of `source_labels` to try; [`candidates`] gives those that exist on the targets.
    pub candidates: Vec<Vec<String>>,
    /// How the fleet is sharded today, for the movement.
    pub current: Option<Layout>,
    /// Who decides on the shard of a target.
    pub assignment: Assignment,
    /// What every shard has besides.
    pub own: OwnLoad,
    /// Jobs whose series are shared out, not their targets, which are none of those given.
    pub splits: Vec<Split>,
    /// Jobs that get a server each, behind the shards.
    pub dedicated: Vec<String>,
}

impl ShardGoal {
    /// A goal without headroom, that hashes `__address__`.
    pub fn new(size: ShardSize) -> Self {
        Self {
            size,
            headroom: 0.0,
            candidates: Vec::new(),
            current: None,
            assignment: Assignment::default(),
            own: OwnLoad::default(),
            splits: Vec::new(),
            dedicated: Vec::new(),
        }
    }
}

/// A value of the hashed labels, joined by `;`, that is moved to another shard than its hash's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mapped {
    /// The shard that it goes to.
    pub shard: u64,
    /// The value.
    pub value: String,
}

/// A set of `source_labels` that was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The labels.
    pub source_labels: Vec<String>,
    /// Largest shard over mean, by series.
    pub imbalance: f64,
    /// Targets that lack one of the labels: they all hash alike in that part.
    pub incomplete: u64,
}

/// One shard of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardDetail {
    /// Its index, what its keep step compares with.
    pub index: u64,
    /// Its targets.
    pub targets: u64,
    /// Their series.
    pub series: u64,
    /// Expected anonymous resident memory.
    pub rss: Bytes,
}

/// A target that no shard within the budget can hold, even alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooLarge {
    /// Its index among the targets given.
    pub target: usize,
    /// Its series.
    pub series: u64,
    /// What a server would need for it alone.
    pub rss: Bytes,
}

/// Shards, what they hash on, and what they will hold.
#[derive(Debug, Clone, PartialEq)]
pub struct ShardPlan {
    /// Number of shards, the modulus.
    pub shards: u64,
    /// Jobs with a server of their own, whose index is that of the job behind the shards.
    pub dedicated: Vec<String>,
    /// Jobs that all shards scrape, each for a part of the series.
    pub splits: Vec<PlannedSplit>,
    /// What hashmod reads; [`HOST_LABEL`] is made from `__address__` by a step of its own.
    pub source_labels: Vec<String>,
    /// Series of the largest shard over the mean, 1 at best.
    pub imbalance: f64,
    /// Whether every shard stays within the budget less headroom (true without a budget). Servers
    /// for one job do as they must.
    pub fits: bool,
    /// Each server, by index.
    pub detail: Vec<ShardDetail>,
    /// The shard of each target, in the order given.
    pub assigned: Vec<u64>,
    /// What the assignment moves from its hash's shard, by shard.
    pub mapped: Vec<Mapped>,
    /// How uneven hashmod gets when all targets are replaced.
    pub churn: Churn,
    /// Targets that need a server of their own or a split of their series.
    pub too_large: Vec<TooLarge>,
    /// The other label sets tried, best first.
    pub rejected: Vec<Candidate>,
    /// Imbalance of an assignment by weight, and the least that any assignment can have.
    pub balanced_imbalance: f64,
    /// See `balanced_imbalance`.
    pub least_imbalance: f64,
    /// What moves from the goal's current layout.
    pub movement: Option<Movement>,
}

/// The usual label sets, of which those remain that some target has in full.
pub fn candidates(targets: &[TargetLoad]) -> Vec<Vec<String>> {
    const SETS: [&[&str]; 9] = [
        &["__address__"],
        &[HOST_LABEL],
        &["__address__", "__param_target"],
        &["__param_target"],
        &[POD],
        &[NAMESPACE, POD],
        &[SERVICE],
        &[NAMESPACE, SERVICE],
        &[NAMESPACE],
    ];
    let named = |set: &&[&str]| set.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let exists = |set: &Vec<String>| targets.iter().any(|target| has_all(target, set));
    SETS.iter().map(named).filter(exists).collect()
}

impl ShardPlan {
    /// Number of servers: the shards, and those for one job.
    pub fn servers(&self) -> u64 {
        self.shards + self.dedicated.len() as u64
    }
}

/// Plans the shards of `targets`. `resident` gives the anonymous resident memory of a server whose
/// series take so many bytes of live heap (`CostModel::resident`). The same input gives the same
/// plan; of equally balanced label sets the first candidate is taken.
pub fn plan(
    targets: &[TargetLoad],
    goal: &ShardGoal,
    resident: &dyn Fn(Bytes) -> Bytes,
) -> ShardPlan {
    let is_shared = |target: &&TargetLoad| !goal.dedicated.contains(&target.job);
    let shared: Vec<TargetLoad> = match &goal.dedicated[..] {
        [] => Vec::new(),
        _ => targets.iter().filter(is_shared).cloned().collect(),
    };
    let all_shared = goal.dedicated.is_empty();
    let fleet = Fleet::new(if all_shared { targets } else { &shared }, goal, resident);
    let mut plan = fleet.plan(goal);
    if !all_shared {
        set_apart(&mut plan, targets, goal, resident);
    }
    let split = (0..plan.shards as usize).map(|at| part_of(&plan.splits, at, |it| &it.bytes));
    let besides = goal.own.bytes + split.max().unwrap_or(0);
    let moves = |from: &Layout| {
        let before = from.assigned(targets);
        movement(targets, (&before, from.shards), (&plan.assigned, plan.servers()), &|bytes| {
            resident(Bytes(bytes.0 + besides))
        })
    };
    plan.movement = goal.current.as_ref().map(moves);
    plan
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::relabel::{Field, RawStep};
    use crate::shard::hashed::MAX_SHARDS;
    use crate::shard::{host, shard_of, steps};

    pub(in crate::shard) fn config() -> ProptestConfig {
        ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..<_>::default() }
    }

    fn resident(bytes: Bytes) -> Bytes {
        Bytes(bytes.0 * 2 + 1000)
    }

    fn goal(size: ShardSize, targets: &[TargetLoad]) -> ShardGoal {
        ShardGoal { candidates: candidates(targets), ..ShardGoal::new(size) }
    }

    fn fleet() -> impl Strategy<Value = Vec<TargetLoad>> {
        let target = (0u16..300, 80u16..90, 0u64..50_000, prop::option::of(0u8..9)).prop_map(
            |(machine, port, series, pod)| {
                let mut labels = vec![("__address__".to_owned(), format!("m{machine}:{port}"))];
                if let Some(pod) = pod {
                    labels.push(("__meta_kubernetes_pod_name".to_owned(), format!("pod-{pod}")));
                }
                let (job, bytes) = ("app".to_owned(), series * 1000);
                TargetLoad { job, labels, series, bytes, ..TargetLoad::default() }
            },
        );
        prop::collection::vec(target, 1..80)
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn each_target_is_on_exactly_the_shard_that_keeps_it(targets in fleet(), shards in 1u64..9) {
            let plan = plan(&targets, &goal(ShardSize::Shards(shards), &targets), &resident);
            prop_assert_eq!(plan.shards, shards);
            for (target, assigned) in targets.iter().zip(&plan.assigned) {
                prop_assert_eq!(shard_of(target, &plan.source_labels, shards), *assigned);
                let keeping = (0..shards).filter(|index| keeps(target, &steps(&plan, &index.to_string())));
                let want: Vec<u64> = if shards == 1 { vec![0] } else { vec![*assigned] };
                prop_assert_eq!(keeping.collect::<Vec<_>>(), want);
            }
            let sum = |of: fn(&ShardDetail) -> u64| plan.detail.iter().map(of).sum::<u64>();
            prop_assert_eq!(sum(|shard| shard.targets), targets.len() as u64);
            prop_assert_eq!(sum(|shard| shard.series), targets.iter().map(|t| t.series).sum::<u64>());
            prop_assert!(plan.balanced_imbalance >= plan.least_imbalance - 1e-9);
            prop_assert!(plan.imbalance >= plan.least_imbalance - 1e-9);
            prop_assert!(plan.rejected.iter().all(|other| other.imbalance >= plan.imbalance));
        }

        #[test]
        fn a_budget_is_kept_by_the_fewest_shards(targets in fleet(), budget in 1u64..400) {
            let budget = Bytes(budget * 1_000_000);
            let plan = plan(&targets, &goal(ShardSize::Budget(budget), &targets), &resident);
            let alone = |t: &TargetLoad| resident(Bytes(t.bytes)) > budget;
            prop_assert_eq!(plan.too_large.len(), targets.iter().filter(|t| alone(t)).count());
            if plan.too_large.is_empty() && plan.fits {
                prop_assert!(plan.detail.iter().all(|shard| shard.rss <= budget));
                for fewer in 1..plan.shards {
                    for set in candidates(&targets) {
                        let on = |shard| -> u64 {
                            let there = targets.iter().filter(|t| shard_of(t, &set, fewer) == shard);
                            there.map(|t| t.bytes).sum()
                        };
                        prop_assert!((0..fewer).any(|shard| resident(Bytes(on(shard))) > budget));
                    }
                }
            }
        }
    }

    /// The steps of [`steps`], run by hand: independent of the engine that has them all.
    fn keeps(target: &TargetLoad, steps: &[RawStep]) -> bool {
        let Some(hash) = steps.iter().find(|step| step.modulus.value().is_some()) else {
            return true;
        };
        let address = target.label("__address__");
        let value = |name: &String| match name.as_str() {
            HOST_LABEL => host(address).to_owned(),
            name => target.label(name).to_owned(),
        };
        let values: Vec<String> = hash.source_labels.value().unwrap().iter().map(value).collect();
        let shard = crate::shard::hashmod(&values.join(";"), *hash.modulus.value().unwrap());
        steps.last().unwrap().regex.value() == Some(&shard.to_string())
    }

    #[test]
    fn the_host_is_derived_before_it_is_hashed() {
        let targets = [TargetLoad {
            labels: vec![("__address__".into(), "a:1".into())],
            series: 1,
            ..TargetLoad::default()
        }];
        let goal = ShardGoal {
            candidates: vec![vec![HOST_LABEL.into()]],
            ..goal(ShardSize::Shards(2), &targets)
        };
        let steps = steps(&plan(&targets, &goal, &resident), "1");
        assert_eq!(steps.len(), 3);
        assert_eq!(steps[0].target_label, Field::Set(HOST_LABEL.into()));
        assert_eq!(steps[2].regex, Field::Set("1".into()));
    }

    #[test]
    fn no_targets_and_absurd_numbers_give_a_plan() {
        let empty = plan(&[], &goal(ShardSize::Budget(Bytes(0)), &[]), &resident);
        assert_eq!((empty.shards, empty.fits), (1, false));
        let clamped = plan(&[], &goal(ShardSize::Shards(u64::MAX), &[]), &resident);
        assert_eq!(clamped.shards, MAX_SHARDS);
    }
}
