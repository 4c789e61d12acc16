//! One real Prometheus server, from start to kill.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::http::{self, Response};
use super::{TempDir, Version, prometheus};

/// Generous, for a server with thousands of jobs on a busy machine: one that fails ends at once.
const START_TIMEOUT: Duration = Duration::from_mins(5);
const SCRAPE_TIMEOUT: Duration = Duration::from_mins(5);
/// For a program that ends its own children.
const GRACE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);
/// Another process may take the free port before the server does.
const ATTEMPTS: usize = 3;
const LOG_TAIL: usize = 25;

/// What a server is started with besides its configuration.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Files beside `prometheus.yml`, by relative path: rule files, secrets.
    pub files: Vec<(String, String)>,
    /// More command-line flags.
    pub args: Vec<String>,
    /// More variables of its environment.
    pub env: Vec<(String, String)>,
    /// Runs an agent, which keeps a log only and answers no queries.
    pub agent: bool,
}

/// Times in seconds with values, oldest first.
pub type Samples = Vec<(f64, f64)>;

/// A running server; it is killed and its data removed on drop.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: String,
    dir: TempDir,
    version: Version,
    setup: Setup,
}

impl Server {
    /// Starts `version` with `config` as its `prometheus.yml` and waits until it is ready.
    ///
    /// # Errors
    /// When the servers are not installed, or it does not become ready within five minutes; with the
    /// end of its log.
    pub fn start(version: Version, config: &str) -> Result<Self> {
        Self::start_with(version, config, &Setup::default())
    }

