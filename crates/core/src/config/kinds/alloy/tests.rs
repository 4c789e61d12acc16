//! Whole files: which jobs and chains they make, and what Alloy refuses of them.

use crate::config::{Chain, Kind, Project, read};
use crate::finding::Finding;
use crate::server::Server;
use crate::text::{FileId, SourceText};

const WAY: &str = r#"// A whole way, from discovery to the remote.
discovery.kubernetes "pods" {
  role = "pod"
}

discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets

  rule {
    source_labels = ["__meta_kubernetes_pod_annotation_scrape"]
    regex         = "true"
    action        = "keep"
  }
}

discovery.relabel "named" {
  targets = discovery.relabel.pods.output

  rule {
    source_labels = ["__meta_kubernetes_pod_name"]
    target_label  = "pod"
  }
}

prometheus.scrape "pods" {
  targets         = discovery.relabel.named.output
  forward_to      = [prometheus.relabel.pods.receiver]
  scrape_interval = "1m30s"
  sample_limit    = 1000
}

prometheus.relabel "pods" {
  forward_to = [prometheus.relabel.shared.receiver]

  rule {
    source_labels = ["__name__"]
    regex         = `go_.*`
    action        = "drop"
  }
}

prometheus.scrape "self" {
  targets    = [{"__address__" = "127.0.0.1:12345", "team" = "infra"}]
  forward_to = [prometheus.relabel.shared.receiver]
  job_name   = "alloy"
}

prometheus.relabel "shared" {
  forward_to = [prometheus.remote_write.default.receiver]

  rule {
    regex  = "pod_uid"
    action = "labeldrop"
  }
}

prometheus.remote_write "default" {
  external_labels = { cluster = "a" }

  endpoint {
    url = "https://user:hunter2@example.com/push"

    basic_auth {
      username = "u"
      password = "hunter3"
    }

    write_relabel_config {
      source_labels = ["__name__"]
      regex         = sys.env("KEEP")
      action        = "keep"
    }
  }
}
"#;

fn project(text: &str) -> (Project, Vec<Finding>) {
    read(Kind::Alloy, FileId::default(), &SourceText::new("a.alloy", text), Server::default())
}

fn shown(chain: &Chain) -> (&str, usize) {
    (&chain.path, chain.steps.len())
}

#[test]
fn components_become_jobs_with_their_chains() {
    let (project, findings) = project(WAY);
    assert_eq!(findings, []);
    let names: Vec<&str> = project.jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["prometheus.scrape.pods", "alloy", "prometheus.relabel.shared"]);
    let [pods, own, shared] = &project.jobs[..] else { panic!() };
    let path = "discovery.relabel.pods -> discovery.relabel.named";
    assert_eq!(shown(&pods.target_chain), (path, 2));
    assert_eq!(shown(&pods.metric_chain), ("prometheus.relabel.pods", 1));
    assert_eq!((pods.scrape_interval, pods.limits.sample.as_ref().unwrap().value), (90_000, 1000));
    let [discovery] = &pods.discoveries[..] else { panic!() };
    assert_eq!(
        (&*discovery.kind, &*discovery.role.clone().unwrap()),
        ("kubernetes_sd_configs", "pod")
    );
    assert_eq!(own.static_targets[0].targets[0].value, "127.0.0.1:12345");
    assert_eq!(own.static_targets[0].labels[0].1.value, "infra");
    assert!(!own.metric_chain.written && shared.metric_chain.open);
    assert_eq!(shown(&shared.metric_chain), ("prometheus.relabel.shared", 1));
    let write = &project.remote_writes[0].write_chain;
    assert_eq!(shown(write), ("prometheus.remote_write.default.endpoint", 1));
    // What an environment variable says is not known.
    assert!(write.steps[0].step.is_none());
    assert_eq!(project.global.external_labels[0].1.value, "a");
    let hidden: Vec<&str> =
        project.secrets.iter().map(|secret| &WAY[secret.span.range()]).collect();
    assert_eq!(hidden, ["\"https://user:hunter2@example.com/push\"", "\"hunter3\""]);
}

