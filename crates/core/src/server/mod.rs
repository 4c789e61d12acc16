//! Which server a configuration is for, `prometheus@3.5`, and what that server can do.

mod names;
mod product;
mod quirks;
mod releases;

pub use names::{NameScheme, OWN_SERIES, RelabelNames, TemplateRule};
pub use product::{ActionCase, Capabilities, Family, HashFunction, KeyCase, Product};

use std::fmt;
use std::str::FromStr;

/// A release: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16, pub u16, pub u16);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A release line of Go, such as 1.24: it decides which regular expressions a server reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoRelease(pub u16, pub u16);

impl fmt::Display for GoRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for GoRelease {
    type Err = String;

    /// `1.24`, `go1.24`, `1.24.4`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no Go release: write `1.24`");
        let numbers: Vec<u16> = text
            .trim_start_matches("go")
            .split('.')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| wrong())?;
        match numbers[..] {
            [1, minor] | [1, minor, _] => Ok(Self(1, minor)),
            _ => Err(wrong()),
        }
    }
}

/// A product and its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Server {
    /// Which program.
    pub product: Product,
    /// Which release of it.
    pub version: Version,
    prometheus: Option<Version>,
    go: Option<GoRelease>,
}

/// Oldest release of Prometheus whose relabel rules are described here.
pub const OLDEST: Version = Version(2, 28, 0);

impl Server {
    /// A release of a product; one that is newer than those known is taken for the newest of them.
    pub const fn new(product: Product, version: Version) -> Self {
        Self { product, version, prometheus: None, go: None }
    }

    /// A Prometheus of `major.minor.0`.
    pub const fn prometheus(major: u16, minor: u16) -> Self {
        Self::new(Product::Prometheus, Version(major, minor, 0))
    }

    /// The newest release of a product that is known here.
    pub fn newest(product: Product) -> Self {
        Self::new(product, releases::range(product).1)
    }

    /// The same product over another Prometheus than the one it comes with: `spec.version` of the
    /// operator's resources.
    #[must_use]
    pub const fn with_prometheus(self, release: Version) -> Self {
        Self { prometheus: Some(release), ..self }
    }

    /// The same server built with another Go than the official builds are.
    #[must_use]
    pub const fn with_go(self, release: GoRelease) -> Self {
        Self { go: Some(release), ..self }
    }

    /// The release of Prometheus whose code does its work: the one that the operator starts, the one
    /// that the collector and Alloy are built from. vmagent has code of its own; it counts as 2.52
    /// where nothing else is said, since what 2.53 and 3.0 changed is not in it.
    pub fn prometheus_release(self) -> Version {
        self.prometheus.unwrap_or_else(|| releases::of(self).prometheus)
    }

    /// The Go that the server was built with.
    pub fn go(self) -> GoRelease {
        self.go.unwrap_or_else(|| {
            let built = releases::of(self).go;
            built.unwrap_or_else(|| releases::go_of_prometheus(self.prometheus_release()))
        })
    }

    /// Whether it works as Prometheus `major.minor.0` or later does.
    pub fn at_least(self, major: u16, minor: u16) -> bool {
        self.prometheus_release() >= Version(major, minor, 0)
    }

    /// How it relabels and is configured, apart from what its releases change.
    pub fn capabilities(self) -> &'static Capabilities {
        self.product.capabilities()
    }

    /// Whether its relabeling is that of `family`.
    pub fn is(self, family: Family) -> bool {
        self.capabilities().family == family
    }
}

impl Default for Server {
    /// The current long-term release line, 3.5.
    fn default() -> Self {
        Self::prometheus(3, 5)
    }
}

impl fmt::Display for Server {
    /// `prometheus@3.5`: product and version, without a patch of zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Version(major, minor, patch) = self.version;
        write!(f, "{}@{major}.{minor}", self.product)?;
        if patch == 0 { Ok(()) } else { write!(f, ".{patch}") }
    }
}

impl FromStr for Server {
    type Err = String;

