//! Lines that begin with `#`: types, help, units, the end, and plain comments.

use crate::series::MetricType;

use super::labels::name_length;

/// What such a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meta<'a> {
    /// A comment, or help or a unit, which no series depends on.
    Nothing,
    /// `# TYPE name kind`
    Type(&'a str, MetricType),
    /// `# EOF`
    End,
}

/// Reads a line from its `#` on, its end excluded; an error says why a server refuses it. The text
/// format takes any line for a comment that is no `HELP` or `TYPE`; `OpenMetrics` takes none.
pub(super) fn meta<'a>(line: &'a str, open_metrics: bool) -> Result<Meta<'a>, String> {
    // One blank in OpenMetrics, any number of blanks and tabs in the text format.
    let blanks: &[char] = if open_metrics { &[' '] } else { &[' ', '\t'] };
    let gap = |text: &'a str| -> Option<&'a str> {
        let rest = text.strip_prefix(blanks)?;
        Some(if open_metrics { rest } else { rest.trim_start_matches(blanks) })
    };
    let rest = line.strip_prefix('#').and_then(gap).unwrap_or_default();
    if open_metrics && rest == "EOF" {
        return Ok(Meta::End);
    }
    let words: &[&str] = if open_metrics { &["HELP", "TYPE", "UNIT"] } else { &["HELP", "TYPE"] };
    let split =
        |word: &&'static str| rest.strip_prefix(*word).and_then(gap).map(|rest| (*word, rest));
    let Some((word, after)) = words.iter().find_map(split) else {
        return comment(open_metrics);
    };
    let (name, text) = split_name(after).ok_or("expected a metric name")?;
    if open_metrics && !text.starts_with(' ') {
        return Err(format!("expected a blank and a text after the name `{name}`"));
    }
    // One character parts the name from the text, whatever it is.
    let text = text.get(text.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
    match word {
        "TYPE" => kind(text, open_metrics).map(|kind| Meta::Type(name, kind)),
        "UNIT" if !text.is_empty() && !name.ends_with(&format!("_{text}")) => {
            Err(format!("the unit `{text}` does not end the name `{name}`"))
        }
        _ => Ok(Meta::Nothing),
    }
}

fn comment(open_metrics: bool) -> Result<Meta<'static>, String> {
    if open_metrics {
        return Err("OpenMetrics has no comments but HELP, TYPE, UNIT and EOF".to_owned());
    }
    Ok(Meta::Nothing)
}

/// A metric's name, plain or in quotes, and what follows it.
fn split_name(text: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = quoted.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })?;
        return Some((&quoted[..end], &quoted[end + 1..]));
    }
    let length = name_length(text.as_bytes());
    (length > 0).then(|| text.split_at(length))
}

fn kind(word: &str, open_metrics: bool) -> Result<MetricType, String> {
    use MetricType::{Counter, Gauge, Histogram, Summary};
    let in_format = |kind: &MetricType| {
        if open_metrics {
            word != "untyped"
        } else {
            word == "untyped" || matches!(kind, Counter | Gauge | Histogram | Summary)
        }
    };
    let kind = MetricType::parse(word).filter(in_format);
    kind.ok_or_else(|| format!("`{word}` is no metric type"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, text: Result<Meta<'_>, &str>, open: Result<Meta<'_>, &str>) {
        assert_eq!(meta(line, false), text.map_err(str::to_owned), "text");
        assert_eq!(meta(line, true), open.map_err(str::to_owned), "OpenMetrics");
    }

    const NO_COMMENTS: &str = "OpenMetrics has no comments but HELP, TYPE, UNIT and EOF";

    #[test]
    fn lines_mean_what_servers_take_them_for() {
        let counter = || Ok(Meta::Type("a", MetricType::Counter));
        check("# TYPE a counter", counter(), counter());
        check("#\tTYPE  a counter", counter(), Err(NO_COMMENTS));
        check("#TYPE a counter", Ok(Meta::Nothing), Err(NO_COMMENTS));
        let wrong = Err("` counter` is no metric type");
        check("# TYPE a  counter", wrong.clone(), wrong);
        let wrong = Err("`counter ` is no metric type");
        check("# TYPE a counter ", wrong.clone(), wrong);
        check(
            "# TYPE a untyped",
            Ok(Meta::Type("a", MetricType::Unknown)),
            Err("`untyped` is no metric type"),
        );
        check("# EOF", Ok(Meta::Nothing), Ok(Meta::End));
        check("# EOF ", Ok(Meta::Nothing), Err(NO_COMMENTS));
        check("# HELP", Ok(Meta::Nothing), Err(NO_COMMENTS));
        let wrong = Err("expected a metric name");
        check("# HELP 1a text", wrong.clone(), wrong);
        check("# HELP a", Ok(Meta::Nothing), Err("expected a blank and a text after the name `a`"));
        let wrong = Err("the unit `s` does not end the name `a`");
        check("# UNIT a s", Ok(Meta::Nothing), wrong);
        check("# UNIT a_s s", Ok(Meta::Nothing), Ok(Meta::Nothing));
    }
}
