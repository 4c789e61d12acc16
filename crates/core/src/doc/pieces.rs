//! Large files in pieces, read side by side: the longest list of a file is cut between its items.
//!
//! At the start of an item the reader of a whole text has nothing open but the list, its mapping
//! and the document, so each piece reads alone as it does in its place. A text in which that may
//! not hold (one with an error, an alias, a second document) is left to the reader of whole texts.

use std::ops::Range;

use memchr::{memchr_iter, memmem};
use rayon::prelude::*;

use super::parse::{Limits, MAX_DEPTH, MAX_NODES, read};
use super::scan::{line_start, skip_blank_and_comments};
use super::tree::{Document, NodeId, NodeKind, Record, Style};
use crate::text::{FileId, Span};

/// A piece must be worth a thread.
const MIN_PIECE: usize = 256 << 10;

/// A text of more lines has more nodes than are read, two a line at least: it would be read twice,
/// only to be refused.
const MOST_LINES: usize = MAX_NODES / 2;

/// The only document of `text`; `None` where the text is too small or has to be read whole.
pub(super) fn read_in_pieces(text: &str, file: FileId) -> Option<Document> {
    let worth = text.len() / MIN_PIECE;
    // Asking for the number of threads starts them.
    if worth < 2 { None } else { read_in(text, file, rayon::current_num_threads().min(worth)) }
}

fn read_in(text: &str, file: FileId, count: usize) -> Option<Document> {
    let cut = Cut::find(text, count)?;
    let one = |range: &Range<usize>| {
        // The first piece takes over the others. Theirs is a list in a mapping, one level down.
        let room = if range.start == 0 { text.len() } else { range.len() };
        let limits = Limits { nodes: MAX_NODES / (count + 1), depth: MAX_DEPTH - 1, room };
        let mut documents = Vec::new();
        read(text.get(range.clone())?, file, limits, &mut documents).ok()?;
        let document = documents.pop()?;
        let has_alias = document.extras.values().any(|extras| extras.target.is_some());
        (documents.is_empty() && !has_alias).then_some(document)
    };
    let read: Option<Vec<Document>> = cut.pieces.par_iter().map(one).collect();
    join(&cut, read?, text)
}

/// Where a text is cut.
struct Cut {
    /// What stands before the dashes of the list.
    column: usize,
    /// The first piece ends within the list, the others start with an item of it.
    pieces: Vec<Range<usize>>,
    /// Whether the last piece is what follows the list instead.
    has_tail: bool,
}

impl Cut {
    fn find(text: &str, count: usize) -> Option<Self> {
        if count < 2 || text.contains('\r') {
            return None;
        }
        let section = longest_section(text)?;
        let key_end = section.start + text[section.clone()].find('\n')?;
        let first = skip_blank_and_comments(text, key_end);
        let column = first - line_start(text, first);
        let dash = format!("\n{}-", " ".repeat(column));
        let mut starts = vec![0];
        for piece in 1..count {
            // Not before the second item: the first piece has to show what the list is.
            let from = (text.len() / count * piece).max(first).max(*starts.last()?);
            let from = from.min(section.end);
            let items = memmem::find_iter(&text.as_bytes()[from..section.end], &dash);
            let mut starts_after = items.map(|at| from + at + 1);
            let is_item = |at: &usize| matches!(text.as_bytes()[at + column + 1], b' ' | b'\n');
            starts.extend(starts_after.find(|at| at + column + 1 < text.len() && is_item(at)));
        }
        let has_tail = section.end < text.len();
        starts.dedup();
        let ends = starts[1..].iter().copied().chain([section.end]);
        let mut pieces: Vec<_> = starts.iter().zip(ends).map(|(&from, to)| from..to).collect();
        pieces.extend(has_tail.then_some(section.end..text.len()));
        (starts.len() > 1).then_some(Self { column, pieces, has_tail })
    }
}

/// The longest part of `text` from one line with a key at the margin to the next; `None` where
/// there may be more documents than one, or far too many lines.
fn longest_section(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut longest = 0..0;
    let mut start = None;
    let lines = std::iter::once(0).chain(memchr_iter(b'\n', bytes).map(|end| end + 1));
    for (line, at) in lines.enumerate() {
        match bytes.get(at) {
            _ if line > MOST_LINES => return None,
            Some(b'%') => return None,
            Some(b'-' | b'.') if matches!(bytes.get(at..at + 3), Some(b"---" | b"...")) => {
                return None;
            }
            Some(b' ' | b'#' | b'\n' | b'-' | b'\t') => {}
            None if at > bytes.len() => {}
            _ => {
                if let Some(start) = start.replace(at)
                    && longest.len() < at - start
                {
                    longest = start..at;
                }
            }
        }
    }
    // A text that does not end its last line has no last section.
    (!longest.is_empty()).then_some(longest)
}

