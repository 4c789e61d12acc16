//! Cuts a pattern's text at the `|` that stand in no group and no class.

use std::ops::Range;

/// The alternatives of `text` on its top level, in order; one for a pattern without any.
pub(super) fn alternatives(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut start) = (Vec::new(), 0);
    walk(text, &mut |at, depth| {
        if depth == 0 && text.as_bytes()[at] == b'|' {
            found.push(start..at);
            start = at + 1;
        }
    });
    found.push(start..text.len());
    found
}

/// The entries of a list: the alternatives, also of a pattern that is one group as a whole.
pub(super) fn entries(text: &str) -> Vec<Range<usize>> {
    match inside(text) {
        Some(inner) => {
            let shift = |range: Range<usize>| range.start + inner.start..range.end + inner.start;
            entries(&text[inner.clone()]).into_iter().map(shift).collect()
        }
        None => alternatives(text),
    }
}

/// The inside of the one group that `text` is.
fn inside(text: &str) -> Option<Range<usize>> {
    let open = ["(?:", "("].into_iter().find(|open| text.starts_with(open))?;
    if text.starts_with("(?") && open == "(" {
        return None;
    }
    let mut closes = None;
    walk(text, &mut |at, depth| {
        if depth == 0 && text.as_bytes()[at] == b')' {
            closes.get_or_insert(at);
        }
    });
    (closes? == text.len() - 1).then(|| open.len()..text.len() - 1)
}

/// Calls `see` for each byte that has a meaning of its own, with the depth of groups around it. A
/// closing parenthesis counts as outside.
pub(super) fn walk(text: &str, see: &mut dyn FnMut(usize, u32)) {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0u32);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if text[at..].starts_with("\\Q") => {
                at += text[at..].find("\\E").map_or(text.len() - at, |end| end + 2);
                continue;
            }
            b'\\' => {
                at += 2;
                continue;
            }
            b'[' => {
                at = class_end(bytes, at);
                continue;
            }
            b'(' => {
                see(at, depth);
                depth += 1;
            }
            b')' => {
                depth = depth.saturating_sub(1);
                see(at, depth);
            }
            _ => see(at, depth),
        }
        at += 1;
    }
}

/// The offset behind the class that opens at `at`.
pub(super) fn class_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    if bytes.get(end) == Some(&b'^') {
        end += 1;
    }
    // A bracket that comes first stands for itself.
    let first = end;
    while end < bytes.len() {
        match bytes[end] {
            b']' if end > first => return end + 1,
            b'\\' => end += 2,
            b'[' if bytes.get(end + 1) == Some(&b':') => {
                let closes = bytes[end..].windows(2).position(|two| two == b":]");
                end += closes.map_or(1, |length| length + 2);
            }
            _ => end += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = entries(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn lists_are_cut_where_they_branch() {
        check("a|b(c|d)|[|]", &["a", "b(c|d)", "[|]"]);
        check("(a|b)", &["a", "b"]);
        check("(?:(a|b))", &["a", "b"]);
        check("(a)|(b)", &["(a)", "(b)"]);
        check(r"a\|b|[]|]c|\Q|\E", &["a\\|b", "[]|]c", r"\Q|\E"]);
        check("(?i)a|b", &["(?i)a", "b"]);
        check("(?P<x>a|b)", &["(?P<x>a|b)"]);
        check("[[:alpha:]|]|x", &["[[:alpha:]|]", "x"]);
        check("a|", &["a", ""]);
        check("a)|(?:b", &["a)", "(?:b"]);
        check("[", &["["]);
    }
}
