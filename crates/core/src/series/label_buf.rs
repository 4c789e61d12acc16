//! One mutable label set that is reused from series to series, so that relabeling allocates nothing.

use std::ops::Range;
use std::sync::Arc;

use super::layout::{Layout, Layouts};

/// A label set under change, with the semantics of Prometheus's `labels.Builder` (v3.5.3,
/// `model/labels`): a *base*, sorted by name, and what was set since, in the order
/// it was set. A label without a value does not exist: setting `""` deletes.
///
/// All text lives in one arena and the names of bases are kept; [`LabelBuf::clear`] keeps the
/// memory, so a reused buffer stops allocating once it has seen its largest label set and all
/// combinations of names.
#[derive(Debug, Clone, Default)]
pub struct LabelBuf {
    arena: String,
    layouts: Layouts,
    /// The names of `pushed`, as a place in `layouts`.
    pushing: u32,
    /// Values in the order they were pushed.
    pushed: Vec<Range<usize>>,
    /// The names of `base`, as a place in `layouts`.
    names: u32,
    /// Values by name. An empty one is hidden: the label was deleted, or set to another value,
    /// which then is in `added`.
    base: Vec<Range<usize>>,
    added: Vec<Label>,
    /// How many entries of `base` are hidden: none means that nothing of the base was touched.
    hidden: usize,
}

#[derive(Debug, Clone)]
struct Label {
    name: Range<usize>,
    value: Range<usize>,
}

/// A label as it was when [`LabelBuf::snapshot`] saw it: it stays readable through the same buffer
/// while labels are set and deleted.
#[derive(Debug, Clone)]
pub(crate) struct LabelRef {
    pub(crate) name: NameRef,
    value: Range<usize>,
}

/// Where the name of a label is.
#[derive(Debug, Clone)]
pub(crate) enum NameRef {
    /// This one of the layout's.
    Base(usize),
    /// In the arena.
    Added(Range<usize>),
}

impl LabelBuf {
    /// An empty label set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all labels and keeps the memory.
    pub fn clear(&mut self) {
        self.arena.clear();
        self.pushed.clear();
        self.pushing = self.layouts.root();
        self.base.clear();
        self.names = self.pushing;
        self.added.clear();
        self.hidden = 0;
    }

    /// Adds a label to the base; an empty value adds nothing. Call [`LabelBuf::sort_base`] after
    /// the last one.
    #[inline]
    pub fn push_base(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        self.pushing = self.layouts.child(self.pushing, name);
        let value = self.store(value);
        self.pushed.push(value);
    }

