//! Where a text holds secrets, told by what stands before them, whatever kind of file it is: in a
//! comment, in a file that cannot be parsed, in a field that no table knows.

use memchr::memmem;

use super::Span;

/// Parts of names, without `_`, `-` and `.`, whose values are secrets.
const NAMES: [&str; 16] = [
    "pass",
    "pasw",
    "secret",
    "token",
    "credential",
    "authorization",
    "apikey",
    "accesskey",
    "privatekey",
    "servicekey",
    "routingkey",
    "accountkey",
    "applicationkey",
    "connectionstring",
    "datasourcename",
    "headers",
];

/// Ends of names that say where a secret is, and not what it is.
const ELSEWHERE: [&str; 7] = ["file", "path", "ref", "name", "url", "type", "secretname"];

/// Longer names are none: this bounds how far is looked back.
const LONGEST_NAME: usize = 64;

/// The spans of all secrets, sorted and apart.
pub(super) fn find(text: &str) -> Vec<Span> {
    let mut found: Vec<Span> = keys(text).collect();
    found.extend(users(text));
    found.extend(values(text));
    merged(found)
}

/// Sorted, and those that touch as one.
pub(super) fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable();
    spans.dedup_by(|next, span| {
        let touches = next.start <= span.end;
        if touches {
            span.end = span.end.max(next.end);
        }
        touches
    });
    spans
}

/// Private keys in PEM.
fn keys(text: &str) -> impl Iterator<Item = Span> + '_ {
    const START: &str = "PRIVATE KEY-----";
    let starts = memmem::find_iter(text.as_bytes(), START);
    let is_start = |at: &usize| {
        let kind = text[..*at].trim_end_matches(|c: char| c == ' ' || c.is_ascii_alphabetic());
        let line = &text[kind.len()..*at];
        !line.starts_with("END")
    };
    starts.filter(is_start).map(|at| {
        let from = at + START.len();
        let length = text[from..].find("-----END").unwrap_or(text.len() - from);
        Span::new(from, from + length)
    })
}

/// Users and passwords in URLs.
fn users(text: &str) -> impl Iterator<Item = Span> + '_ {
    memmem::find_iter(text.as_bytes(), "://").filter_map(|at| {
        let from = at + "://".len();
        let ends = |c: char| c.is_whitespace() || "/?#\"'`,".contains(c);
        let authority = text[from..].split(ends).next()?;
        let user = authority.rfind('@')?;
        Some(Span::new(from, from + user))
    })
}

/// What stands behind the name of a secret.
fn values(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut next = 0;
    for at in memchr::memchr2_iter(b':', b'=', text.as_bytes()) {
        // The value of a secret may look like another one.
        if at < next {
            continue;
        }
        if let Some(name) = name_before(text, at).filter(|name| is_secret(&text[name.range()])) {
            let value = value(text, name.start as usize, at + 1);
            next = value.end as usize;
            found.push(value);
        }
    }
    found
}

/// The name before a `:` or `=` that can be the end of one: `a: `, `"a":`, and `a =` that begins a
/// line.
fn name_before(text: &str, at: usize) -> Option<Span> {
    let before = text[..at].trim_end_matches([' ', '\t', '"', '\'']);
    let is_quoted = text[before.len()..at].contains(['"', '\'']);
    let back = before.bytes().rev().take(LONGEST_NAME);
    let length =
        back.take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)).count();
    let start = before.len() - length;
    let is_key = if text.as_bytes()[at] == b':' {
        is_quoted
            || text[at + 1..].is_empty()
            || text[at + 1..].starts_with([' ', '\t', '\r', '\n'])
    } else {
        let line = line_start(text, start);
        text[line..start].trim_start_matches([' ', '\t', '#', '/', '"']).is_empty()
    };
    (is_key && length > 0).then(|| Span::new(start, before.len()))
}

fn is_secret(name: &str) -> bool {
    let name: String =
        name.chars().filter(|c| !"_-.".contains(*c)).map(|c| c.to_ascii_lowercase()).collect();
    NAMES.iter().any(|part| name.contains(part)) && !ELSEWHERE.iter().any(|end| name.ends_with(end))
}

