//! Which names a server accepts for metrics and labels, and where its releases differ.

use super::{Family, Product, Server, Version};

/// Series that a server writes by itself: what the scrape reports (`scrape/scrape.go` at 3.5), and what
/// the rule engine writes (`rules/alerting.go`).
pub const OWN_SERIES: [&str; 10] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "scrape_sample_limit",
    "scrape_body_size_bytes",
    "ALERTS",
    "ALERTS_FOR_STATE",
];

/// `metric_name_validation_scheme` of a Prometheus configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum NameScheme {
    /// Any text but the empty one; the default since 3.0.
    #[default]
    Utf8,
    /// `[a-zA-Z_][a-zA-Z0-9_]*`, in metric names also `:`; the only one in 2.x.
    Legacy,
}

impl NameScheme {
    /// Whether `name` may name a label.
    pub fn is_label_name(self, name: &str) -> bool {
        match self {
            Self::Utf8 => !name.is_empty(),
            Self::Legacy => is_legacy(name, |byte| byte == b'_'),
        }
    }

    /// Whether `name` may name a metric.
    pub fn is_metric_name(self, name: &str) -> bool {
        match self {
            Self::Utf8 => !name.is_empty(),
            Self::Legacy => is_legacy(name, |byte| byte == b'_' || byte == b':'),
        }
    }
}

impl std::str::FromStr for NameScheme {
    type Err = String;

    /// `utf8` or `legacy`, as in a configuration.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "utf8" => Ok(Self::Utf8),
            "legacy" => Ok(Self::Legacy),
            _ => Err(format!("`{text}` is no name validation scheme: write `utf8` or `legacy`")),
        }
    }
}

fn is_legacy(name: &str, extra: impl Fn(u8) -> bool) -> bool {
    !name.as_bytes().first().is_none_or(u8::is_ascii_digit)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra(byte))
}

/// What may stand where a name is written with `$1` in it: `target_label` of `replace`, and
/// `replacement` of `labelmap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TemplateRule {
    /// Whatever may name a label; `$` is not special.
    Name(NameScheme),
    /// Word characters, `$name` and `${name}`, not starting with a digit.
    Words,
}

impl TemplateRule {
    /// Whether `template` may be written.
    pub fn accepts(self, template: &str) -> bool {
        match self {
            Self::Name(scheme) => scheme.is_label_name(template),
            Self::Words => is_word_template(template),
        }
    }
}

/// Whether `template` matches Prometheus's `^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$`.
fn is_word_template(template: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut rest = template.as_bytes();
    if rest.first().is_none_or(u8::is_ascii_digit) {
        return false;
    }
    while let Some((&first, after)) = rest.split_first() {
        rest = match (first, after) {
            (b'$', [b'{', inner @ ..]) => {
                let words = inner.iter().take_while(|byte| is_word(byte)).count();
                match inner[words..].split_first() {
                    Some((b'}', after)) if words > 0 => after,
                    _ => return false,
                }
            }
            (b'$', [next, after @ ..]) if is_word(next) => after,
            (byte, after) if is_word(&byte) => after,
            _ => return false,
        };
    }
    true
}

/// The name rules that relabel configs of one server are held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelabelNames {
    /// For `source_labels`.
    pub source: NameScheme,
    /// For a `target_label` that is a plain name, and for what a template expands to.
    pub target: NameScheme,
    /// For a `target_label` of `replace` with `$` in it, and for `replacement` of `labelmap`.
    pub template: TemplateRule,
}

