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

/// What a server adds to every scrape: five series with the target's labels.
pub const REPORTS: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// The label that holds a metric's name.
pub const METRIC_NAME: &str = "__name__";