/// The value that starts behind `from`, of a name that starts at `name`.
fn value(text: &str, name: usize, from: usize) -> Span {
    let start = text.len() - text[from..].trim_start_matches([' ', '\t']).len();
    let line = line_start(text, name);
    let end = match text[start..].chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => quoted_end(text, start, quote),
        Some('[' | '{') => bracket_end(text, start),
        _ if text[line..name].trim_start().starts_with(['#', '/']) => line_end(text, start),
        _ if is_in_flow(&text[line..name]) => {
            let line = &text[start..line_end(text, start)];
            start + line.find([',', '}', ']']).unwrap_or(line.len())
        }
        _ => block_end(text, text[line..name].chars().count(), start),
    };
    Span::new(start, end)
}

/// Whether a mapping in braces is open at the end of a part of a line.
fn is_in_flow(before: &str) -> bool {
    before.matches(['{', '[']).count() > before.matches(['}', ']']).count()
}

fn quoted_end(text: &str, start: usize, quote: char) -> usize {
    let mut characters = text[start..].char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        if c == '\\' && quote == '"' {
            characters.next();
        } else if c == quote {
            return start + at + 1;
        }
    }
    text.len()
}

/// Behind the bracket that closes the one at `start`.
fn bracket_end(text: &str, start: usize) -> usize {
    let mut depth = 0;
    let mut at = start;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            '"' | '\'' => {
                at = quoted_end(text, at, c);
                continue;
            }
            _ => {}
        }
        at += c.len_utf8();
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The end of the line, and of the lines that are indented deeper than `indent`, or as deep and
/// items of a list.
fn block_end(text: &str, indent: usize, start: usize) -> usize {
    let mut end = line_end(text, start);
    while let Some(line) = text.get(end + 1..).filter(|rest| !rest.is_empty()) {
        let line = &line[..line.find('\n').unwrap_or(line.len())];
        let content = line.trim_start_matches([' ', '\t']);
        let depth = line.len() - content.len();
        let is_item = depth == indent && content.starts_with("- ");
        if !content.trim_end().is_empty() && depth <= indent && !is_item {
            break;
        }
        end += 1 + line.len();
    }
    end
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |length| at + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    /// The text with secrets as `*` is `expected`.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut shown = text.to_owned();
        for span in find(text).into_iter().rev() {
            shown.replace_range(span.range(), "*");
        }
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn secrets_are_found_by_what_stands_before_them() {
        check("password: a b\nx: 1\n", "password: *\nx: 1\n");
        check("# api-key: a\n    x: 1\n", "# api-key: *\n    x: 1\n");
        check("{password: \"a, \\\"b\", x: 1}", "{password: *, x: 1}");
        check("{bearer_token: a, x: 1}", "{bearer_token: *, x: 1}");
        check("{\"apiKey\":\"a\",\"x\":1}", "{\"apiKey\":*,\"x\":1}");
        check("token: >-\n  a\n\n  b\nx: 1", "token: *\nx: 1");
        check("secrets:\n- a\n- b\nx: 1", "secrets:*\nx: 1");
        check("headers: {a: [b, ']']}\nx: 1", "headers: *\nx: 1");
        check("  client_secret = \"a\"\n", "  client_secret = *\n");
        check("passwrod: a", "passwrod: *");
        check("url: http://u:p@h/x?y@z", "url: http://*@h/x?y@z");
        check(
            "k: |\n  -----BEGIN PRIVATE KEY-----\n  a\n  -----END PRIVATE KEY-----\n",
            "k: |\n  -----BEGIN PRIVATE KEY-----*-----END PRIVATE KEY-----\n",
        );
    }

    #[test]
    fn what_only_looks_like_a_secret_is_shown() {
        for text in [
            "password_file: /etc/x",
            "token_url: http://idp/",
            "expr: kube_secret_info == 1",
            "expr: a{token=\"x\"}",
            "record: job:secret:sum",
            "secretName: tls",
            "secretKeyRef: {name: a, key: b}",
            "source_labels: [__param_token]",
        ] {
            check(text, text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, cases: 2000,
            ..ProptestConfig::default()
        })]

        #[test]
        fn any_text_has_spans_in_order(text in "(token|://|PRIVATE KEY-----|[-:={}\\[\\]#'\"&*@aé \r\n]){0,40}") {
            let found = find(&text);
            for span in &found {
                prop_assert!(text.get(span.range()).is_some());
            }
            prop_assert!(found.windows(2).all(|two| two[0].end < two[1].start));
        }
    }
}
