//! One mutable label set that is reused from series to series, so that relabeling allocates nothing.

use std::ops::Range;

/// A label set under change, with the semantics of Prometheus's `labels.Builder` (v3.5.3,
/// `model/labels`): a *base*, sorted by name, and what was set since, in the order
/// it was set. A label without a value does not exist: setting `""` deletes.
///
/// All text lives in one arena; [`LabelBuf::clear`] keeps the memory, so a reused buffer stops
/// allocating once it has seen its largest label set.
#[derive(Debug, Clone, Default)]
pub struct LabelBuf {
    arena: String,
    base: Vec<Base>,
    added: Vec<Label>,
    /// How many entries of `base` are hidden: none means that nothing of the base was touched.
    hidden: usize,
}

#[derive(Debug, Clone)]
struct Base {
    label: Label,
    /// Deleted, or set to another value (which then is in `added`).
    hidden: bool,
}

#[derive(Debug, Clone)]
struct Label {
    name: Range<usize>,
    value: Range<usize>,
}

/// A label as it was when [`LabelBuf::snapshot`] saw it: it stays readable through the same buffer
/// while labels change, until [`LabelBuf::clear`].
#[derive(Debug, Clone)]
pub struct LabelRef(Label);

impl LabelBuf {
    /// An empty label set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all labels and keeps the memory.
    pub fn clear(&mut self) {
        self.arena.clear();
        self.base.clear();
        self.added.clear();
        self.hidden = 0;
    }

    /// Adds a label to the base; an empty value adds nothing. Call [`LabelBuf::sort_base`] after
    /// the last one.
    pub fn push_base(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let label = Label { name: self.store(name), value: self.store(value) };
        self.base.push(Base { label, hidden: false });
    }

    /// Sorts the base by name, bytewise as Prometheus does; of equal names the last pushed stays.
    pub fn sort_base(&mut self) {
        let arena = &self.arena;
        let name = |base: &Base| &arena[base.label.name.clone()];
        if self.base.is_sorted_by(|a, b| name(a) < name(b)) {
            return;
        }
        let last_first = |base: &Base| std::cmp::Reverse(base.label.name.start);
        self.base.sort_unstable_by(|a, b| {
            name(a).cmp(name(b)).then_with(|| last_first(a).cmp(&last_first(b)))
        });
        self.base.dedup_by(|later, first| name(later) == name(first));
    }

