//! What Alloy refuses of a component's attributes and blocks (syntax/vm), and where its secrets
//! are.

use std::collections::BTreeMap;

use super::scalars;
use super::schema::{Field, Type};
use super::values::{self, Misfit};
use crate::config::model::Project;
use crate::config::report::{Report, near_miss, quoted};
use crate::doc::Node;
use crate::finding::Related;

/// Checks the body of a block that has these fields. What is missing is told at `key`.
pub(super) fn body(key: Node<'_>, body: Node<'_>, fields: &[&[Field]], report: &mut Report<'_>) {
    let mut seen: BTreeMap<&str, Node<'_>> = BTreeMap::new();
    for (key, value) in body.entries() {
        let name = key.text();
        let Some(field) = fields.iter().copied().flatten().find(|field| field.name == name) else {
            unrecognized(key, value, fields, report);
            continue;
        };
        if seen.contains_key(name) && !field.is_repeated() {
            let first = seen[name].location();
            let words = if value.is_block() {
                format!("block {} may only be specified once", quoted(name))
            } else {
                format!("attribute {} may only be provided once", quoted(name))
            };
            let related = Related { location: first, label: "first written here".to_owned() };
            report.refuse(key.location(), words).related.push(related);
        }
        seen.entry(name).or_insert(key);
        check_value(key, value, field, report);
    }
    for field in fields.iter().copied().flatten().filter(|field| field.required) {
        if !seen.contains_key(field.name) {
            let words = format!("missing required attribute {}", quoted(field.name));
            report.refuse(key.location(), words).remedy = Some(format!("write `{}`", field.name));
        }
    }
}

fn unrecognized(key: Node<'_>, value: Node<'_>, fields: &[&[Field]], report: &mut Report<'_>) {
    let what = if value.is_block() { "block" } else { "attribute" };
    let words = format!("unrecognized {what} name {}", quoted(key.text()));
    let names = fields.iter().copied().flatten().map(|field| field.name);
    let near = near_miss(key.text(), names);
    report.refuse(key.location(), words).remedy =
        near.map(|near| format!("did you mean `{near}`?"));
}

fn check_value(key: Node<'_>, value: Node<'_>, field: &Field, report: &mut Report<'_>) {
    let name = quoted(field.name);
    let is_block = matches!(field.kind, Type::Block(_) | Type::Blocks(_));
    if is_block != value.is_block() {
        let (words, remedy) = if is_block {
            let words = format!("{name} must be a block, but is used as an attribute");
            (words, format!("write `{} {{ … }}` without `=`", field.name))
        } else {
            let words = format!("{name} must be an attribute, but is used as a block");
            (words, format!("write `{} = …`", field.name))
        };
        report.refuse(key.location(), words).remedy = Some(remedy);
        return;
    }
    if let Type::Block(inner) | Type::Blocks(inner) = field.kind {
        if !inner.is_empty() {
            body(key, value, inner, report);
        }
        return;
    }
    if value.is_unknown() {
        return;
    }
    if let Err(Misfit(words)) = fits(value, field.kind) {
        let at = value.location();
        report.refuse(at, words).remedy =
            matches!(field.kind, Type::Duration).then(|| "write hours at most: `24h`".to_owned());
    }
}

fn fits(value: Node<'_>, kind: Type) -> Result<(), Misfit> {
    match kind {
        Type::Text => values::text(value).map(drop),
        Type::Texts => values::texts(value).map(drop),
        Type::List => values::list(value),
        Type::Object => values::object(value),
        Type::Number => values::unsigned(value).map(drop),
        Type::Bool => values::boolean(value).map(drop),
        Type::Duration => values::duration(value).map(drop),
        Type::Any | Type::Block(_) | Type::Blocks(_) => Ok(()),
    }
}

/// Attributes of any component that hold secrets.
const SECRETS: [&str; 16] = [
    "password",
    "bearer_token",
    "credentials",
    "client_secret",
    "secret_key",
    "access_key",
    "key_pem",
    "token",
    "api_key",
    "http_headers",
    "headers",
    "proxy_connect_header",
    "data_source_name",
    "data_source_names",
    "connection_string",
    "passphrase",
];

/// Notes where secrets are written, in whatever component they stand.
pub(super) fn hide_secrets(root: Node<'_>, project: &mut Project) {
    hide(root, false, project);
}

fn hide(node: Node<'_>, is_secret: bool, project: &mut Project) {
    for (key, value) in node.entries() {
        let is_secret = is_secret || SECRETS.contains(&key.text());
        if value.is_block() || value.is_mapping() {
            hide(value, is_secret && !value.is_block(), project);
            continue;
        }
        scalars(value, key.text(), &mut |key, scalar| {
            let has_userinfo = key.ends_with("url") && scalar.text().contains('@');
            if !scalar.is_unknown() && (is_secret || has_userinfo) {
                project.secrets.push(scalar.location());
            }
        });
    }
}
