//! A server's totals and top lists, however it tells them.

use promsieve_core::ingest::status::{self, TsdbStatus};
use serde::Deserialize;

use super::{Api, ServerArgs};

/// Mimir gives no longer lists.
const MIMIR_MOST: u32 = 500;
/// So many of the labels with most values are asked of Mimir with their values.
const MIMIR_LABELS: usize = 5;

/// What a server told.
#[derive(Debug)]
pub(crate) struct Told {
    /// What it calls itself, where it does.
    pub(crate) version: Option<String>,
    /// Its totals, one a tenant; none where it tells no totals, as Thanos Query.
    pub(crate) statuses: Vec<TsdbStatus>,
}

/// Asks a server for its totals.
///
/// # Errors
/// When it cannot be reached, or its answers make no sense.
pub(crate) fn ask(api: Api<'_>, args: &ServerArgs) -> anyhow::Result<Told> {
    let version = version(api)?;
    let list = args.list.to_string();
    // Prometheus and Thanos know `limit`, VictoriaMetrics the others; each passes over the rest.
    let mut parameters = vec![("limit", list.as_str()), ("topN", &list)];
    parameters.extend(args.focus_label.as_deref().map(|label| ("focusLabel", label)));
    parameters.extend(args.date.as_deref().map(|date| ("date", date)));
    let path = "/api/v1/status/tsdb";
    let refused = match api.try_text(path, &parameters)? {
        Ok(text) => {
            let statuses = status::parse(&text)
                .map_err(|error| anyhow::anyhow!("{}{path}: {error}", api.name()))?;
            return Ok(Told { version, statuses });
        }
        Err(refused) => refused,
    };
    // Who may not ask need not try elsewhere.
    if matches!(refused.status, 401 | 403) {
        return Err(api.refusal(path, &refused));
    }
    let statuses = mimir(api, args.list)?.into_iter().collect();
    Ok(Told { version, statuses })
}

/// The cardinality API of Mimir; `None` where there is none.
fn mimir(api: Api<'_>, list: u32) -> anyhow::Result<Option<TsdbStatus>> {
    let limit = list.min(MIMIR_MOST).to_string();
    let path = "/api/v1/cardinality/label_names";
    let Ok(names) = api.try_text(path, &[("limit", &limit)])? else { return Ok(None) };
    let largest = largest_labels(&names);
    let mut parameters = vec![("limit", limit.as_str()), ("label_names[]", "__name__")];
    parameters.extend(largest.iter().map(|label| ("label_names[]", label.as_str())));
    let values = api.text("/api/v1/cardinality/label_values", &parameters)?;
    let status = status::mimir(&names, &values)
        .map_err(|error| anyhow::anyhow!("{}: {error}", api.name()))?;
    Ok(Some(status))
}

/// The labels with most values in an answer of `label_names`, `__name__` left out.
fn largest_labels(names: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Names {
        cardinality: Vec<Name>,
    }
    #[derive(Deserialize)]
    struct Name {
        label_name: String,
    }
    let names: Option<Names> = serde_json::from_str(names).ok();
    let names = names.into_iter().flat_map(|names| names.cardinality).map(|it| it.label_name);
    names.filter(|name| name != "__name__").take(MIMIR_LABELS).collect()
}

/// What a server says it is. Who does not answer this may still tell its totals.
fn version(api: Api<'_>) -> anyhow::Result<Option<String>> {
    #[derive(Deserialize)]
    struct Build {
        version: String,
        #[serde(default)]
        application: String,
    }
    #[derive(Deserialize)]
    struct Answer {
        data: Build,
    }
    let text = api.try_text("/api/v1/status/buildinfo", &[])?.ok();
    let answer: Option<Answer> = text.and_then(|text| serde_json::from_str(&text).ok());
    let name = |Build { version, application }| format!("{application} {version}");
    Ok(answer.map(|answer| name(answer.data).trim().to_owned()))
}