    /// Clears, then fills the base and sorts it.
    pub fn refill<'a>(&mut self, labels: impl IntoIterator<Item = (&'a str, &'a str)>) {
        self.clear();
        for (name, value) in labels {
            self.push_base(name, value);
        }
        self.sort_base();
    }

    /// The value of label `name`; `""` when there is none.
    #[inline]
    pub fn get(&self, name: &str) -> &str {
        if let Some(label) = self.added.iter().find(|label| self.text(&label.name) == name) {
            return self.text(&label.value);
        }
        match self.base.iter().find(|base| self.text(&base.label.name) == name) {
            Some(base) if !base.hidden => self.text(&base.label.value),
            _ => "",
        }
    }

    /// Sets label `name`; an empty value deletes it.
    pub fn set(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            self.delete(name);
        } else {
            let value = self.store(value);
            self.put(name, value);
        }
    }

    /// Gives label `name` the value of the label that `from` refers to.
    pub fn copy(&mut self, from: &LabelRef, name: &str) {
        self.put(name, from.0.value.clone());
    }

    /// Deletes label `name`, if there is one.
    pub fn delete(&mut self, name: &str) {
        self.hide(name);
        if let Some(at) = self.added.iter().position(|label| self.text(&label.name) == name) {
            self.added.remove(at);
        }
    }

    /// Deletes the label that has the name of the one that `label` refers to.
    pub fn remove(&mut self, label: &LabelRef) {
        let arena = &self.arena;
        let is_it = |other: &Label| arena[other.name.clone()] == arena[label.0.name.clone()];
        if let Some(base) = self.base.iter_mut().find(|base| is_it(&base.label)) {
            self.hidden += usize::from(!base.hidden);
            base.hidden = true;
        }
        if let Some(at) = self.added.iter().position(is_it) {
            self.added.remove(at);
        }
    }

    /// The labels in the order in which Prometheus goes through them (2.43 and later): those of the
    /// base that are untouched, by name, then those that were set, in the order they first were.
    pub fn iter_ordered(&self) -> impl Iterator<Item = (&str, &str)> {
        self.live().map(|label| (self.text(&label.name), self.text(&label.value)))
    }

    /// The labels by name; allocates the list.
    pub fn sorted(&self) -> Vec<(&str, &str)> {
        let mut labels: Vec<_> = self.iter_ordered().collect();
        labels.sort_unstable();
        labels
    }

    /// Takes over all changes: the labels as they are now become the base. Iteration is by name
    /// afterwards.
    pub fn rebase(&mut self) {
        if self.is_unchanged() {
            return;
        }
        self.base.retain(|base| !base.hidden);
        self.base.extend(self.added.drain(..).map(|label| Base { label, hidden: false }));
        self.hidden = 0;
        let arena = &self.arena;
        let name = |base: &Base| &arena[base.label.name.clone()];
        self.base.sort_unstable_by(|a, b| name(a).cmp(name(b)));
    }

    /// Whether nothing was set or deleted since the base was pushed or taken over. Setting a label
    /// to the value it has counts as a change: it moves to the end of the order.
    pub fn is_unchanged(&self) -> bool {
        self.added.is_empty() && self.hidden == 0
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.base.len() - self.hidden + self.added.len()
    }

    /// Whether there is no label left, which to a server means that the series is dropped.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts a reference to each label into `into`, in the order of [`LabelBuf::iter_ordered`].
    pub fn snapshot(&self, into: &mut Vec<LabelRef>) {
        into.clear();
        into.extend(self.live().cloned().map(LabelRef));
    }

    /// The name of a label of a snapshot.
    pub fn name_of(&self, label: &LabelRef) -> &str {
        self.text(&label.0.name)
    }

    /// The value that a label of a snapshot had then.
    pub fn value_of(&self, label: &LabelRef) -> &str {
        self.text(&label.0.value)
    }

    fn live(&self) -> impl Iterator<Item = &Label> {
        let base = self.base.iter().filter(|base| !base.hidden).map(|base| &base.label);
        base.chain(&self.added)
    }

    fn put(&mut self, name: &str, value: Range<usize>) {
        if let Some(at) = self.added.iter().position(|label| self.text(&label.name) == name) {
            self.added[at].value = value;
            return;
        }
        let name = match self.hide(name) {
            Some(known) => known,
            None => self.store(name),
        };
        self.added.push(Label { name, value });
    }

    /// Hides the base's label `name` and returns where its name is.
    fn hide(&mut self, name: &str) -> Option<Range<usize>> {
        let at = self.base.iter().position(|base| self.text(&base.label.name) == name)?;
        let base = &mut self.base[at];
        self.hidden += usize::from(!base.hidden);
        base.hidden = true;
        Some(base.label.name.clone())
    }

    fn store(&mut self, text: &str) -> Range<usize> {
        let start = self.arena.len();
        self.arena.push_str(text);
        start..self.arena.len()
    }

    fn text(&self, range: &Range<usize>) -> &str {
        &self.arena[range.clone()]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    /// Prometheus's builder, told the slow way.
    #[derive(Debug, Default)]
    struct Model {
        base: BTreeMap<String, String>,
        deleted: Vec<String>,
        added: Vec<(String, String)>,
    }

    impl Model {
        fn get(&self, name: &str) -> &str {
            if let Some((_, value)) = self.added.iter().find(|(n, _)| n == name) {
                return value;
            }
            if self.deleted.iter().any(|n| n == name) {
                return "";
            }
            self.base.get(name).map_or("", String::as_str)
        }

        fn delete(&mut self, name: &str) {
            self.added.retain(|(n, _)| n != name);
            self.deleted.push(name.to_owned());
        }

        fn set(&mut self, name: &str, value: &str) {
            if value.is_empty() {
                return self.delete(name);
            }
            match self.added.iter_mut().find(|(n, _)| n == name) {
                Some((_, old)) => value.clone_into(old),
                None => self.added.push((name.to_owned(), value.to_owned())),
            }
        }

        fn list(&self) -> Vec<(&str, &str)> {
            let untouched = |name: &&String| {
                !self.deleted.contains(name) && !self.added.iter().any(|(n, _)| n == *name)
            };
            let base = self.base.iter().filter(|(name, _)| untouched(name));
            let all = base.map(|(n, v)| (&**n, &**v));
            all.chain(self.added.iter().map(|(n, v)| (&**n, &**v))).collect()
        }

        fn rebase(&mut self) {
            let all = self.list().into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            *self = Self { base: all, ..Self::default() };
        }
    }

    #[derive(Debug, Clone)]
    enum Op {
        Set(String, String),
        Delete(String),
        Copy(usize, String),
        Remove(usize),
        Rebase,
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            4 => ("[a-d]", "[xyé]{0,2}").prop_map(|(name, value)| Op::Set(name, value)),
            2 => "[a-d]".prop_map(Op::Delete),
            2 => (0..4usize, "[a-d]").prop_map(|(from, name)| Op::Copy(from, name)),
            1 => (0..4usize).prop_map(Op::Remove),
            1 => Just(Op::Rebase),
        ]
    }

    fn run(buf: &mut LabelBuf, model: &mut Model, op: &Op) {
        match op {
            Op::Set(name, value) => {
                buf.set(name, value);
                model.set(name, value);
            }
            Op::Delete(name) => {
                buf.delete(name);
                model.delete(name);
            }
            Op::Copy(from, name) => {
                let mut labels = Vec::new();
                buf.snapshot(&mut labels);
                let Some(from) = labels.get(*from) else { return };
                model.set(name, buf.value_of(from));
                buf.copy(from, name);
            }
            Op::Remove(from) => {
                let mut labels = Vec::new();
                buf.snapshot(&mut labels);
                let Some(label) = labels.get(*from) else { return };
                model.delete(buf.name_of(label));
                buf.remove(label);
            }
            Op::Rebase => {
                buf.rebase();
                model.rebase();
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 2000,
            ..ProptestConfig::default()
        })]

        #[test]
        fn it_is_prometheus_builder(
            base in prop::collection::vec(("[a-d]", "[xyé]{0,2}"), 0..6),
            ops in prop::collection::vec(op(), 0..12),
        ) {
            let (mut buf, mut model) = (LabelBuf::new(), Model::default());
            buf.refill([("left", "over")]);
            buf.refill(base.iter().map(|(name, value)| (&**name, &**value)));
            let full = base.into_iter().filter(|(_, value)| !value.is_empty());
            model.base = full.collect();
            prop_assert!(buf.is_unchanged());
            for op in &ops {
                run(&mut buf, &mut model, op);
                prop_assert_eq!(buf.iter_ordered().collect::<Vec<_>>(), model.list());
                prop_assert_eq!(buf.len(), model.list().len());
                for name in ["a", "b", "c", "d", "e"] {
                    prop_assert_eq!(buf.get(name), model.get(name));
                }
            }
        }
    }

    #[test]
    fn a_reused_buffer_keeps_its_memory() {
        let mut buf = LabelBuf::new();
        buf.refill([("job", "node"), ("instance", "a:9100")]);
        buf.set("job", "other");
        let capacity = buf.arena.capacity();
        buf.refill([("job", "node")]);
        assert_eq!(buf.arena.capacity(), capacity);
        assert_eq!(buf.sorted(), [("job", "node")]);
    }

    #[test]
    fn a_change_shows() {
        let mut buf = LabelBuf::new();
        buf.refill([("b", "1"), ("a", "1")]);
        buf.delete("c");
        assert!(buf.is_unchanged());
        buf.set("a", "1");
        assert!(!buf.is_unchanged());
        assert_eq!(buf.iter_ordered().collect::<Vec<_>>(), [("b", "1"), ("a", "1")]);
        assert_eq!(buf.sorted(), [("a", "1"), ("b", "1")]);
    }
}
