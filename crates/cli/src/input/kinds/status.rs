//! Answers of `/api/v1/status/tsdb`.

use promsieve_core::ingest::status;

use super::Held;
use crate::common::Common;
use crate::input::bytes::read_text;
use crate::input::source::Source;

/// Reads an answer.
pub(super) fn read(source: &Source, common: &Common, held: &mut Held) -> anyhow::Result<()> {
    let text = read_text(source, &common.access)?;
    let statuses =
        status::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", source.name()))?;
    held.statuses.extend(statuses.into_iter().map(|status| (source.name(), status)));
    Ok(())
}

/// Whether a file's first byte is that of a JSON object, which no exposition starts with unless
/// with a quoted name.
pub(super) fn is_one(source: &Source) -> bool {
    match source {
        Source::Url(url) => url.contains("/api/v1/status/tsdb"),
        Source::File(path) => {
            let text = std::fs::File::open(path).ok().map(|file| {
                let mut start = Vec::new();
                let _ = std::io::Read::read_to_end(&mut std::io::Read::take(file, 64), &mut start);
                start
            });
            let start: Vec<u8> =
                text.unwrap_or_default().into_iter().filter(|b| !b.is_ascii_whitespace()).collect();
            start.starts_with(b"{\"") && start.contains(&b':') && !start.contains(&b'=')
        }
        Source::Stdin | Source::Directory(_) | Source::Bucket(_) => false,
    }
}
