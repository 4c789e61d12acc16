//! The protobuf reader against real servers that scrape its pages, with native histograms stored and
//! not: a page without bad places must be scraped, with the same series; one with a bad place must
//! fail.

use std::collections::{BTreeMap, BTreeSet};

use promsieve_core::ingest::protobuf::{Histograms, Reader};
use promsieve_core::series::{TableBuilder, Target};
use promsieve_lab::protobuf::{
    CONTENT_TYPE, Kind, Message, classic, exemplar, family, labels, native, native_floats, page,
    plain, summary,
};
use promsieve_lab::real::{Page, Pages, Server, Setup, Version, dir};

use crate::random::Random;
use crate::real_scrape::{Labels, rows};

/// A page, and whether some histogram on it is a native one.
struct Case {
    page: Vec<u8>,
    native: bool,
}

#[test]
fn prometheus_2_reads_the_same() {
    check(Version::V2);
}

#[test]
fn prometheus_3_reads_the_same() {
    check(Version::V3);
}

#[track_caller]
fn check(version: Version) {
    if dir().is_none() {
        return;
    }
    let mut cases = written();
    let mut random = Random::new(1);
    cases.extend((0..120).map(|_| generated(&mut random)));
    let without: Vec<usize> = (0..cases.len()).filter(|at| !cases[*at].native).collect();
    let all: Vec<usize> = (0..cases.len()).collect();
    let feature = "--enable-feature=native-histograms";
    compare(version, &cases, &all, Histograms::Native, &[feature]);
    compare(version, &cases, &all, Histograms::Both, &[feature]);
    // Asked for this format all the same, a server without the feature does odd things to native ones.
    compare(version, &cases, &without, Histograms::Classic, &[]);
}

#[track_caller]
fn compare(version: Version, cases: &[Case], of: &[usize], histograms: Histograms, args: &[&str]) {
    let differing = |of: &[usize]| -> (Vec<usize>, usize) {
        let seen = on_server(version, cases, of, histograms, args);
        let differs = |(at, seen): &(&usize, &(bool, BTreeSet<Labels>))| {
            let ours = ours(version, &cases[**at].page, histograms);
            let page = cases[**at].page.escape_ascii();
            if **seen != ours {
                eprintln!("{page} {histograms:?}: server {seen:?}\n    ours {ours:?}");
            }
            **seen != ours
        };
        let found = of.iter().zip(&seen).filter(differs).map(|(at, _)| *at).collect();
        (found, seen.iter().filter(|seen| seen.0).count())
    };
    let (found, up) = differing(of);
    // Asked while a scrape is under way, a server may show a page half: what differs is asked again.
    let differences = if found.is_empty() { 0 } else { differing(&found).0.len() };
    eprintln!("{} {histograms:?}: {} pages, {up} accepted", version.name(), of.len());
    assert_eq!(differences, 0, "{} reads differently", version.name());
    assert!(up > of.len() / 2 && up < of.len(), "the pages test too little");
}

/// Whether a page is read without fault, and which series it has then.
fn ours(version: Version, page: &[u8], histograms: Histograms) -> (bool, BTreeSet<Labels>) {
    let mut builder = TableBuilder::default();
    builder.target(Target::default());
    let mut reader = Reader::new(histograms, version.name().parse().unwrap());
    reader.feed(page, &mut builder);
    let good = reader.finish().bad_lines == 0;
    let series = rows(&builder.finish()).into_iter().map(|(_, labels)| labels);
    (good, series.filter(|_| good).collect())
}

