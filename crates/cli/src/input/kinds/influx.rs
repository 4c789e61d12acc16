//! `InfluxDB`'s line protocol, as Telegraf shows it to Prometheus.

use promsieve_core::ingest::page::Format;

use super::Held;
use super::scrape::read_one;
use crate::common::Common;
use crate::input::source::Source;

/// Reads points.
pub(super) fn read(source: &Source, common: &Common, held: &mut Held) -> anyhow::Result<()> {
    read_one(source, Some(Format::Influx), common, held)
}
