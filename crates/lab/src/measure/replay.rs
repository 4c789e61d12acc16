//! Kills a measured server and reads what its start takes, which replays the log.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use promsieve_core::cost::Replay;

use super::run::rss_anon;
use super::schedule::{Starts, settling};
use super::workload::Workload;
use crate::real::Server;

/// Between two looks: a small log is replayed in a fraction of a second.
const LOOK: Duration = Duration::from_millis(20);

/// Longer than any replay of these runs takes.
const PATIENCE: Duration = Duration::from_mins(5);

/// Kills a server, starts it over its data when it is its turn, and looks at its memory until the
/// first scrapes are in.
///
/// # Errors
/// When it does not become ready again.
pub(super) fn replay(
    server: &mut Server,
    config: &str,
    workload: &Workload,
    starts: &Starts,
) -> Result<Replay> {
    server.kill()?;
    let turn = starts.turn();
    let start = Instant::now();
    server.spawn_again(config)?;
    let mut read = Replay::default();
    while !server.is_ready()? {
        if start.elapsed() > PATIENCE {
            bail!("{} was not ready again after {PATIENCE:?}", workload.name);
        }
        read.replay_peak = read.replay_peak.max(rss_anon(server.pid())?);
        thread::sleep(LOOK);
    }
    read.ready = u64::try_from(start.elapsed().as_millis())?;
    turn.begin(workload);
    read.start_peak = read.replay_peak;
    let settled = Instant::now() + settling(workload);
    while Instant::now() < settled {
        read.start_peak = read.start_peak.max(rss_anon(server.pid())?);
        thread::sleep(LOOK);
    }
    Ok(read)
}
