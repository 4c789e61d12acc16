//! The faults of a fleet for people.

use std::io::Write;

use crate::output::view::fleet::{FaultView, FleetView};

/// Writes a line a fault, with what to do about it.
pub(crate) fn write(out: &mut impl Write, view: &FleetView) -> std::io::Result<()> {
    for fault in &view.faults {
        let example = fault.example.as_ref();
        let example = example.map_or_else(String::new, |address| format!(", such as `{address}`"));
        let (what, remedy) = told(fault);
        match &fault.job {
            Some(job) => {
                let share = fault.share * 100.0;
                let whose = if fault.of_series { "series" } else { "targets" };
                writeln!(out, "{job}: {share:.1} % of the {whose} {what}{example}: {remedy}")?;
            }
            None => writeln!(out, "external labels: {what}: {remedy}")?,
        }
        for reason in &fault.reasons {
            writeln!(out, "  {reason}")?;
        }
    }
    let faults = view.faults.len();
    let end = if faults == 1 { "fault" } else { "faults" };
    writeln!(out, "{} configurations, {faults} {end}", view.configurations)
}

fn told(fault: &FaultView) -> (String, &'static str) {
    let list = fault.configurations.join(", ");
    match fault.kind {
        "gap" => {
            ("are scraped by nobody".to_owned(), "let each residue be kept by one configuration")
        }
        "overlap" => {
            (format!("are scraped by several of {list}"), "use one modulus, and a residue each")
        }
        "whole" => {
            (format!("are scraped by each of {list}"), "shard the job, or leave it to one of them")
        }
        "labels" => (
            format!("{list} cannot be told apart"),
            "give each its own, `shard` and `replica`, or Thanos refuses their blocks",
        ),
        _ => ("cannot be judged".to_owned(), "use one modulus in all configurations"),
    }
}
