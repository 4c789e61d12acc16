//! The exposition reader against real servers: awkward pages, served to Prometheus 2.53 and 3.5. A
//! page without bad lines must be scraped, with the same series; one with a bad line must fail.

use std::collections::BTreeSet;

use promsieve_lab::real::{Version, dir};

use crate::random::Random;
use crate::real_scrape::{Labels, Scraped, by_flow, on_server};

/// Pages in the text format.
const TEXT: &[&str] = &[
    "",
    "\n",
    "# nothing\n",
    "a 1",
    "a 1\n",
    "a{} 1\n",
    "a{x=\"1\",} 1\n",
    "a{,} 1\n",
    "a{x=\"1\",,} 1\n",
    "a{,x=\"1\"} 1\n",
    "a{x=\"1\" y=\"2\"} 1\n",
    "a{x=\"1\"y=\"2\"} 1\n",
    "a {x=\"1\"} 1\n",
    "a\t{x=\"1\"}\t1\t1500\n",
    "a { x = \"1\" , y = \"2\" } 1\n",
    "  a 1\n",
    "\ta 1\n",
    "a 1 \n",
    "a 1  1500  \n",
    "a 1 1500 3\n",
    "a 1 1.5\n",
    "a 1 -1\n",
    "a 1 +1\n",
    "a 1 1e3\n",
    "a\n",
    "a \n",
    "a{x=\"1\"}\n",
    "a{x=\"1\"}1\n",
    "a{x=\"1\"} 1#\n",
    "a 1 # {t=\"1\"} 1\n",
    "a 1 #\n",
    "a 1\r\n",
    "# HELP a x\r\na 1\n",
    "\r\n",
    "a NaN\n",
    "a nan\n",
    "a +Inf\n",
    "a -inf\n",
    "a Infinity\n",
    "a infinity\n",
    "a 0x1p4\n",
    "a 0x10\n",
    "a 1_000\n",
    "a 1e400\n",
    "a 1e-400\n",
    "a .5\n",
    "a 5.\n",
    "a .\n",
    "a 1e\n",
    "a -\n",
    "a +5\n",
    "a -NaN\n",
    "a +NaN\n",
    "a{x=\"q\\\"b\\\\c\\nd\\e\"} 1\n",
    "a{x=\"\\\"} 1\n",
    "a{x=\"\\\\\"} 1\n",
    "a{x=\"line\nend\"} 1\n",
    "a{x=\"1} 1\n",
    "a{x=1} 1\n",
    "a{x='1'} 1\n",
    "a{x} 1\n",
    "a{x=} 1\n",
    "a{=\"1\"} 1\n",
    "a{x=\"1\" 1\n",
    "a{x=\"1\"}} 1\n",
    "a}x=\"1\"{ 1\n",
    "a{x=\"}\",y=\",\",z=\"=\"} 1\n",
    "a{x=\"# {\"} 1\n",
    "a{x=\"é日本\"} 1\n",
    "a{é=\"1\"} 1\n",
    "é 1\n",
    "a.b 1\n",
    "a-b 1\n",
    "1a 1\n",
    "a:b 1\n",
    ":a 1\n",
    "a{a:b=\"1\"} 1\n",
    "a{x=\"\"} 1\n",
    "a{x=\"1\",x=\"2\"} 1\n",
    "a{x=\"1\",x=\"1\"} 1\n",
    "a{b=\"1\",a=\"2\"} 1\n",
    "a{__name__=\"b\"} 1\n",
    "{__name__=\"b\"} 1\n",
    "{x=\"1\"} 1\n",
    "{} 1\n",
    "{\"a\"} 1\n",
    "{\"a\",x=\"1\"} 1\n",
    "{\"a\" , x=\"1\"} 1\n",
    "{x=\"1\",\"a\"} 1\n",
    "{\"a\",\"b\"} 1\n",
    "a{\"b\"} 1\n",
    "{\"a.b\"} 1\n",
    "{\"a b\",\"x y\"=\"1\"} 1\n",
    "a{\"x.y\"=\"1\"} 1\n",
    "a{\"x\"=\"1\"} 1\n",
    "a{\"x\" = \"1\"} 1\n",
    "{\"a\\\"b\"} 1\n",
    "{\"a\\\\b\"} 1\n",
    "{\"\"} 1\n",
    "{\"\",x=\"1\"} 1\n",
    "a{\"\"=\"1\"} 1\n",
    "a{\"x\\ny\"=\"1\"} 1\n",
    "a 1\na 2\n",
    "a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\n",
    "# TYPE a counter\na 1\n",
    "# TYPE a thing\na 1\n",
    "# TYPE a Counter\na 1\n",
    "# TYPE a\na 1\n",
    "# TYPE\na 1\n",
    "# TYPE \na 1\n",
    "# TYPE a counter extra\na 1\n",
    "# TYPE a counter \na 1\n",
    "# TYPE a  counter\na 1\n",
    "#TYPE a counter\na 1\n",
    "#  TYPE a counter\na 1\n",
    "#\tTYPE\ta\tcounter\na 1\n",
    " # TYPE a thing\na 1\n",
    "# TYPE a thing",
    "# TYPE a-b counter\na 1\n",
    "# TYPE \"a.b\" counter\na 1\n",
    "# TYPE \"a.b counter\na 1\n",
    "# TYPE 1a counter\na 1\n",
    "# TYPE a unknown\na 1\n",
    "# TYPE a untyped\na 1\n",
    "# TYPE a info\na 1\n",
    "# TYPE a stateset\na 1\n",
    "# TYPE a gaugehistogram\na 1\n",
    "# TYPE a counter\n# TYPE a gauge\na 1\n",
    "# HELP\na 1\n",
    "# HELP \na 1\n",
    "# HELP a\na 1\n",
    "# HELP a \na 1\n",
    "# HELP a some \\ text \\n\na 1\n",
    "# HELP 1a text\na 1\n",
    "# HELP a.b text\na 1\n",
    "# HELP \"a.b\" text\na 1\n",
    "# UNIT a seconds\na 1\n",
    "# UNIT a\na 1\n",
    "# EOF\n",
    "a 1\n# EOF\n",
    "a 1\n# EOF",
    "# EOF\na 1\n",
    "# EOF x\na 1\n",
    "#\na 1\n",
    "#x\na 1\n",
    "##\na 1\n",
    "# TYPEa counter\na 1\n",
    "a 1\nb one\nc 1\n",
    "a 1\n\n\nb 1\n\n",
    "a 1\n   \nb 1\n",
    "a 1\n\t\nb 1\n",
    "a 1\n \t# c\nb 1\n",
    "a_bucket{le=\"1\"} 1\n",
    "a\u{a0}1\n",
    "a{x=\"\u{0}\"} 1\n",
    "a\u{0} 1\n",
    "\u{feff}a 1\n",
    "a,b 1\n",
    "a{x=\"1\"} {y=\"2\"} 1\n",
    "a 1{x=\"1\"}\n",
    "a 1{\n",
    "a 1 15{\n",
    "a{x =\"1\"} 1\n",
    "a{x= \"1\"} 1\n",
    "a{\nx=\"1\"} 1\n",
    "a{x=\"1\"\n} 1\n",
    "a 99999999999999999999999999\n",
    "a 1 99999999999999999999\n",
    "a 1 007\n",
];

