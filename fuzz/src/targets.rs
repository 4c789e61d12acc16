//! The targets: one function and one line each. A function may not panic, and must hold what it
//! asserts, whatever bytes it is given.

use promsieve_core::ingest::protobuf::Histograms;
use promsieve_core::ingest::{exposition, influx, protobuf, status};
use promsieve_core::regexp::{Dialect, Pattern};
use promsieve_core::server::Server;
use promsieve_core::text::{SourceText, Sources};
use promsieve_core::{config, promql};

use crate::readers::alike;

/// Something that reads bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in `corpus`.
    pub name: &'static str,
    /// Reads bytes.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "config", run: config },
    Target { name: "exposition", run: exposition },
    Target { name: "influx", run: influx },
    Target { name: "open_metrics", run: open_metrics },
    Target { name: "promql", run: promql },
    Target { name: "protobuf", run: protobuf },
    Target { name: "regexp", run: regexp },
    Target { name: "status", run: status },
];

fn exposition(data: &[u8]) {
    text(exposition::Format::Text, data);
}

fn open_metrics(data: &[u8]) {
    text(exposition::Format::OpenMetrics, data);
}

fn text(format: exposition::Format, data: &[u8]) {
    alike(data, |pieces, log| {
        let mut reader = exposition::Reader::new(format);
        pieces.for_each(|piece| reader.feed(piece, log));
        reader.finish(log)
    });
}

fn protobuf(data: &[u8]) {
    alike(data, |pieces, log| {
        let mut reader = protobuf::Reader::new(Histograms::Both, Server::default());
        pieces.for_each(|piece| reader.feed(piece, log));
        reader.finish()
    });
}

fn influx(data: &[u8]) {
    alike(data, |pieces, log| {
        let mut reader = influx::Reader::default();
        pieces.for_each(|piece| reader.feed(piece, log));
        reader.finish(log)
    });
}

fn status(data: &[u8]) {
    let _ = status::parse(&String::from_utf8_lossy(data));
}

/// What is read and written down again must be read as the same.
fn promql(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(expr) = promql::parse(&text) {
        let written = expr.to_string();
        let again = promql::parse(&written).map(|expr| expr.to_string());
        assert_eq!(again.as_deref(), Ok(&*written), "{text}");
    }
}

fn regexp(data: &[u8]) {
    let _ = Pattern::parse(&String::from_utf8_lossy(data), Dialect::of(Server::default()));
}

fn config(data: &[u8]) {
    let mut sources = Sources::default();
    let text = String::from_utf8_lossy(data).into_owned();
    let file = sources.add(SourceText::new("prometheus.yml", text));
    config::parse(file, sources.file(file), Server::default());
}