/// One document of all, if the first piece ends in a list of that column and the next go on in it.
fn join(cut: &Cut, pieces: Vec<Document>, text: &str) -> Option<Document> {
    let mut pieces = pieces.into_iter().zip(&cut.pieces);
    let (mut whole, _) = pieces.next()?;
    let root = whole.root.filter(|id| is_block(&whole, *id, NodeKind::Mapping))?;
    let mut entries = child_ids(&whole, root);
    let list = entries.last().copied().filter(|id| is_block(&whole, *id, NodeKind::Sequence))?;
    let dash = whole.nodes[list.0 as usize].span.start as usize;
    if dash - line_start(text, dash) != cut.column {
        return None;
    }
    let mut items = child_ids(&whole, list);
    let last = cut.pieces.len() - 1;
    for (at, (piece, range)) in (1..).zip(pieces) {
        let (parent, kind, children) = if cut.has_tail && at == last {
            (root, NodeKind::Mapping, &mut entries)
        } else {
            (list, NodeKind::Sequence, &mut items)
        };
        if !is_block(&piece, piece.root?, kind) {
            return None;
        }
        append(&mut whole, piece, range.start as u32, parent, children);
    }
    set_children(&mut whole, list, &items);
    set_children(&mut whole, root, &entries);
    Some(whole)
}

fn is_block(document: &Document, id: NodeId, kind: NodeKind) -> bool {
    let record = &document.nodes[id.0 as usize];
    record.kind == kind && record.style == Style::Block
}

fn child_ids(document: &Document, id: NodeId) -> Vec<NodeId> {
    document.node(id).children().to_vec()
}

/// Takes over all of `piece`, which was read from offset `by` on, but its root: what that holds
/// belongs to `parent`.
fn append(
    whole: &mut Document,
    piece: Document,
    by: u32,
    parent: NodeId,
    children: &mut Vec<NodeId>,
) {
    let (nodes, decoded) = (whole.nodes.len() as u32, whole.decoded.len() as u32);
    let first_child = whole.children.len() as u32;
    let first_index = children.len() as u32;
    // The root is the first node of every document that has one.
    let moved = |id: NodeId| NodeId(id.0 + nodes - 1);
    children.extend(child_ids(&piece, NodeId(0)).into_iter().map(moved));
    whole.nodes.extend(piece.nodes.into_iter().skip(1).map(|record| {
        let is_top = record.parent == Some(NodeId(0));
        let content = if record.kind == NodeKind::Scalar { decoded } else { first_child };
        Record {
            span: shifted(record.span, by),
            content: shifted(record.content, content),
            parent: if is_top { Some(parent) } else { record.parent.map(moved) },
            index: if is_top { record.index + first_index } else { record.index },
            ..record
        }
    }));
    whole.children.extend(piece.children.into_iter().map(moved));
    whole.decoded.push_str(&piece.decoded);
    whole.extras.extend(piece.extras.into_iter().map(|(id, mut extras)| {
        extras.anchor = extras.anchor.map(|anchor| shifted(anchor, by));
        (moved(NodeId(id)).0, extras)
    }));
    whole.comments.extend(piece.comments.into_iter().map(|mut comment| {
        comment.span = shifted(comment.span, by);
        comment
    }));
    whole.may_merge |= piece.may_merge;
    whole.range.end = piece.range.end + by;
}

fn shifted(span: Span, by: u32) -> Span {
    Span { start: span.start + by, end: span.end + by }
}

