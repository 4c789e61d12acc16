//! Which server a configuration is for, `prometheus@3.5`, and what that server can do.

mod names;
mod quirks;

pub use names::{NameScheme, RelabelNames, TemplateRule};

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

/// The program that reads the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// Prometheus itself.
    Prometheus,
}

/// A product and its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Server {
    /// Which program.
    pub product: Product,
    /// Which release of it.
    pub version: Version,
}

/// Oldest release whose relabel rules are described here.
pub const OLDEST: Version = Version(2, 28, 0);

impl Server {
    /// A Prometheus of `major.minor.0`.
    pub const fn prometheus(major: u16, minor: u16) -> Self {
        Self { product: Product::Prometheus, version: Version(major, minor, 0) }
    }

    /// Whether it is of `major.minor.0` or later.
    pub fn at_least(self, major: u16, minor: u16) -> bool {
        self.version >= Version(major, minor, 0)
    }
}

impl Default for Server {
    /// The current long-term release line, 3.5.
    fn default() -> Self {
        Self::prometheus(3, 5)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Version(major, minor, patch) = self.version;
        match self.product {
            Product::Prometheus if patch == 0 => write!(f, "prometheus@{major}.{minor}"),
            Product::Prometheus => write!(f, "prometheus@{}", self.version),
        }
    }
}

impl FromStr for Server {
    type Err = String;

    /// `prometheus@3.5`, `prometheus@2.53.3`; `3.5` alone means Prometheus.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (product, version) = text.split_once('@').unwrap_or(("prometheus", text));
        if product != "prometheus" {
            return Err(format!("`{product}` is not known: write `prometheus@3.5`"));
        }
        let wrong = || format!("`{version}` is no version: write `prometheus@3.5`");
        let mut parts = version.trim_start_matches('v').splitn(3, '.').map(str::parse::<u16>);
        let mut next = || parts.next().unwrap_or(Ok(0)).map_err(|_| wrong());
        let version = Version(next()?, next()?, next()?);
        if version < OLDEST {
            return Err(format!("{version} is older than the oldest known release, {OLDEST}"));
        }
        Ok(Self { product: Product::Prometheus, version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_read_and_show() {
        assert_eq!("prometheus@3.5".parse(), Ok(Server::prometheus(3, 5)));
        assert_eq!("2.53".parse(), Ok(Server::prometheus(2, 53)));
        assert_eq!("prometheus@3.7.2".parse::<Server>().unwrap().to_string(), "prometheus@3.7.2");
        assert!("thanos@0.30".parse::<Server>().is_err());
        assert!("prometheus@1.8".parse::<Server>().is_err());
        assert!("prometheus@x".parse::<Server>().is_err());
    }
}
