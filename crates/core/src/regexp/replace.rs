//! Filling in a replacement: one match (`replace` steps) or every match (`labelmap`).

use super::template::{PartKind, Template};
use super::{Groups, Pattern, Slots};

impl Template {
    /// Appends the replacement for a match of `pattern` in `value`.
    pub fn expand(&self, pattern: &Pattern, value: &str, groups: Groups<'_>, out: &mut String) {
        for part in self.parts() {
            match &part.kind {
                PartKind::Literal(text) => out.push_str(text),
                PartKind::Malformed => out.push('$'),
                PartKind::Group(number) => {
                    out.push_str(groups.get(*number).map_or("", |range| &value[range]));
                }
                PartKind::Name(name) => {
                    let named = pattern.group_names().iter().enumerate();
                    let mut same = named.filter(|(_, known)| known.as_deref() == Some(name));
                    let found = same.find_map(|(number, _)| groups.get(number));
                    out.push_str(found.map_or("", |range| &value[range]));
                }
            }
        }
    }
}

/// Appends `template` filled in with the groups of a match of `pattern` in `value`, as Go's
/// `Regexp.Expand` does. Parse the [`Template`] once instead where there are many values.
pub fn expand(
    template: &str,
    pattern: &Pattern,
    value: &str,
    groups: Groups<'_>,
    out: &mut String,
) {
    Template::parse(template).expand(pattern, value, groups, out);
}

/// The value with every match replaced, as Go's `Regexp.ReplaceAllString` does it: an empty match
/// right after another match is left alone.
pub fn replace_all(
    pattern: &Pattern,
    value: &str,
    template: &Template,
    slots: &mut Slots,
) -> String {
    let mut out = String::with_capacity(value.len());
    replace_all_into(pattern, value, template, slots, &mut out);
    out
}

/// Like [`replace_all`], appended to `out`.
pub fn replace_all_into(
    pattern: &Pattern,
    value: &str,
    template: &Template,
    slots: &mut Slots,
    out: &mut String,
) {
    let mut copied = 0;
    let mut from = 0;
    while from <= value.len() {
        let Some(groups) = pattern.captures_at(value, from, slots) else { break };
        let Some(found) = groups.get(0) else { break };
        out.push_str(&value[copied..found.start]);
        if found.end > copied || found.start == 0 {
            template.expand(pattern, value, groups, out);
        }
        copied = found.end;
        let width = value[from..].chars().next().map_or(1, char::len_utf8);
        from = found.end.max(from + width);
    }
    out.push_str(&value[copied..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regexp::Dialect;
    use crate::server::Server;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text, Dialect::of(Server::default())).unwrap()
    }

    #[track_caller]
    fn check_expand(regex: &str, value: &str, template: &str, expected: &str) {
        let pattern = pattern(regex);
        let mut slots = Slots::default();
        let groups = pattern.captures(value, &mut slots).expect("it matches");
        let mut out = String::new();
        expand(template, &pattern, value, groups, &mut out);
        assert_eq!(out, expected);
    }

    /// The expected values are those of a real server (`prometheus.md` A4 lists the trials).
    #[test]
    fn groups_are_filled_in() {
        check_expand("(.*)-(.*)", "ab-cd", "p$1_s", "p");
        check_expand("(.*)-(.*)", "ab-cd", "p${1}_s", "pab_s");
        check_expand("(.*)-(.*)", "ab-cd", "$0|$3|$01|${2}", "ab-cd|||cd");
        check_expand("(.*)", "ab", "$$1 x${1", "$1 x${1");
        check_expand("(?P<n>a)|(?P<n>b)", "b", "<$n>", "<b>");
        check_expand("(?P<1a>a)", "a", "${1a}$1", "aa");
    }

    #[track_caller]
    fn check_all(regex: &str, value: &str, template: &str, expected: &str) {
        let mut slots = Slots::default();
        let template = Template::parse(template);
        assert_eq!(replace_all(&pattern(regex), value, &template, &mut slots), expected);
    }

    #[test]
    fn every_match_is_replaced() {
        check_all("__meta_(.+)", "__meta_x", "$1", "x");
        check_all("b", "abc", "x", "abc");
        // Anchors escaped: the first alternative is `^a`, the second `b$`.
        check_all("a)|(?:b", "aab b", "x", "xab x");
        // The empty alternative is preferred to a `b` at the end.
        check_all("a)||(?:b", "éab", "-", "-é-a-b-");
        check_all("é)|(?:)|(?:y", "éab", "-", "-a-b-");
    }
}