/// Pages in `OpenMetrics`.
const OPEN_METRICS: &[&str] = &[
    "# EOF\n",
    "# EOF",
    "# EOF\n\n",
    "# EOF\r\n",
    "# EOF \n",
    "#  EOF\n",
    "a 1\n",
    "a 1\n# EOF\n",
    "a 1\n# EOF",
    "a 1\n# EOF\na 2\n",
    "a 1\n# EOF\n# EOF\n",
    "a 1\n\n# EOF\n",
    "\na 1\n# EOF\n",
    " a 1\n# EOF\n",
    "a  1\n# EOF\n",
    "a\t1\n# EOF\n",
    "a 1 \n# EOF\n",
    "a 1\r\n# EOF\n",
    "a{} 1\n# EOF\n",
    "a{x=\"1\"} 1\n# EOF\n",
    "a{x=\"1\",} 1\n# EOF\n",
    "a{,x=\"1\"} 1\n# EOF\n",
    "a{x=\"1\",,y=\"2\"} 1\n# EOF\n",
    "a{x=\"1\" y=\"2\"} 1\n# EOF\n",
    "a{x=\"1\"y=\"2\"} 1\n# EOF\n",
    "a {x=\"1\"} 1\n# EOF\n",
    "a{ x=\"1\"} 1\n# EOF\n",
    "a{x =\"1\"} 1\n# EOF\n",
    "a{x= \"1\"} 1\n# EOF\n",
    "a{x=\"1\" } 1\n# EOF\n",
    "a{x=\"1\", y=\"2\"} 1\n# EOF\n",
    "a{x=\"1\"}1\n# EOF\n",
    "a{x=\"1\"}  1\n# EOF\n",
    "a 1 1.5\n# EOF\n",
    "a 1 1500\n# EOF\n",
    "a 1  1500\n# EOF\n",
    "a 1 1e3\n# EOF\n",
    "a 1 NaN\n# EOF\n",
    "a 1 Inf\n# EOF\n",
    "a 1 x\n# EOF\n",
    "a 1 -5\n# EOF\n",
    "a 1 1 1\n# EOF\n",
    "a 0x1p4\n# EOF\n",
    "a 1_0\n# EOF\n",
    "a NaN\n# EOF\n",
    "a +Inf\n# EOF\n",
    "a one\n# EOF\n",
    "a{x=\"q\\\"b\\\\c\\nd\\e\"} 1\n# EOF\n",
    "a{x=\"line\nend\"} 1\n# EOF\n",
    "# comment\na 1\n# EOF\n",
    "#comment\na 1\n# EOF\n",
    "#\na 1\n# EOF\n",
    "# TYPE a counter\na_total 1\n# EOF\n",
    "# TYPE a counter\na 1\n# EOF\n",
    "# TYPE a thing\na 1\n# EOF\n",
    "# TYPE a untyped\na 1\n# EOF\n",
    "# TYPE a unknown\na 1\n# EOF\n",
    "# TYPE a\na 1\n# EOF\n",
    "# TYPE a counter \na_total 1\n# EOF\n",
    "# TYPE  a counter\na_total 1\n# EOF\n",
    "#TYPE a counter\na_total 1\n# EOF\n",
    " # TYPE a counter\na_total 1\n# EOF\n",
    "# TYPE a gauge\n# TYPE a gauge\na 1\n# EOF\n",
    "# HELP a text\na 1\n# EOF\n",
    "# HELP a\na 1\n# EOF\n",
    "# HELP a \na 1\n# EOF\n",
    "# HELP\na 1\n# EOF\n",
    "# UNIT a_seconds seconds\na_seconds 1\n# EOF\n",
    "# UNIT a seconds\na 1\n# EOF\n",
    "# UNIT a_seconds\na_seconds 1\n# EOF\n",
    "# UNIT a_seconds \na_seconds 1\n# EOF\n",
    "# UNIT \"a_seconds\" seconds\na_seconds 1\n# EOF\n",
    "# TYPE \"a.b\" gauge\n{\"a.b\"} 1\n# EOF\n",
    "# TYPE a counter\na_total 5 # {t=\"1\"} 0.5\n# EOF\n",
    "# TYPE a counter\na_total 5 1.5 # {t=\"1\"} 0.5 1.25\n# EOF\n",
    "# TYPE a counter\na_total 5 # {} 0.5\n# EOF\n",
    "# TYPE a counter\na_total 5 # {t=\"1\"}\n# EOF\n",
    "# TYPE a counter\na_total 5 # {t=\"1\"} x\n# EOF\n",
    "# TYPE a counter\na_total 5 # {t=\"1\"} NaN\n# EOF\n",
    "# TYPE a counter\na_total 5 # {t=\"1\"} 0.5 x\n# EOF\n",
    "# TYPE a counter\na_total 5 # {t=\"1\"} 0.5 NaN\n# EOF\n",
    "# TYPE a counter\na_total 5 # {t=\"1\",} 0.5\n# EOF\n",
    "# TYPE a counter\na_total 5 # {t=\"1\" } 0.5\n# EOF\n",
    "# TYPE a counter\na_total 5 # {t=\"1\" s=\"2\"} 0.5\n# EOF\n",
    "# TYPE a counter\na_total 5 # t 0.5\n# EOF\n",
    "# TYPE a counter\na_total 5# {t=\"1\"} 0.5\n# EOF\n",
    "# TYPE a counter\na_total 5 #{t=\"1\"} 0.5\n# EOF\n",
    "# TYPE a counter\na_total 5  # {t=\"1\"} 0.5\n# EOF\n",
    "# TYPE a counter\na_total 5 #  {t=\"1\"} 0.5\n# EOF\n",
    "# TYPE a counter\na_total 5 # {t=\"1\"}  0.5\n# EOF\n",
    "# TYPE a counter\na_total 5 # {t=\"1\"} 0.5 \n# EOF\n",
    "# TYPE a counter\na_total 5 # {\"t\"} 0.5\n# EOF\n",
    "# TYPE a gauge\na 5 # {t=\"1\"} 0.5\n# EOF\n",
    "# TYPE hist histogram\nhist_bucket{le=\"1\"} 5 # {t=\"1\"} 0.5\nhist_count 5\nhist_sum 1\n# EOF\n",
    "# TYPE a counter\na_total 1\na_created 12\n# EOF\n",
    "# TYPE a summary\na{quantile=\"0.5\"} 1\na_sum 1\na_count 1\na_created 5\n# EOF\n",
    "{\"a.b\",\"c d\"=\"1\"} 1\n# EOF\n",
    "{\"a\"} 1\n# EOF\n",
    "{x=\"1\"} 1\n# EOF\n",
    "{\"a\",\"b\"} 1\n# EOF\n",
    "a{\"b\"} 1\n# EOF\n",
    "a{é=\"1\"} 1\n# EOF\n",
    "a{a:b=\"1\"} 1\n# EOF\n",
    "a:b 1\n# EOF\n",
    "a{x=\"1\",x=\"2\"} 1\n# EOF\n",
    "a 1\na 2\n# EOF\n",
    "a 1\nb 1\na{x=\"1\"} 1\n# EOF\n",
    "a{x=\"1} 1\n# EOF\n",
    "a{x=\"1\"\n} 1\n# EOF\n",
    "# TYPE i info\n# HELP i What.\ni_info{v=\"1\"} 1\n# EOF\n",
    "# TYPE i info\ni{v=\"1\"} 1\n# EOF\n",
    "# TYPE s stateset\ns{s=\"on\"} 1\ns{s=\"off\"} 0\n# EOF\n",
    "# TYPE s stateset\ns 2\n# EOF\n",
    "# TYPE g gaugehistogram\ng_bucket{le=\"1.0\"} 1\ng_bucket{le=\"+Inf\"} 2\ng_gcount 2\ng_gsum 3\n# EOF\n",
    "# TYPE h histogram\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 3\nh_created 1.5\n# EOF\n",
    "# TYPE h histogram\nh_bucket{le=\"1\"} 1 # {} 1 1\nh_bucket{le=\"5e-1\"} 1 # {a=\"b\",c=\"d\"} -1 1e9\n# EOF\n",
    "# TYPE q summary\nq{quantile=\"0.50\"} 1 # {t=\"1\"} 0.5\nq_count 1\nq_created 1e9\n# EOF\n",
    "# TYPE a unknown\n# UNIT a_b b\na 1\n# EOF\n",
    "# TYPE a_s counter\n# UNIT a_s s\n# HELP a_s S.\na_s_total 1 1e3\na_s_created 1e3\n# EOF\n",
    "# UNIT a_s_total s\na_s_total 1\n# EOF\n",
    "# UNIT as s\nas 1\n# EOF\n",
    "# TYPE a counter\na_total 1 1.0e3 # {t=\"\\\"\"} 1\n# EOF\n",
    "# TYPE a counter\na_total 1 1\na_total 2 2\na_total 3 3\n# EOF\n",
    "# HELP a One \\n two \\\\ \\\"\na 1\n# EOF\n",
    "# HELP \"a\" x\n# TYPE \"a\" gauge\na 1\n# EOF\n",
    "# TYPE a gauge \n# EOF\n",
    "# UNIT\na 1\n# EOF\n",
    "# EOF x\n",
    "a 1 1.5e300\n# EOF\n",
    "a 1 0.0005\n# EOF\n",
];

