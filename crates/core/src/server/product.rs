//! The products that relabel, and what sets them apart in every release of theirs.

use std::fmt;
use std::str::FromStr;

use super::{Server, releases};

/// The program that reads the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// Prometheus itself.
    Prometheus,
    /// The Prometheus operator, with the Prometheus that it starts.
    Operator,
    /// The agent of Victoria Metrics.
    VmAgent,
    /// The OpenTelemetry collector's Prometheus receiver.
    Otel,
    /// Grafana Alloy.
    Alloy,
}

/// Whose relabeling a product has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Prometheus's package `model/relabel`, or a copy of it.
    Prometheus,
    /// Its own, `lib/promrelabel` of Victoria Metrics.
    VictoriaMetrics,
}

/// What `hashmod` divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashFunction {
    /// The last eight bytes of the MD5, big-endian.
    Md5,
    /// XXH64 with seed 0.
    XxHash64,
}

/// How the keys of a relabel config are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyCase {
    /// `source_labels`.
    Snake,
    /// `sourceLabels`.
    Camel,
    /// Both, as the operator of `VictoriaMetrics` reads them.
    Either,
}

/// In which cases the name of an action may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionCase {
    /// In any: `LabelDrop`, `LABELDROP`.
    Any,
    /// `labeldrop` and `LabelDrop`, since 0.58 of the operator; before, lower case alone.
    LowerOrPascal,
    /// In lower case alone.
    Lower,
}

/// How a product relabels and is configured, in all its releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Its name in `--server`.
    pub name: &'static str,
    /// Whose relabeling it has.
    pub family: Family,
    /// What `hashmod` divides.
    pub hash: HashFunction,
    /// How the keys of a relabel config are written.
    pub keys: KeyCase,
    /// How the name of an action is written.
    pub actions: ActionCase,
    /// Whether targets have their `job`, `__scheme__` and other settings before their chain runs;
    /// Alloy fills in what is missing when it scrapes.
    pub sets_before_relabeling: bool,
    /// Whether `$$` stands for `$` in every value of the file, before anything else reads it.
    pub doubles_dollars: bool,
}

/// What most products do.
const PROMETHEUS: Capabilities = Capabilities {
    name: "prometheus",
    family: Family::Prometheus,
    hash: HashFunction::Md5,
    keys: KeyCase::Snake,
    actions: ActionCase::Any,
    sets_before_relabeling: true,
    doubles_dollars: false,
};

/// Indexed by the product.
static TABLE: [Capabilities; 5] = [
    PROMETHEUS,
    Capabilities {
        name: "operator",
        keys: KeyCase::Camel,
        actions: ActionCase::LowerOrPascal,
        ..PROMETHEUS
    },
    Capabilities {
        name: "vmagent",
        family: Family::VictoriaMetrics,
        hash: HashFunction::XxHash64,
        ..PROMETHEUS
    },
    Capabilities { name: "otel", doubles_dollars: true, ..PROMETHEUS },
    Capabilities {
        name: "alloy",
        actions: ActionCase::Lower,
        sets_before_relabeling: false,
        ..PROMETHEUS
    },
];

impl Product {
    /// Every product.
    pub const ALL: [Self; 5] =
        [Self::Prometheus, Self::Operator, Self::VmAgent, Self::Otel, Self::Alloy];

    /// Its name in `--server`.
    pub fn name(self) -> &'static str {
        self.capabilities().name
    }

    /// How it relabels and is configured.
    pub fn capabilities(self) -> &'static Capabilities {
        &TABLE[self as usize]
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Product {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = || {
            let newest = |product| Server::new(product, releases::range(product).1).to_string();
            Self::ALL.map(newest).join(", ")
        };
        let found = Self::ALL.into_iter().find(|product| product.name() == text);
        found.ok_or_else(|| format!("`{text}` is not known: write {}", known()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_indexed_by_product() {
        for product in Product::ALL {
            assert_eq!(product.name().parse(), Ok(product));
        }
        assert_eq!(Product::Alloy.capabilities().actions, ActionCase::Lower);
        assert_eq!(Product::VmAgent.capabilities().family, Family::VictoriaMetrics);
    }
}
