//! What embedders hand from thread to thread is `Send + Sync`: this file compiles, or it is not.

use promsieve_core::census::{Census, SketchedCensus};
use promsieve_core::config::{Chain, Project};
use promsieve_core::cost::{CostModel, Estimate};
use promsieve_core::doc::Document;
use promsieve_core::finding::Finding;
use promsieve_core::flow::{FlowReport, Stored};
use promsieve_core::ingest::exposition::Reader;
use promsieve_core::ingest::index::{Index, Series};
use promsieve_core::ingest::wal::Replay;
use promsieve_core::lint::{Facts, Memory, Settings};
use promsieve_core::optimize::{Evidence, Plan, Proposal};
use promsieve_core::regexp::Pattern;
use promsieve_core::relabel::{Program, Scratch, Step};
use promsieve_core::saved::Saved;
use promsieve_core::series::{LabelBuf, Table, TableBuilder};
use promsieve_core::shard::ShardPlan;
use promsieve_core::text::Sources;
use promsieve_core::usage::{Consumers, Usage};
use promsieve_core::watch::Watch;

const fn shared<T: Send + Sync + ?Sized>() {}

/// What holds inputs and results, and the memory that work reuses.
const _: () = {
    shared::<(Census, SketchedCensus, Saved, Table, TableBuilder, LabelBuf)>();
    shared::<(Chain, Project, Document, Finding, Sources, Settings, Memory)>();
    shared::<(Facts<'static>, Evidence<'static>, Plan, Proposal, ShardPlan)>();
    shared::<(CostModel, Estimate, FlowReport, Stored, Consumers, Usage)>();
    shared::<(Pattern, Program, Scratch, Step, Reader, Replay)>();
    shared::<(Index<'static>, Series<'static>)>();
    shared::<&dyn Watch>();
};
