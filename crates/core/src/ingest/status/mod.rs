//! What servers tell of their series in totals and top lists: `/api/v1/status/tsdb` of Prometheus,
//! Thanos and `VictoriaMetrics`, and the cardinality API of Mimir.

mod mimir;
mod series;

use serde::Deserialize;

pub use mimir::mimir;
pub use series::{SeriesPage, series};

/// A name and its number in a top list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// A metric, a label name, or `label=value`.
    pub name: String,
    /// Series, values or bytes.
    pub value: u64,
}

/// Totals of the head.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HeadStats {
    /// Series in the head, stale ones that were not collected yet included. Of `VictoriaMetrics`
    /// those of one day.
    pub num_series: u64,
    /// Distinct label pairs (since 2.25); 0 where a server does not tell.
    pub num_label_pairs: u64,
    /// Chunks in the head.
    pub chunk_count: i64,
    /// Oldest sample, milliseconds since the epoch; `i64::MAX` when the head is empty.
    pub min_time: i64,
    /// Newest sample; `i64::MIN` when the head is empty.
    pub max_time: i64,
}

/// The `data` of an answer. The lists hold the largest entries only, ten unless `limit` was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TsdbStatus {
    /// Totals (since 2.22).
    pub head_stats: HeadStats,
    /// Series of the largest metrics.
    pub series_count_by_metric_name: Vec<Entry>,
    /// Distinct values of the largest labels.
    pub label_value_count_by_label_name: Vec<Entry>,
    /// Bytes of the labels' strings; what exactly differs by version (3.1).
    pub memory_in_bytes_by_label_name: Vec<Entry>,
    /// Series of the most common pairs.
    pub series_count_by_label_value_pair: Vec<Entry>,
    /// Series that have the most common labels; `VictoriaMetrics` only.
    pub series_count_by_label_name: Vec<Entry>,
    /// Series of the most common values of the label that was asked for; `VictoriaMetrics` only.
    pub series_count_by_focus_label_value: Vec<Entry>,
    /// Whose series these are, of a server with several tenants; else empty.
    pub tenant: String,
}

/// Reads an answer: the whole JSON, or its `data` alone. Thanos tells each tenant's.
///
/// # Errors
/// What is wrong with the JSON, in words for the user.
pub fn parse(text: &str) -> Result<Vec<TsdbStatus>, String> {
    let mut value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))?;
    if !is_data(&value) {
        value = unwrap(value)?;
    }
    let statuses = match value {
        serde_json::Value::Array(tenants) => tenants,
        one => vec![one],
    };
    statuses.into_iter().map(read).collect()
}

fn is_data(value: &serde_json::Value) -> bool {
    ["headStats", "seriesCountByMetricName"].iter().any(|key| value.get(key).is_some())
}

/// The `data` of an answer.
fn unwrap(mut value: serde_json::Value) -> Result<serde_json::Value, String> {
    let data = value.get_mut("data").map(serde_json::Value::take).filter(|data| !data.is_null());
    if let Some(data) = data {
        return Ok(data);
    }
    match value["error"].as_str().filter(|_| value["status"] == "error") {
        Some(error) => Err(format!("the server says: {error}")),
        None => Err("this is no answer of `/api/v1/status/tsdb`: it has no `data`".to_owned()),
    }
}

fn read(value: serde_json::Value) -> Result<TsdbStatus, String> {
    let series = value["totalSeries"].as_u64();
    let mut status: TsdbStatus = serde_json::from_value(value)
        .map_err(|error| format!("this is no answer of `/api/v1/status/tsdb`: {error}"))?;
    if let Some(series) = series {
        status.head_stats.num_series = series;
    }
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_whole_or_bare() {
        let data = r#"{"headStats":{"numSeries":508,"numLabelPairs":3,"chunkCount":9,
            "minTime":9223372036854775807,"maxTime":-9223372036854775808},
            "seriesCountByMetricName":[{"name":"up","value":2}]}"#;
        let [bare] = &parse(data).unwrap()[..] else { panic!("one status") };
        assert_eq!(bare.head_stats.num_series, 508);
        assert_eq!(bare.series_count_by_metric_name[0].name, "up");
        let whole = format!(r#"{{"status":"success","data":{data}}}"#);
        assert_eq!(parse(&whole).unwrap(), std::slice::from_ref(bare));
    }

    #[test]
    fn tenants_are_told_apart() {
        let answer = r#"{"status":"success","data":[
            {"tenant":"a","headStats":{"numSeries":1},"seriesCountByMetricName":[]},
            {"tenant":"b","headStats":{"numSeries":2},"seriesCountByMetricName":[]}]}"#;
        let statuses = parse(answer).unwrap();
        let told: Vec<(&str, u64)> =
            statuses.iter().map(|it| (it.tenant.as_str(), it.head_stats.num_series)).collect();
        assert_eq!(told, [("a", 1), ("b", 2)]);
    }

    #[test]
    fn victoria_metrics_counts_its_series_elsewhere() {
        let answer = r#"{"status":"success","data":{"totalSeries":9,"totalLabelValuePairs":40,
            "seriesCountByMetricName":[{"name":"up","value":2,"requestsCount":3}],
            "seriesCountByLabelName":[{"name":"job","value":9}]}}"#;
        let [status] = &parse(answer).unwrap()[..] else { panic!("one status") };
        assert_eq!(status.head_stats.num_series, 9);
        assert_eq!(status.head_stats.num_label_pairs, 0);
        assert_eq!(status.series_count_by_label_name[0].value, 9);
    }

    #[test]
    fn other_json_is_named() {
        assert!(parse("{").unwrap_err().starts_with("this is not JSON"));
        assert!(parse(r#"{"status":"success"}"#).unwrap_err().contains("no `data`"));
        let error = parse(r#"{"status":"error","error":"limit must be positive"}"#).unwrap_err();
        assert_eq!(error, "the server says: limit must be positive");
        assert!(parse("[1]").is_err() && parse("1").is_err());
    }
}
