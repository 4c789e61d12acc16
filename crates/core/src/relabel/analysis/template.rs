//! What a template can expand to.

use super::state::Names;
use crate::regexp::language::Language;
use crate::regexp::{Part, PartKind, Pattern, Template};

/// All that the template expands to where the pattern matches one of `matched`; it may be more.
pub(super) fn expansions(
    names: &Names<'_>,
    template: &Template,
    pattern: &Pattern,
    matched: &Language,
) -> Language {
    let parts: Vec<Language> =
        template.parts().iter().map(|part| of_part(names, part, pattern, matched)).collect();
    match &parts[..] {
        [one] => one.clone(),
        _ => names.languages.joined(&parts, "").unwrap_or_else(|_| names.languages.all()),
    }
}

fn of_part(names: &Names<'_>, part: &Part, pattern: &Pattern, matched: &Language) -> Language {
    match &part.kind {
        PartKind::Literal(text) => names.languages.literal(text),
        PartKind::Malformed => names.languages.literal("$"),
        PartKind::Group(group) => of_group(names, pattern, *group, matched),
        PartKind::Name(name) => {
            let named = pattern.group_names().iter().enumerate();
            let same = named.filter(|(_, known)| known.as_deref() == Some(name));
            let groups: Vec<usize> = same.map(|(group, _)| group).collect();
            // Of several groups of one name the first that took part counts: any may.
            let alone = if groups.len() == 1 { names.languages.none() } else { names.absent() };
            groups.iter().fold(alone, |all, group| {
                names.or(&all, &of_group(names, pattern, *group, matched))
            })
        }
    }
}

fn of_group(names: &Names<'_>, pattern: &Pattern, group: usize, matched: &Language) -> Language {
    if !pattern.unanchored() && is_whole(pattern, group) {
        return matched.clone();
    }
    if group == 0 {
        return names.languages.all();
    }
    names.languages.of_group(pattern, group).unwrap_or_else(|_| names.languages.all())
}

/// Whether the group always spans the match.
fn is_whole(pattern: &Pattern, group: usize) -> bool {
    group == 0 || pattern.whole_groups().is_some_and(|groups| group <= groups)
}

/// Whether the template expands to the value that was matched, whatever that is.
pub(super) fn is_value(template: &Template, pattern: &Pattern) -> bool {
    let [Part { kind: PartKind::Group(group), .. }] = template.parts() else { return false };
    !pattern.unanchored() && is_whole(pattern, *group)
}
