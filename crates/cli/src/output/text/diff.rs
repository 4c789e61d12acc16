//! The difference of two texts, line by line, as patch programs read it.

use std::io::Write;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// Writes one hunk from the first to the last line that differ.
pub(crate) fn write(
    out: &mut impl Write,
    name: &str,
    before: &str,
    after: &str,
) -> std::io::Result<()> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let from = start.saturating_sub(CONTEXT);
    let tail = end.min(CONTEXT);
    let lengths = (old.len() - end + tail - from, new.len() - end + tail - from);
    writeln!(out, "--- {name}\n+++ {name}")?;
    writeln!(out, "@@ -{},{} +{},{} @@", from + 1, lengths.0, from + 1, lengths.1)?;
    old[from..start].iter().try_for_each(|line| writeln!(out, " {line}"))?;
    old[start..old.len() - end].iter().try_for_each(|line| writeln!(out, "-{line}"))?;
    new[start..new.len() - end].iter().try_for_each(|line| writeln!(out, "+{line}"))?;
    old[old.len() - end..old.len() - end + tail]
        .iter()
        .try_for_each(|line| writeln!(out, " {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_with_its_context() {
        let mut out = Vec::new();
        write(&mut out, "a.yml", "1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\nfive\n6\n").unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "--- a.yml\n+++ a.yml\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n+five\n 6\n");
    }
}
