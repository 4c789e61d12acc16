//! The reader against awkward lines, and against itself cut at every byte.

use proptest::prelude::*;

use super::{Format, Part, Reader};
use crate::ingest::Report;
use crate::series::{MetricType, Sample, Sink, Table, TableBuilder};

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

fn read(text: &[u8], format: Format, pieces: usize) -> (Log, Report) {
    let mut log = Log::default();
    let mut reader = Reader::new(format);
    for piece in text.chunks(pieces.max(1)) {
        reader.feed(piece, &mut log);
    }
    let report = reader.finish(&mut log);
    (log, report)
}

#[track_caller]
fn check(format: Format, text: &str, wanted: &[&str], bad: &[(u64, &str)]) {
    let (log, report) = read(text.as_bytes(), format, usize::MAX);
    assert_eq!(log.0, wanted);
    let found: Vec<(u64, &str)> =
        report.bad.iter().map(|bad| (bad.line, bad.message.as_str())).collect();
    assert_eq!(found, bad);
}

#[test]
fn text_format_samples() {
    check(
        Format::Text,
        "# HELP a some help\n# TYPE a counter\na 1\na{x=\"1\",y=\"\"} 2 1500\n\n  a { x = \"2\" , } +Inf\n",
        &["a is a counter", "a{} 1", "a{x=\"1\",y=\"\"} 2 @1500", "  a{x=\"2\"} inf"],
        &[],
    );
}