impl Server {
    /// The name rules for relabel configs where the configuration asks for `scheme`.
    ///
    /// Read in model/relabel/relabel.go of each release. 2.x knows only legacy names. 3.0 to 3.6
    /// ignore the configured scheme here; 3.0 and 3.1 still hold templates to the legacy pattern.
    /// Since 3.7 the scheme counts; 3.7.0 and 3.7.1 then take a legacy template for a plain name, so
    /// that no `$1` passes.
    ///
    /// Alloy leaves `source_labels` alone, holds templates to the legacy pattern in every release,
    /// and plain names to the legacy rule until it came to Prometheus 3.4 with 1.11
    /// (internal/component/common/relabel/relabel.go). vmagent looks at no name.
    pub fn relabel_names(self, scheme: NameScheme) -> RelabelNames {
        if self.is(Family::VictoriaMetrics) {
            let any = NameScheme::Utf8;
            return RelabelNames { source: any, target: any, template: TemplateRule::Name(any) };
        }
        if self.product == Product::Alloy {
            let target = if self.at_least(3, 0) { NameScheme::Utf8 } else { NameScheme::Legacy };
            return RelabelNames {
                source: NameScheme::Utf8,
                target,
                template: TemplateRule::Words,
            };
        }
        let release = self.prometheus_release();
        let (source, target) = match release {
            v if v < Version(3, 0, 0) => (NameScheme::Legacy, NameScheme::Legacy),
            v if v < Version(3, 7, 0) => (NameScheme::Utf8, NameScheme::Utf8),
            _ => (NameScheme::Utf8, scheme),
        };
        let template = match release {
            v if v < Version(3, 2, 0) => TemplateRule::Words,
            v if v < Version(3, 7, 2) || target == NameScheme::Utf8 => TemplateRule::Name(target),
            _ => TemplateRule::Words,
        };
        RelabelNames { source, target, template }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: &str, accepted: bool) {
        assert_eq!(is_word_template(template), accepted, "{template}");
    }

    #[test]
    fn templates_are_words_and_references() {
        for good in ["a", "_", "a1", "$1", "${1}", "$1_x", "x${a}y", "$1$2", "${1}0", "$__"] {
            check(good, true);
        }
        for bad in ["", "1", "1a", "$", "${", "${}", "${1", "a$", "a-b", "a$-", "é", "$é", "${a-b}"]
        {
            check(bad, false);
        }
    }

    /// Prometheus's own expression decides.
    #[test]
    fn templates_agree_with_the_expression() {
        let re = regex_automata::meta::Regex::new(
            r"^(?:(?:[a-zA-Z_]|\$(?:\{(?-u:\w)+\}|(?-u:\w)+))+(?-u:\w)*)+$",
        )
        .unwrap();
        let alphabet = ['a', '1', '$', '{', '}', '-'];
        let mut texts = vec![String::new()];
        for _ in 0..6 {
            let longer = |text: &String| alphabet.map(|c| format!("{text}{c}"));
            texts = texts.iter().flat_map(longer).collect();
            for text in &texts {
                assert_eq!(is_word_template(text), re.is_match(text.as_bytes()), "{text}");
            }
        }
    }

    #[test]
    fn legacy_names() {
        let legacy = NameScheme::Legacy;
        assert!(legacy.is_label_name("le_1") && legacy.is_label_name("__name__"));
        assert!(!legacy.is_label_name("") && !legacy.is_label_name("1a"));
        assert!(!legacy.is_label_name("a:b") && legacy.is_metric_name("a:b"));
        assert!(!legacy.is_label_name("é") && NameScheme::Utf8.is_label_name("é"));
        assert!(!NameScheme::Utf8.is_label_name(""));
    }

    #[test]
    fn releases_differ() {
        let rules = |text: &str, scheme| text.parse::<Server>().unwrap().relabel_names(scheme);
        assert_eq!(rules("2.53", NameScheme::Utf8).target, NameScheme::Legacy);
        assert_eq!(rules("3.1", NameScheme::Utf8).template, TemplateRule::Words);
        assert_eq!(rules("3.5", NameScheme::Legacy), rules("3.5", NameScheme::Utf8));
        assert!(!rules("3.7.1", NameScheme::Legacy).template.accepts("$1"));
        assert!(rules("3.7.2", NameScheme::Legacy).template.accepts("$1"));
        assert!(!rules("3.7.2", NameScheme::Legacy).template.accepts("a.$1"));
        assert!(rules("3.7.1", NameScheme::Utf8).template.accepts("a.$1"));
        assert_eq!(rules("3.9", NameScheme::Legacy).source, NameScheme::Utf8);
    }
}
