//! The targets of a configuration, scraped as its server would.

use super::Held;
use crate::Status;
use crate::common::Common;
use crate::input::config::load;
use crate::input::fleet;
use crate::input::source::Source;
use crate::stderr::warn;

/// Scrapes the targets of a configuration.
pub(super) fn read(source: &Source, common: &Common, held: &mut Held) -> anyhow::Result<()> {
    let Source::File(_) = source else {
        anyhow::bail!("`{}` is no configuration: name a file", source.name());
    };
    for loaded in load(&source.name(), common.server, &common.access)? {
        let fleet = fleet::scrape(&loaded, &mut held.series)?;
        for problem in &fleet.problems {
            warn(&format!("error: {}: {problem}", source.name()));
            held.status = Status::Incomplete;
        }
        held.scrapes.extend(fleet.scrapes);
    }
    Ok(())
}
