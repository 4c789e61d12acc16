//! What every command takes: the server, the format, and how to reach URLs.

use promsieve_core::ingest::page::Reading;
use promsieve_core::ingest::protobuf::Histograms;
use promsieve_core::server::{GoRelease, Server};

use crate::input::http::Access;

/// What every command takes, as it is written.
#[derive(Debug, clap::Args)]
pub(crate) struct CommonArgs {
    /// The server that reads the configuration and stores the series: prometheus@3.5,
    /// operator@0.93, vmagent@1.150, otel@0.153, alloy@1.18 and their older releases
    /// [default: prometheus@3.5]
    #[arg(long, value_name = "PRODUCT@VERSION", global = true)]
    server: Option<Server>,

    /// The Go that the server was built with, which decides the regular expressions it reads; by
    /// default that of the official builds
    #[arg(long, value_name = "RELEASE", global = true)]
    go: Option<GoRelease>,

    /// What the server stores of native histograms in protobuf pages: `native` ones alone, `both`
    /// these and classic buckets, or `classic` buckets alone
    #[arg(long, value_name = "WHICH", default_value = "native", global = true)]
    histograms: Histograms,

    /// How to print the result; the keys of `json` are documented in schema/
    // A command with more formats has an argument of this name and type of its own.
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"], default_value = "text", global = true)]
    format: String,

    #[command(flatten)]
    access: Access,
}

/// What every command takes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Common {
    /// The server that reads the configuration and stores the series.
    pub(crate) server: Server,
    server_given: bool,
    /// The Go that servers were built with, where it is given.
    go: Option<GoRelease>,
    histograms: Histograms,
    /// How to print the result, of a command that has these formats only.
    pub(crate) format: Format,
    /// How to reach URLs.
    pub(crate) access: Access,
}

/// A format of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

impl From<CommonArgs> for Common {
    fn from(args: CommonArgs) -> Self {
        let CommonArgs { server, go, histograms, format, access } = args;
        let format = if format == "json" { Format::Json } else { Format::Text };
        let server_given = server.is_some();
        let mut common = Self {
            server: server.unwrap_or_default(),
            server_given,
            go,
            histograms,
            format,
            access,
        };
        common.server = common.built(common.server);
        common
    }
}

impl Common {
    /// Whether no server was asked for.
    pub(crate) fn is_default_server(&self) -> bool {
        !self.server_given
    }

    /// What the server makes of pages.
    pub(crate) fn reading(&self) -> Reading {
        Reading { server: self.server, histograms: self.histograms }
    }

    /// A server with the Go that it was built with, where that is given.
    pub(crate) fn built(&self, server: Server) -> Server {
        self.go.map_or(server, |go| server.with_go(go))
    }
}
