//! The packs against real scrapes: how many of their series are known, and which names of a pack no
//! scrape has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::packs::{Pack, packs};
use promsieve_core::series::{Table, TableBuilder};
use promsieve_core::signals::exporters_at_hand;
use promsieve_lab::real::{NodeExporter, Server, Version, program, prometheus};

use promsieve_lab::corpus;

/// The share of an exporter's series that packs must know, in percent.
const KNOWN: usize = 90;

fn table(page: &[u8]) -> Table {
    let mut builder = TableBuilder::default();
    let mut reader = Reader::new(Format::Text);
    reader.feed(page, &mut builder);
    reader.finish(&mut builder);
    builder.finish()
}

fn is_known(metric: &str) -> bool {
    packs().iter().any(|pack| pack.family(metric).is_some())
}

/// Series that packs know, all series, and the metrics that are not known.
fn coverage(page: &[u8]) -> (usize, usize, BTreeSet<String>) {
    let table = table(page);
    let (mut known, mut unknown) = (0, BTreeSet::new());
    for group in &table.metrics {
        let metric = table.metric_name(group);
        if is_known(metric) {
            known += group.rows;
        } else {
            unknown.insert(metric.to_owned());
        }
    }
    (known, table.rows(), unknown)
}

#[track_caller]
fn check_coverage(name: &str, page: &[u8], percent: usize) {
    let (known, all, unknown) = coverage(page);
    eprintln!("{name}: {known} of {all} series are known; not: {unknown:?}");
    assert!(all > 0 && known * 100 >= all * percent, "{name}: {known} of {all}: {unknown:?}");
}

#[test]
fn packs_know_the_series_of_public_scrapes() {
    let groups = [
        ("istio", "istio__tests__fixtures__1.5__"),
        ("node_exporter", "exporter_node__"),
        ("kube-state-metrics", "ksm"),
        ("kube-state-metrics", "kubernetes_state__tests__fixtures__prometheus"),
        ("cadvisor", "cadvisor_metrics"),
        ("cadvisor", "lib__metrics__testdata__prometheus_m"),
    ];
    let files = corpus::files("scrapes", &[]);
    for (exporter, part) in groups {
        let named = files.iter().filter(|path| path.to_string_lossy().contains(part));
        let pages: Vec<u8> = named.flat_map(whole_lines).collect();
        if !files.is_empty() {
            check_coverage(&format!("{exporter} ({part})"), &pages, KNOWN);
        }
    }
}

/// A page with a line end: some of the public ones lack the last.
fn whole_lines(path: &PathBuf) -> Vec<u8> {
    let mut page = fs::read(path).unwrap();
    page.push(b'\n');
    page
}

/// Prints the names of packs that no public scrape has. A pack is written from its exporter's source,
/// too, so this is no failure; but of a pack that there are scrapes of, they have a third at least.
#[test]
fn names_that_no_public_scrape_has_are_told() {
    let mut seen = BTreeSet::new();
    for path in corpus::files("scrapes", &[]) {
        let table = table(&whole_lines(&path));
        seen.extend(table.metrics.iter().map(|group| table.metric_name(group).to_owned()));
    }
    if seen.is_empty() {
        return;
    }
    let missing: BTreeMap<&str, Vec<&str>> =
        packs().iter().map(|pack| (pack.exporter.as_str(), unseen(pack, &seen))).collect();
    for (exporter, names) in &missing {
        eprintln!("{exporter}: no scrape has {} names: {names:?}", names.len());
    }
    let all = |name: &str| packs().iter().find(|p| p.exporter == name).unwrap().families().count();
    for exporter in ["istio", "cadvisor", "coredns", "envoy", "kubelet", "go", "kube_apiserver"] {
        assert!(missing[exporter].len() * 3 < all(exporter) * 2, "{exporter}: {missing:#?}");
    }
}

