//! Asks real servers: writes their configuration, starts them, reads the targets API.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use promsieve_core::relabel::{Field, RawStep, StepField};
use serde_json::Value;

use super::generate::Case;

/// The name of a chain's job.
pub(super) fn job(id: usize) -> String {
    format!("job{id}")
}

/// What names a target: the value of its label `__id__`.
pub(super) fn target_id(id: usize, at: usize) -> String {
    format!("{id}/{at}")
}

/// A configuration with a job for each chain. The interval of a day keeps the scrapes away.
pub(super) fn config<'a>(cases: impl IntoIterator<Item = (usize, &'a Case)>) -> String {
    let mut out = String::from("global: {scrape_interval: 1d}\nscrape_configs:\n");
    for (id, case) in cases {
        let steps: Vec<String> = case.steps.iter().map(step).collect();
        let targets: Vec<String> =
            (0..case.targets.len()).map(|at| group(&case.discovered(id, at))).collect();
        let (job, steps, targets) = (job(id), steps.join(", "), targets.join(", "));
        writeln!(out, "- job_name: {job}\n  relabel_configs: [{steps}]").unwrap();
        writeln!(out, "  static_configs: [{targets}]").unwrap();
    }
    out
}

fn group(labels: &[(String, String)]) -> String {
    let mut address = "";
    let mut written = Vec::new();
    for (name, value) in labels {
        match name.as_str() {
            "__address__" => address = value,
            _ => written.push(format!("{}: {}", quoted(name), quoted(value))),
        }
    }
    format!("{{targets: [{}], labels: {{{}}}}}", quoted(address), written.join(", "))
}

/// A step as YAML in flow style.
pub(crate) fn step(step: &RawStep) -> String {
    let mut written = Vec::new();
    for field in StepField::ALL {
        let value = match field {
            StepField::SourceLabels => show(&step.source_labels, |names| {
                let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
                format!("[{}]", names.join(", "))
            }),
            StepField::Separator => show(&step.separator, |text| quoted(text)),
            StepField::Regex => show(&step.regex, |text| quoted(text)),
            StepField::Modulus => show(&step.modulus, u64::to_string),
            StepField::TargetLabel => show(&step.target_label, |text| quoted(text)),
            StepField::Replacement => show(&step.replacement, |text| quoted(text)),
            StepField::Action => show(&step.action, |text| quoted(text)),
        };
        if let Some(value) = value {
            written.push(format!("{}: {value}", field.key()));
        }
    }
    format!("{{{}}}", written.join(", "))
}

fn show<T>(field: &Field<T>, value: impl Fn(&T) -> String) -> Option<String> {
    match field {
        Field::Absent => None,
        Field::Null => Some("null".to_owned()),
        Field::Set(text) => Some(value(text)),
    }
}

/// A double-quoted YAML scalar in ASCII.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => write!(out, "\\U{:08x}", c as u32).unwrap(),
        }
    }
    out.push('"');
    out
}

/// What a server shows of a target.
#[derive(Debug)]
pub(super) enum Seen {
    /// Its labels but for those that start with `__`.
    Active(BTreeMap<String, String>),
    /// It is among the dropped ones.
    Dropped,
}

/// Where the real tools are, and a directory for their files that goes at the end.
pub(super) struct Tools {
    real: PathBuf,
    work: PathBuf,
}

impl Drop for Tools {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.work);
    }
}

impl Tools {
    pub(super) fn new(real: PathBuf) -> Self {
        let work = std::env::temp_dir().join(format!("promsieve-relabel-{}", std::process::id()));
        std::fs::create_dir_all(&work).unwrap();
        Self { real, work }
    }

    /// What promtool says against `config`; `None` if it accepts it.
    pub(super) fn refusal(&self, major: u16, config: &str) -> Option<String> {
        let path = self.write(config);
        let mut promtool = Command::new(self.real.join(format!("promtool-{major}")));
        let output = promtool.args(["check", "config"]).arg(&path).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (!output.status.success()).then(|| String::from_utf8_lossy(&said).into_owned())
    }

    /// Runs a server on `config` and returns what became of every target that it shows, by id.
    /// It gets time until it shows `expected` targets, or as many as it did two seconds before.
    pub(super) fn targets(
        &self,
        major: u16,
        config: &str,
        expected: usize,
    ) -> HashMap<String, Seen> {
        let path = self.write(config);
        let mut server = RunningServer::start(&self.real, &self.work, major, &path);
        let deadline = Instant::now() + Duration::from_mins(2);
        let (mut before, mut stable) = (0, 0);
        while Instant::now() < deadline {
            std::thread::sleep(Duration::from_secs(1));
            server.check_alive();
            let Some(answer) = server.get("/api/v1/targets") else { continue };
            let seen = read(&answer);
            stable = if seen.len() == before && before > 0 { stable + 1 } else { 0 };
            before = seen.len();
            if before == expected || stable == 4 {
                return seen;
            }
        }
        panic!("the server does not settle: {before} of {expected} targets");
    }

    fn write(&self, config: &str) -> PathBuf {
        let path = self.work.join("prometheus.yml");
        std::fs::write(&path, config).unwrap();
        path
    }
}

fn read(answer: &Value) -> HashMap<String, Seen> {
    let labels = |target: &Value, key: &str| -> BTreeMap<String, String> {
        serde_json::from_value(target[key].clone()).unwrap()
    };
    let id = |target: &Value| labels(target, "discoveredLabels")["__id__"].clone();
    let list = |key: &str| answer["data"][key].as_array().cloned().unwrap_or_default();
    let active = list("activeTargets");
    let active = active.iter().map(|t| (id(t), Seen::Active(labels(t, "labels"))));
    let dropped = list("droppedTargets");
    active.chain(dropped.iter().map(|target| (id(target), Seen::Dropped))).collect()
}

struct RunningServer {
    child: Child,
    port: u16,
    log: PathBuf,
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl RunningServer {
    fn start(real: &Path, work: &Path, major: u16, config: &Path) -> Self {
        let data = work.join(format!("data-{major}"));
        let _ = std::fs::remove_dir_all(&data);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = work.join("log");
        let child = Command::new(real.join(format!("prometheus-{major}")))
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=error")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, port, log }
    }

    fn check_alive(&mut self) {
        let ended = self.child.try_wait().unwrap().is_some();
        assert!(!ended, "the server ended: {}", std::fs::read_to_string(&self.log).unwrap());
    }

    /// The JSON at `path`; `None` while the server is not up.
    fn get(&self, path: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        if head.split(' ').nth(1) != Some("200") {
            return None;
        }
        serde_json::from_str(body).ok()
    }
}
