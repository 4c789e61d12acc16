//! Records on their way into the head: a thread of its own takes them in while the next are
//! unpacked and decoded.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::batch::Batch;
use super::chunks::Chunk;
use super::entries::{self, Entries};
use super::head::Head;

/// Batches that wait for the head take no more bytes than this, and one batch.
const MOST: usize = 24 << 20;

/// Batches with more bytes leave no room to be used again.
const LARGE: usize = 16 << 20;

/// A head, and what it takes in next.
pub(super) struct Intake {
    /// The record that is decoded.
    decoded: Entries,
    /// The batch that is filled.
    filling: Batch,
    way: Way,
}

/// How batches come into the head.
enum Way {
    /// At once: there is one thread.
    Here(Box<Head>),
    There(Taker),
}

/// A thread that owns the head.
struct Taker {
    thread: JoinHandle<Head>,
    batches: Sender<Batch>,
    /// Those that were taken in, with the bytes they had; behind a lock that is never taken, since
    /// a receiver alone is not `Sync`.
    taken: Mutex<Receiver<(usize, Batch)>>,
    /// Bytes of those that were not.
    waiting: usize,
    rooms: Vec<Batch>,
}

impl Intake {
    pub(super) fn new(head: Head) -> Self {
        let way = if rayon::current_num_threads() > 1 {
            Way::There(Taker::new(head))
        } else {
            Way::Here(Box::new(head))
        };
        Self { decoded: Entries::default(), filling: Batch::default(), way }
    }

    /// Takes a chunk; all of them come before the records.
    pub(super) fn chunk(&mut self, chunk: Chunk) {
        self.filling.chunk(chunk);
        self.pass_on_if_full();
    }

    /// Takes a record; `late` says that it is of late samples.
    ///
    /// # Errors
    /// What is wrong with it; nothing of it is used then.
    pub(super) fn record(&mut self, record: &[u8], late: bool) -> Result<(), String> {
        let kind = entries::read(record, &mut self.decoded)?;
        self.filling.record(kind, late, &mut self.decoded);
        self.pass_on_if_full();
        Ok(())
    }

    /// The head with all that was taken.
    pub(super) fn finish(mut self) -> Head {
        self.pass_on();
        match self.way {
            Way::Here(head) => *head,
            Way::There(taker) => taker.finish(),
        }
    }

    fn pass_on_if_full(&mut self) {
        if self.filling.is_full() {
            self.pass_on();
        }
    }

    fn pass_on(&mut self) {
        if self.filling.is_empty() {
            return;
        }
        match &mut self.way {
            Way::Here(head) => self.filling.give(head),
            Way::There(taker) => taker.take(&mut self.filling),
        }
    }
}

impl Taker {
    fn new(mut head: Head) -> Self {
        let (batches, incoming) = mpsc::channel::<Batch>();
        let (give_back, taken) = mpsc::channel();
        let thread = thread::spawn(move || {
            for mut batch in incoming {
                let bytes = batch.bytes();
                batch.give(&mut head);
                // Nobody waits for rooms behind the last batch.
                let _ = give_back.send((bytes, batch));
            }
            head
        });
        Self { thread, batches, taken: Mutex::new(taken), waiting: 0, rooms: Vec::new() }
    }

    /// Takes a batch and leaves an empty one. Waits while too much waits.
    fn take(&mut self, batch: &mut Batch) {
        let room = self.rooms.pop().unwrap_or_default();
        let batch = std::mem::replace(batch, room);
        self.waiting += batch.bytes();
        // The head is lost only to a panic, of which `finish` tells.
        let _ = self.batches.send(batch);
        while let Some((bytes, room)) = self.next_room() {
            self.waiting -= bytes;
            if bytes <= LARGE {
                self.rooms.push(room);
            }
        }
    }

    /// A batch that was taken in; waits for one while too much waits.
    fn next_room(&mut self) -> Option<(usize, Batch)> {
        let taken = self.taken.get_mut().unwrap_or_else(PoisonError::into_inner);
        if self.waiting > MOST { taken.recv().ok() } else { taken.try_recv().ok() }
    }

    fn finish(self) -> Head {
        drop(self.batches);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
