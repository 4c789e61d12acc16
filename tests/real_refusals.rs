//! Every field of Prometheus's configuration with values of every kind, unknown and doubled fields in
//! every place: what promtool refuses is refused here in its own words, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use promsieve_core::config;
use promsieve_core::server::Server;
use promsieve_core::text::{FileId, SourceText};
use promsieve_lab::real::{program, refusals_by};
use serde_json::Value;

use crate::corpus_config::LEFT_OUT;

/// One value of each kind that a field may take or refuse.
const VALUES: [&str; 14] = [
    "3",
    "-1",
    "1.5",
    "true",
    "null",
    "''",
    "x",
    "1m",
    "1x",
    "64KB",
    "'http://a'",
    "[x]",
    "{a: 1}",
    "[{a: 1}]",
];

/// Fields that a struct is worth nothing without; others are told by the table's checks.
const GIVEN: [(&str, &str); 6] = [
    ("config.ScrapeConfig", "job_name: a"),
    ("config.RemoteWriteConfig", "url: 'http://a'"),
    ("config.RemoteReadConfig", "url: 'http://a'"),
    ("http.SDConfig", "url: 'http://a'"),
    ("file.SDConfig", "files: [a.json]"),
    ("kubernetes.SDConfig", "role: pod"),
];

/// A struct of the configuration and how one comes to it from the top.
#[derive(Clone)]
struct Place {
    /// Keys, each with whether its value is a list.
    path: Vec<(String, bool)>,
    /// What stands beside them, of each struct on the way.
    beside: Vec<Option<&'static str>>,
}

impl Place {
    /// A configuration with these lines in the struct. Those of the way stand before it.
    fn config(&self, lines: &[String]) -> String {
        let mut out = String::new();
        let mut indent = String::new();
        for ((key, is_list), beside) in self.path.iter().zip(&self.beside) {
            if let Some(beside) = beside {
                writeln!(out, "{indent}{beside}").unwrap();
            }
            writeln!(out, "{indent}{key}:").unwrap();
            indent.push_str("  ");
            if *is_list {
                // The first line of an item that holds nothing but its comment.
                writeln!(out, "{indent}-").unwrap();
                indent.push_str("  ");
            }
        }
        for line in lines.iter().map(String::as_str).chain(self.beside[self.path.len()]) {
            writeln!(out, "{indent}{line}").unwrap();
        }
        out
    }
}

/// The release with which prometheus/common got the fields that Debian's builds of both versions have,
/// as they are built with a newer one than the official.
const NEWER_COMMON: &str = " 3.8..";

/// The structs that the table knows, each with its fields and their types.
fn types() -> BTreeMap<String, BTreeMap<String, String>> {
    let table: Value = serde_json::from_str(promsieve_rules::schema::PROMETHEUS).unwrap();
    let of = |name: &str, fields: &Value| {
        let is_newer = |kinds: &Value| {
            name.starts_with("common.")
                && kinds.as_str().is_some_and(|it| it.ends_with(NEWER_COMMON))
        };
        let known = fields.as_object().unwrap().iter().filter(|(_, kinds)| !is_newer(kinds));
        let fields = known.map(|(name, kinds)| {
            let first = if kinds.is_array() { &kinds[0] } else { kinds };
            let kind = first.as_str().unwrap().split(' ').next().unwrap();
            (name.clone(), kind.to_owned())
        });
        fields.collect()
    };
    let types = table["types"].as_object().unwrap();
    types.iter().map(|(name, fields)| (name.clone(), of(name, fields))).collect()
}

/// The fields of a struct, those that it takes from another among them.
fn fields<'t>(
    types: &'t BTreeMap<String, BTreeMap<String, String>>,
    name: &str,
) -> BTreeMap<&'t str, &'t str> {
    let mut found = BTreeMap::new();
    for (field, kind) in types.get(name).into_iter().flatten() {
        if field == "inline" {
            found.extend(fields(types, kind));
        } else {
            found.insert(field.as_str(), kind.as_str());
        }
    }
    found
}

/// Every struct that can be come to, once.
fn places(types: &BTreeMap<String, BTreeMap<String, String>>) -> Vec<(String, Place)> {
    let given = |name: &str| GIVEN.iter().find(|(known, _)| *known == name).map(|(_, it)| *it);
    let top = Place { path: Vec::new(), beside: vec![None] };
    let mut queue = vec![("config.Config".to_owned(), top)];
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut at = 0;
    while at < queue.len() {
        let (name, place) = queue[at].clone();
        at += 1;
        for (field, kind) in fields(types, &name) {
            let inner = kind.trim_start_matches('[').trim_end_matches(']');
            let is_struct = types.contains_key(inner) && !LEFT_OUT.contains(&field);
            if is_struct && seen.insert(inner.to_owned()) {
                let mut place = place.clone();
                place.path.push((field.to_owned(), kind.starts_with('[')));
                place.beside.push(given(inner));
                queue.push((inner.to_owned(), place));
            }
        }
    }
    queue
}

