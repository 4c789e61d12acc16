//! What a server does around `relabel_configs`: its defaults before, its checks after.

use std::fmt;

use super::message::quote;
use super::{Outcome, Program, Scratch};
use crate::series::LabelBuf;
use crate::server::Server;

/// The settings of a job that every target of it starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetDefaults {
    /// `job_name`.
    pub job: String,
    /// `scrape_interval`, as the server prints it: `1m`.
    pub scrape_interval: String,
    /// `scrape_timeout`, likewise.
    pub scrape_timeout: String,
    /// `metrics_path`.
    pub metrics_path: String,
    /// `scheme`.
    pub scheme: String,
    /// `params`: each key with its first value.
    pub params: Vec<(String, String)>,
}

impl Default for TargetDefaults {
    /// What a server takes for a job that sets nothing; the job has no name.
    fn default() -> Self {
        Self {
            job: String::new(),
            scrape_interval: "1m".into(),
            scrape_timeout: "10s".into(),
            metrics_path: "/metrics".into(),
            scheme: "http".into(),
            params: Vec::new(),
        }
    }
}

/// What became of a discovered target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetOutcome {
    /// It is scraped.
    Active,
    /// A step dropped it.
    Dropped {
        /// Zero-based index of the step.
        by: usize,
    },
    /// The server refuses to scrape it.
    Invalid(TargetError),
}

/// Why a server refuses a target after relabeling; shows the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetError {
    /// `__address__` is missing or empty.
    NoAddress,
    /// `__scheme__` is neither `http` nor `https` and the address lacks a port (2.x). Holds the
    /// job's own scheme, which is what the server names.
    InvalidScheme(String),
    /// `__address__` holds a `/`.
    InvalidHostname(String),
    /// `__scrape_interval__` or `__scrape_timeout__` (which: `interval`, `timeout`) is no duration.
    InvalidDuration(&'static str, String),
    /// One of them is zero.
    ZeroDuration(&'static str),
    /// The timeout is longer than the interval.
    TimeoutTooLong {
        /// `__scrape_timeout__`.
        timeout: String,
        /// `__scrape_interval__`.
        interval: String,
    },
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => f.write_str("no address"),
            Self::InvalidScheme(scheme) => write!(f, "invalid scheme: {}", quote(scheme)),
            Self::InvalidHostname(address) => {
                write!(f, "{} is not a valid hostname", quote(address))
            }
            Self::InvalidDuration(which, text) if text.is_empty() => {
                write!(f, "error parsing scrape {which}: empty duration string")
            }
            Self::InvalidDuration(which, text) => {
                let text = quote(text);
                write!(f, "error parsing scrape {which}: not a valid duration string: {text}")
            }
            Self::ZeroDuration(which) => write!(f, "scrape {which} cannot be 0"),
            Self::TimeoutTooLong { timeout, interval } => {
                let (timeout, interval) = (quote(timeout), quote(interval));
                f.write_str("scrape timeout cannot be greater than scrape interval ")?;
                write!(f, "({timeout} > {interval})")
            }
        }
    }
}

impl std::error::Error for TargetError {}

/// Runs a target chain over a discovered target as `server` does (scrape/target.go, v2.53.3 and
/// v3.5.3): fills in the job's defaults, applies the chain, checks the address and the durations,
/// removes `__meta_*` and sets `instance`. Other `__*` labels stay: the server scrapes by them, and
/// hides them from the series.
pub fn apply(
    program: &Program,
    server: Server,
    defaults: &TargetDefaults,
    scratch: &mut Scratch,
    labels: &mut LabelBuf,
) -> TargetOutcome {
    let sets_before = server.capabilities().sets_before_relabeling;
    if sets_before {
        discover(server, defaults, labels);
    }
    if let Outcome::Dropped { by } = program.apply(scratch, labels) {
        return TargetOutcome::Dropped { by };
    }
    if !sets_before {
        discover(server, defaults, labels);
    }
    match finish(server, defaults, labels) {
        Ok(()) => TargetOutcome::Active,
        Err(error) => TargetOutcome::Invalid(error),
    }
}

/// Fills in what a target lacks before its chain runs.
pub fn discover(server: Server, defaults: &TargetDefaults, labels: &mut LabelBuf) {
    let settings = [
        ("job", &defaults.job),
        ("__scrape_interval__", &defaults.scrape_interval),
        ("__scrape_timeout__", &defaults.scrape_timeout),
        ("__metrics_path__", &defaults.metrics_path),
        ("__scheme__", &defaults.scheme),
    ];
    for (name, value) in settings {
        if labels.get(name).is_empty() {
            labels.set(name, value);
        }
    }
    for (key, value) in &defaults.params {
        let name = format!("__param_{key}");
        if server.params_overwrite_labels() || labels.get(&name).is_empty() {
            labels.set(&name, value);
        }
    }
}

/// Checks and completes a target after its chain.
///
/// # Errors
/// Why the server does not scrape it.
pub fn finish(
    server: Server,
    defaults: &TargetDefaults,
    labels: &mut LabelBuf,
) -> Result<(), TargetError> {
    let mut address = labels.get("__address__").to_owned();
    if address.is_empty() {
        return Err(TargetError::NoAddress);
    }
    if server.adds_default_port() && lacks_port(&address) {
        address.push_str(match labels.get("__scheme__") {
            "http" | "" => ":80",
            "https" => ":443",
            _ => return Err(TargetError::InvalidScheme(defaults.scheme.clone())),
        });
        labels.set("__address__", &address);
    }
    if address.contains('/') {
        return Err(TargetError::InvalidHostname(address));
    }
    check_durations(labels)?;
    let is_meta = |name: &str| name.starts_with("__meta_");
    let meta: Vec<String> = labels
        .iter_ordered()
        .filter(|(name, _)| is_meta(name))
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in &meta {
        labels.delete(name);
    }
    if labels.get("instance").is_empty() {
        labels.set("instance", &address);
    }
    Ok(())
}

