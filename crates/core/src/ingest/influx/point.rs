//! A point as Telegraf maps it: labels, and a metric for each numeric field (`metric_version = 1`
//! of `plugins/outputs/prometheus_client`, at commit b272631 of its repository).

use std::ops::Range;

use crate::series::SampleLabel;

/// More tags and texts than this are more than anybody gives a point.
const MOST_LABELS: usize = 1000;

/// What a line holds; used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Point {
    /// Names and values of the labels, measurement and field names.
    pub(super) text: String,
    pub(super) labels: Vec<SampleLabel>,
    /// The measurement, as written but for escapes.
    pub(super) measurement: Range<usize>,
    /// Names of the numeric fields, as written but for escapes, and their values.
    pub(super) fields: Vec<(Range<usize>, f64)>,
    /// The name that is sanitised.
    name: String,
}

impl Point {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.labels.clear();
        self.fields.clear();
    }

    /// Adds a label whose name and value lie in the text; a later one of its name wins, so that texts
    /// win over tags. An error says why the point is not shown.
    pub(super) fn label(
        &mut self,
        written: Range<usize>,
        value: Range<usize>,
    ) -> Result<(), &'static str> {
        let Self { text, labels, name, .. } = self;
        if !sanitise(text[written].chars(), false, name) {
            return Ok(());
        }
        if name.starts_with("__") {
            return Err("no exporter shows a tag whose name begins with `__`");
        }
        if labels.len() == MOST_LABELS {
            return Err("a point has more than 1,000 tags and texts");
        }
        if let Some(label) = labels.iter_mut().find(|label| text[label.name.clone()] == *name) {
            label.value = value;
            return Ok(());
        }
        let start = text.len();
        text.push_str(name);
        labels.push(SampleLabel { name: start..text.len(), value, ..SampleLabel::default() });
        Ok(())
    }

    /// Writes the name of a field's metric; false where nothing is left of it.
    pub(super) fn metric(&self, field: &Range<usize>, name: &mut String) -> bool {
        let (measurement, field) =
            (&self.text[self.measurement.clone()], &self.text[field.clone()]);
        let field = (field != "value").then(|| ['_'].into_iter().chain(field.chars()));
        sanitise(measurement.chars().chain(field.into_iter().flatten()), true, name)
    }
}

/// Writes a name as Telegraf makes it valid: where some character is not, others than letters,
/// digits and `_` become `_`, but the first is left out, and so is `_` at both ends (convert.go of
/// plugins/serializers/prometheus). False where nothing is left.
fn sanitise(
    written: impl Iterator<Item = char> + Clone,
    is_metric: bool,
    name: &mut String,
) -> bool {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_' || (is_metric && c == ':');
    let goes_on = |c: char| starts(c) || c.is_ascii_digit();
    let valid = |(at, c): (usize, char)| if at == 0 { starts(c) } else { goes_on(c) };
    name.clear();
    if written.clone().enumerate().all(valid) {
        name.extend(written);
        return !name.is_empty();
    }
    for (at, c) in written.enumerate() {
        match (at, valid((at, c))) {
            (_, true) => name.push(c),
            (0, false) => {}
            (_, false) => name.push('_'),
        }
    }
    name.truncate(name.trim_end_matches('_').len());
    name.drain(..name.len() - name.trim_start_matches('_').len());
    !name.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(written: &str, metric: &str, label: &str) {
        let mut name = String::new();
        sanitise(written.chars(), true, &mut name);
        assert_eq!(name, metric, "metric {written}");
        sanitise(written.chars(), false, &mut name);
        assert_eq!(name, label, "label {written}");
    }

    #[test]
    fn names_become_valid() {
        check("cpu_idle", "cpu_idle", "cpu_idle");
        check("_cpu_", "_cpu_", "_cpu_");
        check("a:b", "a:b", "a_b");
        check("disk.used-%", "disk_used", "disk_used");
        check("9lives", "lives", "lives");
        check("_a b_", "a_b", "a_b");
        check("é", "", "");
        check("", "", "");
    }
}
