//! The loop: probes go out evenly over the interval, answers decide, changes are written.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant, SystemTime};

use promsieve_core::health::{Change, Fleet, Rules, Standing};

use super::lists::{List, Listing, machine_of};
use super::page::{Counters, page};
use super::publish::Publisher;
use crate::Status;
use crate::output::json::SCHEMA;
use crate::output::view::targets::{ChangeView, MachineView, TargetView, TargetsView};
use crate::probe::{Ended, Page, Prober};
use crate::stderr::warn;

/// How long the loop sleeps at most: new lists and the page wait for it.
const BREATH: Duration = Duration::from_millis(50);

/// How often the page is made anew, and a write that failed is tried again.
const REFRESH: Duration = Duration::from_secs(1);

/// Machines under watch.
pub(super) struct Watch {
    fleet: Fleet,
    lists: Vec<List>,
    /// Machines that can be probed.
    machines: Vec<(Arc<str>, SocketAddr)>,
    /// Machines whose name has no address.
    unresolved: Vec<String>,
    interval: Duration,
    prober: Prober,
    publisher: Publisher,
    counters: Counters,
    /// When the round began that `next` belongs to.
    round: Instant,
    /// The machine that is probed next.
    next: usize,
    /// Probes that may still be started.
    to_start: usize,
    ended: Vec<Ended>,
}

impl Watch {
    pub(super) fn new(
        rules: Rules,
        interval: Duration,
        prober: Prober,
        publisher: Publisher,
    ) -> Self {
        Self {
            fleet: Fleet::new(rules),
            lists: Vec::new(),
            machines: Vec::new(),
            unresolved: Vec::new(),
            interval,
            prober,
            publisher,
            counters: Counters::default(),
            round: Instant::now(),
            next: 0,
            to_start: usize::MAX,
            ended: Vec::new(),
        }
    }

    /// Takes the first lists with what an earlier run remembered of their machines, and writes what
    /// is left of them.
    ///
    /// # Errors
    /// What is remembered cannot be read, or a file cannot be written.
    pub(super) fn list(&mut self, listing: Listing) -> anyhow::Result<()> {
        self.relist(listing);
        self.fleet.restore(self.publisher.remembered()?);
        self.publisher.write(&self.lists, &self.fleet)?;
        self.counters.is_written = true;
        Ok(())
    }

    fn relist(&mut self, listing: Listing) {
        let Listing { lists, addresses } = listing;
        let targets = lists.iter().flat_map(|list| &list.groups).flat_map(|group| &group.targets);
        let mut names: Vec<&str> = targets.map(|target| machine_of(target).0).collect();
        names.sort_unstable();
        names.dedup();
        self.fleet.retain(names.iter().copied(), unix_millis());
        self.unresolved = names
            .iter()
            .filter(|name| !addresses.contains_key(**name))
            .map(|name| (*name).to_owned())
            .collect();
        let machines = addresses.into_iter().map(|(name, address)| (name.into(), address));
        let before = std::mem::replace(&mut self.machines, machines.collect());
        // The round goes on where it was, so that lists that change often keep nobody from a probe.
        self.next = self.next * self.machines.len() / before.len().max(1);
        self.lists = lists;
    }

    /// Probes each machine so often, and writes what is left.
    ///
    /// # Errors
    /// When the system cannot wait, or a file cannot be written.
    pub(super) fn probe_each(&mut self, times: u32) -> anyhow::Result<()> {
        let probes = times as usize * self.machines.len();
        self.to_start = probes;
        let mut ended = 0;
        while ended < probes {
            self.step()?;
            ended += self.ended.len();
            self.decide();
        }
        self.publisher.write(&self.lists, &self.fleet)
    }

    /// Probes until the process ends, with a line for each change.
    ///
    /// # Errors
    /// When the system cannot wait, or nobody takes the lines.
    pub(super) fn forever(
        &mut self,
        lists: &mpsc::Receiver<Listing>,
        shown: Option<&Page>,
        out: &mut impl Write,
    ) -> anyhow::Result<Status> {
        let mut refreshed = Instant::now();
        loop {
            let relisted = lists.try_recv().map(|listing| self.relist(listing)).is_ok();
            self.step()?;
            let changes = self.decide();
            let is_due = refreshed.elapsed() >= REFRESH;
            let again = is_due && !self.counters.is_written;
            if relisted || again || changes.iter().any(|(change, _)| alters(*change)) {
                self.write();
            }
            for (change, machine) in changes {
                serde_json::to_writer(&mut *out, &self.change(change, &machine))?;
                writeln!(out)?;
                out.flush()?;
            }
            if is_due {
                refreshed = Instant::now();
                let text = page(&self.lists, &self.fleet, self.unresolved.len(), &self.counters);
                shown.inspect(|shown| shown.set(text));
            }
        }
    }

