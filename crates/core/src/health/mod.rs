//! Which machines are taken out of the targets: a state machine over what probes see, without a
//! clock or a socket.
//!
//! A machine goes after `fall` probes in a row that nothing answered and returns after `rise` in a
//! row that something did. Two things temper that. A machine that was out a short while ago needs
//! twice as many answers each time, so that a flapping one stays out. And when more machines are
//! silent than the set share, none goes: so many do not die at once, the prober has lost its network.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

/// After so many returns in a short while no more answers are asked for.
const MOST_DOUBLINGS: u32 = 6;

/// When a machine goes and returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Silent probes in a row after which a machine goes; at least 1.
    pub fall: u32,
    /// Answered probes in a row after which it returns; at least 1.
    pub rise: u32,
    /// Milliseconds for which a machine must stay in for its earlier removals to be forgotten.
    pub calm: u64,
    /// The share of all machines, 0 to 1, that may be out at once.
    pub max_removed: f64,
}

/// Whether a machine's targets are scraped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They are.
    In,
    /// They were taken out.
    Out,
}

/// What is remembered of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Whether its targets are scraped.
    pub standing: Standing,
    /// Milliseconds of the caller's clock when that changed last.
    pub since: u64,
    /// Probes in a row that speak against its standing.
    pub streak: u32,
    /// Removals in a row, each but the first soon after a return.
    pub removals: u32,
    /// Whether it would be out if the share allowed it.
    pub held: bool,
}

/// What a probe changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The machine's targets go.
    Removed,
    /// They return.
    Returned,
    /// They should go, but too many machines are silent.
    Held,
    /// They were held and the machine answers again.
    Released,
}

/// All machines that are probed, by name.
#[derive(Debug, Clone)]
pub struct Fleet {
    rules: Rules,
    machines: BTreeMap<String, Machine>,
    out: usize,
    /// Machines in that did not answer their last probe.
    silent: usize,
}

impl Machine {
    fn new(now: u64) -> Self {
        Self { standing: Standing::In, since: now, streak: 0, removals: 0, held: false }
    }

    fn is_silent(&self) -> bool {
        self.standing == Standing::In && self.streak > 0
    }
}

impl Fleet {
    /// A fleet without machines.
    pub fn new(rules: Rules) -> Self {
        Self { rules, machines: BTreeMap::new(), out: 0, silent: 0 }
    }

    /// Makes `names` the machines of the fleet at `now`: new ones are in, the others keep what is
    /// remembered of them, those not named are forgotten.
    pub fn retain<'a>(&mut self, names: impl IntoIterator<Item = &'a str>, now: u64) {
        let mut old = std::mem::take(&mut self.machines);
        let kept = names
            .into_iter()
            .map(|name| (name.to_owned(), old.remove(name).unwrap_or_else(|| Machine::new(now))));
        self.machines = kept.collect();
        self.recount();
    }

    /// Puts back what an earlier run remembered of machines; those that are not in the fleet are left
    /// out.
    pub fn restore(&mut self, remembered: impl IntoIterator<Item = (String, Machine)>) {
        for (name, machine) in remembered {
            if let Some(known) = self.machines.get_mut(&name) {
                *known = machine;
            }
        }
        self.recount();
    }

    /// Takes in at `now` whether a probe of a machine was answered. A machine that is not in the
    /// fleet changes nothing.
    pub fn observe(&mut self, name: &str, answered: bool, now: u64) -> Option<Change> {
        let before = *self.machines.get(name)?;
        let mut machine = before;
        let against = answered == (machine.standing == Standing::Out);
        machine.streak = if against { machine.streak.saturating_add(1) } else { 0 };
        self.silent =
            self.silent + usize::from(machine.is_silent()) - usize::from(before.is_silent());
        let change = match machine.standing {
            Standing::Out => self.may_return(&mut machine, now),
            Standing::In if machine.streak >= self.rules.fall => self.may_go(&mut machine, now),
            Standing::In => std::mem::take(&mut machine.held).then_some(Change::Released),
        };
        if let Some(known) = self.machines.get_mut(name) {
            *known = machine;
        }
        change
    }

    fn may_go(&mut self, machine: &mut Machine, now: u64) -> Option<Change> {
        // Machines that missed a probe count too: when the prober loses its network, one of them is
        // the first to reach `fall`, and all others are one probe behind.
        let gone = self.out + self.silent;
        if gone as f64 > self.rules.max_removed * self.machines.len() as f64 {
            return (!std::mem::replace(&mut machine.held, true)).then_some(Change::Held);
        }
        let calm = now.saturating_sub(machine.since) >= self.rules.calm;
        let removals = if calm { 1 } else { machine.removals.saturating_add(1) };
        *machine = Machine { standing: Standing::Out, removals, ..Machine::new(now) };
        self.out += 1;
        self.silent -= 1;
        Some(Change::Removed)
    }

    fn may_return(&mut self, machine: &mut Machine, now: u64) -> Option<Change> {
        if machine.streak < self.needed(machine) {
            return None;
        }
        let removals = machine.removals;
        *machine = Machine { removals, ..Machine::new(now) };
        self.out -= 1;
        Some(Change::Returned)
    }

    /// Answers in a row that a machine that is out needs to return.
    pub fn needed(&self, machine: &Machine) -> u32 {
        let doublings = machine.removals.saturating_sub(1).min(MOST_DOUBLINGS);
        self.rules.rise.saturating_mul(1 << doublings)
    }

    /// What is remembered of a machine.
    pub fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines.get(name)
    }

    /// Every machine, by name.
    pub fn machines(&self) -> impl Iterator<Item = (&str, &Machine)> {
        self.machines.iter().map(|(name, machine)| (name.as_str(), machine))
    }

    /// How many machines are out.
    pub fn removed(&self) -> usize {
        self.out
    }

    fn recount(&mut self) {
        self.out = self.machines.values().filter(|m| m.standing == Standing::Out).count();
        self.silent = self.machines.values().filter(|m| m.is_silent()).count();
    }
}
