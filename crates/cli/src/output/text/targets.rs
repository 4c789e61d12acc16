//! What `targets --once` found, for people.

use std::io::Write;

use super::count;
use crate::output::view::targets::{MachineView, TargetsView};

/// Writes how many machines answer, and each one that does not.
pub(crate) fn write(out: &mut impl Write, view: &TargetsView) -> std::io::Result<()> {
    let machines = usize::try_from(view.machines).unwrap_or(usize::MAX);
    let targets = usize::try_from(view.targets).unwrap_or(usize::MAX);
    writeln!(
        out,
        "{} on {}: {} out, {} held, {} without an address",
        count(targets, "target"),
        count(machines, "machine"),
        view.removed.len(),
        view.held.len(),
        view.unresolved.len()
    )?;
    each(out, "out", &view.removed)?;
    each(out, "held", &view.held)?;
    for machine in &view.unresolved {
        writeln!(out, "  no address: {machine}")?;
    }
    for file in &view.files {
        writeln!(out, "wrote {file}")?;
    }
    Ok(())
}

fn each(out: &mut impl Write, word: &str, machines: &[MachineView]) -> std::io::Result<()> {
    for MachineView { machine, targets } in machines {
        let targets: Vec<String> =
            targets.iter().map(|it| format!("{} of {}", it.target, it.list)).collect();
        writeln!(out, "  {word}: {machine} ({})", targets.join(", "))?;
    }
    Ok(())
}
