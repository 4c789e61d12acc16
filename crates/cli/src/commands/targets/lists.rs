//! The lists of targets: read from where the user says, again and again, by a thread of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::ensure;
use promsieve_core::config::StaticGroup;
use promsieve_core::doc::{self, Document, NodeKind};
use promsieve_core::text::{FileId, SourceText};

use crate::common::Common;
use crate::input::bytes::read_text;
use crate::input::config::load;
use crate::input::http::shown;
use crate::input::{Source, fleet};
use crate::stderr::warn;

/// A name is asked for again after so long: its machine may have moved.
const NAMES_HOLD: Duration = Duration::from_secs(30);

/// What a source is that is no configuration.
const LIST: &str = "a list of groups (`targets`, `labels`)";

/// Targets with the same labels, as file discovery has them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Group {
    pub(super) targets: Vec<String>,
    pub(super) labels: BTreeMap<String, String>,
}

/// The targets of one job, file or URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List {
    /// A name that a file can have.
    pub(super) name: String,
    pub(super) groups: Vec<Group>,
}

/// What is probed for a list's targets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) lists: Vec<List>,
    /// Where each machine is reached; one whose name has no address is missing.
    pub(super) addresses: BTreeMap<String, SocketAddr>,
}

/// Reads lists.
pub(super) struct Reader {
    pub(super) sources: Vec<String>,
    /// Jobs of configurations that are read; all if empty.
    pub(super) jobs: Vec<String>,
    /// The port that is connected to, instead of the targets' own.
    pub(super) port: Option<u16>,
    pub(super) common: Common,
    last: BTreeMap<String, List>,
    addresses: HashMap<(String, u16), (Instant, Option<SocketAddr>)>,
    said: BTreeSet<String>,
}

impl Reader {
    pub(super) fn new(
        sources: Vec<String>,
        jobs: Vec<String>,
        port: Option<u16>,
        common: Common,
    ) -> Self {
        Self {
            sources,
            jobs,
            port,
            common,
            last: BTreeMap::new(),
            addresses: HashMap::new(),
            said: BTreeSet::new(),
        }
    }

    /// Reads every source once. A list that cannot be read whole stays what it was: targets do not go
    /// because a file was being written. Whether everything could be read is said, too.
    pub(super) fn read(&mut self) -> (Listing, bool) {
        let mut problems = BTreeSet::new();
        let mut lists: Vec<List> = Vec::new();
        for source in self.sources.clone() {
            match self.read_source(&source) {
                Ok(read) => {
                    for (list, broken) in read {
                        let list = self.whole(list, &broken);
                        problems.extend(broken);
                        if lists.iter().any(|other| other.name == list.name) {
                            problems.insert(format!(
                                "two lists are called `{}`, only the first is kept: run \
                                 `promsieve targets` for each",
                                list.name
                            ));
                        } else {
                            lists.push(list);
                        }
                    }
                }
                Err(error) => drop(problems.insert(format!("{error:#}"))),
            }
        }
        // What a source could not give this time is still known from the last.
        if !problems.is_empty() {
            let names: BTreeSet<String> = lists.iter().map(|list| list.name.clone()).collect();
            let missing = self.last.values().filter(|list| !names.contains(&list.name));
            lists.extend(missing.cloned());
        }
        self.last = lists.iter().map(|list| (list.name.clone(), list.clone())).collect();
        for problem in problems.difference(&self.said) {
            warn(&format!("error: {problem}"));
        }
        let is_whole = problems.is_empty();
        self.said = problems;
        let addresses = self.addresses_of(&lists);
        (Listing { lists, addresses }, is_whole)
    }

    fn whole(&self, list: List, problems: &[String]) -> List {
        let before = self.last.get(&list.name).filter(|_| !problems.is_empty());
        before.cloned().unwrap_or(list)
    }

    fn read_source(&self, spec: &str) -> anyhow::Result<Vec<(List, Vec<String>)>> {
        let mut read = Vec::new();
        for source in Source::resolve(spec)? {
            let name = source.name();
            let text = read_text(&source, &self.common.access)?;
            let root = root_of(&name, &text);
            // A file that is being written, or an empty one, must not take every target away.
            ensure!(root.is_some(), "{name}: neither {LIST} nor a configuration");
            if root == Some(NodeKind::Sequence) {
                let groups = fleet::read_groups(&name, text, fleet::FILE_LABEL)?;
                read.push((List::new(stem(&name), &groups), Vec::new()));
            } else {
                let spec = if let Source::Url(url) = &source { url } else { &name };
                read.extend(self.read_config(spec)?);
            }
        }
        Ok(read)
    }

