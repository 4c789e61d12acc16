//! The protobuf reader: against the text reader on the same series, against itself cut anywhere, and
//! on broken pages.

use std::collections::BTreeMap;

use promsieve_core::ingest::protobuf::{Histograms, Reader, begins};
use promsieve_core::ingest::{Report, exposition};
use promsieve_core::series::{MetricType, Sample, Sink};
use promsieve_core::server::Server;
use promsieve_lab::protobuf::{
    Kind, Message, classic, exemplar, family, labels, native, native_floats, page, plain, summary,
};
use proptest::prelude::*;

/// Writes down what it is told.
#[derive(Default, Debug, PartialEq)]
struct Log(Vec<String>);

impl Sink for Log {
    fn family(&mut self, name: &str, kind: MetricType) {
        self.0.push(format!("{name} is a {}", kind.as_str()));
    }

    fn sample(&mut self, sample: &Sample<'_>) {
        let labels: Vec<String> =
            sample.pairs().map(|(name, value)| format!("{name}={value:?}")).collect();
        let time = sample.timestamp.map(|time| format!(" @{time}")).unwrap_or_default();
        let exemplar = if sample.exemplar { " +exemplar" } else { "" };
        let (metric, labels) = (sample.metric, labels.join(","));
        self.0.push(format!("{metric}{{{labels}}} {}{time}{exemplar}", sample.value));
    }
}

fn read(page: &[u8], histograms: Histograms, pieces: usize) -> (Log, Report) {
    let mut log = Log::default();
    let mut reader = Reader::new(histograms, Server::default());
    for piece in page.chunks(pieces.max(1)) {
        reader.feed(piece, &mut log);
    }
    (log, reader.finish())
}

#[track_caller]
fn check(families: Vec<Message>, histograms: Histograms, wanted: &[&str], bad: &[(u64, &str)]) {
    let page = page(families);
    let (log, report) = read(&page, histograms, usize::MAX);
    assert_eq!(log.0, wanted);
    let found: Vec<(u64, &str)> =
        report.bad.iter().map(|bad| (bad.line, bad.message.as_str())).collect();
    assert_eq!(found, bad);
    for pieces in 1..page.len() {
        assert_eq!(read(&page, histograms, pieces), (Log(log.0.clone()), report.clone()));
    }
}

#[test]
fn plain_metrics_and_summaries() {
    let counter = Message::default().double(1, 5.0).message(2, &exemplar(&[("trace", "a")], 1.0));
    check(
        vec![
            family("up", Kind::Gauge, [plain(Kind::Gauge, labels(&[]), 1.0)]),
            family("a_total", Kind::Counter, [labels(&[("x", "é\"\n")]).message(3, &counter)]),
            family("empty", Kind::Counter, []),
            family("u", Kind::Untyped, [plain(Kind::Untyped, labels(&[]), 2.0).number(6, 1500)]),
            family("s", Kind::Summary, [labels(&[]).message(4, &summary(2, 3.0, &[(0.5, 1.0)]))]),
        ],
        Histograms::Native,
        &[
            "up is a gauge",
            "up{} 1",
            "a_total is a counter",
            r#"a_total{x="é\"\n"} 5 +exemplar"#,
            "u is a unknown",
            "u{} 2 @1500",
            "s is a summary",
            "s_count{} 2",
            "s_sum{} 3",
            r#"s{quantile="0.5"} 1"#,
        ],
        &[],
    );
}

