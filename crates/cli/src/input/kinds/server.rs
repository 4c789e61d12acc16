//! Live servers, by the base of their API.

use std::time::{SystemTime, UNIX_EPOCH};

use promsieve_core::ingest::status::TsdbStatus;

use super::{Held, Options};
use crate::Status;
use crate::common::Common;
use crate::input::server::{Api, Census, Told, ask, read_series};
use crate::input::source::Source;
use crate::stderr::warn;

/// What a server that does not tell its head's times is asked for: its last hour.
const SECONDS: f64 = 3600.0;

/// Whether a URL is the base of a server: it has no path.
pub(super) fn is_one(source: &Source) -> bool {
    let Source::Url(url) = source else { return false };
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    rest.split_once('/').is_none_or(|(_, path)| path.is_empty())
}

/// Reads a server's totals and, where they are wanted or there are no totals, its series.
pub(super) fn read(
    source: &Source,
    options: &Options<'_>,
    common: &Common,
    held: &mut Held,
) -> anyhow::Result<()> {
    let Source::Url(url) = source else {
        anyhow::bail!("`{}` is no server: name its URL", source.name());
    };
    let api = Api::new(url, &common.access);
    let Told { version, statuses } = ask(api, options.server)?;
    if statuses.is_empty() && !options.server.full {
        anyhow::bail!(
            "{} tells no totals: `--full` counts its series, and `--kind server` takes a URL with \
             a path, such as that of Mimir, `/prometheus`",
            api.name()
        );
    }
    if options.server.full {
        read_all(api, options, statuses.first(), held)?;
    }
    let name = match version {
        Some(version) => format!("{} ({version})", api.name()),
        None => api.name(),
    };
    held.statuses.extend(statuses.into_iter().map(|status| (name.clone(), status)));
    Ok(())
}

fn read_all(
    api: Api<'_>,
    options: &Options<'_>,
    status: Option<&TsdbStatus>,
    held: &mut Held,
) -> anyhow::Result<()> {
    let census = Census { api, page: options.server.page, range: range(status) };
    let errors = read_series(&census, &mut held.series)?;
    for error in &errors {
        warn(&format!("error: {error:#}"));
        held.status = Status::Incomplete;
    }
    Ok(())
}

/// From when to when series are wanted, in seconds: as long as the head reaches.
fn range(status: Option<&TsdbStatus>) -> (f64, f64) {
    let head = status.map(|status| &status.head_stats);
    if let Some(head) = head.filter(|head| head.min_time <= head.max_time && head.max_time > 0) {
        return (head.min_time as f64 / 1000.0, head.max_time as f64 / 1000.0);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now.as_secs_f64() - SECONDS, now.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_has_no_path() {
        let is_base = |url: &str| is_one(&Source::Url(url.to_owned()));
        assert!(is_base("http://127.0.0.1:9090") && is_base("https://u:p@prom/"));
        assert!(!is_base("http://prom/metrics") && !is_base("http://prom/api/v1/status/tsdb"));
    }
}
