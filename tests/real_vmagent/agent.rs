//! A real vmagent and its relabel debug page.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use promsieve_core::relabel::RawStep;
use promsieve_lab::real::{TempDir, get, percent_encode, program};

use crate::real_relabel::oracle;

const START_TIMEOUT: Duration = Duration::from_mins(1);

/// A running agent; it is killed on drop.
pub(super) struct Agent {
    child: Child,
    address: String,
    _dir: TempDir,
}

/// What the page shows for one label set and chain.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The labels in the end; a name can stand several times.
    Labels(BTreeMap<String, Vec<String>>),
    /// The chain is refused.
    Refused(String),
}

impl Agent {
    /// Starts one that scrapes nothing; `None` where real servers can't be installed.
    pub(super) fn start() -> Option<Self> {
        let binary = program("vmagent")?;
        let dir = TempDir::new("vmagent").unwrap();
        dir.write("scrape.yml", "scrape_configs: []\n").unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let log = File::create(dir.path().join("log")).unwrap();
        let child = Command::new(binary)
            .current_dir(dir.path())
            .args(["-promscrape.config=scrape.yml", "-remoteWrite.url=http://127.0.0.1:1/none"])
            .args(["-remoteWrite.tmpDataPath=queue", &format!("-httpListenAddr={address}")])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let agent = Self { child, address, _dir: dir };
        let deadline = Instant::now() + START_TIMEOUT;
        while !get(&agent.address, "/-/ready").is_ok_and(|answer| answer.status == 200) {
            assert!(Instant::now() < deadline, "vmagent is not ready after {START_TIMEOUT:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(agent)
    }

    /// Asks the page what a chain makes of a label set.
    pub(super) fn relabel(&self, labels: &BTreeMap<String, String>, steps: &[RawStep]) -> Answer {
        let pairs: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}={}", exposed(value))).collect();
        let metric = format!("{{{}}}", pairs.join(","));
        let chain: String =
            steps.iter().map(|step| format!("- {}\n", oracle::step(step))).collect();
        let path = format!(
            "/metric-relabel-debug?format=json&metric={}&relabel_configs={}",
            percent_encode(&metric),
            percent_encode(&chain)
        );
        let answer = get(&self.address, &path).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&answer.body)
            .unwrap_or_else(|_| panic!("{path}: {}", String::from_utf8_lossy(&answer.body)));
        if let Some(words) = json["error"].as_str() {
            return Answer::Refused(words.to_owned());
        }
        let shown = json["resultingLabels"].as_str().unwrap();
        Answer::Labels(read(&without_entities(shown)).unwrap_or_else(|| panic!("{shown}")))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A label value as in the text format.
fn exposed(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn without_entities(text: &str) -> String {
    let plain = text.replace("&quot;", "\"").replace("&#39;", "'").replace("&lt;", "<");
    plain.replace("&gt;", ">").replace("&amp;", "&")
}

/// Reads `name{a="x", b="y"}`, its values quoted as Go quotes them.
fn read(text: &str) -> Option<BTreeMap<String, Vec<String>>> {
    let (name, mut rest) = text.split_once('{').unwrap_or((text, "}"));
    let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if !name.is_empty() {
        labels.insert("__name__".to_owned(), vec![name.to_owned()]);
    }
    while rest != "}" {
        let (name, quoted) = rest.strip_prefix(", ").unwrap_or(rest).split_once("=\"")?;
        let (value, after) = unquoted(quoted)?;
        labels.entry(name.to_owned()).or_default().push(value);
        rest = after;
    }
    Some(labels)
}

/// The text up to the closing quote, and what follows it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut rest = text;
    loop {
        let c = rest.chars().next()?;
        rest = &rest[c.len_utf8()..];
        if c == '"' {
            return Some((out, rest));
        }
        if c != '\\' {
            out.push(c);
            continue;
        }
        let kind = rest.chars().next()?;
        rest = &rest[kind.len_utf8()..];
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let plain = match kind {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            other => other,
        };
        let code = u32::from_str_radix(rest.get(..digits)?, 16).ok().and_then(char::from_u32);
        out.push(code.filter(|_| digits > 0).unwrap_or(plain));
        rest = &rest[digits..];
    }
}