    fn read_config(&self, spec: &str) -> anyhow::Result<Vec<(List, Vec<String>)>> {
        let wanted = |job: &str| self.jobs.is_empty() || self.jobs.iter().any(|it| it == job);
        let loaded = load(spec, self.common.server, &self.common.access)?;
        let jobs = loaded.iter().flat_map(fleet::groups).filter(|it| wanted(&it.job));
        let lists: Vec<_> = jobs.map(|it| (List::new(&it.job, &it.groups), it.problems)).collect();
        ensure!(
            !lists.is_empty(),
            "{}: neither {LIST} nor a configuration with such a job",
            shown(spec)
        );
        Ok(lists)
    }

    fn addresses_of(&mut self, lists: &[List]) -> BTreeMap<String, SocketAddr> {
        let mut ports: BTreeMap<&str, u16> = BTreeMap::new();
        for target in lists.iter().flat_map(|list| &list.groups).flat_map(|group| &group.targets) {
            let (machine, port) = machine_of(target);
            ports.entry(machine).or_insert(self.port.unwrap_or(port));
        }
        let ports: Vec<(String, u16)> =
            ports.into_iter().map(|(machine, port)| (machine.to_owned(), port)).collect();
        self.addresses
            .retain(|key, (asked, _)| ports.contains(key) && asked.elapsed() < NAMES_HOLD);
        let found = ports.into_iter().filter_map(|key| {
            let entry = self.addresses.entry(key.clone());
            let (_, address) = *entry.or_insert_with(|| (Instant::now(), resolve(&key.0, key.1)));
            Some((key.0, address?))
        });
        found.collect()
    }
}

impl List {
    fn new(name: &str, groups: &[StaticGroup]) -> Self {
        let group = |group: &StaticGroup| Group {
            targets: group.targets.iter().map(|target| target.value.clone()).collect(),
            labels: group
                .labels
                .iter()
                .map(|(name, value)| (name.value.clone(), value.value.clone()))
                .filter(|(name, _)| name != fleet::FILE_LABEL)
                .collect(),
        };
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let name = name.trim_start_matches('.').chars().map(plain).collect();
        Self { name, groups: groups.iter().map(group).collect() }
    }
}

/// Reads the lists every `refresh`, and hands over those that have changed.
pub(super) fn follow(
    mut reader: Reader,
    mut last: Listing,
    refresh: Duration,
) -> mpsc::Receiver<Listing> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        loop {
            thread::sleep(refresh);
            let (read, _) = reader.read();
            if read != last {
                last.clone_from(&read);
                if sender.send(read).is_err() {
                    return;
                }
            }
        }
    });
    receiver
}

/// What a text is on the whole; nothing if it is empty or a mere word.
fn root_of(name: &str, text: &str) -> Option<NodeKind> {
    let source = SourceText::new(name.to_owned(), text.to_owned());
    let parsed = doc::parse(&source, FileId::default());
    let root = parsed.documents.first().and_then(Document::root)?;
    (root.is_sequence() || root.is_mapping()).then(|| root.kind())
}

/// `targets/app.json` is `app`.
fn stem(name: &str) -> &str {
    let last = name.trim_end_matches('/').rsplit(['/', '\\']).next().unwrap_or(name);
    last.split_once('.').map_or(last, |(stem, _)| stem)
}

/// The machine that a target is on, and the port of the target there: `[::1]:9100`, `host:80`, or
/// what a prober is given, `https://host/path`.
pub(super) fn machine_of(target: &str) -> (&str, u16) {
    let (scheme, rest) = target.split_once("://").unwrap_or(("http", target));
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let default = if scheme == "https" { 443 } else { 80 };
    if host.parse::<IpAddr>().is_ok() {
        return (host, default);
    }
    let (machine, port) = match host.rsplit_once(':') {
        Some((machine, port)) if !host.ends_with(']') => (machine, port.parse().unwrap_or(default)),
        _ => (host, default),
    };
    (machine.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(machine), port)
}

fn resolve(machine: &str, port: u16) -> Option<SocketAddr> {
    (machine, port).to_socket_addrs().ok()?.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_told_from_ports_schemes_and_paths() {
        let cases = [
            ("10.0.0.1:9100", ("10.0.0.1", 9100)),
            ("host", ("host", 80)),
            ("[::1]:9100", ("::1", 9100)),
            ("[::1]", ("::1", 80)),
            ("::1", ("::1", 80)),
            ("https://host/path?x=1", ("host", 443)),
            ("http://host:8080/a:b", ("host", 8080)),
            ("host:http", ("host", 80)),
            ("", ("", 80)),
        ];
        for (target, wanted) in cases {
            assert_eq!(machine_of(target), wanted, "{target}");
        }
    }

    #[test]
    fn names_of_lists_are_names_of_files() {
        assert_eq!(stem("a/b/app.json"), "app");
        assert_eq!(stem("http://host:80/sd/targets"), "targets");
        assert_eq!(List::new("../a/b c", &[]).name, "_a_b_c");
    }
}