    /// As [`start`](Self::start), with more files and flags.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(version: Version, config: &str, setup: &Setup) -> Result<Self> {
        for _ in 0..ATTEMPTS {
            let mut server = Self::spawn(version, config, setup)?;
            match server.wait_ready() {
                Err(_) if server.log().contains("address already in use") => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(server),
            }
        }
        bail!("the free port was taken by others {ATTEMPTS} times")
    }

    fn spawn(version: Version, config: &str, setup: &Setup) -> Result<Self> {
        let dir = TempDir::new("server")?;
        dir.write("prometheus.yml", config)?;
        for (name, content) in &setup.files {
            dir.write(name, content)?;
        }
        let (child, address) = run(version, &dir, setup)?;
        Ok(Self { child, address, dir, version, setup: setup.clone() })
    }

    /// Starts another program that answers as a server does. It is given a free address to listen on,
    /// then `args`, and is to end when its standard input does.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_program(program: &Path, args: &[String]) -> Result<Self> {
        let dir = TempDir::new("program")?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let log = File::create(log_path(&dir)).context("creating the program's log")?;
        let child = Command::new(program)
            .current_dir(dir.path())
            .arg(&address)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let (version, setup) = (Version::V3, Setup::default());
        let mut server = Self { child, address, dir, version, setup };
        server.wait_ready()?;
        Ok(server)
    }

    /// Kills it as a crash would; its data stays.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again after [`kill`](Self::kill), over its data, with another configuration.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_again(&mut self, config: &str) -> Result<()> {
        self.spawn_again(config)?;
        self.wait_ready()
    }

    /// As [`start_again`](Self::start_again), and does not wait until it is ready.
    ///
    /// # Errors
    /// When it can't be started at all.
    pub fn spawn_again(&mut self, config: &str) -> Result<()> {
        self.dir.write("prometheus.yml", config)?;
        (self.child, self.address) = run(self.version, &self.dir, &self.setup)?;
        Ok(())
    }

    /// Whether it has replayed its log and serves.
    ///
    /// # Errors
    /// When it has ended; with the end of its log.
    pub fn is_ready(&mut self) -> Result<bool> {
        if let Some(status) = self.child.try_wait()? {
            return Err(self.failed(&format!("it ended with {status} before it was ready")));
        }
        Ok(http::get(&self.address, "/-/ready").is_ok_and(|answer| answer.status == 200))
    }

    fn wait_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while !self.is_ready()? {
            if Instant::now() > deadline {
                return Err(self.failed(&format!("it was not ready after {START_TIMEOUT:?}")));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Its address, as `127.0.0.1:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process, whose memory a calibration reads.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its working directory: `prometheus.yml`, the files of its [`Setup`], and `data`.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// All it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(log_path(&self.dir)).unwrap_or_default()
    }

    /// GETs any page of it, such as `/metrics`.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn get(&self, path: &str) -> Result<Response> {
        http::get(&self.address, path).map_err(|error| self.failed(&format!("{error:#}")))
    }

    /// GETs an API path, such as `/api/v1/status/tsdb?limit=10`; the `data` of its JSON.
    ///
    /// # Errors
    /// When it does not answer, or not with success.
    pub fn api(&self, path: &str) -> Result<Value> {
        let answer = self.get(path)?;
        let mut json: Value = serde_json::from_slice(&answer.body)
            .with_context(|| format!("{path} answered {} and no JSON", answer.status))?;
        if json["status"] != "success" {
            return Err(self.failed(&format!("{path} answered {json}")));
        }
        Ok(json["data"].take())
    }

    /// The label sets of the series that match a selector such as `{job="app"}`, sorted.
    ///
    /// # Errors
    /// As [`api`](Self::api).
    pub fn series(&self, selector: &str) -> Result<Vec<BTreeMap<String, String>>> {
        let path = format!("/api/v1/series?match[]={}", percent_encode(selector));
        let data = self.api(&path)?;
        let mut series: Vec<BTreeMap<String, String>> =
            serde_json::from_value(data).context("series that are not label sets")?;
        series.sort();
        Ok(series)
    }

    /// The instant vector that `query` gives now: label sets and values.
    ///
    /// # Errors
    /// As [`api`](Self::api).
    pub fn query(&self, query: &str) -> Result<Vec<(BTreeMap<String, String>, f64)>> {
        self.vector(&format!("query={}", percent_encode(query)))
    }

    /// The instant vector that `query` gives at a time in seconds.
    ///
    /// # Errors
    /// As [`api`](Self::api).
    pub fn query_at(&self, query: &str, time: u64) -> Result<Vec<(BTreeMap<String, String>, f64)>> {
        self.vector(&format!("query={}&time={time}", percent_encode(query)))
    }

    fn vector(&self, asked: &str) -> Result<Vec<(BTreeMap<String, String>, f64)>> {
        let data = self.api(&format!("/api/v1/query?{asked}"))?;
        let results = data["result"].as_array().with_context(|| format!("{asked} gave {data}"))?;
        results.iter().map(sample).collect()
    }

    /// The samples of the last hour of the series that match a selector: label sets, and times in
    /// seconds with values, oldest first.
    ///
    /// # Errors
    /// As [`api`](Self::api).
    pub fn history(&self, selector: &str) -> Result<Vec<(BTreeMap<String, String>, Samples)>> {
        let query = percent_encode(&format!("{selector}[1h]"));
        self.matrix(&format!("/api/v1/query?query={query}"))
    }

    /// What `query` gives at every `step` seconds from one time to another: label sets, and times with
    /// values.
    ///
    /// # Errors
    /// As [`api`](Self::api); also when it gives one at some of the times alone.
    pub fn query_range(
        &self,
        query: &str,
        (start, end): (u64, u64),
        step: u64,
    ) -> Result<Vec<(BTreeMap<String, String>, Samples)>> {
        let query = percent_encode(query);
        let times = format!("start={start}&end={end}&step={step}");
        self.matrix(&format!("/api/v1/query_range?query={query}&{times}"))
    }

    fn matrix(&self, path: &str) -> Result<Vec<(BTreeMap<String, String>, Samples)>> {
        let data = self.api(path)?;
        let results = data["result"].as_array().with_context(|| format!("no result: {data}"))?;
        results.iter().map(samples).collect()
    }

    /// Waits until `targets` targets have been scraped with success.
    ///
    /// # Errors
    /// As soon as a scrape fails, with the server's reason; or after five minutes.
    pub fn wait_scraped(&self, targets: usize) -> Result<()> {
        self.wait("up == 1", targets, true)
    }

    /// Waits until `targets` targets have been scraped, with success or without.
    ///
    /// # Errors
    /// After five minutes.
    pub fn wait_attempted(&self, targets: usize) -> Result<()> {
        self.wait("up", targets, false)
    }

    /// Waits until `query` gives so many results or more.
    ///
    /// # Errors
    /// As [`wait_scraped`](Self::wait_scraped).
    pub fn wait_results(&self, query: &str, results: usize) -> Result<()> {
        self.wait(query, results, true)
    }

    /// Asks for `up` rather than for the targets' state: `up` is committed together with the
    /// samples, while the state is set before them.
    fn wait(&self, query: &str, results: usize, fail_early: bool) -> Result<()> {
        let deadline = Instant::now() + SCRAPE_TIMEOUT;
        loop {
            let seen = self.query(query)?.len();
            if seen >= results {
                return Ok(());
            }
            let errors = self.scrape_errors()?;
            if fail_early && !errors.is_empty() {
                return Err(self.failed(&format!("scrapes failed:\n{}", errors.join("\n"))));
            }
            if Instant::now() > deadline {
                let what = format!("{seen} of {results} results of {query} in {SCRAPE_TIMEOUT:?}");
                return Err(self.failed(&what));
            }
            thread::sleep(POLL);
        }
    }

    /// Why the latest scrapes failed, a line a target, as `URL: reason`.
    ///
    /// # Errors
    /// As [`api`](Self::api).
    pub fn scrape_errors(&self) -> Result<Vec<String>> {
        let data = self.api("/api/v1/targets?state=active")?;
        let targets = data["activeTargets"].as_array().context("no activeTargets")?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Ok(targets
            .iter()
            .filter(|target| target["health"] == "down")
            .map(|target| format!("{}: {}", text(&target["scrapeUrl"]), text(&target["lastError"])))
            .collect())
    }

    /// Replaces the configuration and reloads it.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn reload(&self, config: &str) -> Result<()> {
        self.dir.write("prometheus.yml", config)?;
        let answer = http::post(&self.address, "/-/reload")?;
        if answer.status == 200 {
            return Ok(());
        }
        Err(self.failed(&format!("reload refused: {}", String::from_utf8_lossy(&answer.body))))
    }

    /// POSTs to an API path, such as `/api/v1/admin/tsdb/snapshot`; the body of the answer.
    ///
    /// # Errors
    /// When it does not answer, or not with success.
    pub fn post(&self, path: &str) -> Result<String> {
        let answer = http::post(&self.address, path)?;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        if matches!(answer.status, 200 | 204) {
            return Ok(body);
        }
        Err(self.failed(&format!("{path} answered {}: {body}", answer.status)))
    }

    fn failed(&self, what: &str) -> anyhow::Error {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n");
        anyhow!(
            "{} on {}: {what}\n--- end of its log ---\n{tail}",
            self.version.name(),
            self.address
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(input) = self.child.stdin.take() {
            drop(input);
            let deadline = Instant::now() + GRACE;
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
                thread::sleep(POLL);
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the process in its directory, on a free port; the process and its address.
fn run(version: Version, dir: &TempDir, setup: &Setup) -> Result<(Child, String)> {
    let binary = prometheus(version).context("the real servers are not installed")?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let log = File::create(log_path(dir)).context("creating the server's log")?;
    let storage: &[&str] = match (setup.agent, version) {
        (false, _) => &["--storage.tsdb.path=data", "--web.enable-admin-api"],
        (true, Version::V2) => &["--enable-feature=agent", "--storage.agent.path=data"],
        (true, Version::V3) => &["--agent", "--storage.agent.path=data"],
    };
    let child = Command::new(&binary)
        .current_dir(dir.path())
        .args(["--config.file=prometheus.yml", "--web.enable-lifecycle"])
        .args(storage)
        .arg(format!("--web.listen-address={address}"))
        .args(&setup.args)
        .envs(setup.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("starting {}", binary.display()))?;
    Ok((child, address))
}

fn log_path(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("server.log")
}

fn sample(result: &Value) -> Result<(BTreeMap<String, String>, f64)> {
    let labels = serde_json::from_value(result["metric"].clone()).context("no label set")?;
    let value = result["value"][1].as_str().and_then(|value| value.parse().ok());
    Ok((labels, value.with_context(|| format!("no value in {result}"))?))
}

fn samples(result: &Value) -> Result<(BTreeMap<String, String>, Samples)> {
    let labels = serde_json::from_value(result["metric"].clone()).context("no label set")?;
    let values = result["values"].as_array().with_context(|| format!("no values in {result}"))?;
    let one = |sample: &Value| Some((sample[0].as_f64()?, sample[1].as_str()?.parse().ok()?));
    let read: Option<Samples> = values.iter().map(one).collect();
    Ok((labels, read.with_context(|| format!("values that are none in {result}"))?))
}

/// Encodes all but RFC 3986's unreserved characters.
pub fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(encode).collect()
}