/// Every two ways of showing who one is, in structs that have several.
fn credentials(
    types: &BTreeMap<String, BTreeMap<String, String>>,
    name: &str,
) -> impl Iterator<Item = Vec<String>> {
    const WAYS: [(&str, &str); 6] = [
        ("authorization", "{credentials: a}"),
        ("basic_auth", "{username: a, password: a}"),
        ("bearer_token", "a"),
        ("bearer_token_file", "a"),
        ("oauth2", "{client_id: a, token_url: 'http://a'}"),
        ("sigv4", "{region: a}"),
    ];
    const KEYS: [&str; 8] =
        ["cert: a", "cert_file: a", "key: a", "key_file: a", "ca: a", "ca_file: a", "key: ''", ""];
    let known = fields(types, name);
    let known =
        WAYS.map(|(field, value)| known.contains_key(field).then(|| format!("{field}: {value}")));
    let mut known: Vec<String> = known.into_iter().flatten().collect();
    if name == "common.TLSConfig" {
        known.extend(KEYS.map(str::to_owned));
    }
    (0..known.len()).flat_map(move |one| {
        let known = known.clone();
        (one + 1..known.len()).map(move |other| vec![known[one].clone(), known[other].clone()])
    })
}

/// Configurations with one thing that may be wrong.
fn configs() -> Vec<String> {
    let types = types();
    let mut configs = Vec::new();
    for (name, place) in places(&types) {
        configs.push(place.config(&["no_such_field: 1".to_owned()]));
        for (field, _) in fields(&types, &name) {
            if LEFT_OUT.contains(&field) {
                continue;
            }
            let values = VALUES.iter().map(|value| vec![format!("{field}: {value}")]);
            configs.extend(values.map(|lines| place.config(&lines)));
            configs.push(place.config(&[format!("{field}: null"), format!("{field}: null")]));
        }
        configs.extend(credentials(&types, &name).map(|lines| place.config(&lines)));
    }
    configs
}

/// What we say is refused, in the server's words.
fn ours(text: &str, server: Server) -> Vec<String> {
    let source = SourceText::new("prometheus.yml", text);
    let (_, findings) = config::parse(FileId::default(), &source, server);
    findings.iter().filter_map(|finding| finding.evidence.text()).map(str::to_owned).collect()
}

/// Words as they are compared: without the names of Go's types, which change from release to release
/// as the same fields are read, and with the older words for durations and sizes, which are another
/// library's: Debian builds with a newer one than the official releases of these versions.
fn meaning(words: &str) -> String {
    let mut out = words.trim().to_owned();
    for before in [" into ", " in type "] {
        if let Some(at) = out.rfind(before) {
            out.truncate(at);
        }
    }
    if let Some((_, duration)) = out.split_once(" in duration ").filter(|it| !it.0.contains('\n')) {
        out = format!("not a valid duration string: {duration}");
    }
    // Debian's builds lack clouds of which the official ones speak.
    let out = out.split(". Currently configured").next().unwrap_or_default();
    let out = out.replace(", & sigv4", " or sigv4").replace(", or sigv4", " or sigv4");
    let out = out.replace(", sigv4, azuread or google_iam", " or sigv4");
    out.replace("units: unknown unit  in", "units: missing unit in")
}

/// Whether each thing that promtool says is among what we say.
fn says_all(ours: &[String], theirs: &str) -> bool {
    let ours: Vec<String> = ours.iter().map(|words| meaning(words)).collect();
    let has = |words: &str| ours.iter().any(|it| it.contains(&meaning(words)));
    match theirs.strip_prefix("yaml: unmarshal errors:") {
        Some(lines) => lines.lines().filter(|line| !line.trim().is_empty()).all(has),
        None => has(theirs),
    }
}

#[track_caller]
fn check(promtool: &str, server: Server) {
    let Some(promtool) = program(promtool) else { return };
    let configs = configs();
    let theirs = refusals_by(&promtool, &configs).unwrap();
    let mut wrong = Vec::new();
    for (at, config) in configs.iter().enumerate() {
        let ours = ours(config, server);
        let agrees = match theirs.get(&at) {
            Some(theirs) => says_all(&ours, theirs),
            None => ours.is_empty(),
        };
        if !agrees {
            wrong.push(format!("{config}promtool: {:?}\nwe: {ours:?}\n", theirs.get(&at)));
        }
    }
    println!("{} configurations, {} refused, {} differ", configs.len(), theirs.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong[..wrong.len().min(20_000)].join("\n"));
    assert!(theirs.len() > 2_500, "{}", theirs.len());
}

#[test]
fn every_field_is_refused_as_promtool_2_42_refuses_it() {
    check("promtool-2.42", Server::prometheus(2, 42));
}

#[test]
fn every_field_is_refused_as_promtool_2_refuses_it() {
    check("promtool-2", Server::prometheus(2, 53));
}

#[test]
fn every_field_is_refused_as_promtool_3_refuses_it() {
    check("promtool-3", Server::prometheus(3, 5));
}
