//! `lint-peers PROMSIEVE [ROUNDS]`: how long `promsieve lint` and `promtool check config
//! --syntax-only` take for the same files, process start included, in interleaved rounds.
#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use promsieve_lab::real::{self, TempDir, Version};
use promsieve_lab::{cpu, jobs};

/// Jobs of the files.
const SIZES: [usize; 4] = [4, 23, 77, 10_000];

/// CPU seconds and wall seconds of one run.
type Took = (f64, f64);

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let promsieve: PathBuf = arguments.next().context("name the binary of promsieve")?.into();
    let rounds = arguments.next().map(|rounds| rounds.parse()).transpose()?.unwrap_or(7);
    let promtool = real::promtool(Version::V3).context("promtool cannot be installed here")?;
    let dir = TempDir::new("lint-peers")?;
    println!("medians of {rounds} interleaved rounds, milliseconds a run\n");
    println!(
        "| lines | bytes | promsieve CPU | wall | promtool CPU | wall | CPU ratio | wall ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for size in SIZES {
        let text = jobs::config(size);
        let file = dir.write("prometheus.yml", &text)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            // Ticks of the clock are a hundredth of a second: short runs are counted together.
            let times = if size > 1000 { 1 } else { 20 };
            let lint = ["lint", "--fail-on", "never", "--format", "concise"];
            ours.push(run(&promsieve, &lint, &file, times)?);
            theirs.push(run(&promtool, &["check", "config", "--syntax-only"], &file, times)?);
        }
        let (our_cpu, our_wall) = medians(&ours);
        let (their_cpu, their_wall) = medians(&theirs);
        println!(
            "| {} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
            text.lines().count(),
            text.len(),
            our_cpu * 1e3,
            our_wall * 1e3,
            their_cpu * 1e3,
            their_wall * 1e3,
            their_cpu / our_cpu,
            their_wall / our_wall,
        );
    }
    Ok(())
}

/// The mean of so many runs.
fn run(program: &Path, arguments: &[&str], file: &Path, times: u32) -> Result<Took> {
    let (cpu, start) = (cpu::of_children()?, Instant::now());
    for _ in 0..times {
        let mut command = Command::new(program);
        command.args(arguments).arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().with_context(|| format!("running {}", program.display()))?;
        ensure!(status.success(), "{} ends with {status}", program.display());
    }
    let wall = start.elapsed().as_secs_f64();
    Ok(((cpu::of_children()? - cpu) / f64::from(times), wall / f64::from(times)))
}

fn medians(took: &[Took]) -> Took {
    let median = |of: fn(&Took) -> f64| {
        let mut all: Vec<f64> = took.iter().map(of).collect();
        all.sort_unstable_by(f64::total_cmp);
        all[all.len() / 2]
    };
    (median(|took| took.0), median(|took| took.1))
}
