//! The scanner's errors in the words of yaml.v2, where it has such words.

use granit_parser::ErrorKind;

/// What yaml.v2 says of `kind`, without `yaml: line N: `.
pub(super) fn server_words(kind: &ErrorKind) -> &'static str {
    use ErrorKind as E;
    match kind {
        E::ExpectedBlockMappingKey => "did not find expected key",
        E::ExpectedBlockSequenceEntry => "did not find expected '-' indicator",
        E::ExpectedFlowMappingSeparator
        | E::UnexpectedEofFlowMapping
        | E::UnexpectedEofImplicitFlowMapping => "did not find expected ',' or '}'",
        E::ExpectedFlowSequenceSeparator
        | E::UnexpectedEofFlowSequence
        | E::UnclosedFlowCollection { .. } => "did not find expected ',' or ']'",
        E::ExpectedNodeContent
        | E::MismatchedFlowCollectionEnd { .. }
        | E::MisplacedFlowCollectionEnd => "did not find expected node content",
        E::SimpleKeyExpected | E::InvalidSimpleKey => "could not find expected ':'",
        E::MappingValueNotAllowed | E::InvalidColonPlacement => {
            "mapping values are not allowed in this context"
        }
        E::MappingKeyNotAllowed => "mapping keys are not allowed in this context",
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => {
            "block sequence entries are not allowed in this context"
        }
        E::UnexpectedCharacter { .. }
        | E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInPlainScalar
        | E::TabInIndentation => "found character that cannot start any token",
        E::UnknownQuotedScalarEscape => "found unknown escape character",
        E::InvalidQuotedScalarHexEscape => "did not find expected hexdecimal number",
        E::InvalidUnicodeEscape => "found invalid Unicode character escape code",
        E::UnclosedQuotedScalar => "found unexpected end of stream",
        E::DocumentIndicatorInQuotedScalar => "found unexpected document indicator",
        E::MissingAnchorOrAliasName => "did not find expected alphabetic or numeric character",
        E::UndeclaredTagHandle => "found undefined tag handle",
        E::TabAtBlockScalarStart => "found a tab character where an indentation space is expected",
        E::InvalidBlockScalarHeader => "did not find expected comment or line break",
        E::ZeroBlockScalarIndent => "found an indentation indicator equal to 0",
        E::ExpectedDocumentStart => "did not find expected <document start>",
        E::UnsupportedYamlMajorVersion => "found incompatible YAML document",
        E::DuplicateVersionDirective => "found duplicate %YAML directive",
        E::DuplicateTagDirective => "found duplicate %TAG directive",
        E::RecursionLimitExceeded => "exceeded max depth of 1000",
        _ => "could not parse the document",
    }
}