#[test]
fn histograms_are_native_classic_or_both() {
    let histogram = || classic(3, 4.5, &[(0.25, 1), (1.0, 2), (1e7, 3)]);
    let both =
        || vec![family("h", Kind::Histogram, [labels(&[]).message(7, &native(histogram(), 3))])];
    let buckets = [
        "h_count{} 3",
        "h_sum{} 4.5",
        r#"h_bucket{le="0.25"} 1"#,
        r#"h_bucket{le="1.0"} 2"#,
        r#"h_bucket{le="1e+07"} 3"#,
        r#"h_bucket{le="+Inf"} 3"#,
    ];
    let with = |first: &[&'static str]| [&["h is a histogram"], first].concat();
    check(both(), Histograms::Native, &with(&["h{} 3"]), &[]);
    check(both(), Histograms::Classic, &with(&buckets), &[]);
    check(both(), Histograms::Both, &[with(&["h{} 3"]), buckets.to_vec()].concat(), &[]);
    let plain = vec![family("h", Kind::Histogram, [labels(&[]).message(7, &histogram())])];
    check(plain, Histograms::Native, &with(&buckets), &[]);
    let floats = native_floats(2.5, 1.0);
    let floats = vec![family("g", Kind::GaugeHistogram, [labels(&[]).message(7, &floats)])];
    check(floats, Histograms::Both, &["g is a gaugehistogram", "g{} 2.5"], &[]);
}

#[test]
fn bad_places_are_named_and_the_rest_is_read() {
    let metric = |pairs: &[(&str, &str)]| plain(Kind::Gauge, labels(pairs), 1.0);
    let mixed = |histogram: &Message| labels(&[]).message(7, histogram);
    let invalid = Message::default().bytes(1, b"x").bytes(2, b"\xff");
    check(
        vec![
            family(
                "a",
                Kind::Gauge,
                [Message::default().message(1, &invalid), metric(&[("x", "1")])],
            ),
            family("", Kind::Gauge, [metric(&[])]),
            family("b", Kind::Gauge, [metric(&[("x", "1"), ("x", "2")]), metric(&[("", "1")])]),
            Message::default().text(1, "c").number(3, 9).message(4, &metric(&[])),
            Message::default().message(4, &metric(&[])).text(1, "d"),
            family("e", Kind::Gauge, [metric(&[])]).text(5, "seconds"),
            family("h", Kind::Histogram, [labels(&[("le", "1")])]),
            Message::default().number(1, 5),
            family(
                "k",
                Kind::Histogram,
                [mixed(&native(Message::default(), 3)), mixed(&classic(3, 1.0, &[]))],
            ),
            family("f", Kind::Gauge, [metric(&[("y", "1")])]),
        ],
        Histograms::Native,
        &[
            "a is a gauge",
            r#"a{x="1"} 1"#,
            "b is a gauge",
            "e is a gauge",
            "e{} 1",
            "h is a histogram",
            "k is a histogram",
            "k{} 0",
            "f is a gauge",
            r#"f{y="1"} 1"#,
        ],
        &[
            (1, "a text is no UTF-8"),
            (2, "it has no name"),
            (3, "a label of a metric stands twice"),
            (3, "a label has no name"),
            (4, "it is of no type that there is"),
            (5, "it has no name"),
            (6, "the unit `seconds` does not end the name `e`"),
            (7, "a label of a metric stands twice"),
            (8, "a field is of another type than it should be"),
            (9, "a histogram without native buckets stands behind a native one of its family"),
        ],
    );
}

#[test]
fn lengths_that_lie_end_the_page() {
    let good = page([family("a", Kind::Gauge, [plain(Kind::Gauge, labels(&[]), 1.0)])]);
    let ends = |bytes: &[u8], message: &str| {
        let (log, report) = read(&[&good, bytes].concat(), Histograms::Native, 3);
        assert_eq!(log.0, ["a is a gauge", "a{} 1"]);
        assert_eq!(report.bad.iter().map(|bad| &*bad.message).collect::<Vec<_>>(), [message]);
    };
    ends(&good[..good.len() - 1], "the page ends inside of a metric family");
    ends(&[0xff; 4], "the page ends inside of a metric family");
    ends(&[0xff; 40], "expected the length of a metric family: no more of the page can be read");
    ends(&[2, 0x0a, 5], "a field is longer than its message");
}

#[test]
fn pages_are_recognised_by_their_beginning() {
    let metric = || plain(Kind::Gauge, labels(&[("x", "1")]), 1.0);
    assert!(begins(&page([family("a.b", Kind::Gauge, [metric()])])));
    assert!(begins(&page([Message::default().text(1, "a").message(4, &metric())])));
    for text in ["", "\n\n\n\n\n", "a 1\n", "#\n a{x=\"1\"} 1\n", "\n\n\ta 1\n", "{\"a\"} 1\n"] {
        assert!(!begins(text.as_bytes()), "{text:?}");
    }
}

/// One metric of a family: labels, and a bound and count for each bucket.
type Shown = (BTreeMap<String, String>, Vec<(i16, u8)>);

fn shown() -> impl Strategy<Value = Vec<(u8, Vec<Shown>)>> {
    let labels = proptest::collection::btree_map("[a-d]", "[xy\\\\\"\n]{0,2}", 0..4);
    let bounds = proptest::collection::vec((-20_i16..20, any::<u8>()), 0..4);
    let metrics = proptest::collection::vec((labels, bounds), 1..4);
    proptest::collection::vec((0_u8..4, metrics), 0..5)
}

/// The page in protobuf, and in the text format with bounds as `OpenMetrics` writes them.
fn pages(families: &[(u8, Vec<Shown>)]) -> (Vec<u8>, String) {
    let (mut messages, mut text) = (Vec::new(), String::new());
    for (at, (kind, metrics)) in families.iter().enumerate() {
        let name = format!("m{at}");
        let kind = [Kind::Counter, Kind::Gauge, Kind::Summary, Kind::Histogram][*kind as usize];
        text.push_str(&format!("# TYPE {name} {}\n", format!("{kind:?}").to_lowercase()));
        let metrics = metrics.iter().map(|(pairs, bounds)| {
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
            metric(kind, &name, &pairs, bounds, &mut text)
        });
        messages.push(family(&name, kind, metrics));
    }
    (page(messages), text)
}

fn metric(
    kind: Kind,
    name: &str,
    pairs: &[(&str, &str)],
    bounds: &[(i16, u8)],
    text: &mut String,
) -> Message {
    let escape = |v: &str| v.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let mut line = |suffix: &str, bound: Option<(&str, String)>, value: f64| {
        let pairs = pairs.iter().map(|(n, v)| (*n, (*v).to_owned())).chain(bound);
        let pairs: Vec<String> = pairs.map(|(n, v)| format!("{n}=\"{}\"", escape(&v))).collect();
        text.push_str(&format!("{name}{suffix}{{{}}} {value}\n", pairs.join(",")));
    };
    // A quarter a step: all of them have a short decimal form.
    let bounds: Vec<(f64, u8)> = bounds.iter().map(|(b, n)| (f64::from(*b) / 4.0, *n)).collect();
    let label =
        |bound: f64| if bound.fract() == 0.0 { format!("{bound:.1}") } else { bound.to_string() };
    match kind {
        Kind::Summary => {
            line("_count", None, 7.0);
            line("_sum", None, 0.5);
            for (bound, value) in &bounds {
                line("", Some(("quantile", label(*bound))), f64::from(*value));
            }
            let bounds: Vec<(f64, f64)> = bounds.iter().map(|(b, n)| (*b, f64::from(*n))).collect();
            labels(pairs).message(4, &summary(7, 0.5, &bounds))
        }
        Kind::Histogram => {
            line("_count", None, 7.0);
            line("_sum", None, 0.5);
            for (bound, value) in &bounds {
                line("_bucket", Some(("le", label(*bound))), f64::from(*value));
            }
            line("_bucket", Some(("le", "+Inf".to_owned())), 7.0);
            let bounds: Vec<(f64, u64)> = bounds.iter().map(|(b, n)| (*b, u64::from(*n))).collect();
            labels(pairs).message(7, &classic(7, 0.5, &bounds))
        }
        _ => {
            line("", None, 2.5);
            plain(kind, labels(pairs), 2.5)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_text_format_says_the_same(families in shown(), pieces in 1_usize..50) {
        let (page, text) = pages(&families);
        let (log, report) = read(&page, Histograms::Native, pieces);
        let mut wanted = Log::default();
        let mut reader = exposition::Reader::new(exposition::Format::Text);
        reader.feed(text.as_bytes(), &mut wanted);
        prop_assert_eq!(reader.finish(&mut wanted).bad_lines, 0);
        prop_assert_eq!(log, wanted);
        prop_assert_eq!((report.bad_lines, report.lines), (0, families.len() as u64));
    }
}

#[test]
fn reading_allocates_nothing_a_sample() {
    let rows: Vec<String> = (0..4_000).map(|row| row.to_string()).collect();
    let bounds: Vec<(f64, u64)> = (0..10).map(|at| (f64::from(at) / 8.0, 1)).collect();
    let metric =
        |row: &String| labels(&[("pod", row), ("zone", "a")]).message(7, &classic(9, 1.0, &bounds));
    let page = page([family("h", Kind::Histogram, rows.iter().map(metric))]);
    let (first, second) = page.split_at(page.len() / 2);
    let mut reader = Reader::new(Histograms::Native, Server::default());
    let mut counted = Counted(0);
    reader.feed(first, &mut counted);
    let before = counted.0;
    let allocations = allocation_counter::measure(|| reader.feed(second, &mut counted)).count_total;
    let samples = counted.0 - before;
    assert!(samples > 20_000, "{samples}");
    assert!(allocations < 10, "{allocations} allocations for {samples} samples");
}

struct Counted(u64);

impl Sink for Counted {
    fn family(&mut self, _: &str, _: MetricType) {}

    fn sample(&mut self, _: &Sample<'_>) {
        self.0 += 1;
    }
}