/// Pages in `OpenMetrics` that only 3.x takes.
const OPEN_METRICS_3: &[&str] = &["", "# TYPE a counter\na_total 5 # {\"t\"=\"1\"} 0.5\n# EOF\n"];

/// Pages that are no UTF-8.
const BYTES: &[&[u8]] =
    &[b"a{x=\"\xff\"} 1\n", b"\xff 1\n", b"# HELP a \xff\na 1\n", b"# \xff\na 1\n"];

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
    let text = |page: &[u8]| Scraped { page: page.to_vec(), ..Scraped::default() };
    let open = |page: &str| Scraped { open_metrics: true, ..text(page.as_bytes()) };
    let mut pages: Vec<Scraped> = TEXT.iter().map(|page| text(page.as_bytes())).collect();
    pages.extend(OPEN_METRICS.iter().map(|page| open(page)));
    let only_3 = OPEN_METRICS_3.iter().filter(|_| version == Version::V3);
    pages.extend(only_3.map(|page| open(page)));
    pages.extend(BYTES.iter().map(|page| text(page)));
    let mut random = Random::new(1);
    pages.extend((0..150).map(|_| text(generated(&mut random).as_bytes())));
    pages.extend((0..100).map(|_| open(&format!("{}# EOF\n", generated(&mut random)))));
    let seen = on_server(version, &pages, "job");
    let ours = by_flow(version, &pages);
    let (mut differences, mut up) = (0, 0);
    for ((page, seen), (ok, series)) in pages.iter().zip(&seen).zip(&ours) {
        let series: BTreeSet<Labels> =
            if *ok { series.iter().cloned().collect() } else { BTreeSet::new() };
        let stored: BTreeSet<Labels> = seen.series.keys().cloned().collect();
        up += usize::from(seen.up);
        if (seen.up, &stored) != (*ok, &series) {
            differences += 1;
            let (page, open) = (String::from_utf8_lossy(&page.page), page.open_metrics);
            eprintln!(
                "{page:?} open {open}: server {} {stored:?}\n    ours {ok} {series:?}",
                seen.up
            );
        }
    }
    eprintln!("{}: {} pages, {up} accepted", version.name(), pages.len());
    assert_eq!(differences, 0, "{} reads differently", version.name());
    assert!(up > pages.len() / 4 && up < pages.len(), "the pages test too little");
}

