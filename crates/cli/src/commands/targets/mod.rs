//! `promsieve targets`: file discovery without the targets of dead machines.
//!
//! Lists come in by a thread (`lists`), probes go out and decide (`watch`, over the library's
//! `health`), and what is left is written for Prometheus to read (`publish`).

mod lists;
mod page;
mod publish;
mod watch;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use promsieve_core::health::Rules;
use promsieve_core::units::duration_millis;

use crate::Status;
use crate::common::{Common, Format};
use crate::input::replace::write_new;
use crate::output::{json, text};
use crate::probe::{Method, Page, Prober};
use crate::stderr::warn;
use lists::Reader;
use publish::Publisher;
use watch::Watch;

/// Rules that tell of targets that were taken out.
const ALERTS: &str = include_str!("alerts.yml");

/// Arguments of `targets`.
#[derive(Debug, clap::Args)]
pub(crate) struct TargetsArgs {
    /// Files of `file_sd_configs`, URLs of `http_sd_configs`, or configurations, whose static, file
    /// and HTTP targets are read
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<String>,

    /// Where the targets that are left are written: a file, or a directory for a file a list
    #[arg(long, value_name = "PATH")]
    out: PathBuf,

    /// Read only this job of a configuration (repeatable)
    #[arg(long, value_name = "NAME")]
    job: Vec<String>,

    /// How machines are asked
    #[arg(long, value_enum, default_value_t = Method::Tcp)]
    probe: Method,

    /// Connect to this port instead of that of a machine's first target
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// How often each machine is probed
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    interval: Duration,

    /// After which a probe counts as silent; at most the interval
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = duration)]
    probe_timeout: Duration,

    /// Silent probes in a row after which a machine's targets go
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    fall: u32,

    /// Answered probes in a row after which they return; twice as many after each removal that
    /// follows a return within `--calm`
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rise: u32,

    /// How long a machine must stay in for its removals to be forgotten
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    calm: Duration,

    /// The share of the machines, in percent, that may be out at once; while more are silent, nobody
    /// goes
    #[arg(long, value_name = "PERCENT", default_value_t = 30.0, value_parser = percent)]
    max_removed: f64,

    /// How often the sources are read again
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    refresh: Duration,

    /// Where it is remembered which machines are out [default: beside `--out`]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Serve metrics at `/metrics` of this address, such as `127.0.0.1:9899`
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    /// Write alerting rules for these metrics, for `rule_files`
    #[arg(long, value_name = "FILE")]
    alerts: Option<PathBuf>,

    /// Probe each machine `--fall` times, write, and end: exit status 1 when a machine is out or held
    #[arg(long)]
    once: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    match duration_millis(text) {
        Ok(0) | Err(_) => Err("a duration such as `1s` or `500ms` is expected".to_owned()),
        Ok(millis) => Ok(Duration::from_millis(millis)),
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').parse().ok();
    percent
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| "a number from 0 to 100 is expected".to_owned())
}

pub(crate) fn run(
    args: &TargetsArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    ensure!(
        args.probe_timeout <= args.interval,
        "a probe must end before the next one: make `--probe-timeout` at most `--interval`"
    );
    if let Some(path) = &args.alerts {
        write_new(path, ALERTS)?;
        warn(&format!("wrote {}", path.display()));
    }
    let sources = args.sources.clone();
    let mut reader = Reader::new(sources, args.job.clone(), args.port, common.clone());
    let (listing, is_whole) = reader.read();
    if listing.lists.is_empty() {
        bail!("no list of targets could be read of {}", args.sources.join(", "));
    }
    let publisher = Publisher::new(&args.out, args.state.as_deref(), &listing)?;
    let prober = Prober::new(args.probe, args.probe_timeout)?;
    let mut watch = Watch::new(rules(args), args.interval, prober, publisher);
    watch.list(listing.clone())?;
    if args.once {
        watch.probe_each(args.fall)?;
        let view = watch.view();
        match common.format {
            Format::Json => json::write(out, &view)?,
            Format::Text => text::targets::write(out, &view)?,
        }
        let is_clean = view.removed.is_empty() && view.held.is_empty();
        let status = if is_clean { Status::Clean } else { Status::Findings };
        return Ok(if is_whole { status } else { Status::Incomplete });
    }
    let page = args.listen.map(serve).transpose()?;
    watch.forever(&lists::follow(reader, listing, args.refresh), page.as_ref(), out)
}

fn rules(args: &TargetsArgs) -> Rules {
    Rules {
        fall: args.fall,
        rise: args.rise,
        calm: args.calm.as_millis() as u64,
        max_removed: args.max_removed / 100.0,
    }
}

fn serve(address: SocketAddr) -> anyhow::Result<Page> {
    let (page, address) = Page::serve(address)
        .with_context(|| format!("cannot listen at {address}: choose another `--listen`"))?;
    warn(&format!("metrics at http://{address}/metrics"));
    Ok(page)
}

/// The file beside a path: `targets.json` has `targets.json.state`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
