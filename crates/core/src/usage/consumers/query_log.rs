//! A server's query log: a JSON object a line, with the query and when it was asked. The same query
//! is kept once, however often it was asked.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::units::day_number;
use crate::usage::query::{Origin, OriginKind, Query};

/// What is read of a line.
#[derive(Deserialize)]
struct Line {
    params: Params,
    /// RFC 3339: `ts` in Prometheus 2, `time` in 3.
    #[serde(default, alias = "time")]
    ts: String,
}

#[derive(Deserialize)]
struct Params {
    query: String,
}

/// Whether a file that begins with this line is a query log.
pub fn is_query_log(first_line: &str) -> bool {
    serde_json::from_str::<Line>(first_line).is_ok()
}

/// The queries of a log that was read line by line.
#[derive(Debug, Default)]
pub struct QueryLog {
    /// From this moment on, in seconds since 1970.
    pub since: Option<i64>,
    /// Until before this moment.
    pub until: Option<i64>,
    /// By query, how often it was asked and in which line first.
    asked: BTreeMap<String, (u64, u64)>,
    lines: u64,
    bad: u64,
}

impl QueryLog {
    /// A log of which the queries between two moments are read.
    pub fn between(since: Option<i64>, until: Option<i64>) -> Self {
        Self { since, until, ..Self::default() }
    }

    /// Reads the next line.
    pub fn line(&mut self, line: &str) {
        self.lines += 1;
        if line.trim().is_empty() {
            return;
        }
        let Ok(Line { params, ts }) = serde_json::from_str(line) else {
            self.bad += 1;
            return;
        };
        // Without a time it could be of any.
        let is_within = moment(&ts).is_none_or(|at| {
            self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
        });
        if is_within {
            let first = self.lines;
            self.asked.entry(params.query).or_insert((0, first)).0 += 1;
        }
    }

    /// Lines that are no entries.
    pub fn bad_lines(&self) -> u64 {
        self.bad
    }

    /// The queries, each once.
    pub fn queries(self, file: &str) -> Vec<Query> {
        let query = |(text, (times, line)): (String, (u64, u64))| {
            let often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
            let name = format!("asked {often}, first in line {line}");
            let kind = OriginKind::QueryLog;
            Query::new(text, Origin { kind, file: file.to_owned(), location: None, name })
        };
        self.asked.into_iter().map(query).collect()
    }
}

/// Seconds since 1970 of a moment as RFC 3339 writes it, or of a day at its beginning.
pub fn moment(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let is_day = text.get(4..5)? == "-" && text.get(7..8)? == "-";
    let days = day_number(year, month, day).filter(|_| is_day)?;
    if text.len() == 10 {
        return Some(days * 86_400);
    }
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone.as_bytes() {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), ..] => {
            let part = |at: std::ops::Range<usize>| zone.get(at)?.parse::<i64>().ok();
            let seconds = part(1..3)? * 3600 + part(4..6)? * 60;
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    Some(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        assert_eq!(moment("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(moment("2000-03-01"), Some(951_868_800));
        assert_eq!(moment("2024-02-29T12:00:00.123Z"), Some(1_709_208_000));
        assert_eq!(moment("2024-02-29T14:00:00+02:00"), Some(1_709_208_000));
        assert_eq!(moment("yesterday"), None);
        assert_eq!(moment("2024-02-29T12:00"), None);
    }

    #[test]
    fn a_window_is_read_and_each_query_kept_once() {
        let entry = |ts: &str, query: &str| {
            format!(r#"{{"params":{{"end":"x","query":"{query}","step":0}},"ts":"{ts}"}}"#)
        };
        let mut log = QueryLog::between(moment("2026-01-02"), moment("2026-01-03"));
        for line in [
            &entry("2026-01-01T23:59:59.999Z", "before"),
            &entry("2026-01-02T00:00:00Z", "within"),
            "no entry",
            &entry("2026-01-02T01:00:00+00:30", "within"),
            &entry("2026-01-03T00:00:00Z", "after"),
            &entry("", "whenever"),
            &entry("2026-01-04T00:00:00Z", "late").replace("\"ts\"", "\"time\""),
        ] {
            log.line(line);
        }
        assert_eq!(log.bad_lines(), 1);
        let queries = log.queries("q.log");
        let told: Vec<_> =
            queries.iter().map(|it| (it.text.as_str(), it.origin.name.as_str())).collect();
        assert_eq!(
            told,
            [
                ("whenever", "asked once, first in line 6"),
                ("within", "asked 2 times, first in line 2")
            ]
        );
        assert!(is_query_log(&entry("", "up")) && !is_query_log("{\"panels\": []}"));
    }
}
