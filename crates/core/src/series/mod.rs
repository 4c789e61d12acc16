//! A set of series in columns, with their targets: what the census, the proof and the shard plan
//! all read; and a single label set under change.

mod builder;
mod canonical;
mod coded;
mod constant;
mod dictionary;
mod label_buf;
mod layout;
mod merge;
mod notes;
mod rename;
mod retain;
mod sink;
mod table;

pub use builder::TableBuilder;
pub use coded::{CodedLabel, CodedPart, CodedRows};
pub use dictionary::Dictionary;
pub(crate) use dictionary::SEED as HASH_SEED;
pub use label_buf::LabelBuf;
pub(crate) use label_buf::{LabelRef, NameRef};
pub(crate) use layout::Layout;
pub use notes::{PageNotes, TypeRun};
pub use sink::{MetricType, Sample, SampleLabel, Sink};
pub use table::{Column, Family, MetricRows, NameId, Run, Stage, Table, Target, TargetId};

/// The label that holds a metric's name.
pub const METRIC_NAME: &str = "__name__";
