//! What a query reads: blocks, logs, scrapes, saved censuses and Parquet, each in parts that a
//! machine reads by itself.

use std::fmt;

use anyhow::Context;
use clap::ValueEnum;
use promsieve_cli::Status;
use promsieve_cli::embed::{self, Told};
use promsieve_cli::input::{Kind, Source};
use promsieve_core::saved::Saved;
use promsieve_core::series::Table;
use serde::{Deserialize, Serialize};

use crate::parquet::{self, Counts, Slice};

/// One part of the input, by what another machine finds it with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Input {
    /// What the command line reads: a name, and what it holds.
    Source {
        /// A path or URL.
        name: String,
        /// The word of [`Kind`].
        kind: String,
    },
    /// Some row groups of a file of series.
    Parquet(Slice),
    /// The path of a file of targets.
    Targets(String),
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source { name, .. } | Self::Targets(name) => f.write_str(name),
            Self::Parquet(slice) => f.write_str(slice.path()),
        }
    }
}

/// What a part holds.
#[derive(Default)]
pub(crate) struct Read {
    /// Its series, kept or counted.
    pub(crate) series: Option<Saved>,
    /// What its rows stand for, where they were counted before.
    pub(crate) counts: Option<Counts>,
    /// What a census tells of it besides.
    pub(crate) told: Told,
    /// Whether something of it could not be read.
    pub(crate) incomplete: bool,
}

impl Input {
    /// The parts of what `specs` name.
    ///
    /// # Errors
    /// When there is no such file, or it cannot be read.
    pub(crate) fn parts(specs: &[String]) -> anyhow::Result<Vec<Self>> {
        let mut inputs = Vec::new();
        for spec in specs {
            let found = parquet::parts(spec)?;
            if !found.is_empty() {
                inputs.extend(found);
                continue;
            }
            for (source, kind) in embed::parts(spec)? {
                let word = kind.to_possible_value();
                let kind = word.map(|word| word.get_name().to_owned()).unwrap_or_default();
                inputs.push(Self::Source { name: place(&source)?, kind });
            }
        }
        Ok(inputs)
    }

    /// The table of SQL that it belongs to besides `series`.
    pub(crate) fn table(&self) -> &'static str {
        match self {
            Self::Parquet(_) | Self::Targets(_) => "parquet",
            Self::Source { kind, .. } => match kind.as_str() {
                "block" => "blocks",
                "wal" => "logs",
                "saved" => "saved",
                _ => "scrapes",
            },
        }
    }

    /// Whether it may tell of targets; blocks and logs never do.
    pub(crate) fn has_targets(&self) -> bool {
        matches!(self.table(), "scrapes" | "saved") || matches!(self, Self::Targets(_))
    }

    /// Reads it; lists of what is told besides have `top` entries, or all for 0.
    ///
    /// # Errors
    /// When it cannot be read at all.
    pub(crate) fn read(&self, top: usize) -> anyhow::Result<Read> {
        let (name, kind) = match self {
            Self::Source { name, kind } => (name, kind),
            Self::Parquet(slice) => return parquet::read(slice),
            Self::Targets(path) => return parquet::read_targets(path),
        };
        let kind = Kind::from_str(kind, false).map_err(|error| anyhow::anyhow!("{error}"))?;
        let sources = Source::resolve(name)?;
        let source = sources.first().with_context(|| format!("`{name}` names nothing"))?;
        let embed::Read { series, told, status } = embed::read(source, kind, top)?;
        Ok(Read { series, told, counts: None, incomplete: status == Status::Incomplete })
    }
}

impl Read {
    /// The series, which have to be there and not only counted.
    ///
    /// # Errors
    /// When only counts are there.
    pub(crate) fn table(&self) -> anyhow::Result<Option<&Table>> {
        match &self.series {
            Some(Saved::Exact(table)) => Ok(Some(table)),
            None => Ok(None),
            Some(Saved::Sketched(_)) => anyhow::bail!(
                "a saved census holds counts without the series: count it with `--sketch`, or save \
                 it with more `--memory`"
            ),
        }
    }
}

/// The name by which another machine finds a source.
fn place(source: &Source) -> anyhow::Result<String> {
    match source {
        Source::Stdin => anyhow::bail!("stdin is read by no other machine: name a file"),
        Source::Url(url) | Source::Bucket(url) => Ok(url.clone()),
        Source::File(path) | Source::Directory(path) => {
            let path = std::path::absolute(path)
                .with_context(|| format!("cannot find `{}`", path.display()))?;
            Ok(path.display().to_string())
        }
    }
}
