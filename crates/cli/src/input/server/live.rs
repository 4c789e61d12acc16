//! What a running server says of itself and of its series now.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Api;

/// Labels of a series or of an alert.
pub(crate) type Labels = BTreeMap<String, String>;

/// What a query counts now, by the labels of its results.
///
/// # Errors
/// When the server cannot be reached, or refuses the query.
pub(crate) fn counts(api: Api<'_>, query: &str) -> anyhow::Result<Vec<(Labels, u64)>> {
    #[derive(Deserialize)]
    struct Vector {
        result: Vec<Sample>,
    }
    #[derive(Deserialize)]
    struct Sample {
        metric: Labels,
        value: (f64, String),
    }
    let Vector { result } = api.data("/api/v1/query", &[("query", query)])?;
    let count = |it: Sample| Some((it.metric, it.value.1.parse().ok()?));
    Ok(result.into_iter().filter_map(count).collect())
}

/// The labels of all alerts that fire, sorted.
///
/// # Errors
/// When the server cannot be reached, or has no such API.
pub(crate) fn firing(api: Api<'_>) -> anyhow::Result<Vec<Labels>> {
    #[derive(Deserialize)]
    struct Alerts {
        alerts: Vec<Alert>,
    }
    #[derive(Deserialize)]
    struct Alert {
        labels: Labels,
        state: String,
    }
    let Alerts { alerts } = api.data("/api/v1/alerts", &[])?;
    let firing = alerts.into_iter().filter(|alert| alert.state == "firing");
    let mut labels: Vec<Labels> = firing.map(|alert| alert.labels).collect();
    labels.sort();
    Ok(labels)
}

/// The server's own metrics, series of one name added up.
///
/// # Errors
/// When the server cannot be reached, or shows none.
pub(crate) fn own_metrics(api: Api<'_>) -> anyhow::Result<BTreeMap<String, f64>> {
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for line in api.text("/metrics", &[])?.lines().filter(|line| !line.starts_with('#')) {
        // Servers show their own metrics without timestamps: what comes last is the value.
        let Some((series, value)) = line.rsplit_once(' ') else { continue };
        let name = series.split('{').next().unwrap_or(series);
        if let Ok(value) = value.parse::<f64>() {
            *sums.entry(name.to_owned()).or_default() += value;
        }
    }
    Ok(sums)
}
