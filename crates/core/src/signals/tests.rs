//! What is said of small configurations and pages.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::config::{self, Project};
use crate::flow;
use crate::ingest::exposition::{Format, Reader};
use crate::packs::cell;
use crate::series::{Table, TableBuilder, Target};
use crate::server::Server;
use crate::text::{SourceText, Sources};
use crate::usage::{Origin, OriginKind, Query, Selects, Usage, UsageOptions};

const NODE: &str = r#"node_cpu_seconds_total{cpu="0",mode="idle"} 1
node_cpu_seconds_total{cpu="0",mode="user"} 1
node_cpu_seconds_total{cpu="1",mode="idle"} 1
node_load1 1
node_pressure_cpu_waiting_seconds_total 1
node_uname_info{nodename="a"} 1
"#;

const MESH: &str = r#"istio_requests_total{reporter="source",source_app="a",source_version="1",destination_app="b",destination_version="1",response_code="200",response_flags="-"} 1
istio_requests_total{reporter="destination",source_app="a",source_version="1",destination_app="b",destination_version="1",response_code="200",response_flags="-"} 1
istio_request_duration_milliseconds_bucket{reporter="source",source_app="a",source_version="1",destination_app="b",destination_version="1",response_flags="-",le="10"} 1
istio_request_duration_milliseconds_bucket{reporter="source",source_app="a",source_version="1",destination_app="b",destination_version="1",response_flags="-",le="+Inf"} 1
"#;

fn project(steps: &str) -> Project {
    let steps: String = steps.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("scrape_configs:\n- job_name: app\n  metric_relabel_configs:\n{steps}");
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new("prometheus.yml", text.as_str()));
    config::parse(file, sources.file(file), Server::default()).0
}

fn attached(project: &Project, page: &str) -> Table {
    let mut builder = TableBuilder::default();
    let labels = [("instance", "a:1"), ("job", "app")];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    builder.target(Target { job: "app".to_owned(), labels });
    let mut reader = Reader::new(Format::Text);
    reader.feed(page.as_bytes(), &mut builder);
    assert_eq!(reader.finish(&mut builder).bad_lines, 0);
    flow::scrape(project, &builder.finish())
}

fn told(page: &str, steps: &str) -> Report {
    let project = project(steps);
    report(&project, &attached(&project, page))
}

/// What a chain loses, as `cell metric what step`, with `~` where another way stays.
#[track_caller]
fn check(page: &str, steps: &str, expected: &[&str]) {
    let report = told(page, steps);
    let mut lines = Vec::new();
    for lost in report.lost() {
        let mark = if lost.otherwise { "~" } else { "" };
        for Loss { metric, what, step } in lost.losses {
            let step = step.map_or("?".to_owned(), |step| step.to_string());
            lines.push(format!("{mark}{} {metric} {what:?} {step}", lost.cell.id()));
        }
    }
    assert_eq!(lines, expected, "{steps}");
}

const KEEP_ALL: &str = "- {regex: nothing, action: labeldrop}";

#[test]
fn what_is_there_is_present_and_what_is_not_names_what_would_give_it() {
    let report = told(NODE, KEEP_ALL);
    let state =
        |id: &str| report.cells.iter().find(|found| found.cell.id() == id).map(|found| found.state);
    assert_eq!(state("cpu/utilisation"), Some(State::Present));
    assert_eq!(state("cpu/saturation"), Some(State::Present));
    assert_eq!(state("cpu/errors"), Some(State::Absent));
    assert_eq!(state("requests_source/rate"), Some(State::NotMeasurable));
    let disk = report.cells.iter().find(|found| found.cell.id() == "disk/errors").unwrap();
    assert_eq!(disk.givers[0].missing, ["node_md_disks"]);
    assert!(disk.elsewhere.iter().any(|giver| giver.exporter == "smartctl"));
}

#[test]
fn metrics_labels_and_values_that_go_are_told_with_their_step() {
    check(NODE, KEEP_ALL, &[]);
    check(
        NODE,
        "- {regex: nothing, action: labeldrop}\n- {source_labels: [__name__], regex: node_cpu_.*, action: drop}",
        &[
            "cpu/utilisation node_cpu_seconds_total Metric 1",
            "~cpu/saturation node_cpu_seconds_total Metric 1",
        ],
    );
    check(
        NODE,
        "- {source_labels: [mode], regex: idle, action: drop}",
        &[
            "cpu/utilisation node_cpu_seconds_total Values(\"mode\") 0",
            "~cpu/saturation node_cpu_seconds_total Values(\"mode\") 0",
        ],
    );
    check(
        NODE,
        "- {regex: cpu, action: labeldrop}",
        &[
            "cpu/utilisation node_cpu_seconds_total Merged 0",
            "~cpu/saturation node_cpu_seconds_total Merged 0",
        ],
    );
    check(NODE, "- {source_labels: [__name__], regex: node_uname_info, action: drop}", &[]);
    check(NODE, "- {source_labels: [mode], regex: user, action: drop}", &[]);
}

#[test]
fn faults_that_nobody_has_seen_yet_must_come_through() {
    check(MESH, KEEP_ALL, &[]);
    check(
        MESH,
        "- {source_labels: [response_flags], regex: 'UO', action: drop}",
        &["response_flags/UO istio_requests_total Values(\"response_flags\") 0"],
    );
    check(
        MESH,
        "- {source_labels: [response_code], regex: '5..', action: drop}",
        &[
            "requests_source/errors istio_requests_total Values(\"reporter\") 0",
            "requests_source/errors istio_requests_total Values(\"response_code\") 0",
            "requests_destination/errors istio_requests_total Values(\"reporter\") 0",
            "requests_destination/errors istio_requests_total Values(\"response_code\") 0",
        ],
    );
    let lost = told(MESH, "- {regex: response_flags, action: labeldrop}");
    assert_eq!(lost.lost().len(), crate::packs::flags().len());
}

