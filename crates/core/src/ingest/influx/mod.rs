//! `InfluxDB`'s line protocol, as Telegraf's `prometheus_client` output shows it with its default
//! settings, so that a migration can be sized before it is made.
//!
//! A numeric field is a metric named `measurement_field`, a field `value` one named as its
//! measurement; tags and text fields are labels; booleans are not shown. Points of one series are
//! told once, as their times and values are of no matter to a census.

mod line;
mod point;
mod reader;

#[cfg(test)]
mod tests;

pub use reader::Reader;
