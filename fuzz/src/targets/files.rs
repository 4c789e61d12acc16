//! Files of a TSDB, and saved censuses: as they are, and with checksums that fit, so that what is
//! behind them is reached.

use promsieve_core::ingest::index::{Index, Meta, Tombstones, Want};
use promsieve_core::ingest::wal::{Part, Replay, ReplayOptions, Replayed};
use promsieve_core::saved::{self, Saved};
use promsieve_core::watch::Unwatched;

use crate::seal;

fn both(data: &[u8], seal: fn(&mut [u8]) -> Option<()>, read: impl Fn(&[u8])) {
    read(data);
    let mut sealed = data.to_vec();
    // Where a file is too broken for it, the sums before that place fit.
    let _ = seal(&mut sealed);
    read(&sealed);
}

/// No more series are read than the index has bytes, and the table has all of them.
pub(super) fn block_index(data: &[u8]) {
    both(data, seal::index, |bytes| {
        let Ok(index) = Index::open(&bytes) else { return };
        let _ = index.summary(10);
        let read = index.series(Want::Rows, &Meta::default(), &Tombstones::default(), &Unwatched);
        if let Ok(series) = read {
            let _ = (series.summary(10), series.churn(10));
            let count = series.series;
            assert!(count <= bytes.len() as u64);
            assert_eq!(series.table().rows() as u64, count);
        }
    });
}

/// `meta.json` and `tombstones` of a block.
pub(super) fn block_meta(data: &[u8]) {
    let _ = Meta::parse(&String::from_utf8_lossy(data));
    both(data, seal::tombstones, |bytes| {
        let _ = Tombstones::parse(bytes);
    });
}

/// A checkpoint and two segments that are the same bytes, read whole and in pieces: a file of a log
/// may be cut anywhere.
pub(super) fn wal(data: &[u8]) {
    both(data, seal::wal, |bytes| {
        let whole = replay(bytes, bytes.len().max(1));
        let cut = replay(bytes, 1 + bytes.len() % 97);
        assert_eq!(whole.counts, cut.counts);
        assert_eq!(whole.faults, cut.faults);
    });
}

fn replay(bytes: &[u8], piece: usize) -> Replayed {
    let mut replay = Replay::new(ReplayOptions::default());
    for (part, name) in [(Part::Checkpoint, "0"), (Part::Log, "1"), (Part::LateLog, "2")] {
        if replay.start_segment(part, name) {
            let _ = bytes.chunks(piece).all(|piece| replay.feed(piece));
            replay.end_segment();
        }
    }
    replay.finish()
}

pub(super) fn head_chunks(data: &[u8]) {
    both(data, seal::chunks, |bytes| {
        let mut replay = Replay::new(ReplayOptions::default());
        replay.chunks("000001", bytes);
        replay.finish();
    });
}

/// What is read and saved again is the same.
pub(super) fn saved(data: &[u8]) {
    both(data, seal::saved, |bytes| {
        let Ok(read) = saved::read(bytes) else { return };
        let first = written(&read);
        let again = saved::read(&first).expect("what was written can be read");
        assert!(first == written(&again), "saved again it differs");
    });
}

pub(crate) fn written(saved: &Saved) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Ok(()) = saved::write(saved, |piece| {
        bytes.extend_from_slice(piece);
        Ok::<(), std::convert::Infallible>(())
    });
    bytes
}
