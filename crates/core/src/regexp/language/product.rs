//! Union, intersection and difference: two automata run side by side.

use super::Undecided;
use super::dfa::{DEAD, Dfa};

/// The strings for which `keep` of (in `left`, in `right`) is true; `keep(false, false)` must not be.
pub(super) fn product(
    left: &Dfa,
    right: &Dfa,
    keep: fn(bool, bool) -> bool,
    max_states: usize,
) -> Result<Dfa, Undecided> {
    Dfa::explore(
        left.joint_classes(right),
        alive((left.start(), right.start()), keep),
        max_states,
        |(here, there), byte| alive((left.next(*here, byte), right.next(*there, byte)), keep),
        |(here, there)| keep(left.is_accepting(*here), right.is_accepting(*there)),
    )
}

/// Drops pairs that can accept nothing more, which keeps differences small.
pub(super) fn alive(pair: (u32, u32), keep: fn(bool, bool) -> bool) -> Option<(u32, u32)> {
    let hopeless = match pair {
        (DEAD, DEAD) => true,
        (DEAD, _) => !keep(false, true),
        (_, DEAD) => !keep(true, false),
        _ => false,
    };
    (!hopeless).then_some(pair)
}
