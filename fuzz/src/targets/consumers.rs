//! Whoever reads series: dashboards, rules, alert routes, autoscalers, query logs.

use promsieve_core::usage::{Consumers, QueryLog, Usage, UsageOptions, is_query_log};

use super::configs::sources;

/// Every query is understood or called unknown, and everything can be asked about.
pub(super) fn consumers(data: &[u8]) {
    let (sources, file) = sources(data);
    let mut consumers = Consumers::default();
    consumers.add(file, sources.file(file));
    let (queries, _) = consumers.finish();
    for query in &queries {
        if let Some(place) = query.origin.location {
            let span = place.span.range();
            assert!(sources.file(file).text().get(span).is_some(), "{}", query.text);
        }
    }
    for recorded_read_here_only in [false, true] {
        let usage = Usage::of(queries.clone(), UsageOptions { recorded_read_here_only });
        for metric in ["up", "node_cpu_seconds_total", ""] {
            let _ = (usage.metric(metric), usage.label(metric, "instance"));
            let _ = usage.value(metric, "mode", "idle");
        }
    }
}

pub(super) fn query_log(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = is_query_log(text.lines().next().unwrap_or_default());
    let mut log = QueryLog::between(Some(0), None);
    text.lines().for_each(|line| log.line(line));
    let bad = log.bad_lines();
    let queries = log.queries("log");
    assert!(bad as usize + queries.len() <= text.lines().count());
}
