//! Small texts: expressions, patterns, and what servers answer.

use promsieve_core::ingest::status;
use promsieve_core::promql;
use promsieve_core::regexp::{Dialect, Pattern};
use promsieve_core::series::TableBuilder;
use promsieve_core::server::Server;
use promsieve_core::shard::Recorded;

/// What is read and written down again must be read as the same.
pub(super) fn promql(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(expr) = promql::parse(&text) {
        let written = expr.to_string();
        let again = promql::parse(&written).map(|expr| expr.to_string());
        assert_eq!(again.as_deref(), Ok(&*written), "{text}");
    }
}

pub(super) fn regexp(data: &[u8]) {
    let _ = Pattern::parse(&String::from_utf8_lossy(data), Dialect::of(Server::default()));
}

/// Totals of Prometheus and its kin, and Mimir's, whose two answers are the lines.
pub(super) fn status(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = status::parse(&text);
    let (names, values) = text.split_once('\n').unwrap_or((&text, &text));
    let _ = status::mimir(names, values);
}

/// Answers of the targets, query and series APIs.
pub(super) fn answers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut recorded = Recorded::default();
    let _ = recorded.add(&text);
    if let Ok(page) = status::series(&text) {
        let mut builder = TableBuilder::default();
        page.add_to(&mut builder);
        assert!(builder.finish().rows() <= page.series.len(), "{text}");
    }
}
