//! What label values look like: identifiers that grow without bound have a shape.

mod pseudonym;
mod share;
mod value;

pub use pseudonym::{is_pseudonym, pseudonym};
pub use share::ShapeShare;
pub(super) use share::{LOOKED_AT, dominant, shapes};
#[cfg(test)]
use value::shape_of;

/// A form that values share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// `550e8400-e29b-41d4-a716-446655440000`
    Uuid,
    /// As long as a span or trace id, 16 or 32 lower-case hex digits, or a `traceparent`. An MD5
    /// looks the same.
    TraceId,
    /// Drawn at random: 20 characters or more with digits scattered among the letters, a ULID, a
    /// JWT.
    SessionId,
    /// Sixteen or more hex digits with both letters and digits, also behind `sha256:`.
    Hex,
    /// An IPv4 or IPv6 address.
    Ip,
    /// A host or address with a port.
    HostPort,
    /// Something with one `@` and a dot behind it.
    Email,
    /// Starts with a scheme, and what follows holds an identifier.
    UrlWithId,
    /// Starts with a scheme.
    Url,
    /// A path with a segment that is a number, a UUID or another identifier.
    PathWithId,
    /// A path without such a segment.
    Path,
    /// A date, or seconds to nanoseconds since the epoch from 2001 to 2033.
    Timestamp,
    /// Integers without a gap: a shape of all a label's integers together, such as CPU numbers.
    IntegerRun,
    /// An integer.
    Integer,
    /// A decimal number, as in `le` and `quantile`.
    Number,
    /// A pod of a `ReplicaSet`, a `DaemonSet` or a `CronJob`: `payments-v2-6d4cf56db6-x7k2p`.
    Pod,
    /// A `ReplicaSet` of a Deployment: `payments-v2-6d4cf56db6`.
    ReplicaSet,
    /// SQL text.
    Sql,
    /// Five words or more.
    FreeText,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 19] = [
        Self::Uuid,
        Self::TraceId,
        Self::SessionId,
        Self::Hex,
        Self::Ip,
        Self::HostPort,
        Self::Email,
        Self::UrlWithId,
        Self::Url,
        Self::PathWithId,
        Self::Path,
        Self::Timestamp,
        Self::IntegerRun,
        Self::Integer,
        Self::Number,
        Self::Pod,
        Self::ReplicaSet,
        Self::Sql,
        Self::FreeText,
    ];

    /// The word used in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::TraceId => "trace_id",
            Self::SessionId => "session_id",
            Self::Hex => "hex",
            Self::Ip => "ip",
            Self::HostPort => "host_port",
            Self::Email => "email",
            Self::UrlWithId => "url_with_id",
            Self::Url => "url",
            Self::PathWithId => "path_with_id",
            Self::Path => "path",
            Self::Timestamp => "timestamp",
            Self::IntegerRun => "integer_run",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Pod => "pod",
            Self::ReplicaSet => "replica_set",
            Self::Sql => "sql",
            Self::FreeText => "free_text",
        }
    }

    /// Whether values of this shape come without end, so that a label of them grows for ever.
    pub fn is_unbounded(self) -> bool {
        matches!(
            self,
            Self::Uuid
                | Self::TraceId
                | Self::SessionId
                | Self::Hex
                | Self::Email
                | Self::UrlWithId
                | Self::PathWithId
                | Self::Timestamp
                | Self::Sql
                | Self::FreeText
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: Option<Shape>, values: &[&str]) {
        for value in values {
            assert_eq!(shape_of(value), wanted, "{value}");
        }
    }

    #[test]
    fn identifiers_and_their_near_misses() {
        check(Some(Shape::Uuid), &["550e8400-e29b-41d4-a716-446655440000"]);
        check(
            None,
            &["550e8400-e29b-41d4-a716-44665544000g", "550e8400-e29b-41d4-a716", "550e8400"],
        );
        check(Some(Shape::TraceId), &["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"]);
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        check(Some(Shape::TraceId), &[parent]);
        check(Some(Shape::Hex), &["4bf92f3577b34da6a3ce929d0e0e47361", "507f1f77bcf86cd799439011"]);
        check(Some(Shape::Hex), &["sha256:9f86d081884c7d659a2feaa0c55ad015"]);
        check(None, &["deadbeefdeadbeef", "4bf92f3", "sha256:latest"]);
        check(
            Some(Shape::SessionId),
            &[
                "5F2A9C3E7B1D4F6A8C0E2B4D6F8A1C3E",
                "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                "q2f0t7v3k1m8x4z9b6n5",
                "V1StGXR8_Z5jdHi6B-myT",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N",
            ],
        );
        check(
            None,
            &[
                "PrometheusHttp2HandlerImplementation",
                "ip-10-0-0-1.eu-west-1.compute.internal",
                "v1.2.3-rc4+build5",
                "a-service-name-of-some-length",
                "eyJ.a.b",
            ],
        );
    }

    #[test]
    fn addresses_and_their_near_misses() {
        check(Some(Shape::Ip), &["10.1.2.3", "fe80::1", "::1"]);
        check(Some(Shape::HostPort), &["10.1.2.3:9090", "db.prod:5432", "[::1]:80", "a:1"]);
        check(None, &["10.1.2.300", "10:30", "12:30:45", "db:port", "db:70000", "a b:80", ":80"]);
        check(Some(Shape::Email), &["jane@example.org"]);
        check(None, &["jane@example", "@example.org", "a@b@c.d", "a b@c.d e"]);
        check(Some(Shape::Url), &["https://a.b/c", "grpc://a.b:80"]);
        check(Some(Shape::UrlWithId), &["https://a.b/users/4711", "https://a.b/c?id=12345"]);
        check(None, &["://a", "a b://c"]);
    }

    #[test]
    fn paths_and_their_near_misses() {
        check(
            Some(Shape::PathWithId),
            &[
                "/accounts/123456/limits",
                "/users/550e8400-e29b-41d4-a716-446655440000",
                "/o/507f1f77bcf86cd799439011",
                "/find?user=4711",
                "/by-mail/jane@example.org",
            ],
        );
        check(Some(Shape::Path), &["/healthz", "/", "/api/v2/items", "/api/1/items", "/a-12"]);
        check(None, &["a/12345/b"]);
    }

    #[test]
    fn numbers_times_and_their_near_misses() {
        check(
            Some(Shape::Timestamp),
            &[
                "1712345678",
                "1712345678901",
                "1712345678901234567",
                "2026-11-22",
                "2026-11-22T10:00:00Z",
                "2026-11-22 10:00:00",
                "20261122T100000Z",
            ],
        );
        check(Some(Shape::Integer), &["200", "-1", "0", "4812345678", "17123456789"]);
        check(Some(Shape::Number), &["0.005", "+Inf", "1e5", "-0.5"]);
        check(None, &["", "-", "1-2", "1.2.3", "inf", "2026-13-22", "2026-11-32", "é", "v1"]);
    }

    #[test]
    fn kubernetes_names_and_their_near_misses() {
        check(
            Some(Shape::Pod),
            &[
                "payments-v2-6d4cf56db6-x7k2p",
                "node-exporter-x7k2p",
                "backup-28123456-x7kpp",
                "web-5d9c7b8f6d-zzzzz",
            ],
        );
        check(Some(Shape::ReplicaSet), &["payments-v2-6d4cf56db6", "web-5d9c7b8f6d"]);
        check(
            None,
            &[
                "svc-http2",
                "svc-https",
                "web-0",
                "payments",
                "us-east-1",
                "6d4cf56db6",
                "my-x7k2pq",
            ],
        );
    }

    #[test]
    fn texts_and_their_near_misses() {
        check(
            Some(Shape::Sql),
            &[
                "select * from accounts",
                "SELECT 1",
                "INSERT INTO t VALUES (?)",
                "update t set a = 1",
                "delete from t",
                "WITH a AS (SELECT 1) SELECT * FROM a",
            ],
        );
        check(Some(Shape::FreeText), &["connection reset by some peer", "update the list of all"]);
        check(None, &["select a plan", "update failed", "not found", "selected"]);
    }
}
