//! Signals that survive: which cells of the table of layers the data gives, by which metrics and
//! labels, and what a configuration makes of them.
//!
//! A pack says by a query how its exporter gives a cell; what the query selects and groups by is
//! read off it, so a cell needs nothing but its query. A cell is judged job by job: that one
//! application still tells its errors helps nobody who watches another.
//!
//! Some queries look for what is absent as long as all is well: a response flag, a status 503. For
//! those a series at hand is taken with that value, and sent through the chains.

mod asked;
mod blame;
mod compare;
mod dashboards;
mod giver;
mod pins;
mod probe;
mod records;
mod report;
mod seen;
#[cfg(test)]
mod tests;

pub use compare::report;
pub use dashboards::dashboard;
pub use giver::{Giver, Part, exporters_at_hand, givers};
pub use pins::Pins;
pub use records::recording_rules;
pub use report::{
    CellReport, GiverReport, JobReport, Kept, Loss, LostCell, PartReport, Report, State, What,
};
