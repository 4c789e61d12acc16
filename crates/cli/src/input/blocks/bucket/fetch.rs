//! Bytes of objects: whole ones and ranges, so many requests at a time, every answer checked for
//! its length and its version.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, bail, ensure};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use object_store::{GetOptions, ObjectMeta, ObjectStore};
use tokio::sync::Semaphore;

use super::said::said;

/// Most bytes of a request: enough that its way to and fro is short beside it.
const PART: u64 = 4 << 20;

/// No whole object that is read is larger: a `meta.json` that is more is none.
const MOST_WHOLE: u64 = 256 << 20;

/// How often the rest of an answer is asked for that ended before its length.
const RESTS: u32 = 16;

/// Gets bytes, and counts them.
pub(super) struct Fetcher {
    client: Arc<dyn ObjectStore>,
    requests: Semaphore,
    /// How many requests are made at a time.
    pub(super) most: usize,
    /// Bytes that came.
    pub(super) bytes: AtomicU64,
    /// Answers that they came in.
    pub(super) answers: AtomicU64,
}

impl Fetcher {
    /// One that makes `most` requests at a time.
    pub(super) fn new(client: Arc<dyn ObjectStore>, most: u32) -> Self {
        let most = most as usize;
        let (bytes, answers) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { client, requests: Semaphore::new(most), most, bytes, answers }
    }

    /// A whole object.
    ///
    /// # Errors
    /// When it cannot be had.
    pub(super) async fn whole(&self, object: &ObjectMeta) -> anyhow::Result<Vec<u8>> {
        ensure!(object.size <= MOST_WHOLE, "it is larger than {} MiB", MOST_WHOLE >> 20);
        self.part(object, 0..object.size).await
    }

    /// Writes ranges of an object to the same places of a file.
    ///
    /// # Errors
    /// When a range cannot be had, or not be written.
    pub(super) async fn ranges(
        &self,
        object: &ObjectMeta,
        ranges: &[Range<u64>],
        mut file: &File,
    ) -> anyhow::Result<()> {
        let parts = ranges.iter().flat_map(|range| {
            let starts = range.clone().step_by(PART as usize);
            starts.map(|start| start..(start + PART).min(range.end))
        });
        let parts = stream::iter(parts).map(|part| async move {
            let bytes = self.part(object, part.clone()).await?;
            anyhow::Ok((part.start, bytes))
        });
        let mut parts = parts.buffer_unordered(self.most);
        while let Some((start, bytes)) = parts.try_next().await? {
            let written = file.seek(SeekFrom::Start(start)).and_then(|_| file.write_all(&bytes));
            written.context("cannot write to the temporary directory, which TMPDIR moves")?;
        }
        Ok(())
    }

    async fn part(&self, object: &ObjectMeta, range: Range<u64>) -> anyhow::Result<Vec<u8>> {
        let _one = self.requests.acquire().await.context("no requests are made any more")?;
        let wanted = range.end - range.start;
        let mut bytes = Vec::with_capacity(wanted as usize);
        for _ in 0..RESTS {
            let rest = range.start + bytes.len() as u64..range.end;
            if rest.is_empty() {
                return Ok(bytes);
            }
            let options = GetOptions { range: Some(rest.into()), ..GetOptions::default() };
            let answer = self
                .client
                .get_opts(&object.location, options)
                .await
                .map_err(|error| said(&error))?;
            ensure!(
                is_same(object, &answer.meta),
                "it was replaced while it was read: run it again"
            );
            let mut body = answer.into_stream();
            while let Some(piece) = body.try_next().await.map_err(|error| said(&error))? {
                self.bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
                bytes.extend_from_slice(&piece);
                ensure!(bytes.len() as u64 <= wanted, "more came than was asked for");
            }
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
        if bytes.len() as u64 == wanted {
            return Ok(bytes);
        }
        bail!("its answers end before: {} of {wanted} bytes came", bytes.len())
    }
}

/// Whether an answer is of the version that was listed.
fn is_same(listed: &ObjectMeta, answered: &ObjectMeta) -> bool {
    let tags = listed.e_tag.as_ref().zip(answered.e_tag.as_ref());
    listed.size == answered.size && tags.is_none_or(|(a, b)| opaque(a) == opaque(b))
}

/// What of an entity tag tells versions apart: Azure lists it without the quotes that stand in its
/// answers.
fn opaque(tag: &str) -> &str {
    tag.trim_start_matches("W/").trim_matches('"')
}

#[cfg(test)]
mod tests {
    use object_store::path::Path;

    use super::*;

    fn object(size: u64, tag: Option<&str>) -> ObjectMeta {
        ObjectMeta {
            location: Path::from("index"),
            last_modified: std::time::UNIX_EPOCH.into(),
            size,
            e_tag: tag.map(str::to_owned),
            version: None,
        }
    }

    #[test]
    fn a_version_is_known_by_its_tag_however_it_is_written() {
        let listed = object(5, Some("0x8D"));
        for (size, tag, wanted) in [
            (5, Some("\"0x8D\""), true),
            (5, Some("W/\"0x8D\""), true),
            (5, None, true),
            (5, Some("\"0x8E\""), false),
            (6, Some("\"0x8D\""), false),
        ] {
            assert_eq!(is_same(&listed, &object(size, tag)), wanted, "{size} {tag:?}");
        }
    }
}
