//! Public scrapes multiplied over targets. They are not ours to copy: where they are absent, so are the
//! workloads.

use std::fs;

use super::grid::of;
use super::workload::Motion::Counter;
use super::workload::{Group, Source, Workload};
use crate::corpus;

/// The folder of the corpus with the pages of one project's fixtures.
const FOLDER: &str = "scrapes/khulnasoft+integrations-core";

/// All workloads whose pages are there.
pub(super) fn public() -> Vec<Workload> {
    let with = |name: &str, targets, interval, seconds, files: &[&str]| {
        let pages: Option<Vec<Group>> = files.iter().map(|file| page(file)).collect();
        pages.map(|groups| of(name, targets, interval, seconds, groups))
    };
    let kube = [
        "kube_scheduler__tests__fixtures__metrics_1.23.6.txt",
        "kube_controller_manager__tests__fixtures__metrics.txt",
        "karpenter__tests__fixtures__karpenter_metrics.txt",
    ];
    let apiserver = ["kube_apiserver_metrics__tests__fixtures__metrics_1.27.0.txt"];
    let jmx = ["amazon_msk__tests__docker__exporter_jmx__metrics"];
    let cadvisor = ["kubelet__tests__fixtures__cadvisor_metrics_1_21.txt"];
    let gitlab = ["gitlab__tests__fixtures__metrics.txt"];
    let scylla = ["scylla__tests__fixtures__scylla_5_metrics.txt"];
    let all = [
        with("held-fresh-public-apiserver", 4, 10_000, 230, &apiserver),
        with("held-fresh-public-jmx", 3, 15_000, 240, &jmx),
        with("held-fresh-public-cadvisor", 12, 10_000, 210, &cadvisor),
        with("held-fresh-public-kube", 14, 15_000, 250, &kube),
        with("held-fresh-public-remote-gitlab", 5, 10_000, 220, &gitlab),
        with("held-fresh-public-scylla", 25, 8000, 200, &scylla),
    ];
    all.into_iter().flatten().collect()
}

/// The series of a page, each once, without values and times.
fn page(file: &str) -> Option<Group> {
    let text = fs::read_to_string(corpus::dir()?.join(FOLDER).join(file)).ok()?;
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let mut texts: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for line in lines {
        let end = line.rfind('}').map_or_else(|| line.find(' '), |at| Some(at + 1))?;
        if seen.insert(&line[..end]) {
            texts.push(line[..end].to_owned());
        }
    }
    Some(Group { source: Source::Page(texts), motion: Counter, lifetime: 0 })
}
