//! What label values look like: identifiers that grow without bound have a shape.

/// A form that values share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// `550e8400-e29b-41d4-a716-446655440000`
    Uuid,
    /// Sixteen or more hex digits with both letters and digits: a hash, a trace or session id.
    Hex,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A host or address with a port.
    HostPort,
    /// Something with one `@` and a dot behind it.
    Email,
    /// Starts with a scheme.
    Url,
    /// A path with a segment that is a number, a UUID or hex.
    PathWithId,
    /// A path without such a segment.
    Path,
    /// A date, or seconds or milliseconds since the epoch from 2001 to 2286.
    Timestamp,
    /// An integer.
    Integer,
    /// A decimal number, as in `le` and `quantile`.
    Number,
    /// A pod of a `ReplicaSet`: `payments-v2-6d4cf56db6-x7k2p`.
    Pod,
    /// SQL text.
    Sql,
    /// Five words or more.
    FreeText,
}

impl Shape {
    /// The word used in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Hex => "hex",
            Self::Ip => "ip",
            Self::HostPort => "host_port",
            Self::Email => "email",
            Self::Url => "url",
            Self::PathWithId => "path_with_id",
            Self::Path => "path",
            Self::Timestamp => "timestamp",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Pod => "pod",
            Self::Sql => "sql",
            Self::FreeText => "free_text",
        }
    }

    /// Whether values of this shape come without end, so that a label of them grows for ever.
    pub fn is_unbounded(self) -> bool {
        matches!(
            self,
            Self::Uuid
                | Self::Hex
                | Self::Email
                | Self::PathWithId
                | Self::Timestamp
                | Self::Sql
                | Self::FreeText
        )
    }
}

/// A shape and the share of the distinct values that have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShapeShare {
    /// The shape.
    pub shape: Shape,
    /// From 0 to 1.
    pub share: f64,
}

/// Values looked at; the first ones seen, so that the answer does not depend on chance.
const LOOKED_AT: usize = 4096;

/// The least share of the values that makes a shape the label's.
const DOMINANT: f64 = 0.5;

/// The shape that at least half of the values have, if there is one.
pub(super) fn dominant_shape<'a>(values: impl Iterator<Item = &'a str>) -> Option<ShapeShare> {
    let mut counts = std::collections::BTreeMap::<Shape, usize>::new();
    let mut looked_at = 0usize;
    for value in values.take(LOOKED_AT) {
        looked_at += 1;
        if let Some(shape) = shape_of(value) {
            *counts.entry(shape).or_default() += 1;
        }
    }
    let (shape, count) = counts.into_iter().max_by_key(|&(_, count)| count)?;
    let share = count as f64 / looked_at as f64;
    (share >= DOMINANT).then_some(ShapeShare { shape, share })
}

/// The shape of one value, the most telling one first.
pub(super) fn shape_of(value: &str) -> Option<Shape> {
    type Test = fn(&str) -> bool;
    let tests: [(Shape, Test); 14] = [
        (Shape::Uuid, is_uuid),
        (Shape::Timestamp, is_timestamp),
        (Shape::Hex, is_hex),
        (Shape::Integer, is_integer),
        (Shape::Number, is_number),
        (Shape::Ip, |value| value.parse::<std::net::IpAddr>().is_ok()),
        (Shape::HostPort, is_host_port),
        (Shape::Url, is_url),
        (Shape::PathWithId, is_path_with_id),
        (Shape::Path, |value| value.starts_with('/')),
        (Shape::Email, is_email),
        (Shape::Pod, is_pod),
        (Shape::Sql, is_sql),
        (Shape::FreeText, |value| value.split(' ').filter(|word| !word.is_empty()).count() >= 5),
    ];
    tests.iter().find(|(_, test)| test(value)).map(|&(shape, _)| shape)
}

fn all(text: &str, test: impl Fn(&u8) -> bool) -> bool {
    !text.is_empty() && text.as_bytes().iter().all(test)
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && all(value, |byte| byte.is_ascii_hexdigit() || *byte == b'-')
}

fn is_integer(value: &str) -> bool {
    all(value.strip_prefix('-').unwrap_or(value), u8::is_ascii_digit)
}

