//! Servers that know queries: their rules, and Grafana's dashboards, library panels and alerts.

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::Api;
use crate::input::http::{Access, encoded};
use crate::stderr::warn;

/// Dashboards or library panels asked for at once.
const PAGE: usize = 500;

/// Pages after which a server is taken to repeat itself.
const MOST_PAGES: usize = 1000;

/// The rules of a server, with the address of the answer.
///
/// # Errors
/// When it cannot be reached or refuses.
pub(crate) fn rules(base: &str, access: &Access) -> anyhow::Result<(String, String)> {
    let api = Api::new(base, access);
    let path = "/api/v1/rules";
    Ok((format!("{}{path}", api.name()), api.text(path, &[])?))
}

/// A dashboard that a search finds.
#[derive(Deserialize)]
struct Found {
    uid: String,
}

/// Grafana's dashboards, library panels and alerts, with the addresses of the answers. What the
/// token may not see is said, but for dashboards.
///
/// # Errors
/// When it cannot be reached or refuses.
pub(crate) fn grafana(base: &str, access: &Access) -> anyhow::Result<Vec<(String, String)>> {
    let api = Api::new(base, access);
    let mut texts = Vec::new();
    for uid in dashboards(&api)? {
        let path = format!("/api/dashboards/uid/{}", encoded(&uid));
        texts.push((format!("{}{path}", api.name()), api.text(&path, &[])?));
    }
    for page in 1..=MOST_PAGES {
        let (per_page, number) = (PAGE.to_string(), page.to_string());
        let parameters = [("perPage", per_page.as_str()), ("page", number.as_str())];
        let Some(text) = optional(&api, "/api/library-elements", &parameters)? else { break };
        let is_last = text.matches("\"model\"").count() < PAGE;
        texts.push((format!("{}/api/library-elements", api.name()), text));
        if is_last {
            break;
        }
    }
    let path = "/api/v1/provisioning/alert-rules";
    if let Some(text) = optional(&api, path, &[])? {
        texts.push((format!("{}{path}", api.name()), text));
    }
    Ok(texts)
}

fn dashboards(api: &Api<'_>) -> anyhow::Result<Vec<String>> {
    let mut uids: Vec<String> = Vec::new();
    for page in 1..=MOST_PAGES {
        let (limit, number) = (PAGE.to_string(), page.to_string());
        let parameters =
            [("type", "dash-db"), ("limit", limit.as_str()), ("page", number.as_str())];
        let text = api.text("/api/search", &parameters)?;
        let found: Vec<Found> = serde_json::from_str(&text)
            .with_context(|| format!("{}/api/search does not answer as Grafana", api.name()))?;
        let is_last = found.len() < PAGE;
        uids.extend(found.into_iter().map(|dashboard| dashboard.uid));
        if is_last {
            return Ok(uids);
        }
    }
    ensure!(false, "{}/api/search does not end", api.name());
    Ok(uids)
}

/// An answer, or a word that there is none.
fn optional(
    api: &Api<'_>,
    path: &str,
    parameters: &[(&str, &str)],
) -> anyhow::Result<Option<String>> {
    Ok(match api.try_text(path, parameters)? {
        Ok(text) => Some(text),
        Err(refused) => {
            warn(&format!("not counted: {:#}", api.refusal(path, &refused)));
            None
        }
    })
}
