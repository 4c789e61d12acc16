//! Plans what can be dropped without a query missing it, and writes it into the configuration.

use promsieve_core::config::{self, Kind};
use promsieve_core::cost::{CostModel, ServerSettings};
use promsieve_core::flow;
use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::optimize::{self, Evidence, Goal, patch};
use promsieve_core::series::{TableBuilder, Target};
use promsieve_core::server::Server;
use promsieve_core::text::{SourceText, Sources};
use promsieve_core::usage::{Consumers, Usage, UsageOptions};
use promsieve_core::watch::Unwatched;

const CONFIG: &str = "scrape_configs:\n  - job_name: app\n";
const RULES: &str = "groups: [{name: g, rules: [{record: 'app:up:sum', expr: sum(app_up)}]}]\n";
const SCRAPE: &str = "app_up 1\nnobody_asks{id=\"1\"} 1\nnobody_asks{id=\"2\"} 1\n";

fn main() {
    let server = Server::prometheus(3, 5);
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new("prometheus.yml", CONFIG));
    let (project, _) = config::read(Kind::Prometheus, file, sources.file(file), server);

    // Who asks: rules here; dashboards, autoscalers and query logs are added alike.
    let rules = sources.add(SourceText::new("rules.yml", RULES));
    let mut consumers = Consumers::default();
    consumers.add(rules, sources.file(rules));
    let usage = Usage::of(consumers.finish().0, UsageOptions::default());

    // What there is, with the labels of its target.
    let mut builder = TableBuilder::default();
    let labels = [("instance", "a:1"), ("job", "app")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    builder.target(Target { job: "app".to_owned(), labels: labels.to_vec() });
    let mut reader = Reader::new(Format::Text);
    reader.feed(SCRAPE.as_bytes(), &mut builder);
    reader.finish(&mut builder);
    let (attached, stored) = flow::run(&project, &builder.finish());

    let (model, _) = CostModel::embedded(&server);
    let settings = ServerSettings { server, ..ServerSettings::default() };
    let evidence = Evidence {
        project: &project,
        attached: &attached,
        stored: &stored,
        earlier: &[],
        usage: &usage,
        model: &model,
        settings: &settings,
    };
    let plan = optimize::plan(&evidence, &Goal::default(), &Unwatched).plan;
    assert_eq!((plan.before().series.0, plan.after().series.0), (3, 1));

    let files = patch(&project, &sources, plan.actions()).expect("the job's chain can be changed");
    assert!(files[0].1.contains("nobody_asks"));
}
