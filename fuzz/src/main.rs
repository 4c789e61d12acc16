//! Runs fuzz targets for a time of CPU: `promsieve-fuzz TARGET|all [CPU-SECONDS] [SEED]`.

use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result, bail};
use promsieve_fuzz::{TARGETS, Target, run};
use promsieve_lab::cpu;

/// How often the clock is looked at, in inputs.
const OFTEN: u64 = 256;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| {
        args.get(at).map_or(Ok(default), |text| text.parse().with_context(|| text.clone()))
    };
    let (seconds, seed) = (number(1, 60)?, number(2, 1)?);
    let name = args.first().context("which target? `all`, or one below fuzz/corpus")?;
    let mut found = TARGETS.iter().filter(|target| name == "all" || target.name == name).peekable();
    if found.peek().is_none() {
        bail!("there is no target `{name}`");
    }
    found.try_for_each(|target| fuzz(target, seconds, seed))
}

/// Runs one target; the input of a panic is written to a file of the current directory.
fn fuzz(target: &Target, seconds: u64, seed: u64) -> Result<()> {
    let start = cpu::of_this_thread()?;
    let end = start + seconds * 1_000_000_000;
    let mut input = Vec::new();
    let more =
        |runs: u64| !runs.is_multiple_of(OFTEN) || cpu::of_this_thread().is_ok_and(|now| now < end);
    let runs = catch_unwind(AssertUnwindSafe(|| {
        run(target, seed, more, |bytes| {
            input.clear();
            input.extend_from_slice(bytes);
        })
    }));
    let Ok(runs) = runs else {
        let file = format!("{}-{seed}.crash", target.name);
        fs::write(&file, &input).with_context(|| file.clone())?;
        bail!("{} panics over {file}", target.name);
    };
    let spent = (cpu::of_this_thread()? - start) as f64 / 1e9;
    let (name, runs) = (target.name, runs?);
    Ok(writeln!(std::io::stdout(), "{name}: {runs} inputs in {spent:.0} s of CPU, seed {seed}")?)
}
