//! A page of any format that samples stand in: which one it is, and one reader for all.

use super::{Report, exposition, influx, protobuf};
use crate::series::Sink;
use crate::server::Server;

/// The format of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The text format or `OpenMetrics`.
    Exposition(exposition::Format),
    /// Delimited protobuf messages.
    Protobuf,
    /// `InfluxDB`'s line protocol, which its content does not tell.
    Influx,
}

impl Format {
    /// What an HTTP response's content type says, or else `bytes`: the whole page, or its beginning
    /// where it is long.
    pub fn detect(content_type: Option<&str>, bytes: &[u8]) -> Self {
        match content_type {
            Some(kind) if kind.contains(protobuf::CONTENT_TYPE) => Self::Protobuf,
            None if protobuf::begins(bytes) => Self::Protobuf,
            _ => Self::Exposition(exposition::Format::detect(content_type, bytes)),
        }
    }
}

/// What a server makes of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Which server.
    pub server: Server,
    /// What it stores of native histograms.
    pub histograms: protobuf::Histograms,
}

/// Reads a page of any format, pushed in pieces.
#[derive(Debug)]
pub enum Reader {
    /// The text format or `OpenMetrics`.
    Exposition(exposition::Reader),
    /// Delimited protobuf messages.
    Protobuf(protobuf::Reader),
    /// `InfluxDB`'s line protocol.
    Influx(influx::Reader),
}

impl Reader {
    /// A reader of one page.
    pub fn new(format: Format, reading: Reading) -> Self {
        match format {
            Format::Exposition(format) => Self::Exposition(exposition::Reader::new(format)),
            Format::Protobuf => {
                Self::Protobuf(protobuf::Reader::new(reading.histograms, reading.server))
            }
            Format::Influx => Self::Influx(influx::Reader::default()),
        }
    }

    /// Reads the next piece, which may end anywhere.
    pub fn feed(&mut self, piece: &[u8], sink: &mut impl Sink) {
        match self {
            Self::Exposition(reader) => reader.feed(piece, sink),
            Self::Protobuf(reader) => reader.feed(piece, sink),
            Self::Influx(reader) => reader.feed(piece, sink),
        }
    }

    /// Reads what is left and says what was read.
    pub fn finish(self, sink: &mut impl Sink) -> Report {
        match self {
            Self::Exposition(reader) => reader.finish(sink),
            Self::Protobuf(reader) => reader.finish(),
            Self::Influx(reader) => reader.finish(sink),
        }
    }
}
