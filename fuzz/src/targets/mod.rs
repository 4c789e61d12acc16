//! The targets: one function and one line each. A function may not panic, and must hold what it
//! asserts, whatever bytes it is given.

mod choices;
mod configs;
mod consumers;
mod files;
mod fixes;
mod plans;
mod relabel;
mod samples;
mod texts;

pub(crate) use files::written;

/// Something that reads bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in `corpus`.
    pub name: &'static str,
    /// Reads bytes.
    pub run: fn(&[u8]),
    /// How many inputs it is given where a fixed number has to do: about a second's worth of an
    /// unoptimised build.
    pub inputs: u64,
}

/// A target of which thousands of inputs take a second.
const fn quick(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run, inputs: 8000 }
}

/// A target that does a whole command's work.
const fn slow(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run, inputs: 400 }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    slow("alloy", configs::alloy),
    quick("answers", texts::answers),
    quick("block_index", files::block_index),
    quick("block_meta", files::block_meta),
    quick("chain", relabel::chain),
    quick("config", configs::prometheus),
    slow("consumers", consumers::consumers),
    quick("exposition", samples::exposition),
    slow("fixes", fixes::fixes),
    quick("head_chunks", files::head_chunks),
    quick("influx", samples::influx),
    slow("kinds", configs::kinds),
    quick("open_metrics", samples::open_metrics),
    slow("plan", plans::plan),
    quick("promql", texts::promql),
    quick("protobuf", samples::protobuf),
    quick("query_log", consumers::query_log),
    quick("regexp", texts::regexp),
    quick("saved", files::saved),
    quick("status", texts::status),
    slow("tests", configs::tests),
    quick("wal", files::wal),
];
