//! Whether anybody asks for a cell: queries that look at all that gives it.

use super::giver::{Giver, Part};
use crate::series::Table;
use crate::usage::{SelectorUse, Selects, Usage};

impl Giver {
    /// Whether queries look at what gives the cell; `Maybe` where one that could not be understood,
    /// or a variable, decides. A query that counts all calls is about none of the response flags: a
    /// label whose values tell a fault must be looked at.
    pub fn asked(&self, usage: &Usage, table: &Table) -> Selects {
        self.parts.iter().map(|part| part.asked(usage, table)).min().unwrap_or(Selects::No)
    }
}

impl Part {
    fn asked(&self, usage: &Usage, table: &Table) -> Selects {
        let selectors = usage.selectors_of(&self.metric);
        let asked = selectors.into_iter().map(|(selector, selects)| {
            let labels = self.labels.iter().filter(|label| self.matches_by(label));
            labels.map(|label| self.looks_at(selector, label, table)).fold(selects, Selects::min)
        });
        let hidden = usage.may_hide(&self.metric).then_some(Selects::Maybe);
        asked.chain(hidden).max().unwrap_or(Selects::No)
    }

    /// Whether a query selects values of a label that this part selects, too.
    fn looks_at(&self, selector: &SelectorUse, label: &str, table: &Table) -> Selects {
        let selected = |value: &str| selector.selects_value(label, value);
        let mut examples = self.example.iter().filter(|(name, _)| name == label).peekable();
        if examples.peek().is_some() {
            let any = examples.map(|(_, value)| selected(value)).max().unwrap_or(Selects::No);
            return if selector.need.contains(label) { any } else { Selects::No };
        }
        // A label that no series has restricts nothing.
        let Some(id) = table.name_id(label) else { return Selects::Yes };
        let values = table.values(id);
        let shared = (0..values.len() as u32).map(|code| values.value(code));
        let shared = shared.filter(|value| self.selects(label, value));
        shared.map(selected).max().unwrap_or(Selects::No)
    }
}
