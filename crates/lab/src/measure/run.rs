//! Runs a server over a workload and reads its heap, resident memory, WAL and chunks.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, Result, bail};

use super::pages;
use super::workload::{Workload, instance};

/// What was read from one run; bytes unless said.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// `go_memstats_heap_alloc_bytes` after a forced collection, the least of three.
    pub live_heap: u64,
    /// Highest `go_memstats_next_gc_bytes` in the last third of the run.
    pub next_gc: u64,
    /// Mean `RssAnon` of the last third.
    pub rss_anon: u64,
    /// Highest `RssAnon` of the whole run.
    pub rss_anon_peak: u64,
    /// `prometheus_tsdb_head_series`
    pub head_series: u64,
    /// `prometheus_tsdb_head_chunks`
    pub head_chunks: u64,
    /// `prometheus_tsdb_head_samples_appended_total`, floats.
    pub samples: u64,
    /// Files in `wal`.
    pub wal: u64,
    /// Files in `chunks_head`.
    pub chunks_head: u64,
    /// CPU seconds of the server.
    pub cpu_seconds: u64,
}

/// Runs `server` over the workload with data in `directory` (removed before and after).
///
/// # Errors
/// When the server does not start, dies, or scrapes nothing.
pub fn run(server: &Path, workload: &Workload, directory: &Path) -> Result<Reading> {
    let scraped = pages::serve(workload).context("serving pages")?;
    drop(fs::remove_dir_all(directory));
    fs::create_dir_all(directory).context("making the data directory")?;
    fs::write(directory.join("prometheus.yml"), config(workload, scraped))?;
    let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    let child = Command::new(server)
        .arg(format!("--config.file={}", directory.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", directory.join("data").display()))
        .arg(format!("--web.listen-address={address}"))
        .stdout(Stdio::null())
        .stderr(fs::File::create(directory.join("log"))?)
        .spawn()
        .with_context(|| format!("starting {}", server.display()))?;
    let mut running = Running { child, address, directory: directory.to_owned() };
    let reading = running.measure(workload);
    running.stop();
    let reading = reading?;
    drop(fs::remove_dir_all(directory));
    Ok(reading)
}

struct Running {
    child: Child,
    address: SocketAddr,
    directory: PathBuf,
}

impl Running {
    fn measure(&mut self, workload: &Workload) -> Result<Reading> {
        let start = Instant::now();
        let end = Duration::from_secs(workload.seconds);
        let mut reading = Reading::default();
        let mut late = Vec::new();
        while start.elapsed() < end {
            thread::sleep(Duration::from_millis(500));
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended: {status}");
            }
            let anon = self.rss_anon()?;
            reading.rss_anon_peak = reading.rss_anon_peak.max(anon);
            if start.elapsed() * 3 > end * 2 {
                late.push(anon);
                let metrics = self.get("/metrics")?;
                let next_gc = metric(&metrics, "go_memstats_next_gc_bytes")?;
                reading.next_gc = reading.next_gc.max(next_gc);
            }
        }
        reading.rss_anon = late.iter().sum::<u64>() / (late.len() as u64).max(1);
        reading.live_heap = u64::MAX;
        for _ in 0..3 {
            self.get("/debug/pprof/heap?gc=1")?;
            let alloc = metric(&self.get("/metrics")?, "go_memstats_heap_alloc_bytes")?;
            reading.live_heap = reading.live_heap.min(alloc);
            thread::sleep(Duration::from_millis(700));
        }
        let metrics = self.get("/metrics")?;
        reading.head_series = metric(&metrics, "prometheus_tsdb_head_series")?;
        reading.head_chunks = metric(&metrics, "prometheus_tsdb_head_chunks")?;
        let appended = "prometheus_tsdb_head_samples_appended_total{type=\"float\"}";
        reading.samples = metric(&metrics, appended)?;
        reading.cpu_seconds = metric(&metrics, "process_cpu_seconds_total")?;
        reading.wal = size(&self.directory.join("data/wal"));
        reading.chunks_head = size(&self.directory.join("data/chunks_head"));
        Ok(reading)
    }

    fn rss_anon(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
        Ok(kib.context("no RssAnon")? * 1024)
    }

    fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    fn stop(&mut self) {
        // It may have ended by itself, which `measure` has reported.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A static config whose targets are paths of one address, each with an `instance` of its own.
fn config(workload: &Workload, scraped: SocketAddr) -> String {
    let target = |at| {
        format!(
            "      - targets: ['{scraped}']\n        labels: {{instance: {}, __metrics_path__: /{at}}}\n",
            instance(at)
        )
    };
    let targets: String = (0..workload.targets).map(target).collect();
    let queue = |at| format!("  - {{name: q{at}, url: 'http://{scraped}/receive'}}\n");
    let queues: String = (0..workload.remote_writes).map(queue).collect();
    let queues = if queues.is_empty() { queues } else { format!("remote_write:\n{queues}") };
    format!(
        "global: {{scrape_interval: {0}s, scrape_timeout: {0}s}}\n\
         scrape_configs:\n  - job_name: measured\n    static_configs:\n{targets}\
         \x20   metric_relabel_configs:\n      - {{source_labels: [__name__], regex: drop_.*, action: drop}}\n{queues}",
        workload.interval
    )
}

#[expect(clippy::cast_sign_loss, reason = "these metrics are not negative")]
fn metric(metrics: &str, name: &str) -> Result<u64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let value = line.and_then(|value| value.trim().parse::<f64>().ok());
    Ok(value.with_context(|| format!("no {name} in the server's metrics"))? as u64)
}

fn size(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    let of = |entry: fs::DirEntry| entry.metadata().map_or(0, |meta| meta.len());
    entries.flatten().map(of).sum()
}