    /// Starts the probes that are due, and waits for answers.
    fn step(&mut self) -> anyhow::Result<()> {
        self.ended.clear();
        let now = Instant::now();
        let mut wake = now + BREATH;
        while let Some((machine, address)) = self.machines.get(self.next) {
            let due = self.round + self.phase(self.next);
            if self.to_start == 0 {
                break;
            }
            if due > now {
                wake = wake.min(due);
                break;
            }
            let ended = self.prober.start(Arc::clone(machine), *address);
            self.ended.extend(ended.map(|answer| (Arc::clone(machine), answer)));
            self.to_start = self.to_start.saturating_sub(1);
            self.next += 1;
            if self.next == self.machines.len() {
                self.next = 0;
                // Late rounds are left out rather than made up for.
                self.round = (self.round + self.interval).max(now);
            }
        }
        Ok(self.prober.wait(wake, &mut self.ended)?)
    }

    /// When in a round a machine is probed.
    fn phase(&self, at: usize) -> Duration {
        self.interval.mul_f64(at as f64 / self.machines.len() as f64)
    }

    /// What the answers change.
    fn decide(&mut self) -> Vec<(Change, Arc<str>)> {
        let now = unix_millis();
        let mut changes = Vec::new();
        for (machine, answer) in &self.ended {
            *self.counters.probes.entry(*answer).or_default() += 1;
            self.counters.last_probe = now as f64 / 1000.0;
            let Some(is_alive) = answer.is_alive() else { continue };
            let change = self.fleet.observe(machine, is_alive, now);
            changes.extend(change.map(|change| (change, Arc::clone(machine))));
            match change {
                Some(Change::Removed) => self.counters.removed += 1,
                Some(Change::Returned) => self.counters.returned += 1,
                _ => {}
            }
        }
        changes
    }

    fn write(&mut self) {
        let written = self.publisher.write(&self.lists, &self.fleet);
        self.counters.is_written = written.is_ok();
        if let Err(error) = written {
            self.counters.writes_failed += 1;
            warn(&format!("error: {error:#}; it is tried again"));
        }
    }

    fn change(&self, change: Change, machine: &str) -> ChangeView {
        ChangeView {
            schema: SCHEMA,
            time: unix_millis() as f64 / 1000.0,
            event: match change {
                Change::Removed => "removed",
                Change::Returned => "returned",
                Change::Held => "held",
                Change::Released => "released",
            },
            machine: machine.to_owned(),
            targets: self.targets().remove(machine).unwrap_or_default(),
            removed: self.fleet.removed() as u64,
            machines: self.fleet.machines().count() as u64,
        }
    }

    /// The targets on each machine.
    fn targets(&self) -> BTreeMap<&str, Vec<TargetView>> {
        let mut targets: BTreeMap<&str, Vec<TargetView>> = BTreeMap::new();
        for list in &self.lists {
            for target in list.groups.iter().flat_map(|group| &group.targets) {
                let view = TargetView { list: list.name.clone(), target: target.clone() };
                targets.entry(machine_of(target).0).or_default().push(view);
            }
        }
        for targets in targets.values_mut() {
            targets.sort();
            targets.dedup();
        }
        targets
    }

    /// How things stand.
    pub(super) fn view(&self) -> TargetsView {
        let targets = self.targets();
        let machines = |test: &dyn Fn(&promsieve_core::health::Machine) -> bool| {
            let found = self.fleet.machines().filter(|(_, machine)| test(machine));
            let view = |(name, _): (&str, _)| MachineView {
                machine: name.to_owned(),
                targets: targets.get(name).cloned().unwrap_or_default(),
            };
            found.map(view).collect()
        };
        TargetsView {
            machines: self.fleet.machines().count() as u64,
            targets: targets.values().map(Vec::len).sum::<usize>() as u64,
            removed: machines(&|machine| machine.standing == Standing::Out),
            held: machines(&|machine| machine.held),
            unresolved: self.unresolved.clone(),
            files: self.publisher.files(&self.lists),
        }
    }
}

/// Whether a change alters the files.
fn alters(change: Change) -> bool {
    matches!(change, Change::Removed | Change::Returned)
}

fn unix_millis() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, |now| now.as_millis() as u64)
}
