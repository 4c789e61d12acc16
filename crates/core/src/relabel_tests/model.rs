//! What a test file says, with the places of its parts.

use std::collections::BTreeMap;

use crate::config::{Chain, ChainKind, ChainOptions, Located, inline_chain};
use crate::doc::{Document, NodeId};
use crate::finding::{Finding, RuleId};
use crate::server::{NameScheme, Server};
use crate::text::{Location, SourceText};

/// A test file, or a case of one, that cannot be run.
pub const INVALID_TEST: RuleId = RuleId { code: "TE001", name: "invalid-relabel-test" };

/// A test file.
#[derive(Debug, Clone, Default)]
pub struct TestFile {
    /// The cases that can be run, in their order.
    pub cases: Vec<TestCase>,
    /// The tree that they were read from.
    pub document: Document,
}

/// Labels in, a chain, and what must come of them.
#[derive(Debug, Clone)]
pub struct TestCase {
    /// Its `name`, or `case 3` counted from one.
    pub name: String,
    /// Where its name is, or else the whole case.
    pub location: Location,
    /// Its place in `relabel_tests`, from zero; cases that cannot be run count too.
    pub index: usize,
    /// Its chain.
    pub chain: ChainSource,
    /// The servers it is for; those of the caller when there is none.
    pub servers: Vec<Server>,
    /// `name_validation` around a chain that stands in no configuration.
    pub scheme: NameScheme,
    /// Whether `input` is a discovered target: with the server's defaults before the chain and its
    /// checks after it.
    pub as_target: bool,
    /// The labels that go in, by name.
    pub input: BTreeMap<String, String>,
    /// What must come out; `None` where nothing is written yet.
    pub expectation: Option<Expectation>,
}

/// Where a case's chain is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainSource {
    /// In a configuration: `config` and `chain`.
    Config {
        /// The file, relative to the test file.
        file: Located<String>,
        /// `scrape_configs[job=app].metric_relabel_configs`.
        path: Located<String>,
    },
    /// A file that is a list of relabel configs: `chain_file`, relative to the test file.
    File(Located<String>),
    /// In the test file: `relabel_configs`.
    Inline(NodeId),
}

/// What must come of a case's labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// `expect`: exactly these labels. An empty value says that there is no such label. Of a target
    /// labels such as `__param_x` are compared only where one is named here.
    Labels(BTreeMap<String, String>),
    /// `dropped: true`, and by which step counted from zero, if `dropped_by` says so.
    Dropped {
        /// `dropped_by`.
        by: Option<usize>,
    },
    /// `dropped: false`: kept, whatever its labels.
    Kept,
    /// `error`: the server refuses the target, and its words hold these.
    Refused(String),
}

impl TestFile {
    /// The chain that stands in the test file at `list`, and what the server refuses of it.
    pub fn inline(
        &self,
        list: NodeId,
        source: &SourceText,
        case: &TestCase,
        server: Server,
    ) -> (Chain, Vec<Finding>) {
        let kind = if case.as_target { ChainKind::Target } else { ChainKind::Metric };
        let options = ChainOptions { kind, server, scheme: case.scheme };
        inline_chain(self.document.node(list), source, options)
    }
}
