//! The field tables of `rules/schema/prometheus.yml`, for one release.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foldhash::HashMap;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::server::{Server, Version};

/// A field that takes one of a few texts.
#[derive(Debug, Deserialize)]
pub(super) struct Enum {
    pub(super) values: Vec<String>,
    /// What releases before 3.0 take, where that differs.
    pub(super) values_2: Option<Vec<String>>,
    pub(super) message: String,
}

/// What a type refuses once its fields are read; the data file says what each part means.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Check {
    pub(super) required: Option<String>,
    pub(super) or: Vec<String>,
    pub(super) when: BTreeMap<String, String>,
    pub(super) clash: Vec<Vec<String>>,
    pub(super) needs: Vec<Vec<String>>,
    pub(super) one_of: Option<String>,
    pub(super) values: Vec<String>,
    pub(super) any_case: bool,
    pub(super) default: Option<String>,
    pub(super) url: Option<String>,
    pub(super) schemes: Option<Vec<String>>,
    pub(super) host_message: Option<String>,
    pub(super) starts: Option<String>,
    pub(super) prefix: String,
    pub(super) ends: Option<String>,
    pub(super) suffixes: Vec<String>,
    pub(super) message: String,
}

impl Check {
    /// The fields without which nothing can be violated.
    fn keys(&self) -> Keys {
        if self.required.is_some() || self.one_of.is_some() {
            return Keys::ANY;
        }
        let single = [&self.starts, &self.ends, &self.url].into_iter().flatten();
        let groups = self.clash.iter().chain(self.needs.first()).flatten();
        single.chain(groups).map(|path| path.split('.').next().unwrap_or(path)).collect()
    }
}

/// A set of field names, in which a name may seem to be that is not: enough to see most often that
/// two have none in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keys(u64);

impl Keys {
    /// All names.
    const ANY: Self = Self(u64::MAX);

    /// Whether a name may be in both.
    pub(super) fn meet(self, other: Self) -> bool {
        self == Self::ANY || self.0 & other.0 != 0
    }
}

impl<'k> FromIterator<&'k str> for Keys {
    fn from_iter<I: IntoIterator<Item = &'k str>>(names: I) -> Self {
        let bit = |name: &str| {
            let bytes = name.as_bytes();
            let ends =
                [bytes.first(), bytes.last()].map(|byte| byte.copied().map_or(0, usize::from));
            1 << ((bytes.len() * 13 + ends[0] * 7 + ends[1]) % 64)
        };
        Self(names.into_iter().fold(0, |bits, name| bits | bit(name)))
    }
}

/// A field's type by release: one text or a list, of which the first that fits holds.
#[derive(Debug)]
struct Ranges(Vec<&'static str>);

/// Deriving this would keep each text twice to look at it twice, and there are a thousand.
impl<'de: 'static> Deserialize<'de> for Ranges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de: 'static> Visitor<'de> for OneOrMany {
            type Value = Ranges;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of them")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Ranges, E> {
                Ok(Ranges(vec![text]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Ranges, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Ranges)
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

/// The data file as it is written.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Table {
    enums: BTreeMap<&'static str, Enum>,
    checks: BTreeMap<&'static str, Vec<Check>>,
    types: BTreeMap<&'static str, BTreeMap<&'static str, Ranges>>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        // A test reads the whole file; its texts have no escapes.
        let text: &'static str = promsieve_rules::schema::PROMETHEUS;
        serde_json::from_str(text).expect("the data file is valid")
    })
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    String,
    Bool,
    /// With Go's name of the type.
    Int(&'static str),
    /// With Go's name of the type.
    Uint(&'static str),
    Float,
    Duration,
    Size,
    Url,
    Secret,
    Labels,
    /// A relabel config.
    Step,
    Any,
    Enum(&'static str),
    Struct(&'static str),
    List(Box<Type>),
    Map(Box<Type>),
}

/// A struct as one release knows it.
#[derive(Debug, Default)]
pub(super) struct Struct {
    pub(super) fields: HashMap<&'static str, Type>,
    /// Checks of its own and of what it inlines, with the fields of which one must be there.
    pub(super) checks: Vec<(&'static Check, Keys)>,
    /// Whether the fields of `HTTPClientConfig` are among its own.
    pub(super) is_http_client: bool,
}

/// Every struct as one release knows it, each made when it is asked for: a file has few of them.
#[derive(Debug)]
pub(super) struct Schema {
    server: Server,
    structs: BTreeMap<&'static str, OnceLock<Struct>>,
}

/// The tables of `server`, made once for each release of Prometheus.
pub(super) fn of(server: Server) -> Arc<Schema> {
    static MADE: Mutex<Vec<(Version, Arc<Schema>)>> = Mutex::new(Vec::new());
    let release = server.prometheus_release();
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, schema)) = made.iter().find(|(known, _)| *known == release) {
        return Arc::clone(schema);
    }
    let schema = Arc::new(Schema::new(server));
    made.push((release, Arc::clone(&schema)));
    schema
}

impl Schema {
    /// The tables of `server`.
    pub(super) fn new(server: Server) -> Self {
        Self {
            server,
            structs: table().types.keys().map(|name| (*name, OnceLock::new())).collect(),
        }
    }

    /// The struct of `name`; every type that a field names is in the table.
    pub(super) fn get(&self, name: &str) -> Option<&Struct> {
        Some(self.structs.get(name)?.get_or_init(|| {
            let mut found = Struct::default();
            collect(name, self.server, &mut found);
            if matches!(name, "config.ScrapeConfig" | "config.AlertmanagerConfig") {
                collect("discoveries", self.server, &mut found);
            }
            found
        }))
    }
}

/// What `name` takes; `None` when it is no enum.
pub(super) fn enumeration(name: &str) -> Option<&'static Enum> {
    table().enums.get(name)
}

/// In which release a field of `name` came, when another release than this one knows it.
pub(super) fn other_release(name: &str, field: &str) -> Option<String> {
    let in_type = |name: &str| table().types.get(name).and_then(|fields| fields.get(field));
    let ranges = in_type(name).or_else(|| in_type("discoveries"))?;
    let (_, range) = ranges.0.first()?.split_once(' ')?;
    let (since, until) = range.split_once("..")?;
    Some(match (since, until) {
        (since, "") => format!("Prometheus knows `{field}` since {since}"),
        ("", until) => format!("Prometheus knew `{field}` until before {until}"),
        (since, until) => format!("Prometheus knew `{field}` from {since} until before {until}"),
    })
}

fn collect(name: &str, server: Server, into: &mut Struct) {
    into.is_http_client |= name == "common.HTTPClientConfig";
    if let Some(checks) = table().checks.get(name) {
        into.checks.extend(checks.iter().map(|check| (check, check.keys())));
    }
    let Some(fields) = table().types.get(name) else { return };
    for (field, ranges) in fields {
        let Some(text) = in_release(ranges, server) else { continue };
        if *field == "inline" {
            collect(text, server, into);
        } else {
            into.fields.insert(field, read_type(text));
        }
    }
}

fn in_release(ranges: &Ranges, server: Server) -> Option<&'static str> {
    ranges.0.iter().find_map(|&range| {
        let Some((text, range)) = range.split_once(' ') else { return Some(range) };
        let (since, until) = range.split_once("..")?;
        let from = version(since).is_none_or(|since| server.prometheus_release() >= since);
        let before = version(until).is_none_or(|until| server.prometheus_release() < until);
        (from && before).then_some(text)
    })
}