/// Whether a server takes each page, and which series it stores of it.
fn on_server(
    version: Version,
    cases: &[Case],
    of: &[usize],
    histograms: Histograms,
    args: &[&str],
) -> Vec<(bool, BTreeSet<Labels>)> {
    let served =
        of.iter().map(|at| (format!("/j{at}"), Page::new(cases[*at].page.clone(), CONTENT_TYPE)));
    let pages = Pages::serve(served).unwrap();
    let setting = match version {
        Version::V2 => "scrape_classic_histograms",
        Version::V3 => "always_scrape_classic_histograms",
    };
    let both = histograms == Histograms::Both;
    let mut config = "global: {scrape_interval: 10s}\nscrape_configs:\n".to_owned();
    for at in of {
        config.push_str(&format!(
            "- job_name: j{at}\n  metrics_path: /j{at}\n  scrape_protocols: [PrometheusProto]\n  \
             {setting}: {both}\n  honor_timestamps: false\n  \
             static_configs: [{{targets: ['{}'], labels: {{instance: here}}}}]\n",
            pages.address()
        ));
    }
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    let server = Server::start_with(version, &config, &Setup { args, ..Setup::default() }).unwrap();
    server.wait_attempted(of.len()).unwrap();
    let mut found: BTreeMap<String, (bool, BTreeSet<Labels>)> = BTreeMap::new();
    for (labels, value) in server.query("up").unwrap() {
        found.entry(labels["job"].clone()).or_default().0 = value > 0.5;
    }
    for mut labels in server.series("{job=~\"j.+\", __name__!~\"up|scrape_.*\"}").unwrap() {
        labels.remove("instance");
        let job = labels.remove("job").unwrap();
        found.get_mut(&job).unwrap().1.insert(labels);
    }
    of.iter().map(|at| found.remove(&format!("j{at}")).unwrap()).collect()
}

/// Pages written by hand: what is awkward, and what is refused.
fn written() -> Vec<Case> {
    let gauge = |pairs: &[(&str, &str)]| plain(Kind::Gauge, labels(pairs), 1.0);
    let one = |message: Message| page([message]);
    let of = |pairs: &[(&str, &str)]| one(family("a", Kind::Gauge, [gauge(pairs)]));
    let bytes = |name: &[u8], value: &[u8]| {
        let pair = Message::default().bytes(1, name).bytes(2, value);
        one(family("a", Kind::Gauge, [Message::default().message(1, &pair)]))
    };
    let unit = |name: &str, kind: Kind, unit: &str| {
        one(family(name, kind, [plain(kind, labels(&[]), 1.0)]).text(5, unit))
    };
    let counter = Message::default().double(1, 2.0).message(2, &exemplar(&[("t", "a")], 1.0));
    let histogram = || classic(3, 4.5, &[(0.25, 1), (1.0, 2), (1e7, 3)]);
    let bounds = classic(3, 1.0, &[(f64::NEG_INFINITY, 1), (-1.0, 1), (0.0, 1), (1e-7, 2)]);
    let infinite = classic(3, 1.0, &[(1.0, 1), (f64::INFINITY, 3), (2.0, 3)]);
    let histogram_family =
        |message: &Message| one(family("h", Kind::Histogram, [labels(&[]).message(7, message)]));
    let pages = vec![
        Vec::new(),
        of(&[]),
        of(&[("x", "é\"\\\n"), ("y", "")]),
        of(&[("x", "1"), ("x", "2")]),
        of(&[("__name__", "b")]),
        of(&[("", "1")]),
        bytes(b"x", b"\xff"),
        one(family("", Kind::Gauge, [gauge(&[])])),
        one(family("", Kind::Gauge, [])),
        one(family("a", Kind::Gauge, [])),
        page([family("a", Kind::Gauge, [gauge(&[])]), family("a", Kind::Gauge, [gauge(&[])])]),
        one(family("a_total", Kind::Counter, [labels(&[]).message(3, &counter)])),
        one(family("a", Kind::Counter, [plain(Kind::Gauge, labels(&[]), 1.0)])),
        one(Message::default().text(1, "a").message(4, &gauge(&[]))),
        one(Message::default().text(1, "a").number(3, 9).message(4, &gauge(&[]))),
        one(Message::default().text(1, "a").number(7, 9).double(9, 1.0).message(4, &gauge(&[]))),
        one(Message::default().number(1, 9)),
        unit("a_seconds", Kind::Gauge, "seconds"),
        unit("a_seconds_total", Kind::Counter, "seconds"),
        unit("a_seconds_total", Kind::Gauge, "seconds"),
        unit("a", Kind::Gauge, "seconds"),
        unit("seconds", Kind::Gauge, "seconds"),
        histogram_family(&histogram()),
        histogram_family(&bounds),
        histogram_family(&infinite),
        histogram_family(&Message::default()),
        one(family("h", Kind::Histogram, [labels(&[])])),
        one(family("h", Kind::GaugeHistogram, [labels(&[]).message(7, &histogram())])),
        one(family("h", Kind::Histogram, [labels(&[("le", "1")]).message(7, &histogram())])),
    ];
    let cut_off =
        [vec![200], vec![2, 0x0a, 5], vec![0xff; 12]].map(|rest| [of(&[]), rest].concat());
    let case = |native| move |page| Case { page, native };
    let pages = pages.into_iter().chain(written_summaries()).chain(cut_off);
    pages.map(case(false)).chain(written_native().into_iter().map(case(true))).collect()
}

