//! What holds of the state machine, over a virtual clock.

use proptest::prelude::*;

use super::*;

const RULES: Rules = Rules { fall: 3, rise: 2, calm: 60_000, max_removed: 0.5 };

fn fleet(machines: usize, rules: Rules) -> Fleet {
    let names: Vec<String> = (0..machines).map(|at| format!("m{at}")).collect();
    let mut fleet = Fleet::new(rules);
    fleet.retain(names.iter().map(String::as_str), 0);
    fleet
}

/// Plays probes of one machine of four, `.` answered and `x` silent, one a second; what changed at
/// which probe.
fn play(probes: &str) -> String {
    let mut fleet = fleet(4, RULES);
    let shown = probes.bytes().enumerate().map(|(at, probe)| {
        match fleet.observe("m0", probe == b'.', at as u64 * 1000) {
            None => '-',
            Some(Change::Removed) => 'R',
            Some(Change::Returned) => 'b',
            Some(Change::Held) => 'H',
            Some(Change::Released) => 'h',
        }
    });
    shown.collect()
}

#[test]
fn a_machine_goes_after_fall_and_returns_after_rise() {
    assert_eq!(play("xx.xxxx..."), "-----R--b-");
    assert_eq!(play("x.x.x.x.x.xx.xx."), "----------------");
}

#[test]
fn a_machine_that_flaps_needs_more_answers_each_time() {
    assert_eq!(play("xxx..xxx..xxx....xxx........"), "--R-b--R--------b--R-------b");
    let mut flapping = fleet(4, RULES);
    let mut changes = 0;
    // Down and up for ten seconds each, for an hour.
    for second in 0..3600u64 {
        let answered = second / 10 % 2 == 1;
        changes += usize::from(flapping.observe("m0", answered, second * 1000).is_some());
    }
    // Out at 3 s; back after 2, out again; back after 4, 8; and 16 answers in a row never come.
    assert_eq!(changes, 7);
}

#[test]
fn calm_forgets_earlier_removals() {
    let mut fleet = fleet(4, RULES);
    let mut now = 0;
    let mut see = |fleet: &mut Fleet, answered, times| {
        for _ in 0..times {
            now += 1000;
            fleet.observe("m0", answered, now);
        }
        *fleet.machine("m0").unwrap()
    };
    assert_eq!(see(&mut fleet, false, 3).removals, 1);
    see(&mut fleet, true, 2);
    assert_eq!(see(&mut fleet, false, 3).removals, 2);
    see(&mut fleet, true, 4 + 60);
    assert_eq!(see(&mut fleet, false, 3).removals, 1);
}

#[test]
fn a_prober_without_a_network_takes_nobody_out() {
    let mut fleet = fleet(100, RULES);
    for second in 0..100u64 {
        for at in 0..100 {
            let change = fleet.observe(&format!("m{at}"), false, second * 1000 + at);
            assert!(matches!(change, None | Some(Change::Held)), "{change:?}");
        }
    }
    assert_eq!(fleet.removed(), 0);
    assert_eq!(fleet.observe("m1", true, 200_000), Some(Change::Released));
}

#[test]
fn what_is_remembered_survives() {
    let mut before = fleet(4, RULES);
    for second in 0..3 {
        before.observe("m0", false, second);
    }
    let remembered: Vec<(String, Machine)> =
        before.machines().map(|(name, machine)| (name.to_owned(), *machine)).collect();
    let mut after = fleet(3, RULES);
    after.restore(remembered);
    assert_eq!(after.machine("m0").map(|m| m.standing), Some(Standing::Out));
    assert_eq!((after.removed(), after.machine("m3")), (1, None));
    after.retain(["m1"], 10);
    assert_eq!(after.removed(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is seen: no more machines are out than the share allows; one goes only after `fall`
    /// silent probes in a row and returns only after `rise` answered ones; the counts are right.
    #[test]
    fn rules_hold_for_any_observations(
        machines in 1usize..12,
        share in 0.0f64..1.0,
        (fall, rise) in (1u32..5, 1u32..5),
        seen in prop::collection::vec((0usize..12, any::<bool>(), 0u64..5000), 0..400),
    ) {
        let rules = Rules { fall, rise, calm: 10_000, max_removed: share };
        let mut fleet = fleet(machines, rules);
        let mut last = [(true, 0u32); 12];
        let mut now = 0;
        for (at, answered, passed) in seen {
            now += passed;
            let streak = &mut last[at];
            *streak = if streak.0 == answered { (answered, streak.1 + 1) } else { (answered, 1) };
            match fleet.observe(&format!("m{at}"), answered, now) {
                Some(Change::Removed) => prop_assert!(!answered && streak.1 >= fall),
                Some(Change::Returned) => prop_assert!(answered && streak.1 >= rise),
                Some(Change::Held) => prop_assert!(!answered && streak.1 >= fall),
                Some(Change::Released) => prop_assert!(answered),
                None => {}
            }
            let out = fleet.machines().filter(|(_, m)| m.standing == Standing::Out).count();
            prop_assert_eq!(out, fleet.removed());
            prop_assert!(out as f64 <= share * machines as f64);
            let silent = fleet.machines().filter(|(_, m)| m.is_silent()).count();
            prop_assert_eq!(silent, fleet.silent);
        }
    }
}
