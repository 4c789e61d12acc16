//! Writes pages in the protobuf format, for readers and real servers to read.

/// The content type that a page is served with.
pub const CONTENT_TYPE: &str = "application/vnd.google.protobuf; \
     proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// A message under construction; fields stand in the order they are added in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message(Vec<u8>);

impl Message {
    /// Adds an integer.
    #[must_use]
    pub fn number(mut self, field: u32, number: u64) -> Self {
        varint(&mut self.0, u64::from(field) << 3);
        varint(&mut self.0, number);
        self
    }

    /// Adds a float.
    #[must_use]
    pub fn double(mut self, field: u32, value: f64) -> Self {
        varint(&mut self.0, u64::from(field) << 3 | 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Adds bytes, which need not be the UTF-8 that they should be.
    #[must_use]
    pub fn bytes(mut self, field: u32, bytes: &[u8]) -> Self {
        varint(&mut self.0, u64::from(field) << 3 | 2);
        varint(&mut self.0, bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, field: u32, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    /// Adds a message.
    #[must_use]
    pub fn message(self, field: u32, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }

    /// Adds messages, one after the other.
    #[must_use]
    pub fn messages(self, field: u32, messages: impl IntoIterator<Item = Self>) -> Self {
        messages.into_iter().fold(self, |all, message| all.message(field, &message))
    }
}

/// The type of a family, as on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the format")]
pub enum Kind {
    Counter,
    Gauge,
    Summary,
    Untyped,
    Histogram,
    GaugeHistogram,
}

/// A family with its metrics.
pub fn family(name: &str, kind: Kind, metrics: impl IntoIterator<Item = Message>) -> Message {
    let head = Message::default().text(1, name).text(2, "Help.").number(3, kind as u64);
    head.messages(4, metrics)
}

/// A metric's labels; its values are still to be added.
pub fn labels(labels: &[(&str, &str)]) -> Message {
    let pair = |(name, value): &(&str, &str)| Message::default().text(1, name).text(2, value);
    Message::default().messages(1, labels.iter().map(pair))
}

/// A metric of a counter, gauge or untyped family.
pub fn plain(kind: Kind, metric: Message, value: f64) -> Message {
    let field = match kind {
        Kind::Gauge => 2,
        Kind::Untyped => 5,
        _ => 3,
    };
    metric.message(field, &Message::default().double(1, value))
}

/// The values of a summary: bounds are quantiles.
pub fn summary(count: u64, sum: f64, bounds: &[(f64, f64)]) -> Message {
    let quantile =
        |(quantile, value): &(f64, f64)| Message::default().double(1, *quantile).double(2, *value);
    let head = Message::default().number(1, count).double(2, sum);
    head.messages(3, bounds.iter().map(quantile))
}

/// The values of a classic histogram, with a cumulated count up to each bound.
pub fn classic(count: u64, sum: f64, bounds: &[(f64, u64)]) -> Message {
    let bucket =
        |(bound, count): &(f64, u64)| Message::default().number(1, *count).double(2, *bound);
    let head = Message::default().number(1, count).double(2, sum);
    head.messages(3, bounds.iter().map(bucket))
}

/// Makes a histogram of `count` observations a native one too, whose buckets hold `count` in one.
#[must_use]
pub fn native(histogram: Message, count: u64) -> Message {
    let span = Message::default().number(1, zigzag(0)).number(2, 1);
    let histogram = histogram.number(5, zigzag(3)).double(6, 0.001).number(7, 0);
    histogram.message(12, &span).number(13, zigzag(count.cast_signed()))
}

/// A native histogram with so many observations in each of its buckets, which have no gaps.
pub fn native_buckets(counts: &[u64], sum: f64) -> Message {
    let head = Message::default().number(1, counts.iter().sum()).double(2, sum);
    let head = head.number(5, zigzag(3)).double(6, 0.001).number(7, 0);
    let span = Message::default().number(1, zigzag(0)).number(2, counts.len() as u64);
    let deltas = counts.iter().scan(0, |before, count| {
        let delta = count.cast_signed() - *before;
        *before = count.cast_signed();
        Some(zigzag(delta))
    });
    deltas.fold(head.message(12, &span), |histogram, delta| histogram.number(13, delta))
}

/// A native histogram whose counts are floats.
pub fn native_floats(count: f64, sum: f64) -> Message {
    let span = Message::default().number(1, zigzag(-2)).number(2, 1);
    let head = Message::default().double(2, sum).double(4, count).number(5, zigzag(0));
    head.double(6, 0.001).double(8, 0.0).message(12, &span).double(14, count)
}

/// An exemplar with a timestamp.
pub fn exemplar(labels: &[(&str, &str)], value: f64) -> Message {
    let pair = |(name, value): &(&str, &str)| Message::default().text(1, name).text(2, value);
    let time = Message::default().number(1, 1_700_000_000).number(2, 500_000_000);
    Message::default().messages(1, labels.iter().map(pair)).double(2, value).message(3, &time)
}

/// A page of families, each behind its length.
pub fn page(families: impl IntoIterator<Item = Message>) -> Vec<u8> {
    let mut page = Vec::new();
    for family in families {
        varint(&mut page, family.0.len() as u64);
        page.extend(family.0);
    }
    page
}

/// A signed number as `sint32` and `sint64` have it.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
