//! A label set as vmagent has it while a chain runs: a list, in which a label may be empty and a
//! name may stand twice.

use crate::series::LabelBuf;

/// The labels, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Labels(pub(super) Vec<Label>);

/// One label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) value: String,
}

impl Labels {
    /// The labels of `buf` in its order.
    pub(super) fn of(buf: &LabelBuf) -> Self {
        let own = |(name, value): (&str, &str)| Label { name: name.into(), value: value.into() };
        Self(buf.iter_ordered().map(own).collect())
    }

    /// Puts the labels into `buf`. Empty ones go, and of a name that stands twice the first stays.
    pub(super) fn store(&self, buf: &mut LabelBuf) {
        buf.clear();
        for (at, Label { name, value }) in self.0.iter().enumerate() {
            let is_first = !self.0[..at].iter().any(|l| l.name == *name && !l.value.is_empty());
            if is_first && !name.is_empty() {
                buf.push_base(name, value);
            }
        }
        buf.sort_base();
    }

    /// The value of the first label `name`; `""` when there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|label| label.name == name).map_or("", |label| &label.value)
    }

    /// Sets the first label `name`, or appends one.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|label| label.name == name) {
            Some(label) => value.clone_into(&mut label.value),
            None => self.0.push(Label { name: name.into(), value: value.into() }),
        }
    }

    /// The values of `names`, joined.
    pub(super) fn join(&self, names: &[Box<str>], separator: &str) -> String {
        names.iter().map(|name| self.get(name)).collect::<Vec<_>>().join(separator)
    }
}
