//! The cardinality API of Mimir: `/api/v1/cardinality/label_names` and `…/label_values`.

use serde::Deserialize;

use super::{Entry, HeadStats, TsdbStatus};

/// An answer of `label_names`.
#[derive(Debug, Deserialize)]
struct LabelNames {
    label_values_count_total: u64,
    cardinality: Vec<LabelName>,
}

#[derive(Debug, Deserialize)]
struct LabelName {
    #[serde(rename = "label_name")]
    name: String,
    #[serde(rename = "label_values_count")]
    values: u64,
}

/// An answer of `label_values`.
#[derive(Debug, Deserialize)]
struct LabelValues {
    series_count_total: u64,
    labels: Vec<Label>,
}

#[derive(Debug, Deserialize)]
struct Label {
    #[serde(rename = "label_name")]
    name: String,
    series_count: u64,
    cardinality: Vec<LabelValue>,
}

#[derive(Debug, Deserialize)]
struct LabelValue {
    #[serde(rename = "label_value")]
    value: String,
    #[serde(rename = "series_count")]
    series: u64,
}

/// Totals and top lists from an answer of `label_names` and one of `label_values`, which was asked
/// for `__name__` and whatever other labels are of interest.
///
/// # Errors
/// What is wrong with an answer, in words for the user.
pub fn mimir(label_names: &str, label_values: &str) -> Result<TsdbStatus, String> {
    let names: LabelNames = read(label_names, "label_names")?;
    let values: LabelValues = read(label_values, "label_values")?;
    let mut status = TsdbStatus {
        head_stats: HeadStats {
            num_series: values.series_count_total,
            num_label_pairs: names.label_values_count_total,
            ..HeadStats::default()
        },
        label_value_count_by_label_name: names
            .cardinality
            .into_iter()
            .map(|label| Entry { name: label.name, value: label.values })
            .collect(),
        ..TsdbStatus::default()
    };
    for label in values.labels {
        let of_label = Entry { name: label.name.clone(), value: label.series_count };
        status.series_count_by_label_name.push(of_label);
        for LabelValue { value, series } in label.cardinality {
            let pair = format!("{}={value}", label.name);
            let pairs = &mut status.series_count_by_label_value_pair;
            pairs.push(Entry { name: pair, value: series });
            if label.name == crate::series::METRIC_NAME {
                let metric = Entry { name: value, value: series };
                status.series_count_by_metric_name.push(metric);
            }
        }
    }
    let pairs = &mut status.series_count_by_label_value_pair;
    pairs.sort_by(|a, b| b.value.cmp(&a.value).then_with(|| a.name.cmp(&b.name)));
    Ok(status)
}

fn read<'t, T: Deserialize<'t>>(text: &'t str, which: &str) -> Result<T, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("this is no answer of `/api/v1/cardinality/{which}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_answers_make_one_status() {
        let names = r#"{"label_values_count_total":7,"label_names_count":2,"cardinality":[
            {"label_name":"__name__","label_values_count":5},
            {"label_name":"job","label_values_count":2}]}"#;
        let values = r#"{"series_count_total":30,"labels":[
            {"label_name":"__name__","label_values_count":5,"series_count":30,"cardinality":[
                {"label_value":"up","series_count":9}]},
            {"label_name":"job","label_values_count":2,"series_count":28,"cardinality":[
                {"label_value":"a","series_count":20}]}]}"#;
        let status = mimir(names, values).unwrap();
        assert_eq!((status.head_stats.num_series, status.head_stats.num_label_pairs), (30, 7));
        assert_eq!(status.series_count_by_metric_name[0].name, "up");
        assert_eq!(status.series_count_by_label_value_pair[0].name, "job=a");
        assert!(mimir("{}", values).unwrap_err().contains("label_names"));
    }
}
