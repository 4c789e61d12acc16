//! How the targets of a job are asked: credentials and certificates as the configuration has them.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use promsieve_core::doc::Node;

use crate::input::http::{Client, ClientOptions, basic};

/// Settings that are not followed: without them a target would answer otherwise, or not at all.
const UNKNOWN: [&str; 5] =
    ["oauth2", "proxy_url", "proxy_from_environment", "sigv4", "http_headers"];

/// How the targets of a job are asked. Holds secrets, so it is not shown.
#[derive(Default)]
pub(super) struct Settings {
    /// The `Authorization` header.
    pub(super) authorization: Option<String>,
    /// Certificate authorities to trust, in PEM.
    pub(super) authority: Option<Vec<u8>>,
    /// The certificate and the key to show, in PEM.
    pub(super) certificate: Option<(Vec<u8>, Vec<u8>)>,
    pub(super) insecure_skip_verify: bool,
    pub(super) follow_redirects: bool,
    /// `params`, each with all its values.
    pub(super) params: Vec<(String, Vec<String>)>,
}

impl Settings {
    /// Reads the settings of a scrape config; files lie beside the configuration.
    ///
    /// # Errors
    /// A file that cannot be read, or a setting that is not followed.
    pub(super) fn read(job: Node<'_>, directory: &Path) -> anyhow::Result<Self> {
        if let Some(key) = UNKNOWN.into_iter().find(|key| job.get(key).is_some()) {
            bail!("`{key}` is not followed here: its targets are not scraped");
        }
        let tls = job.get("tls_config").map(Node::resolved);
        let pem = |name: &str| secret(tls, name, directory);
        let certificate = match (pem("cert")?, pem("key")?) {
            (Some(certificate), Some(key)) => Some((certificate.into_bytes(), key.into_bytes())),
            _ => None,
        };
        let params = job.get("params").map(Node::fields).unwrap_or_default();
        let texts = |node: Node<'_>| -> Vec<String> {
            node.items().map(|it| it.resolved().text().to_owned()).collect()
        };
        Ok(Self {
            authorization: authorization(job, directory)?,
            authority: pem("ca")?.map(String::into_bytes),
            certificate,
            insecure_skip_verify: flag(tls, "insecure_skip_verify", false),
            follow_redirects: flag(Some(job), "follow_redirects", true),
            params: params
                .iter()
                .map(|field| (field.key.resolved().text().to_owned(), texts(field.value)))
                .collect(),
        })
    }

    /// A client that asks so, and gives up after `timeout`.
    ///
    /// # Errors
    /// When a certificate or key is none.
    pub(super) fn client(&self, timeout: Duration) -> anyhow::Result<Client> {
        Client::new(&ClientOptions {
            authorization: self.authorization.clone(),
            authority: self.authority.clone(),
            certificate: self.certificate.clone(),
            insecure_skip_verify: self.insecure_skip_verify,
            timeout,
            timeout_setting: "scrape_timeout",
            follow_redirects: self.follow_redirects,
        })
    }
}

fn authorization(job: Node<'_>, directory: &Path) -> anyhow::Result<Option<String>> {
    if let Some(user) = job.get("basic_auth").map(Node::resolved) {
        let name = secret(Some(user), "username", directory)?.unwrap_or_default();
        let password = secret(Some(user), "password", directory)?.unwrap_or_default();
        return Ok(Some(basic(&format!("{name}:{password}"))));
    }
    if let Some(own) = job.get("authorization").map(Node::resolved) {
        let kind = own.get("type").map_or("Bearer", Node::text);
        let credentials = secret(Some(own), "credentials", directory)?.unwrap_or_default();
        return Ok(Some(format!("{kind} {credentials}")));
    }
    let token = secret(Some(job), "bearer_token", directory)?;
    Ok(token.map(|token| format!("Bearer {token}")))
}

/// A value that stands under `key`, or in the file that `key_file` names.
fn secret(node: Option<Node<'_>>, key: &str, directory: &Path) -> anyhow::Result<Option<String>> {
    let text = |key: &str| node.and_then(|node| node.get(key)).map(|it| it.text().to_owned());
    if let Some(value) = text(key) {
        return Ok(Some(value));
    }
    let Some(file) = text(&format!("{key}_file")) else { return Ok(None) };
    let path = directory.join(file);
    let value = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read `{}`, which `{key}_file` names", path.display()))?;
    Ok(Some(value.trim().to_owned()))
}

fn flag(node: Option<Node<'_>>, key: &str, default: bool) -> bool {
    let word = node.and_then(|node| node.get(key)).map(Node::text);
    word.map_or(default, |word| matches!(word, "true" | "True" | "TRUE" | "yes" | "on"))
}
