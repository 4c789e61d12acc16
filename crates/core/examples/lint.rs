//! Lints a configuration that is a string: what is wrong, where, and the text with the fix.

use promsieve_core::config::{self, Kind};
use promsieve_core::finding::Applicability;
use promsieve_core::lint::{Facts, Settings, fix, lint};
use promsieve_core::server::Server;
use promsieve_core::text::{SourceText, Sources};

const CONFIG: &str = "\
scrape_configs:
  - job_name: app
    relabel_configs:
      - source_labels: [__meta_kubernetes_pod_label_app]
        regex: ^web$ # only the web pods
        action: keep
";

fn main() {
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new("prometheus.yml", CONFIG));
    let server = Server::prometheus(3, 5);
    let (project, reading) = config::read(Kind::Prometheus, file, sources.file(file), server);
    let findings = lint(&project, &Facts::new(&sources, &reading), &Settings::default());

    let anchors = findings.iter().find(|found| found.rule.name == "redundant-anchors");
    let place = anchors.and_then(|found| found.location).expect("regexes are anchored anyway");
    assert_eq!(sources.file(file).position(place.span.start).line, 5);

    let (_, fixed) = fix::apply(&sources, &findings, Applicability::Safe).remove(0);
    assert!(fixed.contains("regex: web # only the web pods"));
}
