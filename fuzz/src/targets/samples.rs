//! Readers of scrapes, pushed in pieces.

use promsieve_core::ingest::protobuf::Histograms;
use promsieve_core::ingest::{exposition, influx, protobuf};
use promsieve_core::server::Server;

use crate::readers::alike;

pub(super) fn exposition(data: &[u8]) {
    text(exposition::Format::Text, data);
}

pub(super) fn open_metrics(data: &[u8]) {
    text(exposition::Format::OpenMetrics, data);
}

fn text(format: exposition::Format, data: &[u8]) {
    alike(data, |pieces, log| {
        let mut reader = exposition::Reader::new(format);
        pieces.for_each(|piece| reader.feed(piece, log));
        reader.finish(log)
    });
}

pub(super) fn protobuf(data: &[u8]) {
    alike(data, |pieces, log| {
        let mut reader = protobuf::Reader::new(Histograms::Both, Server::default());
        pieces.for_each(|piece| reader.feed(piece, log));
        reader.finish()
    });
}

pub(super) fn influx(data: &[u8]) {
    alike(data, |pieces, log| {
        let mut reader = influx::Reader::default();
        pieces.for_each(|piece| reader.feed(piece, log));
        reader.finish(log)
    });
}
