//! Our own metrics, in the text format.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use promsieve_core::health::{Fleet, Standing};

use super::lists::{Group, List, machine_of};
use super::publish::is_out;
use crate::probe::Answer;

/// What is counted from the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) probes: BTreeMap<Answer, u64>,
    pub(super) removed: u64,
    pub(super) returned: u64,
    pub(super) writes_failed: u64,
    /// Seconds since 1970.
    pub(super) last_probe: f64,
    /// Whether the last write succeeded.
    pub(super) is_written: bool,
}

/// The page.
pub(super) fn page(
    lists: &[List],
    fleet: &Fleet,
    unresolved: usize,
    counters: &Counters,
) -> String {
    let mut page = String::new();
    machines(&mut page, fleet, unresolved);
    head(&mut page, "probes_total", "counter", "Probes that ended, by how.");
    for (answer, count) in &counters.probes {
        line(&mut page, "probes_total", &[("result", answer.as_str())], *count as f64);
    }
    head(
        &mut page,
        "changes_total",
        "counter",
        "Machines whose targets were taken out or put back.",
    );
    line(&mut page, "changes_total", &[("to", "out")], counters.removed as f64);
    line(&mut page, "changes_total", &[("to", "in")], counters.returned as f64);
    head(&mut page, "write_failures_total", "counter", "Files that could not be written.");
    line(&mut page, "write_failures_total", &[], counters.writes_failed as f64);
    head(&mut page, "written", "gauge", "Whether the files hold what is known.");
    line(&mut page, "written", &[], f64::from(u8::from(counters.is_written)));
    head(&mut page, "last_probe_timestamp_seconds", "gauge", "When a probe ended last.");
    line(&mut page, "last_probe_timestamp_seconds", &[], counters.last_probe);
    removed(&mut page, lists, fleet);
    page
}

fn machines(page: &mut String, fleet: &Fleet, unresolved: usize) {
    let count = |test: fn(&promsieve_core::health::Machine) -> bool| {
        fleet.machines().filter(|(_, machine)| test(machine)).count() as f64
    };
    head(page, "machines", "gauge", "Machines by how they stand.");
    let states = [
        ("in", count(|machine| machine.standing == Standing::In && !machine.held)),
        ("out", count(|machine| machine.standing == Standing::Out)),
        ("held", count(|machine| machine.held)),
        ("unresolved", unresolved as f64),
    ];
    for (state, count) in states {
        line(page, "machines", &[("state", state)], count);
    }
}

/// One series a target that was taken out, with its group's labels.
fn removed(page: &mut String, lists: &[List], fleet: &Fleet) {
    let mut lines = BTreeSet::new();
    for list in lists {
        for group in &list.groups {
            for target in group.targets.iter().filter(|it| is_out(fleet, machine_of(it).0)) {
                let mut own = String::new();
                let labels = labels(list, group, target);
                let labels: Vec<_> = labels.iter().map(|(name, value)| (*name, *value)).collect();
                sample(&mut own, "promsieve_target_removed", &labels, 1.0);
                lines.insert(own);
            }
        }
    }
    page.push_str(
        "# HELP promsieve_target_removed Targets that are taken out of file discovery.\n",
    );
    page.push_str("# TYPE promsieve_target_removed gauge\n");
    page.extend(lines);
}

/// The labels of a group that a target would have, and ours, which win.
fn labels<'a>(list: &'a List, group: &'a Group, target: &'a str) -> BTreeMap<&'a str, &'a str> {
    let is_name = |name: &str| {
        let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        start && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let own = group.labels.iter().filter(|(name, _)| !name.starts_with("__") && is_name(name));
    let mut labels: BTreeMap<_, _> =
        own.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    labels.extend([
        ("list", list.name.as_str()),
        ("machine", machine_of(target).0),
        ("target", target),
    ]);
    labels
}

fn head(page: &mut String, name: &str, kind: &str, help: &str) {
    // A `String` takes everything that is written to it.
    let _ = writeln!(page, "# HELP promsieve_targets_{name} {help}");
    let _ = writeln!(page, "# TYPE promsieve_targets_{name} {kind}");
}

fn line(page: &mut String, name: &str, labels: &[(&str, &str)], value: f64) {
    sample(page, &format!("promsieve_targets_{name}"), labels, value);
}

fn sample(page: &mut String, name: &str, labels: &[(&str, &str)], value: f64) {
    page.push_str(name);
    for (at, (label, value)) in labels.iter().enumerate() {
        let value = value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
        let _ = write!(page, "{}{label}=\"{value}\"", if at == 0 { '{' } else { ',' });
    }
    let _ = writeln!(page, "{} {value}", if labels.is_empty() { "" } else { "}" });
}