fn check_durations(labels: &LabelBuf) -> Result<(), TargetError> {
    let read = |which, name| {
        let text = labels.get(name);
        match milliseconds(text) {
            None => Err(TargetError::InvalidDuration(which, text.to_owned())),
            Some(0) => Err(TargetError::ZeroDuration(which)),
            Some(duration) => Ok(duration),
        }
    };
    let interval = read("interval", "__scrape_interval__")?;
    let timeout = read("timeout", "__scrape_timeout__")?;
    if timeout <= interval {
        return Ok(());
    }
    Err(TargetError::TimeoutTooLong {
        timeout: labels.get("__scrape_timeout__").to_owned(),
        interval: labels.get("__scrape_interval__").to_owned(),
    })
}

/// Prometheus's durations: `1h30m`, units from long to short, each once; `0` needs none. `None`
/// when it is none, or longer than 292 years.
fn milliseconds(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    if text == "0" {
        return Some(0);
    }
    let (mut rest, mut units, mut total) = (text, &UNITS[..], 0u64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|digits| *digits > 0)?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let at = units.iter().position(|(unit, _)| *unit == &rest[..letters])?;
        total = total.checked_add(number.checked_mul(units[at].1)?)?;
        (rest, units) = (&rest[letters..], &units[at + 1..]);
    }
    let in_range = !text.is_empty() && total <= i64::MAX as u64 / 1_000_000;
    in_range.then_some(total)
}

/// Whether `address` is a host to which a port can be added.
fn lacks_port(address: &str) -> bool {
    !has_port(address) && has_port(&format!("{address}:1"))
}

/// Whether Go's `net.SplitHostPort` takes `address` apart.
fn has_port(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = match bracketed {
        Some(inside) => inside,
        None if host.contains(':') => return false,
        None => host,
    };
    !host.contains(['[', ']']) && !port.contains(['[', ']'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(server: Server, labels: &[(&str, &str)], expected: Result<&str, &str>) {
        let mut buf = LabelBuf::new();
        buf.refill(labels.iter().copied());
        let defaults = TargetDefaults { job: "j".into(), ..TargetDefaults::default() };
        let outcome = apply(&Program::default(), server, &defaults, &mut Scratch::new(), &mut buf);
        let shown = match &outcome {
            TargetOutcome::Active => Ok(buf.get("instance")),
            TargetOutcome::Invalid(error) => Err(error.to_string()),
            TargetOutcome::Dropped { .. } => Err("dropped".to_owned()),
        };
        assert_eq!(shown, expected.map_err(str::to_owned));
    }

    #[test]
    fn addresses_and_durations_are_checked() {
        let (old, new) = (Server::prometheus(2, 53), Server::prometheus(3, 5));
        check(new, &[("__address__", "a:1")], Ok("a:1"));
        check(new, &[("__address__", "a")], Ok("a"));
        check(old, &[("__address__", "a")], Ok("a:80"));
        check(old, &[("__address__", "a"), ("__scheme__", "https")], Ok("a:443"));
        check(old, &[("__address__", "[::1]"), ("__scheme__", "")], Ok("[::1]:80"));
        check(old, &[("__address__", "a"), ("__scheme__", "x")], Err(r#"invalid scheme: "http""#));
        check(new, &[], Err("no address"));
        check(new, &[("__address__", "http://a")], Err(r#""http://a" is not a valid hostname"#));
        let with = |name, value| [("__address__", "a:1"), (name, value)];
        check(
            new,
            &with("__scrape_interval__", "x"),
            Err(r#"error parsing scrape interval: not a valid duration string: "x""#),
        );
        check(new, &with("__scrape_timeout__", "0s"), Err("scrape timeout cannot be 0"));
        check(
            new,
            &with("__scrape_timeout__", "61s"),
            Err(r#"scrape timeout cannot be greater than scrape interval ("61s" > "1m")"#),
        );
    }

    #[test]
    fn meta_labels_go_and_params_come() {
        let mut buf = LabelBuf::new();
        buf.refill([("__address__", "a:1"), ("__meta_x", "1"), ("__param_m", "own")]);
        let params = vec![("m".to_owned(), "default".to_owned())];
        let defaults = TargetDefaults { params, ..TargetDefaults::default() };
        let server = Server::prometheus(3, 5);
        apply(&Program::default(), server, &defaults, &mut Scratch::new(), &mut buf);
        assert_eq!((buf.get("__meta_x"), buf.get("__param_m")), ("", "own"));
        discover(Server::prometheus(2, 53), &defaults, &mut buf);
        assert_eq!(buf.get("__param_m"), "default");
    }

    #[test]
    fn durations_read_as_prometheus_reads_them() {
        for (text, expected) in [
            ("1h30m", Some(5_400_000)),
            ("1ms", Some(1)),
            ("0", Some(0)),
            ("1y2w", Some(32_745_600_000)),
            ("", None),
            ("1", None),
            ("m", None),
            ("30m1h", None),
            ("1m1m", None),
            ("1.5m", None),
            ("300y", None),
            ("99999999999999999999s", None),
            ("é", None),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
    }
}
