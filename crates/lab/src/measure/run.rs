//! Runs a server over a workload and reads its heap, resident memory, WAL, chunks and blocks.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{fs, thread};

use anyhow::{Context, Result, bail};
use promsieve_core::cost::{Reading, Run};

use super::schedule::Starts;
use super::with::With;
use super::workload::Workload;
use super::{agent, config, discovered, pages, replay, with};
use crate::real::{Server, Setup, Version};

/// Between two looks at the resident memory.
const LOOK: Duration = Duration::from_millis(250);

/// Looks between two at the runtime's metrics, which cost the server something.
const LOOKS_A_PAGE: u32 = 4;

/// Range of a block, whose ends lie at even hours of the clock (`tsdb/db.go`).
const BLOCK: Duration = Duration::from_hours(2);

/// Seconds that a run takes beside its own, with the second start over its log.
const AROUND: u64 = 180;

/// Forced collections; the first takes what pools still hold from the second.
const COLLECTIONS: usize = 3;

/// Share of the samples that a run may miss before it is refused.
const MISSED: f64 = 0.03;

/// Runs a server over a workload, as soon as it may start.
///
/// # Errors
/// When the server does not start or dies, and when scrapes failed or were late: its memory then
/// says nothing of the workload.
pub fn run(version: Version, workload: &Workload, starts: &Starts) -> Result<Run> {
    if let Some(twice) = twice(workload) {
        bail!("a page has {twice} twice, which a server takes for one");
    }
    let turn = starts.turn();
    thread::sleep(until_not_cut(workload)?);
    let load = config::load(workload, version.name().parse().map_err(anyhow::Error::msg)?)?;
    let served = pages::serve(workload).context("serving pages")?;
    let pages_at = &served.address.to_string();
    let text = config::text(workload, pages_at);
    let mut server = Server::start_with(version, &text, &setup(workload, pages_at))?;
    turn.begin(workload);
    let mut read = with::asking(&server, workload, || measure(&server, workload))?;
    check(&server, workload)?;
    if !workload.agent && workload.discovered.is_none() {
        read.replay = Some(replay::replay(&mut server, &text, workload, starts)?);
    }
    let wanted = (load.series - load.gone_series + load.dropped_series) * workload.scrapes();
    let stored = wanted - load.dropped_series * workload.scrapes();
    if (read.samples as f64) < stored as f64 * (1.0 - MISSED) - load.series as f64 {
        bail!("{} samples were stored of {stored}: scrapes were late", read.samples);
    }
    Ok(Run {
        workload: workload.name.clone(),
        interval: workload.interval,
        seconds: workload.seconds,
        remote_writes: workload.remote_writes,
        blocks: workload.blocks,
        gomemlimit: workload.gomemlimit,
        beside: workload.with.map(|with| with.beside(load.series)).unwrap_or_default(),
        sample_bytes: workload
            .with
            .map_or(workload.sample_bytes(), |with| with.sample_bytes(workload.sample_bytes())),
        discovered: discovered::load(workload),
        load: workload.with.map_or(load, |with| with.load(load)),
        read,
    })
}

/// A series that stands twice on the first target's page.
fn twice(workload: &Workload) -> Option<String> {
    let mut seen = HashSet::new();
    let mut texts = workload.series(0).into_iter().map(|one| one.text);
    texts.find(|text| !seen.insert(text.clone()))
}

fn setup(workload: &Workload, pages_at: &str) -> Setup {
    let blocks = |seconds: u64| {
        ["min", "max"].map(|end| format!("--storage.tsdb.{end}-block-duration={seconds}s"))
    };
    let limit = |limit: u64| ("GOMEMLIMIT".to_owned(), limit.to_string());
    let args = workload.blocks.map(blocks).into_iter().flatten();
    Setup {
        args: args.chain(workload.with.map(With::flags).unwrap_or_default()).collect(),
        env: workload.gomemlimit.map(limit).into_iter().collect(),
        files: [
            workload.with.map(|with| with.files(workload)).unwrap_or_default(),
            discovered::files(workload, pages_at),
        ]
        .concat(),
        agent: workload.agent,
    }
}

/// Time to wait for, so that no end of a block's range lies within a run without blocks: there all
/// series cut their chunks, whatever is in them.
fn until_not_cut(workload: &Workload) -> Result<Duration> {
    let left =
        BLOCK.as_secs() - SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() % BLOCK.as_secs();
    let meets = workload.blocks.is_none() && left < workload.seconds + AROUND;
    Ok(Duration::from_secs(if meets { left } else { 0 }))
}