/// Pages with summaries.
fn written_summaries() -> Vec<Vec<u8>> {
    let one = |labels: Message, quantiles: &[(f64, f64)]| {
        page([family("s", Kind::Summary, [labels.message(4, &summary(2, 3.0, quantiles))])])
    };
    let quantiles = [(0.0, 1.0), (0.5, 2.0), (1.0, 3.0), (f64::NAN, 0.0)];
    vec![
        one(labels(&[]), &quantiles),
        one(labels(&[]), &[]),
        one(labels(&[("quantile", "1")]), &[]),
    ]
}

/// Pages with native histograms.
fn written_native() -> Vec<Vec<u8>> {
    let one = |message: Message| page([message]);
    let histogram = || classic(3, 4.5, &[(0.25, 1), (1.0, 2), (1e7, 3)]);
    let histogram_family =
        |message: &Message| one(family("h", Kind::Histogram, [labels(&[]).message(7, message)]));
    vec![
        histogram_family(&native(histogram(), 3)),
        histogram_family(&native(classic(3, 1.0, &[]), 3)),
        one(family(
            "h",
            Kind::Histogram,
            [labels(&[("le", "1")]).message(7, &native(histogram(), 3))],
        )),
        one(family("h", Kind::GaugeHistogram, [labels(&[]).message(7, &native_floats(2.0, 1.0))])),
    ]
}

/// One to three families of a few metrics, some histograms native, some broken.
fn generated(random: &mut Random) -> Case {
    let mut any_native = false;
    let families: Vec<Message> = (0..=random.below(2))
        .map(|at| {
            let kind = [Kind::Counter, Kind::Gauge, Kind::Summary, Kind::Untyped, Kind::Histogram]
                [random.below(5)];
            let metrics: Vec<Message> = (0..=random.below(3))
                .map(|row| {
                    let row = row.to_string();
                    let mut pairs = vec![("row", row.as_str())];
                    for name in ["x", "y"] {
                        if random.below(2) == 0 {
                            pairs.push((name, random.pick(&["", "1", "é", "a b"])));
                        }
                    }
                    if random.rarely(20) {
                        pairs.push(("row", "again"));
                    }
                    metric(random, kind, labels(&pairs), &mut any_native)
                })
                .collect();
            family(&format!("m{at}"), kind, metrics)
        })
        .collect();
    Case { page: page(families), native: any_native }
}

fn metric(random: &mut Random, kind: Kind, labels: Message, any_native: &mut bool) -> Message {
    let bound = |random: &mut Random| random.below(4000) as f64 / 1000.0;
    match kind {
        Kind::Summary => {
            let quantiles: Vec<(f64, f64)> =
                (0..random.below(3)).map(|at| (f64::from(at as u8) / 4.0, 1.0)).collect();
            labels.message(4, &summary(3, 1.5, &quantiles))
        }
        Kind::Histogram => {
            let mut bounds: Vec<(f64, u64)> =
                (0..random.below(4)).map(|_| (bound(random), 1)).collect();
            bounds.sort_by(|a, b| a.0.total_cmp(&b.0));
            bounds.dedup_by(|a, b| a.0.total_cmp(&b.0).is_eq());
            let histogram = classic(3, 1.5, &bounds);
            if random.below(2) == 0 {
                return labels.message(7, &histogram);
            }
            *any_native = true;
            labels.message(7, &native(histogram, 3))
        }
        kind => plain(kind, labels, bound(random)),
    }
}
