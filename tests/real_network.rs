//! What remote write sends for a sample, measured on real servers that scrape pages of the mesh.

use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use promsieve_lab::real::{Page, Pages, Server, TempDir, Version, dir};
use xtask::workspace;

use crate::cli::run;

/// Where servers send to; whatever comes is taken.
const RECEIVER: &str = "/receive";
/// So many samples make the mean steady.
const SAMPLES: f64 = 10_000.0;
/// Targets of a job.
const PAGES: usize = 8;
const PATIENCE: Duration = Duration::from_mins(2);

#[test]
fn remote_write_takes_so_many_bytes_a_sample() {
    if dir().is_none() {
        return;
    }
    for version in Version::ALL {
        for job in ["node", "spring", "istio-proxy"] {
            let [low, expected, high] = estimated(job);
            let bytes = sent_sample(version, job);
            eprintln!(
                "{} {job}: {bytes:.1} bytes a sample, expected {expected:.1}",
                version.name()
            );
            assert!((low..=high).contains(&bytes), "{} {job}: {bytes}", version.name());
        }
    }
}

/// Bytes a sample that `promsieve estimate` says.
fn estimated(job: &str) -> [f64; 3] {
    let dir = TempDir::new("network").unwrap();
    for (at, text) in texts(job).iter().enumerate() {
        dir.write(&format!("scrapes/j{at}/127.0.0.1:30000.prom"), text).unwrap();
    }
    let jobs: Vec<String> = (0..PAGES).map(|at| format!("{{job_name: j{at}}}")).collect();
    let config = format!(
        "remote_write: [{{url: 'http://receiver'}}]\nscrape_configs: [{}]\n",
        jobs.join(", ")
    );
    dir.write("prometheus.yml", config).unwrap();
    let said = run(dir.path(), &["estimate", ".", "--format", "json"], b"").json();
    let network = &said["network"];
    let samples = network["sent_samples"].as_f64().unwrap();
    ["low", "expected", "high"].map(|end| network["sent"][end].as_f64().unwrap() / samples)
}

/// The pages of a job.
fn texts(job: &str) -> Vec<String> {
    let all = std::fs::read_dir(workspace().join("fixtures/mesh/scrapes").join(job)).unwrap();
    let mut files: Vec<_> = all.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.truncate(PAGES);
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// Bytes a sample that a server sends which scrapes pages of a job each second.
fn sent_sample(version: Version, job: &str) -> f64 {
    let texts = texts(job);
    let page = |at: usize, scrape: u64| (format!("/{at}"), Page::text(moved(&texts[at], scrape)));
    let receiver = (RECEIVER.to_owned(), Page::text(""));
    let pages = Pages::serve((0..texts.len()).map(|at| page(at, 0)).chain([receiver])).unwrap();
    let mut config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
         remote_write: [{{url: 'http://{}{RECEIVER}'}}]\nscrape_configs:\n",
        pages.address()
    );
    for at in 0..texts.len() {
        let address = pages.address();
        writeln!(
            config,
            "- {{job_name: j{at}, metrics_path: /{at}, static_configs: [{{targets: ['{address}']}}]}}"
        )
        .unwrap();
    }
    let server = Server::start(version, &config).unwrap();
    let (deadline, mut scrape) = (Instant::now() + PATIENCE, 0);
    loop {
        let own = server.get("/metrics").unwrap();
        let metrics = String::from_utf8_lossy(&own.body).into_owned();
        let samples = metric(&metrics, "prometheus_remote_storage_samples_total");
        if samples > SAMPLES {
            return metric(&metrics, "prometheus_remote_storage_bytes_total") / samples;
        }
        assert!(Instant::now() < deadline, "{samples} samples were sent:\n{}", server.log());
        thread::sleep(Duration::from_secs(1));
        scrape += 1;
        for at in 0..texts.len() {
            let (key, page) = page(at, scrape);
            pages.set(&key, page);
        }
    }
}

/// A page with half of its values moved on.
fn moved(text: &str, scrape: u64) -> String {
    let mut out = String::new();
    for (at, line) in text.lines().enumerate() {
        let value = line.rsplit_once(' ').filter(|_| !line.starts_with('#') && at % 2 == 0);
        match value.and_then(|(series, value)| Some((series, value.parse::<f64>().ok()?))) {
            Some((series, value)) => {
                writeln!(out, "{series} {}", value + (scrape * (1 + at as u64 % 50)) as f64)
            }
            None => writeln!(out, "{line}"),
        }
        .unwrap();
    }
    out
}

/// The sum of a metric's samples on a page.
fn metric(page: &str, name: &str) -> f64 {
    let own = page.lines().filter(|line| line.starts_with(&format!("{name}{{")));
    own.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}
