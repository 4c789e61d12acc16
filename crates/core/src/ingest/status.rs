//! What `/api/v1/status/tsdb` tells: totals and top lists of a server's head.

use serde::Deserialize;

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
    /// Series in the head, stale ones that were not collected yet included.
    pub num_series: u64,
    /// Distinct label pairs (since 2.25).
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
}

/// Reads an answer of Prometheus 2.x or 3.x: the whole JSON, or its `data` alone.
///
/// # Errors
/// What is wrong with the JSON, in words for the user.
pub fn parse(text: &str) -> Result<TsdbStatus, String> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(default)]
        status: String,
        #[serde(default)]
        error: String,
        data: Option<TsdbStatus>,
    }
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))?;
    if value.get("headStats").is_some() || value.get("seriesCountByMetricName").is_some() {
        return serde_json::from_value(value).map_err(|error| error.to_string());
    }
    let answer: Answer = serde_json::from_value(value)
        .map_err(|error| format!("this is no answer of `/api/v1/status/tsdb`: {error}"))?;
    match answer.data {
        Some(data) => Ok(data),
        None if answer.status == "error" => Err(format!("the server says: {}", answer.error)),
        None => Err("this is no answer of `/api/v1/status/tsdb`: it has no `data`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_whole_or_bare() {
        let data = r#"{"headStats":{"numSeries":508,"numLabelPairs":3,"chunkCount":9,
            "minTime":9223372036854775807,"maxTime":-9223372036854775808},
            "seriesCountByMetricName":[{"name":"up","value":2}]}"#;
        let bare = parse(data).unwrap();
        assert_eq!(bare.head_stats.num_series, 508);
        assert_eq!(bare.series_count_by_metric_name[0].name, "up");
        let whole = format!(r#"{{"status":"success","data":{data}}}"#);
        assert_eq!(parse(&whole).unwrap(), bare);
    }

    #[test]
    fn other_json_is_named() {
        assert!(parse("{").unwrap_err().starts_with("this is not JSON"));
        assert!(parse(r#"{"status":"success"}"#).unwrap_err().contains("no `data`"));
        let error = parse(r#"{"status":"error","error":"limit must be positive"}"#).unwrap_err();
        assert_eq!(error, "the server says: limit must be positive");
        assert!(parse("[1]").is_err());
    }
}