fn is_number(value: &str) -> bool {
    value == "+Inf"
        || (value.parse::<f64>().is_ok() && value.contains(|c: char| c.is_ascii_digit()))
}

fn is_timestamp(value: &str) -> bool {
    let bytes = value.as_bytes();
    let epoch = is_integer(value) && matches!(bytes.len(), 10 | 13) && bytes[0] != b'0';
    let date = bytes.len() >= 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && [0, 1, 2, 3, 5, 6, 8, 9].iter().all(|&at| bytes[at].is_ascii_digit());
    epoch || date
}

fn is_host_port(value: &str) -> bool {
    value.rsplit_once(':').is_some_and(|(host, port)| {
        port.parse::<u16>().is_ok()
            && all(host, |byte| byte.is_ascii_alphanumeric() || b".-_[]:".contains(byte))
    })
}

fn is_url(value: &str) -> bool {
    value.split_once("://").is_some_and(|(scheme, _)| all(scheme, u8::is_ascii_alphanumeric))
}

fn is_path_with_id(value: &str) -> bool {
    let is_id = |part: &str| (is_integer(part) && part.len() >= 2) || is_uuid(part) || is_hex(part);
    value.starts_with('/') && value.split(['/', '?']).any(is_id)
}

fn is_email(value: &str) -> bool {
    value.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !host.contains(['@', ' '])
    })
}

/// A number of as many digits counts nothing either: it is a serial number.
fn is_hex(value: &str) -> bool {
    value.len() >= 16
        && all(value, u8::is_ascii_hexdigit)
        && value.contains(|c: char| c.is_ascii_digit())
}

/// The characters of Kubernetes's generated suffixes (apimachinery's rand.SafeEncodeString).
fn is_generated(part: &str) -> bool {
    all(part, |byte| b"bcdfghjklmnpqrstvwxz2456789".contains(byte))
}

fn is_pod(value: &str) -> bool {
    let mut parts = value.rsplit('-');
    let (Some(suffix), Some(template)) = (parts.next(), parts.next()) else { return false };
    parts.next().is_some()
        && suffix.len() == 5
        && is_generated(suffix)
        && (7..=10).contains(&template.len())
        && is_generated(template)
}

fn is_sql(value: &str) -> bool {
    let start = value.get(..12).unwrap_or(value).to_ascii_uppercase();
    ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM"].iter().any(|word| start.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, wanted: Option<Shape>) {
        assert_eq!(shape_of(value), wanted, "{value}");
    }

    #[test]
    fn values_have_their_shapes() {
        check("550e8400-e29b-41d4-a716-446655440000", Some(Shape::Uuid));
        check("1712345678", Some(Shape::Timestamp));
        check("2026-11-22T10:00:00Z", Some(Shape::Timestamp));
        check("200", Some(Shape::Integer));
        check("0.005", Some(Shape::Number));
        check("+Inf", Some(Shape::Number));
        check("10.1.2.3", Some(Shape::Ip));
        check("fe80::1", Some(Shape::Ip));
        check("10.1.2.3:9090", Some(Shape::HostPort));
        check("db.prod:5432", Some(Shape::HostPort));
        check("https://a.b/c", Some(Shape::Url));
        check("/accounts/123456/limits", Some(Shape::PathWithId));
        check("/healthz", Some(Shape::Path));
        check("jane@example.org", Some(Shape::Email));
        check("4bf92f3577b34da6a3ce929d0e0e4736", Some(Shape::Hex));
        check("payments-v2-6d4cf56db6-x7k2p", Some(Shape::Pod));
        check("select * from accounts", Some(Shape::Sql));
        check("connection reset by some peer", Some(Shape::FreeText));
        check("payments", None);
        check("", None);
        check("é", None);
    }

    #[test]
    fn half_of_the_values_make_the_shape() {
        let share = dominant_shape(["1", "2", "x"].into_iter()).unwrap();
        assert_eq!(share.shape, Shape::Integer);
        assert_eq!(dominant_shape(["1", "x", "y"].into_iter()), None);
        assert_eq!(dominant_shape(std::iter::empty()), None);
    }
}
