//! Scrapes that an embedder has parsed with the crate `prometheus-parse`, told to a [`Sink`] as
//! Prometheus would store them: a histogram as its buckets, a summary as its quantiles.

use prometheus_parse::{Scrape, Value};

use crate::series::{MetricType, Sample, SampleLabel, Sink};
use crate::text::go_float;

/// Tells every sample of `scrape`. That crate keeps no type of a family without samples, no order
/// of labels and none of distributions: labels come sorted by name, and distributions last, sorted
/// by metric and labels. Bounds are written as client libraries do (`0.5`, `1`, `+Inf`), however
/// they stood in the exposition. It gives every sample a time, so none is told, nor are the bytes
/// as exposed, which it does not keep.
pub fn feed(scrape: &Scrape, sink: &mut impl Sink) {
    let is_plain = |sample: &&prometheus_parse::Sample| {
        !matches!(sample.value, Value::Histogram(_) | Value::Summary(_))
    };
    let (plain, mut distributions): (Vec<_>, Vec<_>) = scrape.samples.iter().partition(is_plain);
    distributions.sort_by_cached_key(|sample| (&sample.metric, labels_of(sample)));
    let mut row = Row::default();
    for sample in plain.into_iter().chain(distributions) {
        tell(sample, &mut row, sink);
    }
}

fn labels_of(sample: &prometheus_parse::Sample) -> Vec<(&str, &str)> {
    let mut labels: Vec<(&str, &str)> =
        sample.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    labels.sort_unstable();
    labels
}

fn tell(sample: &prometheus_parse::Sample, row: &mut Row, sink: &mut impl Sink) {
    let (metric, labels) = (sample.metric.as_str(), labels_of(sample));
    let kind = match sample.value {
        Value::Counter(_) => Some(MetricType::Counter),
        Value::Gauge(_) => Some(MetricType::Gauge),
        Value::Histogram(_) => Some(MetricType::Histogram),
        Value::Summary(_) => Some(MetricType::Summary),
        // No type was announced, or none under this name: `_sum` of a histogram comes like that.
        Value::Untyped(_) => None,
    };
    if let Some(kind) = kind {
        sink.family(metric, kind);
    }
    match &sample.value {
        Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value) => {
            row.tell(metric, &labels, *value, sink);
        }
        Value::Histogram(buckets) => {
            let metric = format!("{metric}_bucket");
            for bucket in buckets {
                let bound = go_float(bucket.less_than);
                row.tell(&metric, &with(&labels, ("le", &bound)), bucket.count, sink);
            }
        }
        Value::Summary(quantiles) => {
            for quantile in quantiles {
                let bound = go_float(quantile.quantile);
                row.tell(metric, &with(&labels, ("quantile", &bound)), quantile.count, sink);
            }
        }
    }
}

fn with<'a>(labels: &[(&'a str, &'a str)], more: (&'a str, &'a str)) -> Vec<(&'a str, &'a str)> {
    labels.iter().copied().chain([more]).collect()
}

/// Labels laid out as a [`Sample`] refers to them.
#[derive(Default)]
struct Row {
    number: u64,
    text: String,
    labels: Vec<SampleLabel>,
}

impl Row {
    fn tell(&mut self, metric: &str, labels: &[(&str, &str)], value: f64, sink: &mut impl Sink) {
        self.text.clear();
        self.labels.clear();
        for &(name, value) in labels {
            let (name, value) = (self.push(name), self.push(value));
            self.labels.push(SampleLabel { name, value, ..SampleLabel::default() });
        }
        self.number += 1;
        sink.sample(&Sample {
            number: self.number,
            metric,
            line: &self.text,
            scratch: "",
            labels: &self.labels,
            series_bytes: 0,
            value,
            timestamp: None,
            exemplar: false,
        });
    }

    fn push(&mut self, text: &str) -> std::ops::Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{METRIC_NAME, TableBuilder};

    #[test]
    fn distributions_come_as_they_are_stored() {
        let text = "# TYPE h histogram\nh_bucket{x=\"1\",le=\"0.50\"} 1\nh_bucket{x=\"1\",le=\"+Inf\"} \
                    2\nh_sum{x=\"1\"} 3\n# TYPE s summary\ns{quantile=\"0.99\"} 4\ns_count 5\n# TYPE c \
                    counter\nc{b=\"2\",a=\"1\"} 6\nplain 7\n";
        let scrape = Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
        let mut builder = TableBuilder::default();
        feed(&scrape, &mut builder);
        let table = builder.finish();
        let mut series = Vec::new();
        for group in &table.metrics {
            for row in 0..group.rows {
                let labels = table.row_labels(group, row);
                let labels = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
                let labels: Vec<String> = labels.map(|(n, v)| format!("{n}={v}")).collect();
                series.push(format!("{}{{{}}}", table.metric_name(group), labels.join(",")));
            }
        }
        let wanted = [
            "h_sum{x=1}",
            "s_count{}",
            "c{a=1,b=2}",
            "plain{}",
            "h_bucket{le=0.5,x=1}",
            "h_bucket{le=+Inf,x=1}",
            "s{quantile=0.99}",
        ];
        assert_eq!(series, wanted);
        assert_eq!(table.metric_type("h_bucket"), MetricType::Histogram);
        assert_eq!(table.metric_type("s_count"), MetricType::Summary);
        assert_eq!(table.metric_type("c"), MetricType::Counter);
    }
}