#[test]
fn escapes_quoted_names_and_odd_values() {
    check(
        Format::Text,
        r#"m{a="q\"b\\c\nd\e",b="},="} 1
{"my.metric","a.b"="x"} 1
job:rate:sum{} NaN
# not a comment Prometheus knows
#nor this
last{ä="1"} 1"#,
        &[r#"m{a="q\"b\\c\nd\\e",b="},="} 1"#, r#"my.metric{a.b="x"} 1"#, "job:rate:sum{} NaN"],
        &[(6, "expected a label name or `}`, found `ä=\"1\"} 1`")],
    );
}

#[test]
fn bad_lines_are_named_and_skipped() {
    check(
        Format::Text,
        "a 1\nb{x=\"1\" 2\nc one\nd{x} 1\n{x=\"1\"} 1\n5 1\ne 1 2 3\nf 1\r\n# TYPE g thing\ng 1\n",
        &["a{} 1", "g{} 1"],
        &[
            (2, "expected a label name or `}`, found `2`"),
            (3, "expected a number as the value, found `one`"),
            (4, "expected `=` after the label name, found `} 1`"),
            (5, "the sample has no metric name, found `{x=\"1\"} 1`"),
            (6, "expected a metric name, found `5 1`"),
            (7, "expected the line's end, found `3`"),
            (8, "expected a number as the value, found `1\\r`"),
            (9, "`thing` is no metric type"),
        ],
    );
}

#[test]
fn a_quote_that_never_closes_costs_its_line_only() {
    check(
        Format::Text,
        "a{x=\"1} 1\nb 1\nc{y=\"line\nend\"} 2\nd 3\n",
        &["b{} 1", "c{y=\"line\\nend\"} 2", "d{} 3"],
        &[(1, "expected `=` after the label name, found the line's end")],
    );
}

#[test]
fn open_metrics_adds_exemplars_seconds_and_an_end() {
    check(
        Format::OpenMetrics,
        "# TYPE a counter\n# UNIT a_seconds seconds\na_total{x=\"1\"} 5 1.5 # {trace_id=\"ab\"} 0.5 1.25\na_created{x=\"1\"} 12\n# EOF\n",
        &["a is a counter", "a_total{x=\"1\"} 5 @1500 +exemplar", "a_created{x=\"1\"} 12"],
        &[],
    );
    check(
        Format::OpenMetrics,
        "a 1\n",
        &["a{} 1"],
        &[(2, "the exposition does not end with `# EOF`")],
    );
}

#[test]
fn invalid_utf8_costs_its_line_only() {
    let (log, report) = read(b"a 1\nb{x=\"\xff\"} 1\nc 1\n", Format::Text, usize::MAX);
    assert_eq!(log.0, ["a{} 1", "c{} 1"]);
    assert_eq!((report.bad_lines, report.bad[0].line), (1, 2));
}

fn rows(table: &Table) -> Vec<String> {
    let rows = table.metrics.iter().flat_map(|group| (0..group.rows).map(move |row| (group, row)));
    rows.map(|(group, row)| format!("{:?}", table.row_labels(group, row))).collect()
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,3}(\\{([ab]=\"[x\\\\\"\nn,}é]{0,4}\",?){0,3}\\})? [0-9.eN]{1,3}( [0-9]{1,2})?",
        "# (TYPE|HELP|EOF) ?[ab]{0,2} ?(counter|gauge)?",
        "[a-c{}\"=, #\\\\\t1é]{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_any_size_read_the_same(
        lines in proptest::collection::vec(line(), 0..12),
        pieces in 1usize..9,
        open in any::<bool>(),
    ) {
        let format = if open { Format::OpenMetrics } else { Format::Text };
        let text = lines.join("\n");
        prop_assert_eq!(
            read(text.as_bytes(), format, pieces),
            read(text.as_bytes(), format, usize::MAX)
        );
    }

    #[test]
    fn repeated_labels_are_those_of_the_sample_before(
        samples in proptest::collection::vec(
            ("m[12]", proptest::collection::btree_map("[a-d]", "[xy]{0,2}", 0..4), any::<bool>()),
            0..20,
        ),
        pieces in 1usize..400,
    ) {
        let (mut text, mut plain) = (String::new(), TableBuilder::default());
        for (metric, labels, reversed) in &samples {
            let mut pairs: Vec<(&str, &str)> =
                labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            if *reversed {
                pairs.reverse();
            }
            plain.row(metric, &pairs, 0);
            let pairs: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}=\"{v}\"")).collect();
            text.push_str(&format!("{metric}{{{}}} 1\n", pairs.join(",")));
        }
        let (mut builder, mut reader) = (TableBuilder::default(), Reader::new(Format::Text));
        for piece in text.as_bytes().chunks(pieces) {
            reader.feed(piece, &mut builder);
        }
        prop_assert_eq!(reader.finish(&mut builder).bad_lines, 0);
        prop_assert_eq!(rows(&builder.finish()), rows(&plain.finish()));
    }

    #[test]
    fn parts_side_by_side_read_the_same(
        lines in proptest::collection::vec(line(), 0..30),
        cuts in proptest::collection::vec(0usize..200, 0..8),
        open in any::<bool>(),
    ) {
        let format = if open { Format::OpenMetrics } else { Format::Text };
        let text = lines.join("\n");
        let (mut whole, mut reader) = (TableBuilder::default(), Reader::new(format));
        reader.feed(text.as_bytes(), &mut whole);
        let report = reader.finish(&mut whole);
        // Most cuts are moved to a line's end, as those of a file are.
        let line_end = |at: usize| text[..at].rfind('\n').map_or(0, |end| end + 1);
        let cuts = cuts.iter().map(|cut| text.floor_char_boundary(*cut));
        let mut cuts: Vec<usize> =
            cuts.map(|at| if at % 4 == 0 { at } else { line_end(at) }).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> =
            cuts.windows(2).map(|cut| &text.as_bytes()[cut[0]..cut[1]]).collect();
        let (mut builder, mut reader) = (TableBuilder::default(), Reader::new(format));
        for piece in pieces {
            let mut part = Part::new(format);
            piece.chunks(7).for_each(|bytes| part.feed(bytes));
            if !reader.add(part, &mut builder) {
                reader.feed(piece, &mut builder);
            }
        }
        prop_assert_eq!(reader.finish(&mut builder), report);
        let table = |builder: TableBuilder| {
            let mut table = builder.finish();
            let families: Vec<_> = table.families().collect();
            table.metrics.retain(|group| group.rows > 0);
            let notes = table.metrics.iter().map(|group| {
                let runs = group.notes.types().map(|(run, rows)| {
                    (table.family_name(run).to_owned(), run.kind, rows)
                });
                let times: Vec<_> = (0..group.rows).map(|row| group.notes.time(row)).collect();
                (runs.collect::<Vec<_>>(), times, group.runs.clone(), group.exposed_bytes)
            });
            (rows(&table), notes.collect::<Vec<_>>(), table.targets.clone(), families)
        };
        prop_assert_eq!(table(builder), table(whole));
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (_, report) = read(&bytes, Format::Text, 7);
        prop_assert_eq!(report.bytes, bytes.len() as u64);
    }

    #[test]
    fn what_is_written_is_read(
        labels in proptest::collection::btree_map("[a-z_]{1,4}", ".{0,6}", 0..4),
        value in any::<i32>(),
    ) {
        let escape = |v: &str| v.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let pairs: Vec<String> =
            labels.iter().map(|(n, v)| format!("{n}=\"{}\"", escape(v))).collect();
        let (log, report) =
            read(format!("m{{{}}} {value}\n", pairs.join(",")).as_bytes(), Format::Text, 5);
        let wanted: Vec<String> = labels.iter().map(|(n, v)| format!("{n}={v:?}")).collect();
        prop_assert_eq!(log.0, vec![format!("m{{{}}} {value}", wanted.join(","))]);
        prop_assert_eq!(report.bad_lines, 0);
    }
}
