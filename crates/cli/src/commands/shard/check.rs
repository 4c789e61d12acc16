//! `shard --check`: configurations of a running fleet, and what they leave out or do twice.

use std::io::Write;

use promsieve_core::shard::check_fleet;

use crate::Status;
use crate::common::{Common, Format};
use crate::input::config::{Loaded, load};
use crate::output::view::fleet::FleetView;
use crate::output::{json, text};

pub(super) fn run(
    paths: &[String],
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let mut loaded: Vec<Loaded> = Vec::new();
    for path in paths {
        loaded.extend(load(path, common.server, &common.access)?);
    }
    let members = loaded.iter().filter(|it| !it.project.jobs.is_empty());
    let members: Vec<_> = members.filter_map(Loaded::member).collect();
    let view = FleetView::of(members.len(), check_fleet(&members));
    match common.format {
        Format::Json => json::write(out, &view)?,
        Format::Text => text::fleet::write(out, &view)?,
    }
    Ok(if view.faults.is_empty() { Status::Clean } else { Status::Findings })
}
