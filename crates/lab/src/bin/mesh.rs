//! Generates a bank's service mesh; see `promsieve_lab::mesh`.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use promsieve_lab::mesh::{Options, Plan, Size, big_scrape, generate};

const USAGE: &str = "\
usage: mesh [--services N] [--seed N] [--snapshots N] [--out DIR]
            [--series N | --sidecars-per-service N]
       mesh --big-scrape FILE [--services N] [--seed N] [--series N]

  --services N              how many services call one another (236)
  --seed N                  what everything follows from (1)
  --snapshots N             how many moments, the newest in DIR/scrapes (3)
  --out DIR                 where to (fixtures/mesh); earlier scrapes there are removed
  --series N                enough pods that each moment has N series; of a big scrape exactly N (400000)
  --sidecars-per-service N  this many pods of every service
  --big-scrape FILE         one scrape of the whole mesh instead
";

struct Args {
    options: Options,
    out: PathBuf,
    big: Option<PathBuf>,
}

fn main() -> Result<()> {
    let mut stdout = std::io::stdout();
    let Some(args) = parse(std::env::args().skip(1))? else {
        return Ok(stdout.write_all(USAGE.as_bytes())?);
    };
    let said = match &args.big {
        Some(file) => write_big(&args.options, file)?,
        None => write_mesh(&args.options, &args.out)?,
    };
    Ok(writeln!(stdout, "{said}")?)
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Args>> {
    let plan = Plan { services: 236, seed: 1 };
    let mut options = Options { plan, size: Size::Sample, snapshots: 3 };
    let (mut out, mut big) = (PathBuf::from("fixtures/mesh"), None);
    while let Some(flag) = args.next() {
        if matches!(flag.as_str(), "-h" | "--help") {
            return Ok(None);
        }
        let value = args.next().with_context(|| format!("{flag} wants a value\n\n{USAGE}"))?;
        let number = || value.parse::<u64>().with_context(|| format!("{flag} {value}: no number"));
        match flag.as_str() {
            "--services" => options.plan.services = number()? as usize,
            "--seed" => options.plan.seed = number()?,
            "--snapshots" => options.snapshots = number()?,
            "--series" => options.size = Size::Series(number()? as usize),
            "--sidecars-per-service" => options.size = Size::PerService(number()?),
            "--out" => out = PathBuf::from(&value),
            "--big-scrape" => big = Some(PathBuf::from(&value)),
            _ => bail!("no flag {flag}\n\n{USAGE}"),
        }
    }
    Ok(Some(Args { options, out, big }))
}

fn write_big(options: &Options, file: &Path) -> Result<String> {
    let series = match options.size {
        Size::Series(series) => series,
        Size::Sample | Size::PerService(_) => 400_000,
    };
    let opened = fs::File::create(file).with_context(|| format!("creating {}", file.display()))?;
    let mut out = BufWriter::new(opened);
    let bytes = big_scrape(options.plan, series, &mut out)?;
    out.flush()?;
    Ok(format!("{series} series in {bytes} bytes of {}", file.display()))
}

fn write_mesh(options: &Options, out: &Path) -> Result<String> {
    // Pods have new names in another mesh: its files would stand beside those of the last one. Only
    // a directory that was generated is cleared.
    let ours = out.join("planted.yml").exists();
    if !ours && fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty and not a generated mesh", out.display());
    }
    for dir in ["scrapes", "snapshots"] {
        match fs::remove_dir_all(out.join(dir)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {dir} of {}", out.display()));
            }
            _ => {}
        }
    }
    let generated = generate(options, |path, text| {
        let file = out.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))
    })?;
    Ok(format!(
        "{} series of {} targets in {}",
        generated.series,
        generated.targets,
        out.join("scrapes").display()
    ))
}