fn measure(server: &Server, workload: &Workload) -> Result<Reading> {
    let (start, end) = (Instant::now(), Duration::from_secs(workload.seconds));
    let mut read = Reading::default();
    let (mut late, mut first) = (Vec::new(), None);
    for look in 0.. {
        if start.elapsed() >= end {
            break;
        }
        thread::sleep(LOOK);
        let anon = rss_anon(server.pid())?;
        read.rss_anon_peak = read.rss_anon_peak.max(anon);
        if start.elapsed() * 3 <= end * 2 {
            continue;
        }
        late.push(anon);
        if look % LOOKS_A_PAGE == 0 {
            let metrics = Metrics::of(server)?;
            read.next_gc = read.next_gc.max(metrics.get("go_memstats_next_gc_bytes")?);
            read.heap_resident = read.heap_resident.max(metrics.heap_resident()?);
            let allocated = metrics.get("go_memstats_alloc_bytes_total")?;
            let (at, before) = *first.get_or_insert((Instant::now(), allocated));
            let seconds = at.elapsed().as_secs().max(1);
            read.allocated = (allocated - before) / seconds;
        }
    }
    read.rss_anon = late.iter().sum::<u64>() / (late.len() as u64).max(1);
    read.live_heap = live_heap(server)?;
    let metrics = Metrics::of(server)?;
    read.stacks = metrics.get("go_memstats_stack_inuse_bytes")?;
    read.runtime = metrics.runtime()?;
    read.collections = metrics.get("go_gc_duration_seconds_count")?;
    if workload.agent {
        read.head_series = metrics.get(agent::SERIES)?;
        read.samples = metrics.get(agent::SAMPLES)?;
    } else {
        read.head_series = metrics.get("prometheus_tsdb_head_series")?;
        read.head_chunks = metrics.get("prometheus_tsdb_head_chunks")?;
        read.samples = metrics.samples()?;
    }
    read.cpu = metrics.get_scaled("process_cpu_seconds_total", 1000.0)?;
    read.waited = Some(waited(server.pid()));
    let data = server.dir().join("data");
    read.wal = size(&data.join("wal"));
    read.chunks_head = size(&data.join("chunks_head"));
    read.disk = size(&data) - read.wal - read.chunks_head;
    Ok(read)
}

fn live_heap(server: &Server) -> Result<u64> {
    let mut least = u64::MAX;
    for _ in 0..COLLECTIONS {
        server.get("/debug/pprof/heap?gc=1")?;
        server.get("/debug/pprof/heap?gc=1")?;
        least = least.min(Metrics::of(server)?.get("go_memstats_heap_alloc_bytes")?);
        thread::sleep(Duration::from_millis(400));
    }
    Ok(least)
}

/// Refuses a run in which a scrape failed.
fn check(server: &Server, workload: &Workload) -> Result<()> {
    if workload.agent {
        return agent::check(server, workload);
    }
    let range = workload.seconds + 60;
    let failed = server
        .query(&format!("sum(count_over_time(up[{range}s])) - sum(sum_over_time(up[{range}s]))"))?;
    match failed.first() {
        Some((_, 0.0)) => Ok(()),
        Some((_, failed)) => bail!("{failed} scrapes failed"),
        None => bail!("nothing was scraped"),
    }
}

/// The server's own metrics at a moment.
struct Metrics(String);

impl Metrics {
    fn of(server: &Server) -> Result<Self> {
        Ok(Self(String::from_utf8_lossy(&server.get("/metrics")?.body).into_owned()))
    }

    fn get(&self, name: &str) -> Result<u64> {
        self.get_scaled(name, 1.0)
    }

    #[expect(clippy::cast_sign_loss, reason = "these metrics are not negative")]
    fn get_scaled(&self, name: &str, factor: f64) -> Result<u64> {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = line.and_then(|value| value.trim().parse::<f64>().ok());
        Ok((value.with_context(|| format!("no {name} in the server's metrics"))? * factor) as u64)
    }

    /// Samples of floats, and of native histograms where there are any.
    fn samples(&self) -> Result<u64> {
        let of = |kind| format!("prometheus_tsdb_head_samples_appended_total{{type=\"{kind}\"}}");
        Ok(self.get(&of("float"))? + self.get(&of("histogram")).unwrap_or(0))
    }

    fn heap_resident(&self) -> Result<u64> {
        let idle = self.get("go_memstats_heap_idle_bytes")?;
        let released = self.get("go_memstats_heap_released_bytes")?;
        Ok(self.get("go_memstats_heap_inuse_bytes")? + idle.saturating_sub(released))
    }

    fn runtime(&self) -> Result<u64> {
        let parts = ["gc_sys", "mspan_sys", "mcache_sys", "buck_hash_sys", "other_sys"];
        parts.iter().map(|part| self.get(&format!("go_memstats_{part}_bytes"))).sum()
    }
}

/// Anonymous resident memory of a process.
pub(super) fn rss_anon(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kib.context("no RssAnon: the server has ended")? * 1024)
}

/// Milliseconds that a process's threads, those that are there, could have run and did not.
fn waited(pid: u32) -> u64 {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return 0 };
    let of = |thread: fs::DirEntry| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').nth(1)?.parse::<u64>().ok()
    };
    threads.flatten().filter_map(of).sum::<u64>() / 1_000_000
}

/// Bytes of the files in a directory and below.
fn size(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}
