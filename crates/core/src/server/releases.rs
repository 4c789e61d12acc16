//! Releases as data: which Prometheus and which Go are in each release of a product.

use super::{GoRelease, Product, Server, Version};

/// What a product is made of from a release on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Release {
    from: Version,
    /// The release of Prometheus whose code it runs.
    pub(super) prometheus: Version,
    /// The Go it is built with, where that is not the one of that Prometheus.
    pub(super) go: Option<GoRelease>,
}

const fn release(from: (u16, u16), prometheus: (u16, u16, u16), go: u16) -> Release {
    Release {
        from: Version(from.0, from.1, 0),
        prometheus: Version(prometheus.0, prometheus.1, prometheus.2),
        go: if go == 0 { None } else { Some(GoRelease(1, go)) },
    }
}

/// The newest release of 2.x.
pub(super) const NEWEST_2: Version = Version(2, 55, 0);

const NEWEST_PROMETHEUS: Version = Version(3, 14, 0);

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

/// The Prometheus that the operator starts when a resource names none (`pkg/operator/defaults.go`
/// of each tag).
const OPERATOR: [Release; 42] = [
    release((0, 49), (2, 28, 1), 0),
    release((0, 50), (2, 29, 1), 0),
    release((0, 51), (2, 30, 0), 0),
    release((0, 52), (2, 31, 0), 0),
    release((0, 53), (2, 32, 0), 0),
    release((0, 54), (2, 32, 1), 0),
    release((0, 55), (2, 33, 5), 0),
    release((0, 56), (2, 35, 0), 0),
    release((0, 57), (2, 36, 0), 0),
    release((0, 58), (2, 37, 0), 0),
    release((0, 59), (2, 38, 0), 0),
    release((0, 60), (2, 39, 0), 0),
    release((0, 61), (2, 40, 1), 0),
    release((0, 62), (2, 41, 0), 0),
    release((0, 63), (2, 42, 0), 0),
    release((0, 64), (2, 43, 0), 0),
    release((0, 66), (2, 44, 0), 0),
    release((0, 67), (2, 45, 0), 0),
    release((0, 68), (2, 47, 0), 0),
    release((0, 69), (2, 47, 2), 0),
    release((0, 70), (2, 48, 0), 0),
    release((0, 71), (2, 48, 1), 0),
    release((0, 72), (2, 50, 0), 0),
    release((0, 73), (2, 51, 1), 0),
    release((0, 74), (2, 52, 0), 0),
    release((0, 75), (2, 53, 0), 0),
    release((0, 76), (2, 54, 0), 0),
    release((0, 77), (2, 54, 1), 0),
    release((0, 78), (2, 55, 0), 0),
    release((0, 79), (3, 0, 1), 0),
    release((0, 80), (3, 1, 0), 0),
    release((0, 81), (3, 2, 1), 0),
    release((0, 83), (3, 4, 0), 0),
    release((0, 84), (3, 4, 2), 0),
    release((0, 85), (3, 5, 0), 0),
    release((0, 86), (3, 6, 0), 0),
    release((0, 87), (3, 7, 3), 0),
    release((0, 88), (3, 9, 1), 0),
    release((0, 90), (3, 10, 0), 0),
    release((0, 91), (3, 11, 3), 0),
    release((0, 92), (3, 12, 0), 0),
    release((0, 93), (3, 13, 1), 0),
];

/// vmagent with the Go of its builder image (`deployment/docker/Makefile` of each tag).
const VMAGENT: [Release; 12] = [
    release((1, 78), (2, 52, 0), 18),
    release((1, 80), (2, 52, 0), 19),
    release((1, 88), (2, 52, 0), 20),
    release((1, 93), (2, 52, 0), 21),
    release((1, 98), (2, 52, 0), 22),
    release((1, 99), (2, 52, 0), 21),
    release((1, 100), (2, 52, 0), 22),
    release((1, 103), (2, 52, 0), 23),
    release((1, 113), (2, 52, 0), 24),
    release((1, 125), (2, 52, 0), 25),
    release((1, 136), (2, 52, 0), 26),
    release((1, 150), (2, 52, 0), 26),
];

