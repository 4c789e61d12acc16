//! Blocks in object storage: S3 and what speaks like it, Google's and Azure's, or files.
//!
//! Of an index the parts that are read are fetched into a sparse file, which is then mapped like
//! that of a block on disk; the next blocks are fetched while one is counted. All that is
//! asynchronous is in here, on a thread of its own.

mod fetch;
mod find;
mod listing;
mod profile;
mod said;
mod store;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::Context;
use futures_util::stream::{self, StreamExt};
use object_store::ObjectMeta;
use promsieve_core::ingest::index::Index;
use tokio::runtime::Runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::{BlockArgs, Entry, Opened, Place};
use crate::input::http::{Access, shown};
use crate::input::map;
use crate::input::temporary::TemporaryDirectory;
use fetch::Fetcher;
use listing::Files;

/// Mebibytes of indexes that may lie on disk at a time; a larger one lies there alone.
const SPOOL: u32 = 4096;

/// Blocks that are opened ahead, as far as there is room for them.
const AHEAD: usize = 8;

/// A bucket whose blocks are known.
pub(crate) struct Bucket {
    name: String,
    runtime: Runtime,
    fetcher: Fetcher,
    entries: Vec<Entry>,
    files: Vec<Files>,
    spool: TemporaryDirectory,
    room: Arc<Semaphore>,
    opened: AtomicU64,
}

impl Bucket {
    /// Lists a bucket, and reads what describes its blocks.
    ///
    /// # Errors
    /// When it cannot be reached or listed.
    pub(crate) fn open(url: &str, args: &BlockArgs, access: &Access) -> anyhow::Result<Self> {
        let name = shown(url).trim_end_matches('/').to_owned();
        let store = store::open(url, access).with_context(|| name.clone())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let fetcher = Fetcher::new(Arc::clone(&store.client), args.requests);
        let found = runtime.block_on(async {
            let mut listing = find::list(&*store.client, &store.prefix, &args.tenants).await?;
            find::add_indexes(&mut listing, &store.root, &fetcher).await;
            anyhow::Ok(find::describe(listing, &store.root, &fetcher).await)
        });
        let (entries, files) = found.with_context(|| name.clone())?.into_iter().unzip();
        let room = Arc::new(Semaphore::new(SPOOL as usize));
        let (spool, opened) = (TemporaryDirectory::new()?, AtomicU64::new(0));
        Ok(Self { name, runtime, fetcher, entries, files, spool, room, opened })
    }

    /// Fetches what is read of a block.
    async fn fetch(&self, at: usize) -> anyhow::Result<Opened> {
        let files = &self.files[at];
        let index = files.index.as_ref().context("it has no index")?;
        let mebibytes = u32::try_from(index.size >> 20).unwrap_or(SPOOL).clamp(1, SPOOL);
        let room = Arc::clone(&self.room).acquire_many_owned(mebibytes).await?;
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let spooled = Spooled { path: self.spool.path().join(number.to_string()), _room: room };
        self.fetch_index(index, &spooled.path).await.context("index")?;
        let tombstones = match &files.tombstones {
            Some(object) => Some(self.fetcher.whole(object).await.context("tombstones")?),
            None => None,
        };
        let index = map::open(&spooled.path)?;
        Ok(Opened { index, parts: true, tombstones, _held: Box::new(spooled) })
    }

    /// Fetches the parts of an index that a walk over its series reads, to their places in a file.
    async fn fetch_index(&self, object: &ObjectMeta, path: &Path) -> anyhow::Result<()> {
        let file = File::create_new(path)?;
        file.set_len(object.size)?;
        self.fetcher.ranges(object, &Index::ends(object.size), &file).await?;
        // What is damaged is told when the file is read as an index: here there is no more to get.
        let sections = Index::open(&map::open(path)?).map(|index| index.sections());
        let Ok(sections) = sections else { return Ok(()) };
        self.fetcher.ranges(object, &sections, &file).await?;
        let list = Index::open(&map::open(path)?).and_then(|index| index.list_of_all());
        let Ok(list) = list else { return Ok(()) };
        self.fetcher.ranges(object, &[list], &file).await
    }
}

impl Place for Bucket {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn open(&self, wanted: &[usize], each: &mut dyn FnMut(usize, anyhow::Result<Opened>)) {
        let (send, mut receive) = mpsc::channel(1);
        thread::scope(|scope| {
            scope.spawn(|| {
                self.runtime.block_on(async move {
                    let blocks =
                        stream::iter(wanted).map(|&at| async move { (at, self.fetch(at).await) });
                    let mut blocks = blocks.buffered(AHEAD);
                    while let Some(block) = blocks.next().await {
                        if send.send(block).await.is_err() {
                            return;
                        }
                    }
                });
            });
            while let Some((at, opened)) = receive.blocking_recv() {
                each(at, opened.with_context(|| self.entries[at].name.clone()));
            }
        });
    }

    fn told(&self) -> Option<String> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Some(format!(
            "{}: {} of {} blocks were read: {} bytes in {} answers",
            self.name,
            count(&self.opened),
            self.entries.len(),
            count(&self.fetcher.bytes),
            count(&self.fetcher.answers)
        ))
    }
}

/// The parts of an index on disk, for as long as they are read.
struct Spooled {
    path: PathBuf,
    _room: OwnedSemaphorePermit,
}

impl Drop for Spooled {
    fn drop(&mut self) {
        // What cannot be removed goes with its directory.
        let _ = std::fs::remove_file(&self.path);
    }
}
