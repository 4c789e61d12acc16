//! What becomes of targets: a server's own answer.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Server, Setup, Version};

/// What a server shows of a target.
#[derive(Debug, PartialEq)]
pub enum Seen {
    /// Its labels but for those that start with `__`.
    Active(BTreeMap<String, String>),
    /// It is among the dropped ones.
    Dropped,
}

/// Runs a server on `config`, which has `jobs` jobs, and returns what became of every target that
/// it shows, by the value of its label `__id__`.
///
/// # Errors
/// When the server does not start or answer, or a job has no targets after five minutes.
pub fn targets(version: Version, config: &str, jobs: usize) -> Result<HashMap<String, Seen>> {
    // Of the two throttles on the way from discovery to a job this one has a flag.
    let args = ["--log.level=error", "--scrape.discovery-reload-interval=100ms"];
    let setup = Setup { args: args.map(str::to_owned).to_vec(), ..Setup::default() };
    let server = Server::start_with(version, config, &setup)?;
    let deadline = Instant::now() + Duration::from_mins(5);
    loop {
        let synced = synced_jobs(&server)?;
        if synced == jobs {
            return read(&server.api("/api/v1/targets")?);
        }
        ensure!(Instant::now() < deadline, "{synced} of {jobs} jobs have got their targets");
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// The jobs that have been given their targets; none before the server has heard of any, which is
/// cheaper to ask than all its metrics. Discovery hands over what it has every five seconds, so on a
/// busy machine a list that has stopped to grow may still lack whole jobs; a job that it does hand
/// over has all of its static targets.
fn synced_jobs(server: &Server) -> Result<usize> {
    let pools = server.api("/api/v1/scrape_pools")?;
    if pools["scrapePools"].as_array().is_none_or(Vec::is_empty) {
        return Ok(0);
    }
    let page = server.get("/metrics")?;
    let lines = String::from_utf8(page.body).context("metrics that are not UTF-8")?;
    let synced = |line: &&str| {
        line.starts_with("prometheus_target_scrape_pool_sync_total{") && !line.ends_with(" 0")
    };
    Ok(lines.lines().filter(synced).count())
}

fn read(answer: &Value) -> Result<HashMap<String, Seen>> {
    let mut seen = HashMap::new();
    for (key, is_active) in [("activeTargets", true), ("droppedTargets", false)] {
        for target in answer[key].as_array().into_iter().flatten() {
            let labels = |key: &str| -> Result<BTreeMap<String, String>> {
                serde_json::from_value(target[key].clone()).context("a target without labels")
            };
            let id = labels("discoveredLabels")?.remove("__id__").context("a target of others")?;
            let fate = if is_active { Seen::Active(labels("labels")?) } else { Seen::Dropped };
            seen.insert(id, fate);
        }
    }
    Ok(seen)
}
