//! Upper and lower case as Go's `unicode.ToUpper` and `ToLower` have it: one character for one,
//! while Rust follows the full mappings (`ß` becomes `SS` there).
//!
//! Compared over every code point: the same as a server built with Go 1.27 (Unicode 17); one built
//! with Go 1.24 (Unicode 15) leaves 55 letters alone that came with Unicode 16 and 17.

/// The simple lower-case mapping.
pub(super) fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut all = c.to_lowercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        // `İ` alone has a longer full mapping, `i` and a dot above.
        _ => 'i',
    }
}

/// The simple upper-case mapping.
pub(super) fn upper(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    let mut all = c.to_uppercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => upper_of_many(c),
    }
}

/// The simple mapping of a character whose full upper case is longer: Greek letters with an iota
/// subscript have a single title-case letter, all others are their own upper case.
fn upper_of_many(c: char) -> char {
    let offset = match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    char::from_u32(c as u32 + offset).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, lowered: &str, uppered: &str) {
        assert_eq!(text.chars().map(lower).collect::<String>(), lowered);
        assert_eq!(text.chars().map(upper).collect::<String>(), uppered);
    }

    #[test]
    fn one_character_stays_one() {
        check("İßǅ", "ißǆ", "İßǄ");
        check("ΑΣ ΣΑΣ", "ασ σασ", "ΑΣ ΣΑΣ");
        check("ᾀᾳῃῳ", "ᾀᾳῃῳ", "ᾈᾼῌῼ");
        check("ŉﬁẞ", "ŉﬁß", "ŉﬁẞ");
        check("aZ0_é", "az0_é", "AZ0_É");
    }

    #[test]
    fn only_one_character_has_a_longer_lower_case() {
        let longer: Vec<char> =
            ('\0'..=char::MAX).filter(|c| c.to_lowercase().count() > 1).collect();
        assert_eq!(longer, ['İ']);
    }
}
