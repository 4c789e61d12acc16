//! One spanned tree for YAML, JSON and Alloy's syntax: where each node is, what each comment says, how to edit it.
//!
//! Prometheus reads its configuration with yaml.v2, a YAML 1.1 reader. This tree keeps what that
//! reader sees (source text of scalars, duplicates, merge keys in document order) and what a
//! person sees (byte spans, comments), so that a finding points at the very character.

mod alloy;
mod build;
mod edit;
mod embedded;
mod expand;
mod merge;
mod offsets;
mod parse;
mod path;
mod pieces;
mod quote;
mod resolve;
mod scan;
mod tree;
mod words;
mod write;

#[cfg(test)]
mod properties;

pub use alloy::{INVALID_ALLOY, parse_alloy, references, starts_like_alloy};
pub use edit::{
    append_key, append_text, delete_item, delete_key, insert_fields_after, insert_item_after,
    insert_item_before, replace_scalar,
};
pub use embedded::parse_literal;
pub use expand::Placeholder;
pub use merge::Field;
pub use offsets::scalar_span;
pub use parse::{
    INVALID_YAML, MAX_DEPTH, MAX_NODES, MAX_SIZE, Parsed, invalid_utf8, parse, too_large,
};
pub use quote::quote;
pub use resolve::Resolved;
pub use tree::{Comment, Document, Node, NodeId, NodeKind, Style, Syntax};
pub use write::to_flow;
