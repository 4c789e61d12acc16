//! The transitions of an automaton by where they end, in two flat arrays.

/// Numbers of transitions, those that end in one state side by side.
pub(super) struct Arrows {
    /// Where those into each state begin; one more than there are states.
    first: Vec<u32>,
    arrows: Vec<u32>,
}

impl Arrows {
    /// The transitions, numbered in the order in which their ends are given.
    pub(super) fn by_end(states: usize, ends: impl Iterator<Item = u32> + Clone) -> Self {
        let mut first = vec![0; states + 1];
        for end in ends.clone() {
            first[end as usize + 1] += 1;
        }
        for state in 0..states {
            first[state + 1] += first[state];
        }
        let mut free = first.clone();
        let mut arrows = vec![0; first[states] as usize];
        for (arrow, end) in ends.enumerate() {
            let place = &mut free[end as usize];
            arrows[*place as usize] = arrow as u32;
            *place += 1;
        }
        Self { first, arrows }
    }

    /// The transitions that end in a state.
    pub(super) fn ending_in(&self, state: u32) -> &[u32] {
        let state = state as usize;
        &self.arrows[self.first[state] as usize..self.first[state + 1] as usize]
    }
}
