//! Series on their way into a census: kept while they fit into the memory allowed, then counted by
//! sketches. Which of the two depends on the series alone, not on their order or on threads.

use promsieve_core::census::SketchedCensus;
use promsieve_core::flow;
use promsieve_core::saved::Saved;
use promsieve_core::series::{Stage, Table, TableBuilder};
use promsieve_core::units::Bytes;

use super::changes::Changes;

/// Bytes of rows that a reader gathers before they are counted by sketches.
const CHUNK: u64 = 32 << 20;

/// About what a census needs for a row of many labels.
const ROW: u64 = 256;

/// Gathers the series of all sources.
pub(crate) struct Collector {
    memory: Bytes,
    changes: Changes,
    held: Option<Saved>,
    /// How many bytes of rows a reader may gather before it adds them.
    room: u64,
}

impl Collector {
    /// Keeps series until a census of them needs more than `memory`.
    pub(crate) fn new(memory: Bytes) -> Self {
        Self { memory, changes: Changes::default(), held: None, room: memory.0.max(CHUNK) }
    }

    /// With changes to all that is added.
    #[must_use]
    pub(crate) fn changed(mut self, changes: Changes) -> Self {
        self.changes = changes;
        self
    }

    /// An empty one that treats what is added as this one does.
    pub(crate) fn alike(&self) -> Self {
        Self::new(self.memory).changed(self.changes.clone())
    }

    /// What is done to all that is added.
    pub(crate) fn changes(&self) -> &Changes {
        &self.changes
    }

    /// How series are counted here, as a text that is another one where they are counted otherwise.
    pub(crate) fn manner(&self) -> String {
        format!("{} {}", self.memory.0, self.changes.fingerprint())
    }

    /// Keeps every series.
    pub(crate) fn unlimited() -> Self {
        Self::new(Bytes(u64::MAX))
    }

    /// Whether nothing was added, not even a source without series.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_none()
    }

    /// Adds what a source held, or a part of it.
    ///
    /// # Errors
    /// When its series are at another stage of their way than those before, or cannot be changed.
    pub(crate) fn add(&mut self, mut saved: Saved) -> anyhow::Result<()> {
        self.changes.apply(&mut saved)?;
        self.add_again(saved)
    }

    /// Adds what one that is [alike](Collector::alike) has collected.
    ///
    /// # Errors
    /// When its series are at another stage of their way than those before.
    pub(crate) fn add_again(&mut self, saved: Saved) -> anyhow::Result<()> {
        if let Some(held) = &self.held {
            anyhow::ensure!(
                counted_stage(held) == counted_stage(&saved),
                "scrapes and stored series are not of one stage: count them one by one"
            );
        }
        let merged = match self.held.take() {
            None => saved,
            Some(held) => merge(held, saved),
        };
        let held = match merged {
            Saved::Exact(table) if table.census_bytes() > self.memory.0 => sketch(table),
            fits => fits,
        };
        self.room = match &held {
            Saved::Sketched(_) => CHUNK,
            Saved::Exact(table) => self.memory.0.saturating_sub(table.census_bytes()).max(CHUNK),
        };
        self.held = Some(held);
        Ok(())
    }

    /// Adds what a reader has gathered so far, where that is more than there is room for.
    ///
    /// # Errors
    /// As [`Collector::add`].
    pub(crate) fn relieve(&mut self, builder: &mut TableBuilder) -> anyhow::Result<()> {
        if builder.bytes() > self.room { self.add(Saved::Exact(builder.take())) } else { Ok(()) }
    }

    /// How many rows a source that has them at hand adds at once.
    pub(crate) fn rows_at_once(&self) -> usize {
        usize::try_from(self.room / ROW).unwrap_or(usize::MAX)
    }

    /// All that was added; where the labels of replicas were taken away, what several of them have
    /// once, whichever came first.
    pub(crate) fn finish(self) -> Option<Saved> {
        match self.held {
            Some(Saved::Exact(table)) if !self.changes.replica_labels.is_empty() => {
                Some(Saved::Exact(flow::distinct(&table.canonical())))
            }
            held => held,
        }
    }

    /// The series added, where there are any and they were kept.
    pub(crate) fn table(&self) -> Option<&Table> {
        match &self.held {
            Some(Saved::Exact(table)) => Some(table),
            _ => None,
        }
    }

    /// The table of all that was added; without limit nothing is sketched that did not come so.
    pub(crate) fn into_table(self) -> Table {
        match self.held {
            Some(Saved::Exact(table)) => table,
            _ => Table::empty(Stage::Exposed),
        }
    }
}

