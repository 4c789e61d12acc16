//! Walks a tree along the field tables: unknown, duplicate and wrongly typed fields, and what a
//! type's own code refuses.

use super::chain::misfits;
use super::keys::check_duplicates;
use super::report::{Report, near_miss, quoted};
use super::schema::{self, Check, Keys, Schema, Struct, Type};
use super::{url, values};
use crate::doc::{Field, Node};
use crate::server::{NameScheme, Server};
use crate::text::{Location, Span};

/// What the walk needs and fills.
pub(super) struct Walk<'a, 's> {
    pub(super) schema: &'a Schema,
    pub(super) report: &'a mut Report<'s>,
    pub(super) secrets: &'a mut Vec<Location>,
    /// What a label name in `labels` is held to.
    pub(super) names: NameScheme,
    /// Whose configuration it is.
    pub(super) server: Server,
}

/// String fields that hold secrets though some releases do not type them so, and names of
/// headers and parameters that do.
const SECRET_NAMES: [&str; 12] = [
    "password",
    "client_secret",
    "secret_key",
    "private_key",
    "service_account_key",
    "application_key",
    "token",
    "api_key",
    "apikey",
    "access_token",
    "authorization",
    "x-api-key",
];

impl Walk<'_, '_> {
    /// Checks `node` as a struct of type `name`, whose Go name in messages is `go_type`.
    pub(super) fn check_struct(&mut self, node: Node<'_>, name: &'static str) {
        let schema = self.schema;
        let Some(found) = schema.get(name) else { return };
        if !node.is_mapping() {
            let misfit = values::cannot_unmarshal(node, &go_type(name));
            misfits(misfit, node, "this takes a mapping", self.report);
            return;
        }
        check_duplicates(node, || go_type(name), self.report);
        let fields = node.fields();
        for field in &fields {
            self.check_field(field, found, name);
        }
        let written: Keys = fields.iter().map(|field| field.key.resolved().text()).collect();
        for (check, keys) in &found.checks {
            if keys.meet(written) {
                self.apply(check, node);
            }
        }
        if found.is_http_client {
            self.check_http_client(node);
        }
        if name == "common.TLSConfig" {
            self.check_tls(node);
        }
        if name == "kubernetes.SDConfig" {
            self.check_kubernetes(node);
        }
    }

    fn check_field(&mut self, field: &Field<'_>, found: &Struct, name: &'static str) {
        let key = field.key.resolved().text();
        let Some(expected) = found.fields.get(key) else {
            let words = format!("field {key} not found in type {}", go_type(name));
            let shown = format!("`{key}` is not known here");
            let finding = self.report.type_error(field.key, shown, &words);
            finding.remedy = schema::other_release(name, key).or_else(|| {
                let mut known: Vec<_> = found.fields.keys().copied().collect();
                known.sort_unstable();
                near_miss(key, known.into_iter()).map(|near| format!("did you mean `{near}`?"))
            });
            return;
        };
        self.check_value(field.value, expected, key);
    }

    fn check_value(&mut self, node: Node<'_>, expected: &Type, key: &str) {
        if node.is_null() || node.is_unknown() {
            return;
        }
        let fits = match expected {
            Type::Any => Ok(()),
            Type::Bool => values::boolean(node).map(drop),
            Type::Int(go_type) => values::signed(node, go_type).map(drop),
            Type::Uint(go_type) => values::unsigned(node, go_type).map(drop),
            Type::Float => values::float(node).map(drop),
            Type::String | Type::Secret => self.check_string(node, expected, key),
            Type::Duration | Type::Size | Type::Url | Type::Enum(_) => {
                self.check_text(node, expected)
            }
            Type::Labels => return self.check_labels(node),
            Type::Struct(name) => return self.check_struct(node, name),
            Type::List(item) => return self.check_list(node, item, key),
            Type::Map(value) => return self.check_map(node, value),
            // Steps are read by their chain.
            Type::Step => return,
        };
        if let Err(misfit) = fits {
            misfits(misfit, node, &format!("`{key}` does not take this value"), self.report);
        }
    }

    fn check_string(
        &mut self,
        node: Node<'_>,
        expected: &Type,
        key: &str,
    ) -> Result<(), values::Misfit> {
        let text = values::text(node, "string")?.unwrap_or_default();
        let is_url = key.ends_with("url") || matches!(key, "server" | "endpoint" | "host");
        if *expected == Type::Secret || is_secret_name(key) {
            self.hide(node);
        } else if is_url {
            self.hide_userinfo(node, &text);
        }
        Ok(())
    }

