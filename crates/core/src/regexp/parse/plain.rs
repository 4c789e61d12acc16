//! Patterns that are just a word, as most are: read without a parser.

use regex_syntax::hir::{Hir, Look};

use super::Parsed;
use crate::regexp::Anchoring;

/// What [`parse`](super::parse()) makes of the wrapped pattern, where that is one word that means
/// itself.
pub(in crate::regexp) fn plain(text: &str, anchoring: Anchoring) -> Option<Parsed> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_:;/-,=@".contains(&byte);
    let is_word = (1..=200).contains(&text.len()) && text.bytes().all(is_plain);
    if !is_word || anchoring == Anchoring::Nowhere {
        return None;
    }
    let (start, end) = (Hir::look(Look::Start), Hir::look(Look::End));
    let hir = Hir::concat(vec![start, Hir::literal(text.as_bytes()), end]);
    Some(Parsed { hir, names: vec![None] })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;
    use crate::regexp::{Dialect, parse};
    use crate::server::Server;

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default()
        })]

        #[test]
        fn words_are_what_the_parser_makes_of_them(text in "[a-zA-Z0-9_:;/,=@-]{1,12}") {
            for server in [Server::prometheus(3, 5), Server::prometheus(2, 53)] {
                let dialect = Dialect::of(server);
                let anchoring = dialect.anchoring;
                let wrapped = format!("{}{text}{}", anchoring.prefix(), anchoring.suffix());
                let parsed = parse::parse(&wrapped, dialect).unwrap();
                let plain = plain(&text, anchoring).unwrap();
                prop_assert_eq!(plain.hir, parsed.hir);
                prop_assert_eq!(plain.names, parsed.names);
            }
        }
    }
}
