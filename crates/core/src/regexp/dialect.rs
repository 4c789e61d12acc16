//! Which regular expressions a server reads: the Go release it was built with, and how it anchors.

use crate::server::{Server, Version};

/// How Prometheus wraps a relabel regex before it compiles it (`model/relabel/relabel.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anchoring {
    /// 2.x: `^(?:RE)$`; `.` stops at a newline.
    Plain,
    /// 3.0 and later: `^(?s:RE)$`; `.` matches a newline too.
    DotAll,
}

impl Anchoring {
    /// What stands before the user's pattern.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Plain => "^(?:",
            Self::DotAll => "^(?s:",
        }
    }

    /// What stands after the user's pattern.
    pub(super) const SUFFIX: &'static str = ")$";
}

/// The regular expressions of one server release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dialect {
    /// Go release the server was built with, as `(1, 24)`; it decides the syntax.
    pub go: (u16, u16),
    /// How the pattern is wrapped.
    pub anchoring: Anchoring,
}

/// The Go release of the official Prometheus builds, from each release on. Builds of distributions
/// differ (Debian's 2.53.3 has Go 1.24, its 3.5.3 has Go 1.27).
const TOOLCHAINS: [(Version, u16); 13] = [
    (Version(2, 28, 0), 16),
    (Version(2, 33, 0), 17),
    (Version(2, 37, 0), 18),
    (Version(2, 42, 0), 19),
    (Version(2, 45, 0), 20),
    (Version(2, 50, 0), 21),
    (Version(2, 51, 0), 22),
    (Version(2, 55, 0), 23),
    (Version(3, 3, 0), 24),
    (Version(3, 5, 1), 25),
    (Version(3, 6, 0), 24),
    (Version(3, 7, 0), 25),
    (Version(3, 10, 0), 26),
];

impl Dialect {
    /// The dialect of an official build of that server.
    pub fn of(server: Server) -> Self {
        let minor = TOOLCHAINS
            .iter()
            .rev()
            .find(|(from, _)| server.version >= *from)
            .map_or(TOOLCHAINS[0].1, |(_, minor)| *minor);
        let anchoring = if server.at_least(3, 0) { Anchoring::DotAll } else { Anchoring::Plain };
        Self { go: (1, minor), anchoring }
    }

    /// Go 1.22 reads `(?<name>…)`; before, only `(?P<name>…)`.
    pub(super) fn angle_names(self) -> bool {
        self.go >= (1, 22)
    }

    /// Go 1.25 compares property names without case, space, `_` and `-`, and knows more of them.
    pub(super) fn loose_properties(self) -> bool {
        self.go >= (1, 25)
    }

    /// Major version of the Unicode tables of that Go release.
    pub(super) fn unicode(self) -> u8 {
        match self.go {
            go if go >= (1, 27) => 17,
            go if go >= (1, 21) => 15,
            _ => 13,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toolchain_follows_the_release() {
        let go = |version| {
            let product = crate::server::Product::Prometheus;
            Dialect::of(Server { product, version }).go.1
        };
        assert_eq!(go(Version(2, 28, 0)), 16);
        assert_eq!(go(Version(2, 53, 3)), 22);
        assert_eq!(go(Version(3, 5, 0)), 24);
        assert_eq!(go(Version(3, 5, 3)), 25);
        assert_eq!(go(Version(3, 6, 0)), 24);
        assert_eq!(go(Version(3, 14, 0)), 26);
        assert!(TOOLCHAINS.is_sorted());
    }

    #[test]
    fn the_wrapper_follows_the_major_release() {
        assert_eq!(Dialect::of(Server::prometheus(2, 55)).anchoring, Anchoring::Plain);
        assert_eq!(Dialect::of(Server::prometheus(3, 0)).anchoring, Anchoring::DotAll);
    }
}
