//! Live servers: Prometheus, Thanos, Mimir and `VictoriaMetrics`, asked for their totals and, where
//! that is wanted, for every series.

mod api;
pub(crate) mod consumers;
pub(crate) mod live;
mod selector;
mod series;
mod totals;

pub(crate) use series::{Census, read_series};
pub(crate) use totals::{Told, ask};

pub(crate) use api::Api;

/// How a live server is asked.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServerArgs {
    /// Ask a server for every series of its head, metric by metric, rather than for totals
    #[arg(long, help_heading = "Live servers")]
    pub(crate) full: bool,

    /// Never ask for more series at once than this: metrics that have more are split by their labels
    #[arg(
        long,
        value_name = "SERIES",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = "Live servers"
    )]
    pub(crate) page: u32,

    /// How many entries a server's top lists shall have
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1000,
        value_parser = clap::value_parser!(u32).range(1..=10_000),
        help_heading = "Live servers"
    )]
    pub(crate) list: u32,

    /// Ask `VictoriaMetrics` for the values of this label with the most series
    #[arg(long, value_name = "LABEL", help_heading = "Live servers")]
    pub(crate) focus_label: Option<String>,

    /// Ask `VictoriaMetrics` for the series of this day instead of today
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = "Live servers")]
    pub(crate) date: Option<String>,
}
