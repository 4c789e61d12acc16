//! The series API: `/api/v1/series`, label sets as a server lists them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::series::{METRIC_NAME, TableBuilder};

/// An answer of the series API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct SeriesPage {
    /// The labels of each series, the metric's name among them.
    #[serde(rename = "data")]
    pub series: Vec<BTreeMap<String, String>>,
    /// What the server says besides.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Reads an answer.
///
/// # Errors
/// What is wrong with the JSON, in words for the user.
pub fn series(text: &str) -> Result<SeriesPage, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl SeriesPage {
    /// Whether the server says that there are more series than it lists.
    pub fn is_cut(&self) -> bool {
        self.warnings.iter().any(|warning| warning.contains("truncated"))
    }

    /// Adds every series.
    pub fn add_to(&self, builder: &mut TableBuilder) {
        for labels in &self.series {
            let metric = labels.get(METRIC_NAME).map_or("", String::as_str);
            let others = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
            let others: Vec<(&str, &str)> = others.map(|(n, v)| (n.as_str(), v.as_str())).collect();
            builder.row(metric, &others, 0);
        }
    }
}
