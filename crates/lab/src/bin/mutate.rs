//! The mutation test of the linter: `cargo xtask mutate`; see `promsieve_lab::mutate`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use promsieve_lab::mutate::{Options, bases, operators, passes, run, table};

const USAGE: &str = "\
usage: mutate [--each N] [--seed N] [--only WORD] [--notes]

  --each N     mutants an operator (40)
  --seed N     what all choices follow from (1)
  --only WORD  only operators whose name holds it
  --notes      print every mutant that is not found as it should be
";

fn main() -> Result<ExitCode> {
    let mut stdout = std::io::stdout();
    let mut options = Options { seed: 1, each: 40 };
    let (mut only, mut notes) = (String::new(), false);
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let mut value = || args.next().with_context(|| format!("{flag} wants a value\n\n{USAGE}"));
        match flag.as_str() {
            "--each" => options.each = value()?.parse().context("--each wants a number")?,
            "--seed" => options.seed = value()?.parse().context("--seed wants a number")?,
            "--only" => only = value()?,
            "--notes" => notes = true,
            "-h" | "--help" => {
                stdout.write_all(USAGE.as_bytes())?;
                return Ok(ExitCode::SUCCESS);
            }
            _ => bail!("no flag {flag}\n\n{USAGE}"),
        }
    }
    if promsieve_lab::real::dir().is_none() {
        bail!("the mutants need real servers: `cargo xtask real`");
    }
    let bases = bases(true)?;
    let mut operators = operators();
    operators.retain(|operator| operator.name.contains(&only));
    let tallies = run(&operators, &bases, options)?;
    for note in tallies.iter().filter(|_| notes).flat_map(|tally| &tally.notes) {
        writeln!(stdout, "{note}\n")?;
    }
    writeln!(stdout, "{} clean configurations, seed {}\n", bases.len(), options.seed)?;
    stdout.write_all(table(&tallies).as_bytes())?;
    Ok(if passes(&tallies) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
