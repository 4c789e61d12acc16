//! Prometheus 3.0 and later rewrite `le` of classic histograms and `quantile` of summaries as
//! `OpenMetrics` writes floats, before any relabeling: `1` becomes `1.0`.

use std::ops::Range;
use std::sync::Arc;

use crate::series::{MetricType, NameId, Stage, Table};
use crate::server::Server;
use crate::text::{open_metrics_float, parse_float};

/// Rewrites the bounds below the `# TYPE` line of a histogram or summary where the server does. It
/// goes by the latest such line of a page, whichever family it names.
pub fn normalise(table: &mut Table, server: Server) {
    if table.stage != Stage::Exposed || !server.at_least(3, 0) {
        return;
    }
    for (label, kind) in [("le", MetricType::Histogram), ("quantile", MetricType::Summary)] {
        let Some(name) = table.name_id(label) else { continue };
        let codes = normal_codes(table, name);
        for group in &mut table.metrics {
            let ranges: Vec<Range<usize>> = group
                .notes
                .types()
                .filter(|(run, _)| run.kind == kind)
                .map(|(_, rows)| rows)
                .collect();
            let Some(column) = group.column_mut(name) else { continue };
            for rows in ranges {
                column.codes[rows].iter_mut().for_each(|code| *code = codes[*code as usize]);
            }
        }
    }
}

/// The code of every value's normal form.
fn normal_codes(table: &mut Table, name: NameId) -> Vec<u32> {
    let values = Arc::make_mut(&mut table.values[name.0 as usize]);
    let normal: Vec<String> =
        (0..values.len() as u32).map(|code| normal_float(values.value(code))).collect();
    normal.iter().map(|value| values.intern(value)).collect()
}

/// A bound as 3.x stores it (model/textparse, `normalizeFloatsInLabelValues`); text that is no
/// number stays.
fn normal_float(text: &str) -> String {
    parse_float(text).map_or_else(|| text.to_owned(), open_metrics_float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{MetricRows, Sink, TableBuilder, Target};

    #[track_caller]
    fn check(text: &str, wanted: &str) {
        assert_eq!(normal_float(text), wanted);
    }

    #[test]
    fn bounds_are_written_as_open_metrics_does() {
        check("1", "1.0");
        check("2.50", "2.5");
        check("1e3", "1000.0");
        check("+Inf", "+Inf");
        check("0.005", "0.005");
        check("0.00001", "1e-05");
        check("100000", "100000.0");
        check("1000000", "1e+06");
        check("2500000", "2.5e+06");
        check("-0", "-0.0");
        check("abc", "abc");
        check("1e400", "1e400");
        check("+nan", "+nan");
        check("", "");
    }

    #[test]
    fn the_latest_type_line_of_the_page_decides() {
        let mut builder = TableBuilder::default();
        let target = |job: &str| Target { job: job.to_owned(), labels: Vec::new() };
        builder.target(target("a"));
        builder.row("h_bucket", &[("le", "1")], 0);
        builder.family("h", MetricType::Histogram);
        builder.row("h_bucket", &[("le", "1")], 0);
        builder.row("other", &[("le", "1")], 0);
        builder.target(target("b"));
        builder.family("h", MetricType::Gauge);
        builder.row("h_bucket", &[("le", "1")], 0);
        let old = builder.finish();
        let bounds = |server: Server| {
            let mut table = old.clone();
            normalise(&mut table, server);
            let groups = table.metrics.iter();
            let of = |group: &MetricRows| -> Vec<String> {
                (0..group.rows).map(|row| table.row_labels(group, row)[1].1.to_owned()).collect()
            };
            groups.map(of).collect::<Vec<_>>().concat().join(" ")
        };
        assert_eq!(bounds(Server::prometheus(3, 5)), "1 1.0 1 1.0");
        assert_eq!(bounds(Server::prometheus(2, 53)), "1 1 1 1");
    }
}