#[test]
fn modules_are_scopes_of_their_own() {
    let text = r#"
declare "m" {
  argument "targets" { }
  discovery.relabel "x" {
    targets = argument.targets.value
    rule {
      source_labels = ["a"]
      target_label  = "b"
    }
  }
  prometheus.scrape "x" {
    targets    = discovery.relabel.x.output
    forward_to = argument.to.value
  }
}
foreach "f" {
  collection = ["a"]
  var        = "v"
  template {
    prometheus.operator.podmonitors "x" {
      forward_to = []
      rule {
        regex  = "c"
        action = "labeldrop"
      }
    }
  }
}
prometheus.scrape "x" {
  targets    = array.concat(discovery.relabel.x.output, discovery.dns.d.targets)
  forward_to = []
}
"#;
    let (project, findings) = project(text);
    assert_eq!(findings, []);
    let jobs: Vec<_> =
        project.jobs.iter().map(|job| (&*job.name, job.target_chain.steps.len())).collect();
    let operator = "prometheus.operator.podmonitors.x";
    assert_eq!(jobs, [("prometheus.scrape.x", 1), (operator, 1), ("prometheus.scrape.x", 0)]);
    assert_eq!(project.jobs[2].discoveries.len(), 2);
}

#[test]
fn each_refusal_is_in_the_words_of_alloy() {
    let check = |body: &str, expected: &[&str]| {
        let text = format!(
            "prometheus.relabel \"x\" {{\n  forward_to = []\n  rule {{\n    {body}\n  }}\n}}\n"
        );
        let (_, findings) = project(&text);
        let words: Vec<_> = findings.iter().filter_map(|finding| finding.evidence.text()).collect();
        assert_eq!(words, expected, "{text}");
    };
    check("action = \"Drop\"", &["unrecognized action type \"Drop\""]);
    check("regexp = \"a\"", &["unrecognized attribute name \"regexp\""]);
    check("regex = true", &["true should be string, got bool"]);
    check("regex = 8080\n    action = \"drop\"", &[]);
    check("source_labels = \"a\"", &["\"a\" should be array, got string"]);
    check("source_labels = [true]", &["true should be string, got bool"]);
    check("modulus = \"x\"", &["\"x\" should be number, got string"]);
    check(
        "action = \"drop\"\n    action = \"keep\"",
        &["attribute \"action\" may only be provided once"],
    );
    check("regex { }", &["\"regex\" must be an attribute, but is used as a block"]);
    check("action = \"keepequal\"\n    target_label = constants.hostname", &[]);
    let components = |text: &str, expected: &[&str]| {
        let (_, findings) = project(text);
        let words: Vec<_> = findings.iter().filter_map(|finding| finding.evidence.text()).collect();
        assert_eq!(words, expected, "{text}");
    };
    components(
        "prometheus.scrape \"x\" {\n  targets = []\n  scrape_interval = \"1d\"\n}\n",
        &[
            "\"1d\" time: unknown unit \"d\" in duration \"1d\"",
            "missing required attribute \"forward_to\"",
        ],
    );
    let scrape = |body: &str| {
        format!("prometheus.scrape \"x\" {{\n  targets = []\n  forward_to = []\n  {body}\n}}\n")
    };
    components(
        &scrape("scrape_interval = \"5s\"\n  scrape_timeout = \"6s\""),
        &["scrape_timeout (6000ms) greater than scrape_interval (5000ms) for scrape config with \
           job name \"prometheus.scrape.x\""],
    );
    components(&scrape("rule { }"), &["unrecognized block name \"rule\""]);
    components(
        &scrape("clustering = true"),
        &["\"clustering\" must be a block, but is used as an attribute"],
    );
    components(
        "discovery.relabel {\n  targets = []\n}\n",
        &["component \"discovery.relabel\" must have a label"],
    );
    components(&scrape("").repeat(2), &["block prometheus.scrape.x already declared at line 1"]);
}

/// Every beginning of a file, and the file without each of its lines.
#[test]
fn parts_of_a_file_are_read_without_panic() {
    for end in (0..=WAY.len()).filter(|end| WAY.is_char_boundary(*end)) {
        project(&WAY[..end]);
    }
    let lines: Vec<&str> = WAY.split_inclusive('\n').collect();
    for gone in 0..lines.len() {
        let (before, after) = (lines[..gone].concat(), lines[gone + 1..].concat());
        project(&format!("{before}{after}"));
    }
}
