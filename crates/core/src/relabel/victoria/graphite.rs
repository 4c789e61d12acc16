//! The action `graphite`: a dotted name against a `match` of stars, its parts into `labels`.

/// `match` and `labels` of a step.
#[derive(Debug, Clone)]
pub(super) struct Graphite {
    /// Texts and stars, in turns as written.
    wanted: Vec<Wanted>,
    /// Names and templates, by name.
    labels: Vec<(Box<str>, Vec<Part>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Text(Box<str>),
    /// `*`: anything without a dot.
    Star,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    /// As written, which stands where there is no such star.
    text: Box<str>,
    /// Which star, the first being 1; 0 is the whole name.
    star: Option<usize>,
}

impl Graphite {
    pub(super) fn new(wanted: &str, labels: &[(String, String)]) -> Self {
        let mut parts = Vec::new();
        for (at, text) in wanted.split('*').enumerate() {
            if at > 0 {
                parts.push(Wanted::Star);
            }
            if !text.is_empty() {
                parts.push(Wanted::Text(text.into()));
            }
        }
        let mut labels: Vec<_> = labels
            .iter()
            .map(|(name, template)| (name.as_str().into(), template_parts(template)))
            .collect();
        labels.sort_by(|(a, _): &(Box<str>, _), (b, _)| a.cmp(b));
        Self { wanted: parts, labels }
    }

    /// The labels that a metric of that name gets; `None` where `match` does not.
    pub(super) fn labels_of(&self, name: &str) -> Option<Vec<(&str, String)>> {
        let stars = self.stars(name)?;
        let expand = |parts: &[Part]| -> String {
            let value = |part: &Part| -> String {
                let found = part.star.and_then(|star| stars.get(star));
                found.map_or_else(|| part.text.to_string(), ToString::to_string)
            };
            parts.iter().map(value).collect()
        };
        Some(self.labels.iter().map(|(name, parts)| (&**name, expand(parts))).collect())
    }

    /// The whole name and what each star stands for. A star takes no more than up to the first
    /// place where the text after it stands, so that `*a` does not match `aa`.
    fn stars<'n>(&self, name: &'n str) -> Option<Vec<&'n str>> {
        let mut stars = vec![name];
        let mut rest = name;
        let mut wanted = self.wanted.iter().peekable();
        while let Some(part) = wanted.next() {
            match (part, wanted.peek()) {
                (Wanted::Text(text), _) => rest = rest.strip_prefix(&**text)?,
                (Wanted::Star, None) => {
                    stars.push(rest);
                    return (!rest.contains('.')).then_some(stars);
                }
                (Wanted::Star, Some(next)) => {
                    // Vmagent takes a star after a star for the text `*`.
                    let text = if let Wanted::Text(text) = next { text } else { "*" };
                    let end = rest.find(text)?;
                    if rest[..end].contains('.') {
                        return None;
                    }
                    stars.push(&rest[..end]);
                    rest = &rest[end + text.len()..];
                    wanted.next();
                }
            }
        }
        rest.is_empty().then_some(stars)
    }
}

/// `$1` and `${1}` are stars; anything else after `$` stands for itself.
fn template_parts(template: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut literal = |text: &str, star| {
        if !text.is_empty() {
            parts.push(Part { text: text.into(), star });
        }
    };
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        literal(&rest[..at], None);
        let after = &rest[at + 1..];
        let (number, end) = if let Some(inner) = after.strip_prefix('{') {
            let Some(close) = inner.find('}') else {
                literal(&rest[at..], None);
                return parts;
            };
            (&inner[..close], close + 2)
        } else {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            (&after[..digits], digits)
        };
        literal(&rest[at..at + 1 + end], number.parse().ok());
        rest = &after[end..];
    }
    literal(rest, None);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: &str, template: &str, name: &str, value: Option<&str>) {
        let graphite = Graphite::new(wanted, &[("l".to_owned(), template.to_owned())]);
        let got = graphite.labels_of(name).map(|labels| labels[0].1.clone());
        assert_eq!(got.as_deref(), value, "{wanted} {template} {name}");
    }

    #[test]
    fn stars_take_what_is_between_dots() {
        check("foo.*.bar", "$1", "foo.x.bar", Some("x"));
        check("foo.*.bar", "$1", "foo.x.y.bar", None);
        check("*.*", "${2}-$1-$0", "a.b", Some("b-a-a.b"));
        check("*", "$1", "a.b", None);
        check("*a", "$1", "aa", None);
        check("a", "$1", "a", Some("$1"));
        check("*", "$ ${x} ${1 $", "a", Some("$ ${x} ${1 $"));
    }
}
