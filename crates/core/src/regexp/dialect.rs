//! Which regular expressions a server reads: the Go release it was built with, and how it anchors.

use crate::server::{GoRelease, Server};

/// How a server wraps a relabel regex before it compiles it (`model/relabel/relabel.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anchoring {
    /// 2.x: `^(?:RE)$`; `.` stops at a newline.
    Plain,
    /// 3.0 and later: `^(?s:RE)$`; `.` matches a newline too.
    DotAll,
    /// Not at all: `labelmap_all` and `replace_all` of vmagent look for it anywhere.
    Nowhere,
}

impl Anchoring {
    /// What stands before the user's pattern.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Plain => "^(?:",
            Self::DotAll => "^(?s:",
            Self::Nowhere => "",
        }
    }

    /// What stands after the user's pattern.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Plain | Self::DotAll => ")$",
            Self::Nowhere => "",
        }
    }
}

/// The regular expressions of one server release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dialect {
    /// Go release the server was built with; it decides the syntax.
    pub go: GoRelease,
    /// How the pattern is wrapped.
    pub anchoring: Anchoring,
}

impl Dialect {
    /// The dialect of that server: of its official build, or of the Go that it is said to have.
    pub fn of(server: Server) -> Self {
        let anchoring = if server.at_least(3, 0) { Anchoring::DotAll } else { Anchoring::Plain };
        Self { go: server.go(), anchoring }
    }

    /// Go 1.22 reads `(?<name>…)`; before, only `(?P<name>…)`.
    pub(super) fn angle_names(self) -> bool {
        self.go >= GoRelease(1, 22)
    }

    /// Go 1.25 compares property names without case, space, `_` and `-`, and knows more of them.
    pub(super) fn loose_properties(self) -> bool {
        self.go >= GoRelease(1, 25)
    }

    /// Major version of the Unicode tables of that Go release.
    pub(super) fn unicode(self) -> u8 {
        match self.go {
            go if go >= GoRelease(1, 27) => 17,
            go if go >= GoRelease(1, 21) => 15,
            _ => 13,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrapper_follows_the_major_release() {
        assert_eq!(Dialect::of(Server::prometheus(2, 55)).anchoring, Anchoring::Plain);
        assert_eq!(Dialect::of(Server::prometheus(3, 0)).anchoring, Anchoring::DotAll);
    }

    #[test]
    fn the_go_release_decides_the_syntax() {
        let of = |minor| Dialect::of(Server::default().with_go(GoRelease(1, minor)));
        assert!(!of(21).angle_names() && of(22).angle_names());
        assert!(!of(24).loose_properties() && of(25).loose_properties());
        assert_eq!((of(20).unicode(), of(24).unicode(), of(27).unicode()), (13, 15, 17));
    }
}