    /// Sorts the base by name, bytewise as Prometheus does; of equal names the last pushed stays.
    pub fn sort_base(&mut self) {
        self.names = self.pushing;
        self.layouts.complete(self.names);
        let order = self.layouts.layout(self.names).order();
        self.base.clear();
        self.base.extend(order.iter().map(|&at| self.pushed[at as usize].clone()));
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
    pub fn get(&self, name: &str) -> &str {
        self.get_at(self.layout().position(name), name)
    }

    /// The value of label `name`, of which it is known where it is in the layout, if there.
    #[inline]
    pub(crate) fn get_at(&self, position: Option<usize>, name: &str) -> &str {
        let added = self.added.iter().find(|label| self.text(&label.name) == name);
        match added {
            Some(label) => self.text(&label.value),
            None => position.map_or("", |at| self.text(&self.base[at])),
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
    pub(crate) fn copy(&mut self, from: &LabelRef, name: &str) {
        self.put(name, from.value.clone());
    }

    /// Deletes label `name`, if there is one.
    pub fn delete(&mut self, name: &str) {
        self.hide(name);
        if let Some(at) = self.added.iter().position(|label| self.text(&label.name) == name) {
            self.added.remove(at);
        }
    }

    /// Deletes the label of the base that has the name at this place of the layout, unless it was
    /// set to another value; whether it was there.
    #[inline]
    pub(crate) fn hide_at(&mut self, position: usize) -> bool {
        let value = &mut self.base[position];
        let was_there = value.start < value.end;
        *value = 0..0;
        self.hidden += usize::from(was_there);
        was_there
    }

    /// Whether a label is as it was in the base, of which it is known where it is in the layout, if
    /// there. Of one that is not there, `false` may be said although it is still not there.
    #[inline]
    pub(crate) fn is_untouched(&self, position: Option<usize>) -> bool {
        position.map_or(self.added.is_empty(), |at| self.base[at].start < self.base[at].end)
    }

    /// The name at this place of the layout.
    pub(crate) fn name_at(&self, position: usize) -> &str {
        &self.layout().names()[position]
    }

    /// Deletes the label, set since, that a snapshot refers to.
    pub(crate) fn delete_added(&mut self, label: &LabelRef) {
        let arena = &self.arena;
        if let NameRef::Added(name) = &label.name {
            self.added.retain(|added| arena[added.name.clone()] != arena[name.clone()]);
        }
    }

    /// The labels in the order in which Prometheus goes through them (2.43 and later): those of the
    /// base that are untouched, by name, then those that were set, in the order they first were.
    pub fn iter_ordered(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.layout().names().iter().zip(&self.base);
        let base = names
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (&**name, self.text(value)));
        base.chain(self.added.iter().map(|label| (self.text(&label.name), self.text(&label.value))))
    }

    /// The labels by name; allocates the list.
    pub fn sorted(&self) -> Vec<(&str, &str)> {
        let mut labels: Vec<_> = self.iter_ordered().collect();
        labels.sort_unstable();
        labels
    }

    /// Takes over all changes: the labels as they are now become the base. Iteration is by name
    /// afterwards. Says whether there were any changes.
    pub fn rebase(&mut self) -> bool {
        if self.is_unchanged() {
            return false;
        }
        let names = Arc::clone(self.layout());
        self.pushing = self.layouts.root();
        self.pushed.clear();
        for (name, value) in names.names().iter().zip(&self.base) {
            if !value.is_empty() {
                self.pushing = self.layouts.child(self.pushing, name);
                self.pushed.push(value.clone());
            }
        }
        for label in self.added.drain(..) {
            self.pushing = self.layouts.child(self.pushing, &self.arena[label.name]);
            self.pushed.push(label.value);
        }
        self.hidden = 0;
        self.sort_base();
        true
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

    /// The names of the base.
    #[inline]
    pub(crate) fn layout(&self) -> &Arc<Layout> {
        self.layouts.layout(self.names)
    }

    /// Whether a label was set since the base was pushed or taken over, and not deleted again.
    #[inline]
    pub(crate) fn has_added(&self) -> bool {
        !self.added.is_empty()
    }

    /// Puts a reference to each label into `into`, in the order of [`LabelBuf::iter_ordered`].
    pub(crate) fn snapshot(&self, into: &mut Vec<LabelRef>) {
        into.clear();
        let base = self.base.iter().enumerate().filter(|(_, value)| !value.is_empty());
        into.extend(
            base.map(|(at, value)| LabelRef { name: NameRef::Base(at), value: value.clone() }),
        );
        into.extend(self.added.iter().map(|label| LabelRef {
            name: NameRef::Added(label.name.clone()),
            value: label.value.clone(),
        }));
    }

    /// The name of a label of a snapshot.
    pub(crate) fn name_of(&self, label: &LabelRef) -> &str {
        match &label.name {
            NameRef::Base(at) => &self.layout().names()[*at],
            NameRef::Added(name) => self.text(name),
        }
    }

    /// The value that a label of a snapshot had then.
    pub(crate) fn value_of(&self, label: &LabelRef) -> &str {
        self.text(&label.value)
    }

    fn put(&mut self, name: &str, value: Range<usize>) {
        if let Some(at) = self.added.iter().position(|label| self.text(&label.name) == name) {
            self.added[at].value = value;
            return;
        }
        self.hide(name);
        let name = self.store(name);
        self.added.push(Label { name, value });
    }

    /// Hides the base's label `name`.
    fn hide(&mut self, name: &str) {
        if let Some(at) = self.layout().position(name) {
            self.hide_at(at);
        }
    }

    #[inline]
    fn store(&mut self, text: &str) -> Range<usize> {
        let start = self.arena.len();
        self.arena.push_str(text);
        start..self.arena.len()
    }

    #[inline]
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
        Hide(usize),
        Rebase,
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            4 => ("[a-d]", "[xyé]{0,2}").prop_map(|(name, value)| Op::Set(name, value)),
            2 => "[a-d]".prop_map(Op::Delete),
            2 => (0..4usize, "[a-d]").prop_map(|(from, name)| Op::Copy(from, name)),
            1 => (0..4usize).prop_map(Op::Hide),
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
            Op::Hide(at) => {
                let Some(name) = buf.layout().names().get(*at).cloned() else { return };
                if !model.added.iter().any(|(added, _)| **added == *name) {
                    assert_eq!(buf.hide_at(*at), !model.get(&name).is_empty());
                    model.delete(&name);
                }
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
