//! Small scans of the source between nodes: what the events do not tell.

/// Behind the colon of a key that ends at `at`, where its value could be; `at` where it has none.
pub(super) fn after_colon(text: &str, at: usize) -> usize {
    let next = skip_blank_and_comments(text, at);
    if text[next..].starts_with(':') { next + 1 } else { at }
}

/// The offset of the `|` or `>` of the block scalar whose properties start at or after `from`.
pub(super) fn block_header(text: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        at = skip_blank_and_comments(text, at);
        match text.as_bytes().get(at) {
            Some(b'|' | b'>') | None => return at.min(text.len()),
            Some(b'&' | b'!') => at = skip_word(text, at),
            Some(_) => at += 1,
        }
    }
}

/// The offset of the first dash of a block sequence whose key ends at or before `from`.
pub(super) fn first_dash(text: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        at = skip_blank_and_comments(text, at);
        match text.as_bytes().get(at) {
            Some(b'-') | None => return at.min(text.len()),
            Some(b'&' | b'!') => at = skip_word(text, at),
            Some(_) => at += 1,
        }
    }
}

/// The end of a block scalar's last line that has content, at most `end`.
pub(super) fn trimmed_end(text: &str, header: usize, end: usize) -> usize {
    let first_line = text[header..].find(['\n', '\r']).map_or(text.len(), |at| header + at);
    let content = text.get(first_line..end).unwrap_or("").trim_end();
    if content.is_empty() {
        return header + text[header..first_line].trim_end().len();
    }
    first_line + content.len()
}

/// The next offset at or after `from` that is neither white space nor in a comment.
pub(super) fn skip_blank_and_comments(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'#' if at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r') => {
                at = line_end(text, at);
            }
            _ => break,
        }
    }
    at
}

/// The next white space at or after `from`.
fn skip_word(text: &str, from: usize) -> usize {
    let bytes = &text.as_bytes()[from..];
    from + bytes.iter().position(u8::is_ascii_whitespace).unwrap_or(bytes.len())
}

/// The offset of the line feed that ends the line of `at`, or the end of the text.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |found| at + found)
}

/// The offset at which the line of `at` starts; a carriage return alone ends a line, too.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr2(b'\n', b'\r', &text.as_bytes()[..at]).map_or(0, |found| found + 1)
}

/// Where a double-quoted scalar escapes a slash.
pub(super) fn slash_escape(raw: &str) -> Option<usize> {
    let bytes = raw.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]) {
        at += found;
        if bytes.get(at + 1) == Some(&b'/') {
            return Some(at);
        }
        at += 2;
        if at >= bytes.len() {
            break;
        }
    }
    None
}
