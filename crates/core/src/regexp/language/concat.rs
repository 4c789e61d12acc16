//! One language after the other.

use super::Undecided;
use super::dfa::{DEAD, Dfa};

/// Where a run can be: in the first automaton, and in the second at several places at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    first: u32,
    /// Sorted, without the dead state.
    second: Vec<u32>,
}

/// The strings that are a string of `first` followed by one of `second`.
pub(super) fn concat(first: &Dfa, second: &Dfa, max_states: usize) -> Result<Dfa, Undecided> {
    let place = |state: u32, mut at: Vec<u32>| {
        if first.is_accepting(state) {
            at.push(second.start());
        }
        at.retain(|state| *state != DEAD);
        at.sort_unstable();
        at.dedup();
        (state != DEAD || !at.is_empty()).then_some(Place { first: state, second: at })
    };
    Dfa::explore(
        first.joint_classes(second),
        place(first.start(), Vec::new()),
        max_states,
        |at, byte| {
            let next = at.second.iter().map(|state| second.next(*state, byte)).collect();
            place(first.next(at.first, byte), next)
        },
        |at| at.second.iter().any(|state| second.is_accepting(*state)),
    )
}
