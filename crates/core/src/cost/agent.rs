//! An agent (`--agent`): series without a head, a log and remote-write queues.

use std::time::Duration;

use super::chunks::head_age;
use super::settings::ServerSettings;
use super::terms::{LIVE_HEAP, PROCESS, Situation, Term};

/// Keys of a server's terms that an agent has, too: it scrapes and sends by the same code.
const SHARED: [&str; 6] =
    ["target", "metric_family", "scraped_series", "exposed_byte", "dropped_series", "label_byte"];

/// Live heap of an agent beside what it shares with a server.
pub const AGENT: [Term; 6] = [
    Term {
        key: "agent_base",
        part: PROCESS,
        unit: "bytes",
        meaning: "an agent without series: code's data, stripes of its series map, web server",
        quantity: |_| 1.0,
    },
    Term {
        key: "agent_series",
        part: "series",
        unit: "bytes per series of an agent",
        meaning: "memSeries and slots of two hash maps (tsdb/agent/series.go)",
        quantity: |it| it.load.series as f64,
    },
    Term {
        key: "agent_label",
        part: "labels",
        unit: "bytes per label of a series of an agent",
        meaning: "with slicelabels, two string headers of 16; with stringlabels, a share of a size class",
        quantity: |it| it.load.label_pairs as f64,
    },
    Term {
        key: "agent_queue",
        part: PROCESS,
        unit: "bytes per queue of an agent",
        meaning: "room for samples that wait and for a request (storage/remote/queue_manager.go)",
        quantity: |it| f64::from(it.settings.remote_writes),
    },
    Term {
        key: "agent_queue_series",
        part: "remote write",
        unit: "bytes per series and queue of an agent",
        meaning: "slots of a queue's hash maps (storage/remote/queue_manager.go)",
        quantity: |it| it.load.series as f64 * f64::from(it.settings.remote_writes),
    },
    Term {
        key: "agent_queue_byte",
        part: "remote write",
        unit: "bytes per label byte and queue of an agent",
        meaning: "the queue's own label set, and those of samples that wait (storage/remote/queue_manager.go)",
        quantity: |it| it.load.label_bytes as f64 * f64::from(it.settings.remote_writes),
    },
];

/// Key, unit and meaning of the price of what [`more_garbage`] gives.
pub const AGENT_GARBAGE: (&str, &str, &str) = (
    "agent_garbage",
    "bytes of an agent's resident memory per byte that GOGC allows beside the live heap",
    "garbage beyond that of a server with as much live heap; what makes it was not told apart",
);

/// What [`AGENT_GARBAGE`] is the price of.
pub fn more_garbage(it: &Situation<'_>, live_heap: f64) -> f64 {
    if it.settings.agent { live_heap * it.allowed() } else { 0.0 }
}

/// Series that are gone are forgotten when the log is cut, every two hours
/// (`tsdb/agent/db.go`, `DefaultTruncateFrequency`).
pub(super) const TRUNCATED: Duration = Duration::from_hours(2);

/// A cut takes two thirds of the log's segments, so that it holds at most three hours; where each
/// cut's segment is its only one, none before the fourth cut (`tsdb/agent/db.go`, `truncate`).
const LOG: Duration = Duration::from_hours(3);
const SMALL_LOG: Duration = Duration::from_hours(8);

/// Bytes of a full segment (`tsdb/wlog/wlog.go`, `DefaultSegmentSize`).
const SEGMENT: f64 = 134_217_728.0;

/// How much time the log holds, where so many bytes a second come.
pub(super) fn log_age(settings: &ServerSettings, bytes_a_second: f64) -> Duration {
    if !settings.agent {
        return head_age(settings);
    }
    let small = bytes_a_second * TRUNCATED.as_secs_f64() < SEGMENT;
    settings.uptime.min(if small { SMALL_LOG } else { LOG })
}

/// What a reader should know of an estimate for an agent.
pub(super) fn note(settings: &ServerSettings) -> Option<String> {
    (settings.agent && settings.remote_writes == 0).then(|| UNSENT.to_owned())
}

/// What real agents of 2.53 and 3.5 do without a queue.
const UNSENT: &str =
    "without `remote_write` an agent starts, scrapes and writes its log, and nothing reads it";

/// The terms of the live heap of a server, or of an agent.
pub fn live_terms(settings: &ServerSettings) -> impl Iterator<Item = &'static Term> {
    let agent = settings.agent;
    let server = LIVE_HEAP.iter().filter(move |term| !agent || SHARED.contains(&term.key));
    server.chain(AGENT.iter().filter(move |_| agent))
}

#[cfg(test)]
mod tests {
    use super::super::{CostModel, Estimate, Load, estimate};
    use super::*;

    /// The estimate of some series.
    fn of(settings: ServerSettings) -> Estimate {
        let load = Load {
            series: 100_000,
            label_pairs: 800_000,
            label_bytes: 16_000_000,
            exposed_bytes: 12_000_000,
            unique_pairs: 5000,
            targets: 100,
            ..Load::default()
        };
        estimate(&load, &CostModel::embedded(&settings.server).0, &settings)
    }

    #[test]
    fn an_agent_has_a_log_and_neither_postings_nor_blocks() {
        let settings = ServerSettings { remote_writes: 1, ..ServerSettings::default() };
        let (server, agent) = (of(settings), of(ServerSettings { agent: true, ..settings }));
        assert!(agent.live_heap.expected < server.live_heap.expected);
        assert!(agent.disk.high.0 == 0 && agent.start.is_none());
        assert_eq!(agent.wal, server.wal);
        let names = |of: &Estimate| of.parts.iter().map(|part| part.name).collect::<Vec<_>>();
        assert!(names(&server).contains(&"postings"));
        assert!(!["postings", "chunks"].iter().any(|part| names(&agent).contains(part)));
        let sum: u64 = agent.parts.iter().map(|part| part.bytes.0).sum();
        assert_eq!(sum, agent.live_heap.expected.0);
    }

    #[test]
    fn no_series_take_nothing_of_a_running_agent() {
        let settings =
            ServerSettings { agent: true, remote_writes: 2, ..ServerSettings::default() };
        let model = CostModel::embedded(&settings.server).0;
        let of = |load| model.marginal(&load, &settings).0;
        assert_eq!(of(Load::default()), 0);
        assert!(of(Load { label_bytes: 100, ..Load::default() }) > 200);
    }

    #[test]
    fn each_queue_costs_and_none_is_told() {
        let with = |remote_writes| {
            of(ServerSettings { agent: true, remote_writes, ..ServerSettings::default() })
        };
        let [none, one, two] = [0, 1, 2].map(with);
        let live = |of: &Estimate| of.live_heap.expected.0;
        assert!(live(&none) < live(&one));
        assert!((live(&two) - live(&one)).abs_diff(live(&one) - live(&none)) <= 3);
        let told = |of: &Estimate| of.notes.iter().any(|note| note == UNSENT);
        assert!(told(&none) && !told(&one));
    }
}