fn version(text: &str) -> Option<Version> {
    let (major, minor) = text.split_once('.')?;
    Some(Version(major.parse().ok()?, minor.parse().ok()?, 0))
}

fn read_type(text: &'static str) -> Type {
    let inner = |open, close| text.strip_prefix(open)?.strip_suffix(close);
    if let Some(item) = inner('[', ']') {
        return Type::List(Box::new(read_type(item)));
    }
    if let Some(value) = inner('{', '}') {
        return Type::Map(Box::new(read_type(value)));
    }
    match text {
        "string" => Type::String,
        "bool" => Type::Bool,
        "int" | "int64" => Type::Int(text),
        "uint" | "uint64" => Type::Uint(text),
        "float" => Type::Float,
        "duration" => Type::Duration,
        "bytes" => Type::Size,
        "url" => Type::Url,
        "secret" => Type::Secret,
        "labels" => Type::Labels,
        "step" => Type::Step,
        "any" => Type::Any,
        name if table().enums.contains_key(name) => Type::Enum(name),
        name => Type::Struct(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn knows(server: &str, name: &str, field: &str, expected: bool) {
        let schema = Schema::new(server.parse().unwrap());
        assert_eq!(schema.get(name).unwrap().fields.contains_key(field), expected, "{field}");
    }

    #[test]
    fn fields_come_and_go_with_releases() {
        knows("2.53", "config.ScrapeConfig", "fallback_scrape_protocol", false);
        knows("3.0", "config.ScrapeConfig", "fallback_scrape_protocol", true);
        knows("2.53", "config.ScrapeConfig", "scrape_classic_histograms", true);
        knows("3.5", "config.ScrapeConfig", "scrape_classic_histograms", false);
        knows("2.44", "config.GlobalConfig", "sample_limit", false);
        knows("2.45", "config.GlobalConfig", "sample_limit", true);
        knows("3.5", "config.ScrapeConfig", "bearer_token", true);
        knows("3.5", "config.ScrapeConfig", "proxy_url", true);
        knows("3.5", "config.ScrapeConfig", "consul_sd_configs", true);
        knows("3.5", "config.RemoteWriteConfig", "consul_sd_configs", false);
    }

    #[test]
    fn every_type_that_is_named_exists() {
        for (minor, major) in [(28, 2), (53, 2), (5, 3), (14, 3)] {
            let schema = Schema::new(Server::prometheus(major, minor));
            for name in schema.structs.keys() {
                let found = schema.get(name).unwrap();
                let mut types: Vec<_> = found.fields.iter().collect();
                types.sort_unstable_by_key(|(name, _)| **name);
                for (_, mut inner) in types {
                    while let Type::List(next) | Type::Map(next) = inner {
                        inner = next;
                    }
                    if let Type::Struct(name) = inner {
                        assert!(schema.get(name).is_some(), "{name}");
                    }
                }
            }
        }
    }
}