    /// Texts with a reader of their own, which a bug of yaml.v2 skips for `null` and `~`.
    fn check_text(&mut self, node: Node<'_>, expected: &Type) -> Result<(), values::Misfit> {
        if node.skips_unmarshaler() {
            return Ok(());
        }
        let text = values::text(node, "string")?.unwrap_or_default();
        let refused = match expected {
            Type::Duration => values::duration(&text).err(),
            Type::Size => values::size(&text).err(),
            Type::Url => {
                self.hide_userinfo(node, &text);
                url::parse(&text).err()
            }
            Type::Enum(name) => {
                schema::enumeration(name).and_then(|known| self.not_in(known, &text))
            }
            _ => None,
        };
        refused.map_or(Ok(()), |words| Err(values::Misfit::Value(words)))
    }

    fn not_in(&self, known: &schema::Enum, text: &str) -> Option<String> {
        let before_3 = known.values_2.as_ref().filter(|_| !self.server.at_least(3, 0));
        let values = before_3.unwrap_or(&known.values);
        let message = || {
            let shown = known.message.replace("{values}", &values.join(" "));
            fill(&shown, text)
        };
        (!values.iter().any(|value| value == text)).then(message)
    }

    /// Checks a list of `item`, the value of `key`.
    pub(super) fn check_list(&mut self, node: Node<'_>, item: &Type, key: &str) {
        if *item == Type::Step {
            return;
        }
        if !node.is_sequence() {
            let go_type = format!("[]{}", go_type_of(item));
            let misfit = values::cannot_unmarshal(node, &go_type);
            let finding = misfits(misfit, node, &format!("`{key}` takes a list"), self.report);
            finding.remedy = Some("write each item on a line of its own, after `- `".to_owned());
            return;
        }
        for value in node.items() {
            match null_item(key) {
                Some(message) if value.is_null() => {
                    self.report.refuse(value.location(), message.replace("{}", key));
                }
                _ => self.check_value(value, item, key),
            }
        }
    }

    fn check_map(&mut self, node: Node<'_>, value: &Type) {
        if !node.is_mapping() {
            let go_type = format!("map[string]{}", go_type_of(value));
            let misfit = values::cannot_unmarshal(node, &go_type);
            misfits(misfit, node, "this takes a mapping", self.report);
            return;
        }
        check_duplicates(node, || format!("map[string]{}", go_type_of(value)), self.report);
        for field in node.fields() {
            let key = field.key.resolved().text().to_ascii_lowercase();
            self.check_value(field.value, value, &key);
            if is_secret_name(&key) {
                field.value.items().for_each(|item| self.hide(item));
            }
        }
    }

    fn check_labels(&mut self, node: Node<'_>) {
        self.check_map(node, &Type::String);
        for field in node.fields() {
            let key = field.key.resolved();
            if !self.names.is_label_name(key.text()) {
                let message = format!("{} is not a valid label name", quoted(key.text()));
                self.report.refuse(key.location(), message);
            }
        }
    }

    fn hide(&mut self, node: Node<'_>) {
        let node = node.resolved();
        if node.is_scalar() && !node.is_missing() {
            self.secrets.push(node.location());
        }
    }

    fn hide_userinfo(&mut self, node: Node<'_>, text: &str) {
        let node = node.resolved();
        let source = self.report.source.text();
        let userinfo = url::parse(text).ok().and_then(|url| url.userinfo).filter(|u| !u.is_empty());
        let Some(userinfo) = userinfo else { return };
        let found = source.get(node.span().range()).and_then(|raw| raw.find(userinfo));
        let mut location = node.location();
        if let Some(at) = found {
            let start = location.span.start as usize + at;
            location.span = Span::new(start, start + userinfo.len());
        }
        self.secrets.push(location);
    }

    fn apply(&mut self, check: &Check, node: Node<'_>) {
        let applies = check.when.iter().all(|(field, value)| {
            let text = text_at(node, field);
            let default = match field.as_str() {
                "authentication_method" => "OAuth",
                _ => "",
            };
            text.as_deref().unwrap_or(default).eq_ignore_ascii_case(value)
        });
        if !applies {
            return;
        }
        if let Some(at) = violation(check, node) {
            let text = if at.is_scalar() { values::choice(at.resolved()) } else { "" };
            let message = fill(&check.message, text);
            self.report.refuse(at.location(), message);
        }
        if let Some(field) = &check.url {
            self.check_url(check, node, field);
        }
    }

    fn check_url(&mut self, check: &Check, node: Node<'_>, field: &str) {
        let Some(value) = at(node, field).filter(|value| is_set(*value)) else { return };
        let message = match (url::parse(value.text()), &check.schemes) {
            (Err(words), _) => words,
            (Ok(_), None) => return,
            (Ok(url), Some(schemes)) => {
                let known = schemes.is_empty() && !url.scheme.is_empty()
                    || schemes.iter().any(|scheme| scheme.eq_ignore_ascii_case(url.scheme));
                match (known, url.host.is_empty()) {
                    (true, false) => return,
                    (true, true) => check.host_message.as_ref().unwrap_or(&check.message).clone(),
                    (false, _) => check.message.clone(),
                }
            }
        };
        let message = fill(&message, value.text());
        self.report.refuse(value.location(), message);
    }
}

