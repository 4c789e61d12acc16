//! Measures what planning costs on a fleet of any size; see `promsieve_lab::plans`.

use std::io::Write;

use anyhow::{Context, Result, bail};
use promsieve_core::cost::{CostModel, ServerSettings};
use promsieve_core::flow;
use promsieve_core::optimize::{Evidence, Goal, plan};
use promsieve_core::server::Server;
use promsieve_core::units::{Bytes, SeriesCount};
use promsieve_core::usage::{Usage, UsageOptions, list_queries};
use promsieve_core::watch::Unwatched;
use promsieve_lab::cpu;
use promsieve_lab::plans::Fleet;

const USAGE: &str = "\
usage: plans [--series N] [--metrics N] [--queries N] [--budget N]

  --series N   series of all targets (1000000)
  --metrics N  metrics over ten jobs (2000)
  --queries N  queries over three fifths of them (5000)
  --budget N   look for losses that bring it down to N series
";

fn main() -> Result<()> {
    let mut fleet = Fleet { series: 1_000_000, metrics: 2000, queries: 5000 };
    let mut goal = Goal { quantile_error: 0.1, ..Goal::default() };
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let value = args.next().with_context(|| format!("{flag} wants a value\n\n{USAGE}"))?;
        let number = value.parse().with_context(|| format!("{flag} {value}: no number"))?;
        match flag.as_str() {
            "--series" => fleet.series = number,
            "--metrics" => fleet.metrics = number,
            "--queries" => fleet.queries = number,
            "--budget" => goal.series = Some(SeriesCount(number as u64)),
            _ => bail!("no flag {flag}\n\n{USAGE}"),
        }
    }
    measure(fleet, &goal)
}

fn measure(fleet: Fleet, goal: &Goal) -> Result<()> {
    let mut out = std::io::stdout();
    let mut last = cpu::of_process(std::process::id())?;
    let mut took = |what: &str| -> Result<()> {
        let now = cpu::of_process(std::process::id())?;
        writeln!(out, "{:>7.2} s of CPU  {what}", now - last)?;
        last = now;
        Ok(())
    };
    let (project, exposed) = (fleet.project(), fleet.exposed());
    took("the fleet is made (not part of planning)")?;
    let usage = Usage::of(list_queries("queries", &fleet.queries()), UsageOptions::default());
    took("usage")?;
    let (attached, stored) = flow::run(&project, &exposed);
    drop(exposed);
    took("the way into the TSDB")?;
    let settings = ServerSettings::default();
    let (model, _) = CostModel::embedded(&Server::default());
    let evidence = Evidence {
        project: &project,
        attached: &attached,
        stored: &stored,
        earlier: &[],
        usage: &usage,
        model: &model,
        settings: &settings,
    };
    let planned = plan(&evidence, goal, &Unwatched);
    took("proposals, proof, search")?;
    let (before, after) = (planned.plan.before(), planned.plan.after());
    writeln!(
        std::io::stdout(),
        "{} -> {} series, {} actions, {} beside, {} losses; {} at most",
        before.series,
        after.series,
        planned.plan.actions().len(),
        planned.plan.not_applied().len(),
        planned.losses.len(),
        peak()?,
    )?;
    Ok(())
}

/// The most memory that this process had (`/proc/self/status`, `VmHWM`).
fn peak() -> Result<Bytes> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    Ok(Bytes(kib.context("no VmHWM in /proc/self/status")? << 10))
}
