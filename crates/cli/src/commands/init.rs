//! `promsieve init`: a `promsieve.toml` to start with, everything in it said and nothing changed.

use std::path::PathBuf;

use anyhow::ensure;

use super::lint::settings::NAME;
use crate::Status;
use crate::input::replace::write_new;
use crate::stderr::warn;

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// Where the configurations are
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

pub(crate) fn run(args: &InitArgs) -> anyhow::Result<Status> {
    ensure!(args.directory.is_dir(), "`{}` is no directory", args.directory.display());
    let path = args.directory.join(NAME);
    ensure!(!path.exists(), "`{}` is there already: it is left as it is", path.display());
    write_new(&path, include_str!("init.toml"))?;
    warn(&format!("wrote {}", path.display()));
    Ok(Status::Clean)
}
