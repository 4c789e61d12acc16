//! Texts as patterns that match nothing else.

/// A pattern of Go's dialect that matches `text` alone.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regexp::{Dialect, Pattern};
    use crate::server::Server;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn a_quoted_text_matches_itself_alone(text in any::<String>(), other in any::<String>()) {
            let pattern = Pattern::parse(&quote(&text), Dialect::of(Server::default())).unwrap();
            prop_assert!(pattern.is_match(&text));
            prop_assert_eq!(pattern.is_match(&other), text == other);
        }
    }
}
