//! The difference of two texts in hunks, as patch programs read it.

use similar::TextDiff;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// The unified difference of a file, with the prefixes that `git apply` and `patch -p1` take off.
pub(crate) fn unified(name: &str, before: &str, after: &str) -> String {
    let (old, new) = if name.starts_with('/') {
        (name.to_owned(), name.to_owned())
    } else {
        let name = name.strip_prefix("./").unwrap_or(name);
        (format!("a/{name}"), format!("b/{name}"))
    };
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(CONTEXT).header(&old, &new).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_far_apart_have_hunks_of_their_own() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let after =
            before.replace("2\n3", "two\n3").replace("11\n", "eleven\n").replacen("1two", "12", 1);
        let text = unified("./a.yml", before, &after);
        assert!(text.starts_with("--- a/a.yml\n+++ b/a.yml\n@@ -1,5 +1,5 @@\n"), "{text}");
        assert_eq!(text.matches("\n@@ ").count(), 2, "{text}");
        assert!(text.contains("-2\n+two\n") && text.contains("-11\n+eleven\n"), "{text}");
    }

    #[test]
    fn a_missing_line_end_is_told() {
        assert!(unified("a", "x\ny", "x\nz").ends_with("\\ No newline at end of file\n"));
    }
}