fn set_children(document: &mut Document, id: NodeId, children: &[NodeId]) {
    let start = document.children.len();
    document.children.extend_from_slice(children);
    let end = children.last().map(|id| document.nodes[id.0 as usize].span.end);
    let content = Span::new(start, document.children.len());
    let record = &mut document.nodes[id.0 as usize];
    record.content = content;
    record.span.end = end.unwrap_or(record.span.end).max(record.span.start);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed};

    use super::*;

    /// All that one can ask of a document.
    fn facts(document: &Document) -> (Vec<String>, String) {
        let nodes = document.nodes().map(|node| {
            let at = node.parent().map(|parent| (parent.span(), parent.kind()));
            let (tag, anchor, path) = (node.tag(), node.anchor(), node.path());
            let held: Vec<_> = node.children().iter().map(|id| document.node(*id).span()).collect();
            let style = node.style();
            format!(
                "{node:?} {style:?} {:?} {at:?} {tag:?} {anchor:?} {path} {held:?}",
                node.text()
            )
        });
        let rest = (document.comments(), document.span(), document.may_merge);
        (nodes.collect(), format!("{rest:?}"))
    }

    fn whole(text: &str) -> Result<Vec<Document>, String> {
        let mut documents = Vec::new();
        let read = read(text, FileId::default(), Limits::default(), &mut documents);
        read.map(|()| documents).map_err(|refusal| refusal.message)
    }

    const ITEMS: &[&str] = &[
        "- a: 1\n",
        "- {a: 1, b: 'x'}\n",
        "- [1,\n    2]\n",
        "- a:\n",
        "-\n",
        "- |\n  text\n",
        "- x\n",
        "- a: |\n    - job\n\n    more\n\n",
        "- a: >+\n    folded\n\n\n",
        "- b: &n 1\n  c: !!str 2\n",
        "# above\n- a: x  # right\n  b: [1, 2]\n",
        "-   a: \"two\n    lines\"\n",
        "- plain\n  goes on\n",
        "- a:\n  - 1\n  - b: 2\n",
        "- - 1\n  - 2\n",
        "- a: *n\n",
        "- a: [\n",
        "- \"open\n",
        "b: c\n",
        "- ? a\n  : b\n",
        "\n",
        "- a: 'it''s'\n  # inside\n",
        "- !!map {a: 1}\n",
        "- &x y\n",
        "-\ta\n",
        "- a: é\n",
        "-x\n",
        "- <<: {a: 1}\n",
    ];
    const KEYS: &[&str] = &[
        "list:\n",
        "list: # c\n",
        "list: &l\n",
        "list: !!seq\n",
        "list: |\n",
        "list: x\n",
        "list: [\n",
        "list:\n# c\n",
        "- list\n",
        "? list\n:\n",
    ];
    const TOPS: &[&str] =
        &["", "# top\n", "a: 1\nb: {c: d}\n", "a:\n  - 1\n", "---\n", "%YAML 1.1\n", "a: &n 1\n"];
    const TAILS: &[&str] = &[
        "",
        "tail: end # done\n",
        "# only a comment\n",
        "tail:\n  - 1\n# end\n",
        "tail: no feed",
        "...\n",
        "---\na: 1\n",
        "  \n\ntail:\n",
    ];

    /// A list under a key, at a column, between other things; some of it is no list or no YAML.
    fn texts() -> impl Strategy<Value = String> {
        let one = |of: &'static [&str]| prop::sample::select(of);
        let items = prop::collection::vec(one(ITEMS), 1..9);
        (one(TOPS), one(KEYS), items, 0..4usize, one(TAILS)).prop_map(
            |(top, key, items, column, tail)| {
                let margin = " ".repeat(column);
                let items = items.concat();
                let list: String = items.lines().map(|line| format!("{margin}{line}\n")).collect();
                format!("{top}{key}{list}{tail}")
            },
        )
    }

    proptest! {
        #![proptest_config(Config {
            cases: 4000,
            rng_seed: RngSeed::Fixed(1),
            failure_persistence: None,
            ..Config::default()
        })]

        #[test]
        fn pieces_are_the_whole(text in texts(), count in 2..6usize) {
            if let Some(document) = read_in(&text, FileId::default(), count) {
                let whole = whole(&text);
                prop_assert!(whole.is_ok(), "{whole:?} {text}");
                let [whole] = &whole.unwrap()[..] else { panic!("one document") };
                prop_assert_eq!(facts(&document), facts(whole), "{}", text);
            }
        }
    }

    #[test]
    fn a_list_of_jobs_is_cut() {
        let job = "  - job_name: a\n    static_configs:\n      - targets: [b]\n";
        let text = format!("global: {{}}\nscrape_configs:\n{}rule_files: [c]\n", job.repeat(100));
        let cut = Cut::find(&text, 4).unwrap();
        assert_eq!((cut.column, cut.pieces.len(), cut.has_tail), (2, 5, true));
        assert_eq!(cut.pieces[4], text.len() - 16..text.len());
        let document = read_in(&text, FileId::default(), 4).unwrap();
        assert_eq!(facts(&document), facts(&whole(&text).unwrap()[0]));
    }
}
