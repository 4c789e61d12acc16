//! Prometheus 3.0 and later rewrite `le` of classic histograms and `quantile` of summaries as
//! `OpenMetrics` writes floats, before any relabeling: `1` becomes `1.0`.

use std::sync::Arc;

use crate::series::{MetricType, NameId, Stage, Table};
use crate::server::Server;
use crate::text::open_metrics_float;

/// Rewrites the bounds of typed histograms and summaries where the server does. A table knows one
/// type a family name, while a server goes by the latest `# TYPE` line of each page.
pub fn normalise(table: &mut Table, server: Server) {
    if table.stage != Stage::Exposed || !server.at_least(3, 0) {
        return;
    }
    for (label, kind) in [("le", MetricType::Histogram), ("quantile", MetricType::Summary)] {
        let Some(name) = table.name_id(label) else { continue };
        let groups: Vec<usize> = (0..table.metrics.len())
            .filter(|&at| {
                let metric = table.metric_name(&table.metrics[at]);
                table.metric_type(metric) == kind
            })
            .collect();
        let codes = normal_codes(table, name);
        for at in groups {
            if let Some(column) = table.metrics[at].column_mut(name) {
                column.codes.iter_mut().for_each(|code| *code = codes[*code as usize]);
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
    match text.parse::<f64>() {
        Ok(value) if !text.is_empty() => open_metrics_float(value),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Sink;
    use crate::series::TableBuilder;

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
        check("", "");
    }

    #[test]
    fn only_typed_families_are_touched() {
        let mut builder = TableBuilder::default();
        builder.family("h", MetricType::Histogram);
        builder.row("h_bucket", &[("le", "1")], 0);
        builder.row("other_bucket", &[("le", "1")], 0);
        let mut old = builder.finish();
        let mut new = old.clone();
        let le = |table: &Table, at: usize| table.row_labels(&table.metrics[at], 0)[1].1.to_owned();
        normalise(&mut new, Server::prometheus(3, 5));
        assert_eq!((le(&new, 0), le(&new, 1)), ("1.0".to_owned(), "1".to_owned()));
        normalise(&mut old, Server::prometheus(2, 53));
        assert_eq!(le(&old, 0), "1");
    }
}
