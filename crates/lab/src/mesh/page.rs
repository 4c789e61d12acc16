//! Writes one scrape in the text format 0.0.4.

use std::fmt::{Display, Write};

/// A label set in the order it is written.
pub(super) type Labels = Vec<(&'static str, String)>;

/// The text of one scrape and the number of its samples.
#[derive(Default)]
pub(super) struct Page {
    pub(super) text: String,
    pub(super) samples: usize,
}

impl Page {
    /// Begins a family; Envoy writes no help.
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        if !help.is_empty() {
            self.line(format_args!("# HELP {name} {help}"));
        }
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    /// One sample.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            self.text.push(if index == 0 { '{' } else { ',' });
            self.text.push_str(label);
            self.text.push_str("=\"");
            escape(text, &mut self.text);
            self.text.push('"');
        }
        let end = if labels.is_empty() { "" } else { "}" };
        self.line(format_args!("{end} {value}"));
        self.samples += 1;
    }

    /// A family of one sample without labels.
    pub(super) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// The samples of one histogram: `count` observations over `buckets` whose typical one, of the
    /// upper bounds, is `peak`.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        labels: &Labels,
        buckets: &[&str],
        peak: usize,
        count: u64,
    ) {
        let mut row: Vec<(&str, &str)> = labels.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let bucket_name = format!("{name}_bucket");
        for (index, le) in buckets.iter().enumerate() {
            row.push(("le", le));
            self.sample(&bucket_name, &row, cumulative(index, peak, buckets.len(), count));
            row.pop();
        }
        self.sample(&format!("{name}_sum"), &row, count * (peak as u64 + 1) * 7);
        self.sample(&format!("{name}_count"), &row, count);
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        writeln!(self.text, "{text}").expect("a String takes everything");
    }
}

/// `labels` as [`Page::sample`] takes them.
pub(super) fn borrowed(labels: &Labels) -> Vec<(&str, &str)> {
    labels.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// How many of `count` observations lie in bucket `index` or below: few before `peak`, nearly all
/// soon after it.
fn cumulative(index: usize, peak: usize, buckets: usize, count: u64) -> u64 {
    if index + 1 == buckets || index > peak + 4 {
        return count;
    }
    let share = if index < peak {
        8 * (index as u64 + 1) / (peak as u64 + 1)
    } else {
        [70, 88, 96, 99, 100][index - peak]
    };
    count * share / 100
}

fn escape(text: &str, out: &mut String) {
    for char in text.chars() {
        match char {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
}

/// `thousandths` as a decimal fraction: floats would be formatted the same, but not summed the same,
/// on every platform.
pub(super) fn milli(thousandths: u64) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_escaped_and_counted() {
        let mut page = Page::default();
        page.single("up", "gauge", "Is it up.", 1);
        page.sample("a", &[("b", "x\\y\"z\n"), ("c", "")], milli(1_025));
        assert_eq!(
            page.text,
            "# HELP up Is it up.\n# TYPE up gauge\nup 1\na{b=\"x\\\\y\\\"z\\n\",c=\"\"} 1.025\n"
        );
        assert_eq!(page.samples, 2);
    }

    #[test]
    fn buckets_never_fall() {
        for peak in 0..20 {
            let counts: Vec<u64> = (0..20).map(|at| cumulative(at, peak, 20, 1_000)).collect();
            assert!(counts.is_sorted(), "{counts:?}");
            assert_eq!(counts.last(), Some(&1_000));
        }
    }
}