#[test]
fn a_histogram_without_its_last_bucket_gives_no_quantile() {
    check(
        MESH,
        "- {source_labels: [le], regex: '\\+Inf', action: drop}",
        &["requests_source/duration istio_request_duration_milliseconds_bucket Values(\"le\") 0"],
    );
    check(MESH, "- {source_labels: [le], regex: '10(\\.0)?', action: drop}", &[]);
}

#[test]
fn pins_name_the_cell_that_would_go() {
    let table = attached(&project(KEEP_ALL), &format!("{NODE}{MESH}"));
    let pins = Pins::of(&table);
    let id = |found: Option<&crate::packs::Cell>| found.map(crate::packs::Cell::id);
    assert_eq!(id(pins.metric("node_load1")), Some("cpu/saturation".to_owned()));
    assert_eq!(id(pins.metric("node_pressure_cpu_waiting_seconds_total")), None);
    assert_eq!(id(pins.metric("node_uname_info")), None);
    assert_eq!(pins.label("node_cpu_seconds_total", "mode"), cell("cpu/utilisation"));
    assert_eq!(id(pins.label("node_cpu_seconds_total", "cpu")), None);
    let value = |label, value| id(pins.value("istio_requests_total", label, value));
    assert_eq!(value("response_flags", "UF,URX"), Some("response_flags/UF".to_owned()));
    assert_eq!(value("response_flags", "-"), None);
    assert_eq!(value("reporter", "source"), Some("requests_source/rate".to_owned()));
}

/// Whether these queries ask for the cell, by its first way.
#[track_caller]
fn check_asked(queries: &[&str], id: &str, expected: Selects) {
    let origin =
        Origin { kind: OriginKind::List, file: String::new(), location: None, name: String::new() };
    let queries = queries.iter().map(|text| Query::new(*text, origin.clone())).collect();
    let usage = Usage::of(queries, UsageOptions::default());
    let table = attached(&project(KEEP_ALL), &format!("{NODE}{MESH}"));
    let giver = givers().iter().find(|giver| giver.cell.id() == id).unwrap();
    assert_eq!(giver.asked(&usage, &table), expected, "{id}");
}

#[test]
fn a_cell_is_asked_for_by_who_looks_at_all_that_gives_it() {
    let calls = "sum(rate(istio_requests_total[5m]))";
    let from_source = "sum(rate(istio_requests_total{reporter=\"source\"}[5m]))";
    check_asked(&[calls], "requests_source/rate", Selects::Yes);
    check_asked(&[from_source], "requests_source/rate", Selects::Yes);
    check_asked(&[from_source], "requests_destination/rate", Selects::No);
    check_asked(&[calls], "response_flags/UO", Selects::No);
    check_asked(&[calls], "requests_source/errors", Selects::No);
    check_asked(
        &["sum by (response_flags) (rate(istio_requests_total[5m]))"],
        "response_flags/UO",
        Selects::Yes,
    );
    let overflow = "rate(istio_requests_total{response_flags=~\"U.\"}[5m])";
    check_asked(&[overflow], "response_flags/UO", Selects::Yes);
    check_asked(&[overflow], "response_flags/DC", Selects::No);
    check_asked(&["node_memory_MemAvailable_bytes"], "memory/utilisation", Selects::No);
    check_asked(
        &["node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"],
        "memory/utilisation",
        Selects::Yes,
    );
    check_asked(&["sum(rate(istio_requests_total{"], "response_flags/UO", Selects::Maybe);
}

/// Connections of an Envoy whose clusters are named by these labels.
fn clusters(labels: &[String]) -> String {
    let pairs: Vec<String> = labels.iter().map(|label| format!("{label}=\"a\"")).collect();
    format!("envoy_cluster_upstream_cx_total{{{}}} 1\n", pairs.join(","))
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(34),
        cases: 32,
        ..ProptestConfig::default()
    })]

    #[test]
    fn of_two_spellings_the_one_that_a_job_uses_gives_the_cell(
        labels in prop::sample::subsequence(
            vec!["cluster_name".to_owned(), "envoy_cluster_name".to_owned(), "pod".to_owned()], 0..=3)
    ) {
        let page = clusters(&labels);
        let report = told(&page, KEEP_ALL);
        let found = report.cells.iter().find(|it| it.cell.id() == "connections/rate").unwrap();
        prop_assert_eq!(found.state, State::Present);
        let own = |label: &&String| label.ends_with("cluster_name");
        let used: Vec<&String> = labels.iter().filter(own).collect();
        let by: Vec<&String> = found.givers.iter().flat_map(|it| &it.giver.parts[0].labels)
            .filter(own).collect();
        if !used.is_empty() {
            prop_assert_eq!(&by, &used);
        }
        for found in &report.cells {
            let ways = found.givers.iter().filter(|it| it.jobs.is_empty()).map(|it| it.giver);
            let ways: Vec<&Giver> = ways.chain(found.elsewhere.iter().copied()).collect();
            let twice = ways.iter().filter(|it| ways.iter().filter(|o| o.is_spelling_of(it)).count() > 1);
            prop_assert_eq!(twice.count(), 0, "{}", found.cell.id());
        }
        let pins = Pins::of(&attached(&project(KEEP_ALL), &page));
        let pinned = |label: &str| pins.label("envoy_cluster_upstream_cx_total", label);
        prop_assert!(used.is_empty() || used.iter().any(|it| pinned(it).is_some()));
    }
}