/// A few lines of tokens thrown together, most of them in an order that means something.
fn generated(random: &mut Random) -> String {
    let mut out = String::new();
    for _ in 0..=random.below(2) {
        let name = random.pick(&["a", "b_total", "a:b", "{\"q.r\"", "a", "a"]);
        let value = random.pick(&["1", "1.5", "NaN", "+Inf", "-1e3", "x", "", "1"]);
        let end = random.pick(&["\n", "\n", "\n", " 1500\n", " \n", "\r\n", " # {t=\"1\"} 1\n"]);
        let quoted = name.starts_with('{');
        let mut labels = String::new();
        for at in 0..random.below(3) {
            if at > 0 || quoted {
                labels.push_str(random.pick(&[",", ",", ",", " ", ", ", ",,"]));
            }
            labels.push_str(random.pick(&["x", "y", "\"z z\"", "_", "x "]));
            labels.push_str(random.pick(&["=", "=", "=", " = ", ""]));
            labels.push_str(random.pick(&["\"1\"", "\"é\"", "\"\\n\"", "\"\"", "\"}\"", "1"]));
        }
        let close = random.pick(&["} ", "} ", "}", "}  ", " } ", ",} "]);
        if quoted {
            out.push_str(&format!("{name}{labels}{close}{value}{end}"));
        } else if labels.is_empty() {
            out.push_str(&format!("{name} {value}{end}"));
        } else {
            out.push_str(&format!("{name}{{{labels}{close}{value}{end}"));
        }
    }
    out
}
