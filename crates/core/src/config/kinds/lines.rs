//! Which keys a text has, told by a look at its lines, without parsing it.

use memchr::memmem;

/// Which keys a text has: at the start of lines, and anywhere.
#[derive(Default)]
pub(super) struct Lines<'t> {
    pub(super) top: Vec<&'t str>,
    /// Keys of the items, where the text is a list.
    items: Vec<&'t str>,
    inner: Vec<&'t str>,
    /// Whether the first line that says anything is an item.
    pub(super) is_list: bool,
    pub(super) is_json_resource: bool,
}

/// Keys that are looked for further in.
const INNER: [&str; 30] = [
    "job_name",
    "allocation_strategy",
    "collector_selector",
    "scrape_configs",
    "relabel_configs",
    "metric_relabel_configs",
    "write_relabel_configs",
    "source_labels",
    "target_label",
    "receivers",
    "scrape_align_interval",
    "scrape_offset",
    "stream_parse",
    "series_limit",
    "no_stale_markers",
    "disable_compression",
    "disable_keepalive",
    "max_scrape_size",
    "yandexcloud_sd_configs",
    "vm_account_id",
    "if",
    "groups",
    "rules",
    "expr",
    "alert",
    "record",
    "name",
    "additionalScrapeConfigs",
    "extraScrapeConfigs",
    "scrapeConfigs",
];

/// Keys of jobs that gather logs.
pub(super) const OF_LOGS: [&str; 5] =
    ["pipeline_stages", "loki_push_api", "windows_events", "cloudflare", "gcplog"];

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let mut lines = Self::default();
        let mut is_first = true;
        let (mut base, mut item) = (0, None);
        for line in text.lines() {
            let shown = line.trim_start();
            if shown.is_empty() || shown.starts_with('#') || line.starts_with("---") {
                continue;
            }
            if std::mem::take(&mut is_first) {
                base = line.len() - shown.len();
                lines.is_list = shown.starts_with("- ") || shown == "-";
                lines.is_json_resource = shown.starts_with('{')
                    && memmem::find(text.as_bytes(), b"\"apiVersion\"").is_some();
            }
            let indent = line.len() - shown.len();
            if indent == base && lines.is_list && shown.starts_with('-') {
                item = item_indent(line, shown);
            }
            let unquoted = shown.trim_start_matches(['-', ' ', '{', '"', '\'']);
            let Some(at) = memchr::memchr(b':', unquoted.as_bytes()) else { continue };
            let key = unquoted[..at].trim_end_matches(['"', '\'']);
            let starts_item = indent == base && shown.starts_with('-');
            if indent == base && !shown.starts_with("- ") {
                lines.top.push(key);
            } else if lines.is_list && (starts_item || *item.get_or_insert(indent) == indent) {
                lines.items.push(key);
            }
            let is_chain = key.ends_with("elabelings") || key.ends_with("elabelConfigs");
            let is_told = is_chain || INNER.contains(&key) || OF_LOGS.contains(&key);
            if is_told && !lines.inner.contains(&key) {
                lines.inner.push(key);
            }
        }
        lines
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.top.contains(&key)
    }

    pub(super) fn has_in_items(&self, key: &str) -> bool {
        self.items.contains(&key)
    }

    pub(super) fn has_inside(&self, key: &str) -> bool {
        self.inner.contains(&key)
    }

    pub(super) fn has_chain_key(&self) -> bool {
        self.inner.iter().any(|key| {
            key.ends_with("elabelings")
                || key.ends_with("elabelConfigs")
                || key.ends_with("relabel_configs")
        })
    }
}

/// Where the keys of an item begin; `None` where only a later line tells.
fn item_indent(line: &str, shown: &str) -> Option<usize> {
    let key = shown[1..].trim_start();
    (!key.is_empty() && !key.starts_with('#')).then(|| line.len() - key.len())
}
