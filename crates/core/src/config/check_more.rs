//! Checks of types that no table can say: HTTP headers, Kubernetes selectors.

use super::check::{Walk, at, is_set};
use super::report::{Report, quoted};
use crate::doc::Node;

/// Headers that Prometheus sets itself (prometheus/common config/headers.go).
const RESERVED: [&str; 18] = [
    "authorization",
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-prometheus-scrape-timeout-seconds",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
];

impl Walk<'_, '_> {
    /// What `HTTPClientConfig.Validate` refuses beyond clashes.
    pub(super) fn check_http_client(&mut self, node: Node<'_>) {
        if let Some(kind) = at(node, "authorization.type")
            && kind.text().trim().eq_ignore_ascii_case("basic")
        {
            let message =
                "authorization type cannot be set to \"basic\", use \"basic_auth\" instead";
            self.report.refuse(kind.location(), message);
        }
        let secret = |field| at(node, field).filter(|value| is_set(*value));
        // prometheus/common#547: since 0.47, which Prometheus 2.51 is the first to be built with.
        if let Some(oauth2) = node.get("oauth2").filter(|it| it.is_mapping())
            && !self.server.at_least(2, 51)
            && secret("oauth2.client_secret").or(secret("oauth2.client_secret_file")).is_none()
        {
            let message = "either oauth2 client_secret or client_secret_file must be configured";
            self.report.refuse(oauth2.location(), message);
        }
        let Some(headers) = node.get("http_headers") else { return };
        for field in headers.fields() {
            let name = field.key.resolved().text();
            if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
                let message = format!("setting header {} is not allowed", quoted(name));
                self.report.refuse(field.key.location(), message);
            }
        }
    }

    /// What `TLSConfig.Validate` refuses beyond clashes, since fields may hold what files do: a client's
    /// certificate without its key, or the key alone.
    pub(super) fn check_tls(&mut self, node: Node<'_>) {
        if self.schema.get("common.TLSConfig").is_none_or(|tls| !tls.fields.contains_key("cert")) {
            return;
        }
        let set = |name: &str| {
            let fields = [name.to_owned(), format!("{name}_file"), format!("{name}_ref")];
            fields.iter().find_map(|field| node.get(field).filter(|value| is_set(*value)))
        };
        let (missing, of, there) = match (set("cert"), set("key")) {
            (Some(cert), None) => ("key", "certificate", cert),
            (None, Some(key)) => ("cert", "key", key),
            _ => return,
        };
        let message = format!(
            "exactly one of {missing} or {missing}_file must be configured when a client {of} is \
             configured"
        );
        self.report.refuse(there.location(), message);
    }

    /// What the Kubernetes service discovery refuses beyond clashes.
    pub(super) fn check_kubernetes(&mut self, node: Node<'_>) {
        let set = |field: &str| node.get(field).filter(|value| is_set(*value));
        let custom =
            node.fields().into_iter().find(|field| is_custom_client(field.key, field.value));
        if let Some(field) = custom {
            if set("kubeconfig_file").is_some() {
                let message =
                    "cannot use a custom HTTP client configuration together with 'kubeconfig_file'";
                self.report.refuse(field.key.location(), message);
            } else if set("api_server").is_none() {
                let message = "to use custom HTTP client configuration please provide the \
                               'api_server' URL explicitly";
                self.report.refuse(field.key.location(), message);
            }
        }
        let role = set("role").map_or("", Node::text);
        let Some(selectors) = node.get("selectors") else { return };
        let mut seen = Vec::new();
        for selector in selectors.items() {
            self.check_selector(selector, role, &mut seen);
        }
    }

    fn check_selector<'d>(&mut self, selector: Node<'d>, role: &str, seen: &mut Vec<&'d str>) {
        let own = selector.get("role").map_or("", Node::text);
        let allowed: &[&str] = match role {
            "pod" => &["pod"],
            "service" => &["service"],
            "endpointslice" => &["pod", "service", "endpointslice"],
            "endpoints" => &["pod", "service", "endpoints"],
            "node" => &["node"],
            "ingress" => &["ingress"],
            _ => return,
        };
        if seen.contains(&own) {
            let message = format!("duplicated selector role: {own}");
            self.report.refuse(selector.location(), message);
        } else if !allowed.contains(&own) {
            let message = format!("{role} role supports only {} selectors", allowed.join(", "));
            self.report.refuse(selector.location(), message);
        }
        seen.push(own);
    }
}

/// What `remote_write`, `remote_read` and `tracing` refuse in `headers` (config/config.go).
pub(super) fn check_headers(section: Node<'_>, report: &mut Report<'_>) {
    let Some(headers) = section.get("headers") else { return };
    for field in headers.fields() {
        let name = field.key.resolved().text();
        let lower = name.to_ascii_lowercase();
        let message = if lower == "authorization" {
            "authorization header must be changed via the basic_auth, authorization, oauth2, \
             sigv4, azuread or google_iam parameter"
                .to_owned()
        } else if RESERVED[1..].contains(&lower.as_str()) && lower != RESERVED[14] {
            format!("{name} is a reserved header. It must not be changed")
        } else {
            continue;
        };
        report.refuse(field.key.location(), message);
    }
}

/// What `otlp` refuses (config/config.go): a resource attribute twice or empty.
pub(super) fn check_otlp(otlp: Node<'_>, report: &mut Report<'_>) {
    let all = otlp.get("promote_all_resource_attributes").is_some_and(is_set);
    let ignored = otlp.get("ignore_resource_attributes").filter(|list| list.items().len() > 0);
    if let Some(ignored) = ignored.filter(|_| !all) {
        let message = "'ignore_resource_attributes' cannot be configured unless \
                       'promote_all_resource_attributes' is true";
        report.refuse(ignored.location(), message);
    }
    for key in ["promote_resource_attributes", "ignore_resource_attributes"] {
        let mut seen: Vec<&str> = Vec::new();
        for item in otlp.get(key).into_iter().flat_map(Node::items) {
            let name = item.resolved().text().trim();
            let verb = key.split('_').next().unwrap_or(key);
            let wrong = if name.is_empty() { "empty" } else { "duplicated" };
            if name.is_empty() || seen.contains(&name) {
                let message = format!(
                    "invalid '{key}': {wrong} {verb}d OTel resource attribute {}",
                    quoted(name)
                );
                report.refuse(item.location(), message);
            }
            seen.push(name);
        }
    }
}

/// Whether the field makes the HTTP client another than the default one.
fn is_custom_client(key: Node<'_>, value: Node<'_>) -> bool {
    let value = value.resolved();
    match key.resolved().text() {
        "basic_auth"
        | "authorization"
        | "oauth2"
        | "bearer_token"
        | "bearer_token_file"
        | "proxy_url"
        | "no_proxy"
        | "proxy_from_environment"
        | "proxy_connect_header"
        | "http_headers" => is_set(value),
        "tls_config" => value.fields().iter().any(|field| is_set(field.value.resolved())),
        // Both are on by default.
        "follow_redirects" | "enable_http2" => !matches!(value.text(), "true" | "yes" | "on"),
        _ => false,
    }
}
