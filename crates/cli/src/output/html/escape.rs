//! Text made safe for HTML: nothing that a metric, a label or a file says can become markup.

use std::fmt;

/// Text for an element's content or a quoted attribute.
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'', '\0']) {
            f.write_str(&rest[..at])?;
            f.write_str(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                b'\'' => "&#39;",
                // HTML has no way to write it.
                _ => "\u{fffd}",
            })?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}

/// Sentences for an element's content, where `backquotes` mark code.
pub(super) struct Prose<'a>(pub(super) &'a str);

impl fmt::Display for Prose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((before, code, after)) = code_span(rest) {
            write!(f, "{}<code>{}</code>", Text(before), Text(code))?;
            rest = after;
        }
        Text(rest).fmt(f)
    }
}

/// What stands before, in and after the first pair of backquotes.
fn code_span(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    Some((before, code, after))
}

/// JSON for a `<script>` element: no character of it can end the element or open a comment.
pub(super) fn json_for_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(Text("a<b>&'\"\0").to_string(), "a&lt;b&gt;&amp;&#39;&quot;\u{fffd}");
        assert_eq!(Text("naïve ☃").to_string(), "naïve ☃");
    }

    #[test]
    fn pairs_of_backquotes_become_code() {
        assert_eq!(Prose("a `<b>` c").to_string(), "a <code>&lt;b&gt;</code> c");
        assert_eq!(Prose("lone ` <quote").to_string(), "lone ` &lt;quote");
    }

    #[test]
    fn embedded_json_stays_the_same_json() {
        let value = serde_json::json!({ "</script><!--": "<b>" });
        let embedded = json_for_script(&value.to_string());
        assert!(!embedded.contains('<'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&embedded).unwrap(), value);
    }
}
