//! How vmagent reads `regex`: anchors are taken off first, a dot matches a newline only where it
//! does not capture, and whatever matches everything counts as the default.

use crate::regexp::{Anchoring, Dialect, Pattern, SyntaxError};
use crate::server::Server;

/// A regex as a step needs it.
#[derive(Debug)]
pub(super) struct Read {
    /// Decides whether there is a match.
    pub(super) pattern: Pattern,
    /// Captures, where `pattern` does not.
    pub(super) captures: Option<Pattern>,
    /// Whether it is the default, `.*`.
    pub(super) any: bool,
}

/// Reads `text`, or the default. `anywhere` is for actions that look for it in the value; those
/// keep its anchors where their name is written `exact`ly.
///
/// # Errors
/// What the server refuses, with what it compiled.
pub(super) fn read(
    text: Option<&str>,
    anywhere: bool,
    exact: bool,
    server: Server,
) -> Result<Read, (SyntaxError, String)> {
    let parse = |text: &str, anchoring| {
        Pattern::parse(text, Dialect { go: server.go(), anchoring }).map_err(|error| {
            let compiled = match anchoring {
                Anchoring::Nowhere => text.to_owned(),
                _ => format!("^(?:{text})$"),
            };
            (error, compiled)
        })
    };
    let written = text.filter(|text| !is_any(text));
    let Some(text) = written else {
        let pattern = if anywhere {
            parse(".*", Anchoring::Nowhere)
        } else {
            parse("(.*)", Anchoring::DotAll)
        };
        let captures = if anywhere { None } else { Some(parse("(.*)", Anchoring::Plain)?) };
        return Ok(Read { pattern: pattern?, captures, any: true });
    };
    if anywhere && exact {
        let pattern = parse(text, Anchoring::Nowhere)?;
        return Ok(Read { pattern, captures: None, any: false });
    }
    let text = without_anchors(text);
    let captures = parse(text, Anchoring::Plain)?;
    // It is compiled without the anchors, too.
    let bare = parse(text, Anchoring::Nowhere)?;
    if anywhere {
        return Ok(Read { pattern: bare, captures: None, any: false });
    }
    let pattern = parse(text, Anchoring::DotAll)?;
    Ok(Read { pattern, captures: Some(captures), any: false })
}

/// Without `^` before it and `$` after it.
pub(super) fn without_anchors(text: &str) -> &str {
    let mut text = text.trim_start_matches('^');
    while let Some(shorter) = text.strip_suffix('$')
        && !shorter.ends_with('\\')
    {
        text = shorter;
    }
    text
}

/// Whether it is `.*`, in groups or not.
fn is_any(text: &str) -> bool {
    let mut text = without_anchors(text);
    loop {
        let inner = ["(?:", "(?s:", "("].iter().find_map(|open| text.strip_prefix(open));
        match inner.and_then(|inner| inner.strip_suffix(')')) {
            Some(inner) => text = without_anchors(inner),
            None => return matches!(text, ".*" | "(?s).*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_come_off_and_everything_is_the_default() {
        assert_eq!(without_anchors("^^a$$"), "a");
        assert_eq!(without_anchors(r"a\$"), r"a\$");
        for any in [".*", "(.*)", "^.*$", "(?:.*)", "((.*))", "^(.*)$"] {
            assert!(is_any(any), "{any}");
        }
        for other in ["", ".+", "a.*", ".*|a", "(.*)(.*)", "(.*"] {
            assert!(!is_any(other), "{other}");
        }
    }
}