/// With its targets' labels: as the server stores it where no chain changes anything.
pub(crate) fn attached(table: Table) -> Table {
    if table.stage == Stage::Exposed { flow::attach(table, &|_| false) } else { table }
}

/// The stage at which series are counted.
fn counted_stage(saved: &Saved) -> Stage {
    let stage = match saved {
        Saved::Exact(table) => table.stage,
        Saved::Sketched(sketched) => sketched.stage(),
    };
    stage.max(Stage::Attached)
}

fn merge(ours: Saved, theirs: Saved) -> Saved {
    match (ours, theirs) {
        (Saved::Exact(mut ours), Saved::Exact(mut theirs)) => {
            if ours.stage != theirs.stage {
                (ours, theirs) = (attached(ours), attached(theirs));
            }
            ours.merge(&theirs);
            Saved::Exact(ours)
        }
        (Saved::Sketched(mut sketched), Saved::Exact(table))
        | (Saved::Exact(table), Saved::Sketched(mut sketched)) => {
            sketched.add(&attached(table));
            Saved::Sketched(sketched)
        }
        (Saved::Sketched(mut ours), Saved::Sketched(theirs)) => {
            ours.merge(&theirs);
            Saved::Sketched(ours)
        }
    }
}

fn sketch(table: Table) -> Saved {
    let table = attached(table);
    let mut sketched = SketchedCensus::new(table.stage);
    sketched.add(&table);
    Saved::Sketched(Box::new(sketched))
}

#[cfg(test)]
mod tests {
    use super::*;
    use promsieve_core::saved;
    use promsieve_core::series::Target;
    use proptest::prelude::*;

    fn table(part: u32, rows: u32) -> Table {
        let mut builder = TableBuilder::default();
        let labels = vec![("job".to_owned(), format!("j{}", part % 2))];
        builder.target(Target { job: "j".to_owned(), labels });
        for row in 0..rows {
            let id = (part * 7 + row).to_string();
            builder.row(["a", "b"][usize::from(row % 3 == 0)], &[("id", &id)], 9);
        }
        builder.finish()
    }

    fn bytes(collector: Collector) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = saved::write(&collector.finish().unwrap(), |piece| -> Result<(), ()> {
            bytes.extend_from_slice(piece);
            Ok(())
        });
        written.unwrap();
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..<_>::default() })]
        /// Exact, past the memory from some table on, and sketched from the first.
        #[test]
        fn order_and_grouping_do_not_matter(
            rows in proptest::collection::vec(0u32..40, 1..6),
            memory in 0u64..12_000,
            cut in 0usize..6,
        ) {
            let tables: Vec<Table> =
                rows.iter().enumerate().map(|(part, &rows)| table(part as u32, rows)).collect();
            let collect = |tables: &[&Table]| {
                let mut collector = Collector::new(Bytes(memory));
                for &table in tables {
                    collector.add(Saved::Exact(table.clone())).unwrap();
                }
                collector
            };
            let all: Vec<&Table> = tables.iter().collect();
            let whole = bytes(collect(&all));
            let reversed: Vec<&Table> = tables.iter().rev().collect();
            prop_assert_eq!(&bytes(collect(&reversed)), &whole);
            let (front, back) = all.split_at(cut.min(all.len()));
            let mut grouped = collect(back);
            if let Some(front) = collect(front).finish() {
                grouped.add(front).unwrap();
            }
            prop_assert_eq!(&bytes(grouped), &whole);
        }
    }
}