/// The Prometheus that the receiver requires, where a release or its upgrade could be dated; the
/// releases between follow the older one. The Go is that of Prometheus: say `--go` for a build of
/// one's own.
const OTEL: [Release; 11] = [
    release((0, 75), (2, 43, 0), 0),
    release((0, 83), (2, 44, 0), 0),
    release((0, 96), (2, 48, 1), 0),
    release((0, 118), (2, 54, 1), 0),
    release((0, 120), (3, 0, 1), 0),
    release((0, 127), (3, 3, 1), 0),
    release((0, 134), (3, 4, 2), 0),
    release((0, 139), (3, 5, 0), 0),
    release((0, 142), (3, 8, 0), 0),
    release((0, 147), (3, 9, 1), 0),
    release((0, 153), (3, 12, 0), 0),
];

/// The Prometheus and the Go in Alloy's `go.mod`, of each tag; forks count as what they fork.
const ALLOY: [Release; 11] = [
    release((1, 0), (2, 49, 0), 22),
    release((1, 2), (2, 51, 2), 22),
    release((1, 6), (2, 51, 2), 23),
    release((1, 7), (2, 54, 1), 23),
    release((1, 8), (2, 55, 1), 24),
    release((1, 11), (3, 4, 2), 24),
    release((1, 12), (3, 7, 3), 25),
    release((1, 13), (3, 8, 0), 25),
    release((1, 14), (3, 9, 1), 25),
    release((1, 16), (3, 9, 1), 26),
    release((1, 18), (3, 12, 0), 26),
];

/// What a product other than Prometheus is made of, oldest release first.
fn table(product: Product) -> &'static [Release] {
    match product {
        Product::Prometheus => &[],
        Product::Operator => &OPERATOR,
        Product::VmAgent => &VMAGENT,
        Product::Otel => &OTEL,
        Product::Alloy => &ALLOY,
    }
}

/// The oldest and the newest release that is known.
pub(super) fn range(product: Product) -> (Version, Version) {
    match table(product) {
        [] => (super::OLDEST, NEWEST_PROMETHEUS),
        [first, .., last] => (first.from, last.from),
        [only] => (only.from, only.from),
    }
}

/// What `server` is made of.
pub(super) fn of(server: Server) -> Release {
    let rows = table(server.product);
    let row = rows.iter().rev().find(|row| server.version >= row.from).or(rows.first());
    row.copied().unwrap_or(Release { from: server.version, prometheus: server.version, go: None })
}

/// The Go that official builds of a Prometheus have.
pub(super) fn go_of_prometheus(version: Version) -> GoRelease {
    let row = TOOLCHAINS.iter().rev().find(|(from, _)| version >= *from);
    GoRelease(1, row.map_or(TOOLCHAINS[0].1, |(_, minor)| *minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_in_order() {
        assert!(TOOLCHAINS.is_sorted());
        for product in Product::ALL {
            let rows = table(product);
            assert!(rows.is_sorted_by(|a, b| a.from < b.from), "{product}");
            assert!(rows.is_sorted_by(|a, b| a.prometheus <= b.prometheus), "{product}");
        }
    }

    #[test]
    fn the_toolchain_follows_the_release() {
        let go = |version| go_of_prometheus(version).1;
        assert_eq!(go(Version(2, 28, 0)), 16);
        assert_eq!(go(Version(2, 53, 3)), 22);
        assert_eq!(go(Version(3, 5, 0)), 24);
        assert_eq!(go(Version(3, 5, 3)), 25);
        assert_eq!(go(Version(3, 6, 0)), 24);
        assert_eq!(go(Version(3, 14, 0)), 26);
    }
}