/// Whole names of a pack that are not among the metrics seen.
fn unseen<'a>(pack: &'a Pack, seen: &BTreeSet<String>) -> Vec<&'a str> {
    let suffixes = ["", "_bucket", "_sum", "_count", "_total", "_info"];
    let has = |name: &str| suffixes.iter().any(|suffix| seen.contains(&format!("{name}{suffix}")));
    let whole = pack.families().map(|(name, ..)| name).filter(|name| !name.ends_with('*'));
    whole.filter(|name| !has(name)).collect()
}

#[test]
fn the_pack_of_node_exporter_knows_what_it_shows_here() {
    let Some(exporter) = NodeExporter::start().unwrap() else { return };
    let page = exporter.page().unwrap();
    check_coverage("node_exporter", &page, 99);
    check_labels("node_exporter", &page);
    check_types("node_exporter", &page);
}

#[test]
fn the_pack_of_prometheus_knows_what_it_shows_of_itself() {
    let config = "scrape_configs: []\n";
    if program("prometheus-3").is_none() {
        return;
    }
    let server = Server::start(Version::V3, config).unwrap();
    let page = server.get("/metrics").unwrap().body;
    check_coverage("prometheus", &page, 95);
    check_labels("prometheus", &page);
    check_types("prometheus", &page);
}

/// Both lines of Prometheus, as they are made with two releases of Go and of the client library.
#[test]
fn the_packs_of_a_go_program_know_what_prometheus_shows_of_its_runtime() {
    for version in Version::ALL {
        if prometheus(version).is_none() {
            return;
        }
        let server = Server::start(version, "scrape_configs: []\n").unwrap();
        let page = server.get("/metrics").unwrap().body;
        for (exporter, prefix) in [("go", "go_"), ("process", "process_")] {
            let own: Vec<&str> = std::str::from_utf8(&page)
                .unwrap()
                .lines()
                .filter(|line| line.trim_start_matches("# TYPE ").starts_with(prefix))
                .collect();
            let own = format!("{}\n", own.join("\n")).into_bytes();
            check_coverage(exporter, &own, 100);
            check_labels(exporter, &own);
            check_types(exporter, &own);
        }
    }
}

/// The type of every family that a pack knows by its whole name is that of the page.
#[track_caller]
fn check_types(exporter: &str, page: &[u8]) {
    let pack = packs().iter().find(|pack| pack.exporter == exporter).unwrap();
    let types: BTreeMap<&str, &str> = std::str::from_utf8(page)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .collect();
    let known = pack.families().filter_map(|(name, kind, _)| {
        Some((name, format!("{kind:?}").to_lowercase(), *types.get(name)?))
    });
    let known: Vec<(&str, String, &str)> = known.collect();
    assert!(!known.is_empty(), "{exporter}: the page has no type");
    let wrong: Vec<_> = known.iter().filter(|(_, kind, page)| kind != page).collect();
    assert!(wrong.is_empty(), "{exporter}: {wrong:?}");
}

/// Every label of the metrics that a pack knows by their whole name is a label of the pack.
#[track_caller]
fn check_labels(exporter: &str, page: &[u8]) {
    let pack = packs().iter().find(|pack| pack.exporter == exporter).unwrap();
    let table = table(page);
    let mut unknown = BTreeSet::new();
    for group in &table.metrics {
        let metric = table.metric_name(group);
        let Some((_, labels)) = pack.family(metric) else { continue };
        let names = group.columns.iter().map(|column| table.name(column.name));
        let own = names.filter(|name| !["le", "quantile"].contains(name));
        let new = own.filter(|name| !labels.iter().any(|label| label == name));
        unknown.extend(new.map(|name| format!("{metric}{{{name}}}")));
    }
    assert_eq!(unknown, BTreeSet::new(), "{exporter} has labels that its pack lacks");
}

/// A kubelet is built with the library of the API server and shows some of its metrics.
#[test]
fn a_kubelet_alone_is_not_taken_for_an_api_server() {
    for path in corpus::files("scrapes", &[]) {
        if path.to_string_lossy().contains("kubelet_metrics") {
            let found = exporters_at_hand(&table(&whole_lines(&path)));
            assert!(found.contains("kubelet"), "{path:?}: {found:?}");
            assert!(!found.contains("kube_apiserver"), "{path:?}: {found:?}");
        }
    }
}
