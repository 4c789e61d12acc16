//! Series selectors that cut a metric into pieces.

use promsieve_core::regexp::quote;
use promsieve_core::series::METRIC_NAME;

/// Longer alternations do not fit into the URLs that all proxies take.
const MOST_BYTES: usize = 3000;

/// Some series of one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selector {
    metric: String,
    /// Labels with the values that they have; one that is "" stands for no such label.
    labels: Vec<(String, Vec<String>)>,
}

impl Selector {
    /// All series of a metric.
    pub(super) fn of(metric: &str) -> Self {
        Self { metric: metric.to_owned(), labels: Vec::new() }
    }

    /// Whether the selector says something of a label.
    pub(super) fn names(&self, label: &str) -> bool {
        label == METRIC_NAME || self.labels.iter().any(|(name, _)| name == label)
    }

    /// Its parts by the values of a label that it does not name: about `parts` of them, and one of
    /// the series without the label.
    pub(super) fn split(&self, label: &str, values: &[String], parts: usize) -> Vec<Self> {
        let most = values.len().div_ceil(parts.max(1)).max(1);
        let mut groups: Vec<Vec<String>> = vec![vec![String::new()]];
        let mut bytes = MOST_BYTES;
        for value in values {
            let last = groups.last_mut().expect("there is always one");
            // The first group is that of the missing label alone.
            if bytes + value.len() > MOST_BYTES || last.len() >= most {
                groups.push(vec![value.clone()]);
                bytes = value.len();
            } else {
                last.push(value.clone());
                bytes += value.len() + 1;
            }
        }
        groups.into_iter().map(|values| self.with(label, values)).collect()
    }

    /// Two halves, if the label that was split last still has several values.
    pub(super) fn halves(&self) -> Option<[Self; 2]> {
        let mut rest = self.clone();
        let (label, values) = rest.labels.pop().filter(|(_, values)| values.len() > 1)?;
        let (first, second) = values.split_at(values.len() / 2);
        Some([first, second].map(|half| rest.with(&label, half.to_vec())))
    }

    fn with(&self, label: &str, values: Vec<String>) -> Self {
        let mut part = self.clone();
        part.labels.push((label.to_owned(), values));
        part
    }
}

impl std::fmt::Display for Selector {
    /// As `PromQL`: `{__name__="up",job=~"a|b"}`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{{{METRIC_NAME}={}", quoted(&self.metric))?;
        for (label, values) in &self.labels {
            match &values[..] {
                [value] => write!(f, ",{label}={}", quoted(value))?,
                values => {
                    let pattern: Vec<String> = values.iter().map(|it| quote(it)).collect();
                    write!(f, ",{label}=~{}", quoted(&pattern.join("|")))?;
                }
            }
        }
        f.write_str("}")
    }
}

/// Whether a label's name can stand in a selector of every server, and in a path of its API.
pub(super) fn is_plain(label: &str) -> bool {
    let mut bytes = label.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    first && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A string of `PromQL`.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_promql() {
        let values = ["a.b".to_owned(), "c\"\\\n".to_owned()];
        let parts = Selector::of("up").split("job", &values, 1);
        let texts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        let pair = r#"{__name__="up",job=~"a\\.b|c\"\\\\\n"}"#;
        assert_eq!(texts, [r#"{__name__="up",job=""}"#, pair]);
        let [first, second] = parts[1].halves().unwrap();
        assert_eq!(first.to_string(), r#"{__name__="up",job="a.b"}"#);
        assert_eq!(second.to_string(), r#"{__name__="up",job="c\"\\\n"}"#);
        assert_eq!((first.halves(), Selector::of("up").halves()), (None, None));
    }

    #[test]
    fn parts_hold_every_value_once_and_fit_into_a_url() {
        let values: Vec<String> = (0..500).map(|at| format!("value-number-{at}")).collect();
        let parts = Selector::of("m").split("l", &values, 3);
        let mut seen: Vec<&String> = parts[1..].iter().flat_map(|part| &part.labels[0].1).collect();
        assert!(parts.iter().all(|part| part.to_string().len() < MOST_BYTES + 1000));
        assert!(seen.len() == 500 && parts.len() >= 4, "{}", parts.len());
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 500);
    }
}
