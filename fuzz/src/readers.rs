//! What every push reader must hold: pieces of any size read the same.

use promsieve_core::ingest::Report;
use promsieve_core::series::{MetricType, Sample, Sink};
use promsieve_core::sketch::mix;

/// Keeps a hash of all that it is told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Log(u64);

impl Log {
    fn add(&mut self, bytes: &[u8]) {
        let all = bytes.iter().fold(self.0, |hash, &byte| mix(hash ^ u64::from(byte)));
        self.0 = mix(all ^ bytes.len() as u64);
    }
}

impl Sink for Log {
    fn family(&mut self, name: &str, kind: MetricType) {
        self.add(name.as_bytes());
        self.add(kind.as_str().as_bytes());
    }

    fn sample(&mut self, sample: &Sample<'_>) {
        self.add(sample.metric.as_bytes());
        for (name, value) in sample.pairs() {
            self.add(name.as_bytes());
            self.add(value.as_bytes());
        }
        self.add(&sample.value.to_bits().to_le_bytes());
        self.add(&sample.timestamp.unwrap_or(i64::MIN).to_le_bytes());
        self.add(&[u8::from(sample.exemplar)]);
    }
}

/// Reads `data` whole and in pieces whose size follows from it.
pub(crate) fn alike(
    data: &[u8],
    read: impl Fn(&mut dyn Iterator<Item = &[u8]>, &mut Log) -> Report,
) {
    let size = 1 + usize::from(data.first().copied().unwrap_or(0)) % 32;
    let (mut whole, mut cut) = (Log::default(), Log::default());
    let once = read(&mut std::iter::once(data), &mut whole);
    let pieces = read(&mut data.chunks(size), &mut cut);
    assert_eq!((whole, &once), (cut, &pieces), "in pieces of {size}");
    assert_eq!(once.bytes, data.len() as u64);
}