    /// `prometheus@3.5`, `vmagent@1.110.2`; `3.5` alone means Prometheus, and `3.x` the newest
    /// release of that major version that is known here.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (product, version) = text.split_once('@').unwrap_or(("prometheus", text));
        let product: Product = product.parse()?;
        let (oldest, newest) = releases::range(product);
        let version = match version.strip_suffix(".x") {
            Some(major) if major.trim_start_matches('v').parse() == Ok(newest.0) => newest,
            Some("2") if product == Product::Prometheus => releases::NEWEST_2,
            _ => parse_version(version).ok_or_else(|| {
                let shown = Self::new(product, newest);
                format!("`{version}` is no version of {product} that is known: write `{shown}`")
            })?,
        };
        if version < oldest {
            let shown = Self::new(product, version);
            return Err(format!("{shown} is older than the oldest known release, {oldest}"));
        }
        Ok(Self::new(product, version))
    }
}

fn parse_version(text: &str) -> Option<Version> {
    let mut parts = text.trim_start_matches('v').splitn(3, '.').map(str::parse::<u16>);
    let mut next = || parts.next().unwrap_or(Ok(0)).ok();
    Some(Version(next()?, next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, shown: &str) {
        let server: Server = text.parse().unwrap();
        assert_eq!(server.to_string(), shown);
        assert_eq!(server.to_string().parse(), Ok(server));
    }

    #[track_caller]
    fn refuses(text: &str, words: &str) {
        let error = text.parse::<Server>().unwrap_err();
        assert!(error.contains(words), "{error}");
    }

    #[test]
    fn servers_read_and_show() {
        assert_eq!("prometheus@3.5".parse(), Ok(Server::prometheus(3, 5)));
        reads("2.53", "prometheus@2.53");
        reads("v3.7.2", "prometheus@3.7.2");
        reads("operator@0.79", "operator@0.79");
        reads("vmagent@1.110.2", "vmagent@1.110.2");
        reads("vmagent@1.x", "vmagent@1.150");
        reads("otel@0.120", "otel@0.120");
        reads("alloy@1.11", "alloy@1.11");
        reads("prometheus@2.x", "prometheus@2.55");
        reads("prometheus@3.99", "prometheus@3.99");
    }

    #[test]
    fn what_is_not_known_is_told_with_what_is() {
        refuses("thanos@0.30", "`thanos` is not known: write prometheus@3.14, operator@0.93, ");
        refuses("prometheus@x", "write `prometheus@3.14`");
        refuses("prometheus@4.x", "write `prometheus@3.14`");
        refuses("prometheus@1.8", "prometheus@1.8 is older than the oldest known release, 2.28.0");
        refuses("vmagent@1.50", "1.78.0");
    }

    #[test]
    fn products_follow_the_prometheus_inside() {
        let inside = |text: &str| text.parse::<Server>().unwrap().prometheus_release();
        assert_eq!(inside("prometheus@3.7.1"), Version(3, 7, 1));
        assert_eq!(inside("operator@0.79.2"), Version(3, 0, 1));
        assert_eq!(inside("otel@0.119"), Version(2, 54, 1));
        assert_eq!(inside("alloy@1.11"), Version(3, 4, 2));
        let operator = Server::new(Product::Operator, Version(0, 93, 0));
        assert!(operator.at_least(3, 0));
        assert!(!operator.with_prometheus(Version(2, 53, 0)).at_least(3, 0));
    }

    #[test]
    fn the_go_of_a_build_can_be_said() {
        let go = |text: &str| text.parse::<Server>().unwrap().go();
        assert_eq!(go("operator@0.79"), GoRelease(1, 23));
        assert_eq!(go("vmagent@1.124"), GoRelease(1, 24));
        assert_eq!(go("alloy@1.11.3"), GoRelease(1, 24));
        let debian = Server::default().with_go("go1.27.1".parse().unwrap());
        assert_eq!(debian.go(), GoRelease(1, 27));
        assert!("2.1".parse::<GoRelease>().is_err() && "1".parse::<GoRelease>().is_err());
    }
}
