//! The faults of a fleet for people.

use std::io::Write;

use crate::output::view::fleet::{FaultView, FleetView};

/// Writes a line a fault, with what to do about it.
pub(crate) fn write(out: &mut impl Write, view: &FleetView) -> std::io::Result<()> {
    for fault in &view.faults {
        let example = fault.example.as_ref();
        let example = example.map_or_else(String::new, |address| format!(", such as `{address}`"));
        writeln!(
            out,
            "{}: {:.1} % of the targets {}{example}",
            fault.job,
            fault.share * 100.0,
            told(fault)
        )?;
    }
    let faults = view.faults.len();
    let end = if faults == 1 { "fault" } else { "faults" };
    writeln!(out, "{} configurations, {faults} {end}", view.configurations)
}

fn told(fault: &FaultView) -> String {
    let list = fault.configurations.join(", ");
    match fault.kind {
        "gap" => "are scraped by nobody: let each residue be kept by one configuration".to_owned(),
        "overlap" => {
            format!("are scraped by several of {list}: use one modulus and one residue each")
        }
        "whole" => {
            format!("are scraped by each of {list}: shard the job, or leave it to one of them")
        }
        _ => "cannot be judged: the moduli differ and are too large to compare".to_owned(),
    }
}