/// What the server says of a null item of the list `key`.
fn null_item(key: &str) -> Option<&'static str> {
    match key {
        "scrape_configs" => Some("empty or null scrape config section"),
        "remote_write" => Some("empty or null remote write config section"),
        "remote_read" => Some("empty or null remote read config section"),
        _ if key == "static_configs" || key.ends_with("_sd_configs") => {
            Some("empty or null section in {}")
        }
        _ => None,
    }
}

/// Where `check` is violated, if it is.
fn violation<'d>(check: &Check, node: Node<'d>) -> Option<Node<'d>> {
    let set = |field: &String| at(node, field).filter(|value| is_set(*value));
    let any = |group: &Vec<String>| group.iter().find_map(set);
    if let Some(field) = &check.required {
        // `oauth2.client_id` is required only where there is an `oauth2`.
        let holder = field.rsplit_once('.').map_or(Some(node), |(outer, _)| at(node, outer))?;
        let written = at(node, field).is_some();
        let stands_in =
            !written && check.default.is_some() || check.or.iter().any(|f| set(f).is_some());
        let missing = !stands_in && set(field).is_none() && holder.is_mapping();
        return missing.then(|| at(node, field).unwrap_or(holder));
    }
    if let Some(field) = &check.one_of {
        let value = at(node, field);
        let text = value.map_or(check.default.as_deref().unwrap_or(""), values::choice);
        let fits =
            |known: &String| known == text || check.any_case && known.eq_ignore_ascii_case(text);
        return (!check.values.iter().any(fits)).then(|| value.unwrap_or(node));
    }
    if let Some(field) = &check.starts {
        return at(node, field)?
            .items()
            .find(|item| !item.resolved().text().starts_with(&check.prefix));
    }
    if let Some(field) = &check.ends {
        let ends = |item: &Node<'_>| {
            let text = item.resolved().text();
            let last = text.rsplit('/').next().unwrap_or(text);
            let stars = text.matches('*').count();
            check.suffixes.iter().any(|suffix| text.ends_with(suffix.as_str()))
                && (stars == 0 || stars == 1 && last.contains('*'))
        };
        return at(node, field)?.items().find(|item| !ends(item));
    }
    if let [from, to] = &check.needs[..] {
        return any(from).filter(|_| any(to).is_none());
    }
    let mut groups = check.clash.iter().filter_map(any);
    groups.next().and(groups.next())
}

/// The value of a dotted path of fields.
pub(super) fn at<'d>(node: Node<'d>, path: &str) -> Option<Node<'d>> {
    path.split('.').try_fold(node, Node::get)
}

/// Whether a value is neither null nor its type's zero.
pub(super) fn is_set(node: Node<'_>) -> bool {
    if node.is_scalar() {
        return !node.is_null() && !matches!(node.text(), "" | "false" | "0");
    }
    node.is_mapping() || node.items().len() > 0
}

fn text_at(node: Node<'_>, field: &str) -> Option<String> {
    at(node, field).map(|value| values::choice(value).to_owned())
}

fn is_secret_name(key: &str) -> bool {
    SECRET_NAMES.contains(&key)
}

fn fill(message: &str, text: &str) -> String {
    message.replace("{q}", &quoted(text)).replace("{}", text)
}

/// The name that yaml.v2 prints: a struct with a reader of its own hides behind `plain`.
fn go_type(name: &str) -> String {
    match name {
        "config.ScrapeConfig"
        | "config.ScrapeConfigs"
        | "config.AlertmanagerConfig"
        | "config.ExemplarsConfig"
        | "config.MetadataConfig"
        | "config.QueueConfig"
        | "config.RuntimeConfig"
        | "config.StorageConfig" => name.into(),
        "common.Authorization" => "config.Authorization".into(),
        name if name.starts_with("rulefmt.") => name.into(),
        "targetgroup.Group" => {
            r#"struct { Targets []string "yaml:\"targets\""; Labels model.LabelSet "yaml:\"labels\"" }"#
                .into()
        }
        _ => {
            let package = name.split('.').next().unwrap_or(name);
            format!("{}.plain", if package == "common" { "config" } else { package })
        }
    }
}

fn go_type_of(value: &Type) -> String {
    match value {
        Type::Struct(name) => {
            let name = name
                .strip_prefix("common.")
                .map_or_else(|| (*name).to_owned(), |n| format!("config.{n}"));
            format!("*{name}")
        }
        Type::List(item) => format!("[]{}", go_type_of(item)),
        _ => "string".to_owned(),
    }
}
