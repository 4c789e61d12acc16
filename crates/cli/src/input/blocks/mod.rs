//! Blocks where they are stored, in a directory or in object storage: found, chosen, opened.

#[cfg(feature = "object-storage")]
mod bucket;
mod choose;
mod directory;
mod kept;

use std::path::PathBuf;

use promsieve_core::ingest::index::Meta;

pub(crate) use choose::{Left, choose};
pub(crate) use directory::Directory;
pub(crate) use kept::Kept;

use super::http::Access;
use super::map::FileBytes;
use super::source::Source;

/// The label that tells the tenants of a bucket apart, as Mimir has it in queries over several.
pub(crate) const TENANT: &str = "__tenant_id__";

/// How blocks are read.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct BlockArgs {
    /// Keep the census of each block in this directory, and don't read a block again whose census
    /// is there: what was interrupted goes on
    #[arg(long, value_name = "DIRECTORY", help_heading = "Blocks")]
    pub(crate) keep: Option<PathBuf>,

    /// Of a bucket with tenants, as Mimir's, only the blocks of this one; may be given several times
    #[arg(long = "tenant", value_name = "NAME", help_heading = "Blocks")]
    pub(crate) tenants: Vec<String>,

    /// How many requests are made to object storage at a time; each takes up to 4 MiB of memory
    #[arg(
        long,
        value_name = "N",
        default_value_t = 16,
        value_parser = clap::value_parser!(u32).range(1..=256),
        help_heading = "Blocks"
    )]
    pub(crate) requests: u32,
}

/// A block that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What messages call it: its path or URL.
    pub(crate) name: String,
    /// The name of its folder: a ULID, which starts with the time.
    pub(crate) ulid: String,
    /// Whose it is, where tenants have blocks of their own.
    pub(crate) tenant: Option<String>,
    /// What `meta.json` says, or why it cannot be read.
    pub(crate) meta: Result<Meta, String>,
    /// Whether it is marked for deletion.
    pub(crate) marked: bool,
    /// Another one when its files are others.
    pub(crate) version: String,
}

impl Entry {
    /// The labels that its series don't have in the index: those of its server, and its tenant.
    /// Compactors keep notes among them, whose names start like those of other internal labels.
    pub(crate) fn external_labels(&self) -> Vec<(&str, &str)> {
        let labels = self.meta.iter().flat_map(|meta| &meta.thanos.labels);
        let labels = labels.filter(|(name, _)| !name.starts_with("__"));
        let labels = labels.map(|(name, value)| (&**name, &**value));
        labels.chain(self.tenant.as_deref().map(|tenant| (TENANT, tenant))).collect()
    }
}

/// The files of a block, as far as they are read.
pub(crate) struct Opened {
    pub(crate) index: FileBytes,
    /// Whether the index has only the parts that a walk over its series reads.
    pub(crate) parts: bool,
    pub(crate) tombstones: Option<Vec<u8>>,
    /// What lives as long as the index is read.
    _held: Box<dyn std::any::Any + Send>,
}

/// Where blocks are.
pub(crate) trait Place {
    /// Every block, oldest first.
    fn entries(&self) -> &[Entry];

    /// Opens some of the entries, by their numbers, and hands them over in this order.
    fn open(&self, wanted: &[usize], each: &mut dyn FnMut(usize, anyhow::Result<Opened>));

    /// What to say once all is read; nothing of files.
    fn told(&self) -> Option<String>;
}

/// The place that a source names.
///
/// # Errors
/// When it cannot be reached or listed.
pub(crate) fn at(
    source: &Source,
    args: &BlockArgs,
    access: &Access,
) -> anyhow::Result<Box<dyn Place>> {
    if let Source::Bucket(url) = source {
        return bucket(url, args, access);
    }
    anyhow::ensure!(
        args.tenants.is_empty(),
        "`{}` is a directory: `--tenant` is for a bucket, which `file:///…` makes of it",
        source.name()
    );
    Ok(Box::new(Directory::of(source)))
}

#[cfg(feature = "object-storage")]
fn bucket(url: &str, args: &BlockArgs, access: &Access) -> anyhow::Result<Box<dyn Place>> {
    Ok(Box::new(bucket::Bucket::open(url, args, access)?))
}

#[cfg(not(feature = "object-storage"))]
fn bucket(url: &str, _: &BlockArgs, _: &Access) -> anyhow::Result<Box<dyn Place>> {
    anyhow::bail!(
        "{}: this promsieve was built without object storage: released binaries have it, and so \
         does `cargo install --locked promsieve-cli --features object-storage`",
        super::http::shown(url)
    )
}
