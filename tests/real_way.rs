//! The rest of a sample's way against real servers: what a remote write receives, what Alertmanagers
//! are sent, timestamps of the page, and histograms that are converted.
//!
//! `PROMSIEVE_WAY_WRITES` (25), `PROMSIEVE_WAY_ALERTS` (40) and `PROMSIEVE_SEED` (1) make it larger
//! or other.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime};

use promsieve_core::config::Project;
use promsieve_core::flow::{self, Stored};
use promsieve_core::relabel::RawStep;
use promsieve_core::series::Target;
use promsieve_core::server::{NameScheme, Server as Release};
use promsieve_lab::real::{Page, Pages, Server, Setup, Version, dir};
use serde_json::Value;

use crate::random::{Random, from_env, seed};
use crate::real_flow::{OWNER, any_step, generate};
use crate::real_relabel::oracle::{self, quoted};
use crate::real_scrape::{Labels, Scraped, configuration, exposed, job, project, read, rows};

const JOBS: usize = 12;
const EXTERNAL: &str = "external_labels: {a: ext, zone: z, job_x: '1'}";
const PATIENCE: Duration = Duration::from_mins(5);

/// Asks until `done` is content, and gives the last answer.
fn wait_for<T>(mut ask: impl FnMut() -> T, done: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = ask();
        if done(&answer) || Instant::now() > deadline {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Steps that the server accepts and that leave the label alone that keeps jobs apart.
fn steps(random: &mut Random, release: Release) -> Vec<String> {
    let steps: Vec<RawStep> = (0..=random.below(3)).map(|_| any_step(random)).collect();
    let harmless = |step: &&RawStep| {
        let valid = step.validate(release, NameScheme::Utf8);
        valid.is_ok_and(|it| it.action().name() != "labeldrop" || !it.pattern().is_match(OWNER))
    };
    steps.iter().filter(harmless).map(oracle::step).collect()
}

/// Every sample has the value 1: a receiver then takes series that become one without an error.
fn constant(mut scraped: Scraped) -> Scraped {
    let page = String::from_utf8(scraped.page).unwrap();
    let line = |line: &str| match line.rsplit_once(' ') {
        Some((series, _)) if !line.starts_with('#') => format!("{series} 1\n"),
        _ => format!("{line}\n"),
    };
    scraped.page = page.lines().map(line).collect::<String>().into_bytes();
    scraped
}

#[track_caller]
fn check_writes(version: Version) {
    if dir().is_none() {
        return;
    }
    let mut random = Random::new(seed());
    let release: Release = version.name().parse().unwrap();
    let jobs: Vec<Scraped> =
        (0..JOBS).map(|at| constant(generate(&mut random, at, release))).collect();
    let receiver =
        Setup { args: vec!["--web.enable-remote-write-receiver".to_owned()], ..Setup::default() };
    let receiver = Server::start_with(version, "global: {}\n", &receiver).unwrap();
    let mut writes = String::from("remote_write:\n");
    for at in 0..from_env("PROMSIEVE_WAY_WRITES", 25) {
        let first = "{source_labels: [__name__], regex: 'up|scrape_.*', action: drop}".to_owned();
        let last = format!("{{target_label: zwrite, replacement: w{at}}}");
        let steps = std::iter::once(first).chain(steps(&mut random, release)).chain([last]);
        writeln!(
            writes,
            "- url: http://{}/api/v1/write\n  name: w{at}\n  queue_config: {{max_shards: 1, \
             batch_send_deadline: 1s}}\n  write_relabel_configs: [{}]",
            receiver.address(),
            steps.collect::<Vec<_>>().join(", ")
        )
        .unwrap();
    }
    let pages = jobs.iter().enumerate();
    let pages = pages.map(|(at, it)| (format!("/{}", job(at)), Page::text(it.page.clone())));
    let pages = Pages::serve(pages).unwrap();
    let global = |text: String| {
        text.replace("scrape_timeout: 5s", &format!("scrape_timeout: 5s, {EXTERNAL}"))
    };
    let config = global(configuration(&jobs, &pages.address())) + &writes;
    let ours = by_flow(version, &jobs, &(global(configuration(&jobs, "127.0.0.1:1")) + &writes));
    let sender = Server::start(version, &config).unwrap();
    sender.wait_attempted(JOBS).unwrap();
    let seen = wait_for(
        || receiver.series("{zwrite=~\"w.+\"}").unwrap().into_iter().collect::<BTreeSet<Labels>>(),
        |seen| seen.len() >= ours.len(),
    );
    eprintln!("{release}: {} series written", ours.len());
    let only = |a: &BTreeSet<Labels>, b: &BTreeSet<Labels>| {
        a.difference(b).take(5).cloned().collect::<Vec<_>>()
    };
    assert!(
        seen == ours,
        "{config}\nserver only {:#?}\nours only {:#?}",
        only(&seen, &ours),
        only(&ours, &seen)
    );
    assert!(ours.len() > 100, "the chains test too little");
}

/// What `flow` sends with a configuration.
fn by_flow(version: Version, jobs: &[Scraped], config: &str) -> BTreeSet<Labels> {
    let (_, exposed, _) = exposed(version, jobs);
    let way = flow::whole_way(&project(version, config), &exposed);
    way.written.iter().flat_map(|it| rows(&it.table)).map(|(_, labels)| labels).collect()
}

#[test]
fn writes_agree_with_prometheus_2() {
    check_writes(Version::V2);
}

#[test]
fn writes_agree_with_prometheus_3() {
    check_writes(Version::V3);
}

/// The labels of generated alerts, their name apart.
fn alerts(random: &mut Random) -> Vec<Labels> {
    let names = ["a", "b", "c", "a_x", "job", "zone", "severity"];
    let labels = |at: u64| {
        let names = names.iter().filter(|_| random.rarely(3));
        let mut labels: Labels = names
            .map(|name| {
                (
                    (*name).to_owned(),
                    ["a", "b", "foo", "FOO-bar", "x;y", "1"][at as usize % 6].to_owned(),
                )
            })
            .collect();
        labels.insert("alertname".to_owned(), format!("A{at}"));
        labels
    };
    (0..from_env("PROMSIEVE_WAY_ALERTS", 40)).map(labels).collect()
}

#[track_caller]
fn check_alerts(version: Version, round: u64) {
    if dir().is_none() {
        return;
    }
    let mut random = Random::new(seed() + round);
    let release: Release = version.name().parse().unwrap();
    let alerts = alerts(&mut random);
    // One alone: the chains of several change the alerts of each other.
    let managers: Vec<String> = (0..1).map(|at| format!("/am{at}")).collect();
    let inbox = |manager: &String| (format!("{manager}/api/v2/alerts"), Page::text(""));
    let pages = Pages::serve(managers.iter().map(inbox)).unwrap();
    let mut config = format!(
        "global: {{evaluation_interval: 1s, {EXTERNAL}}}\nrule_files: [rules.yml]\nalerting:\n  \
         alert_relabel_configs: [{}]\n  alertmanagers:\n",
        steps(&mut random, release).join(", ")
    );
    for manager in &managers {
        writeln!(
            config,
            "  - path_prefix: {manager}\n    alert_relabel_configs: [{}]\n    static_configs: \
             [{{targets: ['{}']}}]",
            steps(&mut random, release).join(", "),
            pages.address()
        )
        .unwrap();
    }
    let setup = Setup {
        files: vec![("rules.yml".to_owned(), rule_file(&alerts))],
        args: vec!["--rules.alert.resend-delay=1s".to_owned()],
        ..Setup::default()
    };
    let _server = Server::start_with(version, &config, &setup).unwrap();
    let project = project(version, &config);
    let mut sent = 0;
    for (at, manager) in managers.iter().enumerate() {
        let ours = sent_by_flow(&project, &alerts, at);
        sent += ours.len();
        let key = format!("{manager}/api/v2/alerts");
        // One more round, in which nothing new may come.
        let enough = |seen: &(usize, BTreeSet<Labels>)| seen.1.len() >= ours.len() && seen.0 > 1;
        let wait = !ours.is_empty();
        let ask = || received(&pages, &key);
        let (_, seen) = if wait { wait_for(ask, enough) } else { ask() };
        assert_eq!(seen, ours, "manager {at}\n{config}");
    }
    eprintln!("{release}: {} alerts, {sent} label sets sent", alerts.len());
}

fn rule_file(alerts: &[Labels]) -> String {
    let mut out = String::from("groups:\n- name: g\n  rules:\n");
    for alert in alerts {
        let own = alert.iter().filter(|(name, _)| *name != "alertname");
        let labels: Vec<String> = own.map(|(n, v)| format!("{n}: {}", quoted(v))).collect();
        writeln!(out, "  - alert: {}\n    expr: vector(1)", alert["alertname"]).unwrap();
        writeln!(out, "    labels: {{{}}}", labels.join(", ")).unwrap();
    }
    out
}

fn sent_by_flow(project: &Project, alerts: &[Labels], manager: usize) -> BTreeSet<Labels> {
    let sent = alerts.iter().filter_map(|labels| {
        let labels: Vec<_> = labels.iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        flow::alert(project, &labels).sent.swap_remove(manager)
    });
    sent.map(|labels| labels.into_iter().collect()).collect()
}

/// How often alerts came, and their label sets.
fn received(pages: &Pages, key: &str) -> (usize, BTreeSet<Labels>) {
    let bodies = pages.bodies(key);
    let alerts = bodies.iter().flat_map(|body| {
        let json: Value = serde_json::from_slice(body).unwrap();
        json.as_array().unwrap().clone()
    });
    (bodies.len(), alerts.map(|it| serde_json::from_value(it["labels"].clone()).unwrap()).collect())
}

#[test]
fn alerts_agree_with_prometheus_2() {
    check_alerts(Version::V2, 0);
    check_alerts(Version::V2, 1);
}

#[test]
fn alerts_agree_with_prometheus_3() {
    check_alerts(Version::V3, 0);
    check_alerts(Version::V3, 1);
}

/// Takes pages, each of a job, through a configuration.
fn stored(version: Version, config: &str, pages: &[(&str, &str)]) -> Stored {
    let mut table = None;
    for (name, page) in pages {
        let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
        let target = Target {
            job: (*name).to_owned(),
            labels: vec![pair("instance", name), pair("job", name)],
        };
        let scraped = Scraped { page: page.as_bytes().to_vec(), ..Scraped::default() };
        let (read, report) = read(&scraped, target);
        assert_eq!(report.bad_lines, 0, "{:?}", report.bad);
        match &mut table {
            None => table = Some(read),
            Some(table) => table.append(&read),
        }
    }
    flow::run(&project(version, config), &table.unwrap()).1
}

/// Jobs whose series become one, within a target and across two of them.
fn config_of_times(address: &str) -> String {
    let mut config = String::from("global: {scrape_interval: 1s}\nscrape_configs:\n");
    for name in ["honor", "ignore", "one", "two"] {
        let across = if name.len() == 3 { "|job|instance" } else { "" };
        writeln!(
            config,
            "- job_name: {name}\n  metrics_path: /{name}\n  honor_timestamps: {}\n  \
             metric_relabel_configs: [{{regex: a{across}, action: labeldrop}}]\n  static_configs: \
             [{{targets: ['{address}'], labels: {{instance: {name}}}}}]",
            name == "honor",
        )
        .unwrap();
    }
    config
}

/// Waits until each of `targets` targets has been scraped three times.
fn wait_scraped_again(server: &Server, targets: usize) {
    let deadline = Instant::now() + PATIENCE;
    while server.query("count_over_time(up[5m]) >= 3").unwrap().len() < targets {
        assert!(Instant::now() < deadline, "no third scrape of all targets in {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[track_caller]
fn check_times(version: Version) {
    if dir().is_none() {
        return;
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let (early, late) = (now - 20_000, now - 10_000);
    let page = format!(
        "differ{{a=\"1\"}} 1 {early}\ndiffer{{a=\"2\"}} 2 {late}\nsame{{a=\"1\"}} 1 {early}\nsame{{a=\"2\"}} \
         2 {early}\nnone{{a=\"1\"}} 1\nnone{{a=\"2\"}} 2\n"
    );
    let other = "across{a=\"1\"} 1\n";
    let pages = Pages::serve([
        ("/honor".to_owned(), Page::text(page.clone())),
        ("/ignore".to_owned(), Page::text(page.clone())),
        ("/one".to_owned(), Page::text(other)),
        ("/two".to_owned(), Page::text(other.replace(" 1", " 2"))),
    ])
    .unwrap();
    let config = config_of_times(&pages.address());
    let server = Server::start(version, &config).unwrap();
    wait_scraped_again(&server, 4);
    let value = |query: &str| server.query(query).unwrap().first().map_or(f64::NAN, |it| it.1);
    let highest =
        |name: &str, job: &str| value(&format!("max_over_time({name}{{job=\"{job}\"}}[5m])"));
    let count = |name: &str| value(&format!("count_over_time({name}{{job=\"honor\"}}[5m])"));
    // Two samples, one, and the first of each scrape.
    assert_eq!((count("differ"), count("same")), (2.0, 1.0));
    for (name, job) in
        [("same", "honor"), ("none", "honor"), ("differ", "ignore"), ("same", "ignore")]
    {
        assert_eq!((name, job, highest(name, job)), (name, job, 1.0), "the first was stored");
    }
    assert_eq!(("differ", highest("differ", "honor")), ("differ", 2.0));
    assert_eq!(
        (value("min_over_time(across[5m])"), value("max_over_time(across[5m])")),
        (1.0, 2.0)
    );
    let pages =
        [("honor", page.as_str()), ("ignore", page.as_str()), ("one", other), ("two", other)];
    let report = stored(version, &config, &pages).report;
    let mut told: Vec<String> = report
        .collisions
        .iter()
        .map(|it| format!("{} {} {} {}", it.metric, it.job, it.lost(), it.interleaved))
        .collect();
    told.sort();
    let wanted = [
        "across two 0 1",
        "differ honor 0 1",
        "differ ignore 1 0",
        "none honor 1 0",
        "none ignore 1 0",
        "same honor 1 0",
        "same ignore 1 0",
    ];
    assert_eq!(told, wanted);
}

#[test]
fn timestamps_decide_what_is_lost_in_prometheus_2() {
    check_times(Version::V2);
}

#[test]
fn timestamps_decide_what_is_lost_in_prometheus_3() {
    check_times(Version::V3);
}

#[test]
fn histograms_are_converted_as_prometheus_3_does() {
    if dir().is_none() {
        return;
    }
    let page = "# TYPE h histogram\nh_bucket{a=\"1\",le=\"1\"} 1\nh_bucket{a=\"1\",le=\"+Inf\"} 2\n\
                h_bucket{a=\"1\",le=\"x\"} 2\nh_sum{a=\"1\"} 3\nh_count{a=\"1\"} 2\nh_created{a=\"1\"} 2\n\
                h_bucket{a=\"2\",job=\"x\",le=\"1\"} 1\nh_bucket{a=\"2\",job=\"x\",le=\"+Inf\"} 2\n\
                other_bucket{le=\"1\"} 4\nother_count 3\n# TYPE g gauge\ng_bucket{le=\"1\"} 3\n# TYPE i \
                histogram\ni_bucket{le=\"1\"} 1\ni_bucket{le=\"+Inf\"} 2\ni_count 2\ni_sum 4\n";
    let jobs = [
        ("plain", "false", "false"),
        ("converted", "true", "false"),
        ("both", "true", "true"),
        ("kept", "false", "true"),
    ];
    let served = |it: &(&str, &str, &str)| (format!("/{}", it.0), Page::text(page));
    let pages = Pages::serve(jobs.iter().map(served)).unwrap();
    let mut config = String::from("global: {scrape_interval: 1s}\nscrape_configs:\n");
    for (name, convert, always) in jobs {
        writeln!(
            config,
            "- job_name: {name}\n  metrics_path: /{name}\n  convert_classic_histograms_to_nhcb: \
             {convert}\n  always_scrape_classic_histograms: {always}\n  metric_relabel_configs: \
             [{{source_labels: [__name__], regex: i_count, action: drop}}]\n  static_configs: \
             [{{targets: ['{}'], labels: {{instance: {name}}}}}]",
            pages.address()
        )
        .unwrap();
    }
    let args = vec!["--enable-feature=native-histograms".to_owned()];
    let setup = Setup { args, ..Setup::default() };
    let server = Server::start_with(Version::V3, &config, &setup).unwrap();
    server.wait_scraped(jobs.len()).unwrap();
    let seen = server.series("{__name__=~\"(h|i|g|other).*\"}").unwrap();
    let seen: BTreeSet<Labels> = seen.into_iter().collect();
    let exposed: Vec<(&str, &str)> = jobs.iter().map(|it| (it.0, page)).collect();
    let ours = stored(Version::V3, &config, &exposed);
    let ours: BTreeSet<Labels> = rows(&ours.table).into_iter().map(|(_, labels)| labels).collect();
    assert_eq!(seen, ours);
    assert!(seen.iter().any(|labels| labels["__name__"] == "i"));
}
