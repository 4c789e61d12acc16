//! The line protocol: what Telegraf makes of it, odd lines, and the reader against itself.

use proptest::prelude::*;

use super::Reader;
use crate::ingest::Report;
use crate::series::{MetricType, Sample, Sink};

/// Writes down what it is told.
#[derive(Default, Debug, PartialEq)]
struct Log(Vec<String>);

impl Sink for Log {
    fn family(&mut self, _: &str, _: MetricType) {}

    fn sample(&mut self, sample: &Sample<'_>) {
        let labels: Vec<String> =
            sample.pairs().map(|(name, value)| format!("{name}={value:?}")).collect();
        self.0.push(format!("{}{{{}}} {}", sample.metric, labels.join(","), sample.value));
    }
}

fn read(text: &[u8], pieces: usize) -> (Log, Report) {
    let mut log = Log::default();
    let mut reader = Reader::default();
    for piece in text.chunks(pieces.max(1)) {
        reader.feed(piece, &mut log);
    }
    let report = reader.finish(&mut log);
    (log, report)
}

#[track_caller]
fn check(text: &str, wanted: &[&str], bad: &[(u64, &str)]) {
    let (log, report) = read(text.as_bytes(), usize::MAX);
    assert_eq!(log.0, wanted);
    let found: Vec<(u64, &str)> =
        report.bad.iter().map(|bad| (bad.line, bad.message.as_str())).collect();
    assert_eq!(found, bad);
}

#[test]
fn fields_become_metrics_and_tags_labels() {
    check(
        "cpu,host=a,cpu=cpu0 usage_idle=98.5,usage_user=1i,busy=2u,on=true 1700000000000000000\n\
         load value=0.5\n\
         load value=0.75 1700000000000000001\n\
         net.drop,if-name=eth0 rx-errors=3i\r\n",
        &[
            r#"cpu_usage_idle{host="a",cpu="cpu0"} 98.5"#,
            r#"cpu_usage_user{host="a",cpu="cpu0"} 1"#,
            r#"cpu_busy{host="a",cpu="cpu0"} 2"#,
            "load{} 0.5",
            r#"net_drop_rx_errors{if_name="eth0"} 3"#,
        ],
        &[],
    );
}

#[test]
fn texts_become_labels_and_win_over_tags() {
    check(
        "disk,mode=rw,path=/ free=1i,fstype=\"ext4\",mode=\"a \\\"b\\\" \\\\ \\n\n2\"\ndisk only=\"text\"\n",
        &[r#"disk_free{mode="a \"b\" \\ \\n\n2",path="/",fstype="ext4"} 1"#],
        &[],
    );
}

#[test]
fn escapes_are_undone() {
    check(
        "my\\ m\\,x,t\\=ag\\ 1=a\\,b\\=c\\ d\\e f\\ 1=1\n",
        &[r#"my_m_x_f_1{t_ag_1="a,b=c d\\e"} 1"#],
        &[],
    );
}

#[test]
fn bad_lines_are_named_and_skipped() {
    check(
        "# a comment\n\n  \na\n,t=1 v=1\na,t v=1\na,t= v=1\na,=1 v=1\na v\na v=\na v=1x\na v=NaN\na =1\n\
         a v=1 1 2\na v=1,\na,__t=1 v=1\na v=1 -5\n",
        &["a_v{} 1"],
        &[
            (4, "expected a blank and a field"),
            (5, "expected a measurement"),
            (6, "expected `=` after the tag's name"),
            (7, "a tag has no name or no value"),
            (8, "a tag has no name or no value"),
            (9, "expected `=` after the field's name"),
            (10, "expected a number, a truth value or a text"),
            (11, "expected a number, a truth value or a text"),
            (12, "expected a number, a truth value or a text"),
            (13, "a field has no name"),
            (14, "expected the line's end"),
            (15, "expected `=` after the field's name"),
            (16, "no exporter shows a tag whose name begins with `__`"),
        ],
    );
}

#[test]
fn a_quote_that_never_closes_costs_its_line_only() {
    check("a v=\"1\nb v=1\n", &["b_v{} 1"], &[(1, "the quoted text never ends")]);
    let (log, report) = read(b"a v=1\nb,x=\xff v=1\nc v=1\n", usize::MAX);
    assert_eq!(log.0, ["a_v{} 1", "c_v{} 1"]);
    assert_eq!((report.bad_lines, report.bad[0].line, report.lines), (1, 2, 3));
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]{1,2}(,[tu\\\\, =]{1,2}=[xy\\\\, =]{1,2}){0,2} [fg]=(1|2i|3u|t|\"[q\\\\\"\n]{0,3}\")( 15)?",
        "[a,= \"\\\\\n1i#é\t]{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_any_size_read_the_same(
        lines in proptest::collection::vec(line(), 0..12),
        pieces in 1_usize..9,
    ) {
        let text = lines.join("\n");
        prop_assert_eq!(read(text.as_bytes(), pieces), read(text.as_bytes(), usize::MAX));
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (_, report) = read(&bytes, 7);
        prop_assert_eq!(report.bytes, bytes.len() as u64);
    }

    #[test]
    fn what_is_written_is_read(
        tags in proptest::collection::btree_map("[a-z]{1,4}", "[^\\\\\n\r]{1,6}", 0..4),
        value in any::<i32>(),
    ) {
        let escape = |v: &str| v.replace(',', "\\,").replace('=', "\\=").replace(' ', "\\ ");
        let pairs: Vec<String> = tags.iter().map(|(n, v)| format!(",{n}={}", escape(v))).collect();
        let (log, report) = read(format!("m{} f={value}i 5\n", pairs.concat()).as_bytes(), 5);
        let wanted: Vec<String> = tags.iter().map(|(n, v)| format!("{n}={v:?}")).collect();
        prop_assert_eq!(log.0, vec![format!("m_f{{{}}} {value}", wanted.join(","))]);
        prop_assert_eq!(report.bad_lines, 0);
    }
}
