//! The shape of one value: a look at which kinds of characters it has rules most shapes out, and
//! the first of the tests that are left decides.

use super::{Shape, pseudonym};

/// Kinds of bytes, each a bit.
mod has {
    pub(super) const DIGIT: u16 = 1;
    /// `a` to `f`.
    pub(super) const HEX: u16 = 1 << 1;
    /// `g` to `z`.
    pub(super) const LOWER: u16 = 1 << 2;
    pub(super) const UPPER: u16 = 1 << 3;
    pub(super) const DASH: u16 = 1 << 4;
    pub(super) const DOT: u16 = 1 << 5;
    pub(super) const COLON: u16 = 1 << 6;
    pub(super) const SLASH: u16 = 1 << 7;
    pub(super) const AT: u16 = 1 << 8;
    pub(super) const SPACE: u16 = 1 << 9;
    pub(super) const UNDERSCORE: u16 = 1 << 10;
    pub(super) const OTHER: u16 = 1 << 11;
    pub(super) const LETTER: u16 = HEX | LOWER | UPPER;
    pub(super) const ANY: u16 = u16::MAX;
}

/// The kind of each byte.
static KINDS: [u16; 256] = {
    let mut kinds = [has::OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'0'..=b'9' => has::DIGIT,
            b'a'..=b'f' => has::HEX,
            b'g'..=b'z' => has::LOWER,
            b'A'..=b'Z' => has::UPPER,
            b'-' => has::DASH,
            b'.' => has::DOT,
            b':' => has::COLON,
            b'/' => has::SLASH,
            b'@' => has::AT,
            b' ' => has::SPACE,
            b'_' => has::UNDERSCORE,
            _ => has::OTHER,
        };
        byte += 1;
    }
    kinds
};

/// How a shape is recognised.
struct Test {
    shape: Shape,
    /// Kinds of bytes that it cannot be without.
    needs: u16,
    /// Kinds of bytes that it may have.
    allows: u16,
    is: fn(&str) -> bool,
}

const fn test(shape: Shape, needs: u16, allows: u16, is: fn(&str) -> bool) -> Test {
    Test { shape, needs, allows: needs | allows, is }
}

/// The most telling one first.
static TESTS: [Test; 19] = [
    test(Shape::Uuid, has::DASH | has::DIGIT, has::HEX | has::UPPER, is_uuid),
    test(Shape::Timestamp, has::DIGIT, has::ANY, is_timestamp),
    test(Shape::Hex, has::DIGIT, 0, is_serial_number),
    test(Shape::Integer, has::DIGIT, has::DASH, is_integer),
    test(Shape::Number, 0, has::DIGIT | has::DOT | has::DASH | has::LETTER | has::OTHER, is_number),
    test(Shape::Ip, 0, has::DIGIT | has::HEX | has::UPPER | has::DOT | has::COLON, is_ip),
    test(Shape::Url, has::COLON | has::SLASH, has::ANY, |value| is_url(value) && !has_id(value)),
    test(Shape::UrlWithId, has::COLON | has::SLASH, has::ANY, is_url),
    test(Shape::Path, has::SLASH, has::ANY, |value| value.starts_with('/') && !has_id(value)),
    test(Shape::PathWithId, has::SLASH, has::ANY, |value| value.starts_with('/')),
    test(Shape::Email, has::AT | has::DOT, has::ANY, is_email),
    test(Shape::TraceId, has::DIGIT | has::HEX, has::DASH, is_trace_id),
    test(Shape::Hex, has::DIGIT, has::LETTER | has::COLON, is_hex),
    test(Shape::HostPort, has::COLON | has::DIGIT, has::ANY, is_host_port),
    test(Shape::Pod, has::DASH, has::LETTER | has::DIGIT | has::DOT, is_pod),
    test(Shape::ReplicaSet, has::DASH, has::LETTER | has::DIGIT | has::DOT, is_replica_set),
    test(Shape::SessionId, has::DIGIT, has::ANY, is_session_id),
    test(Shape::Sql, has::SPACE, has::ANY, is_sql),
    test(Shape::FreeText, has::SPACE, has::ANY, |value| words(value).count() >= 5),
];

/// The shape of one value; none for most names and words.
pub(super) fn shape_of(value: &str) -> Option<Shape> {
    let kinds = value.bytes().fold(0, |kinds, byte| kinds | KINDS[usize::from(byte)]);
    if kinds & has::OTHER != 0
        && let Some(shape) = pseudonym::read(value)
    {
        return shape;
    }
    let fits = |test: &&Test| {
        kinds & test.needs == test.needs && kinds & !test.allows == 0 && (test.is)(value)
    };
    TESTS.iter().find(fits).map(|test| test.shape)
}

fn all(text: &str, test: impl Fn(&u8) -> bool) -> bool {
    !text.is_empty() && text.as_bytes().iter().all(test)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| !word.is_empty())
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
        || (value.parse().is_ok_and(f64::is_finite) && value.contains(|c: char| c.is_ascii_digit()))
}

fn is_ip(value: &str) -> bool {
    value.parse::<std::net::IpAddr>().is_ok()
}

/// Seconds, milliseconds, microseconds or nanoseconds, or a date with or without a time.
fn is_timestamp(value: &str) -> bool {
    let bytes = value.as_bytes();
    let epoch = matches!(bytes.len(), 10 | 13 | 16 | 19)
        && bytes[0] == b'1'
        && all(value, u8::is_ascii_digit);
    let compact = bytes.len() >= 15
        && bytes[8] == b'T'
        && is_day(&bytes[4..6], &bytes[6..8])
        && bytes[9..15].iter().chain(&bytes[..4]).all(u8::is_ascii_digit);
    let dashed = bytes.len() >= 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && is_day(&bytes[5..7], &bytes[8..10])
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes.get(10).is_none_or(|byte| b"T ".contains(byte));
    epoch || compact || dashed
}

/// Whether two digits each can be a month and a day of it.
fn is_day(month: &[u8], day: &[u8]) -> bool {
    let number = |digits: &[u8]| {
        digits.iter().all(u8::is_ascii_digit).then(|| (digits[0] - b'0') * 10 + digits[1] - b'0')
    };
    number(month).is_some_and(|month| (1..=12).contains(&month))
        && number(day).is_some_and(|day| (1..=31).contains(&day))
}

fn is_host_port(value: &str) -> bool {
    value.rsplit_once(':').is_some_and(|(host, port)| {
        let is_bare = all(host, |byte| byte.is_ascii_alphanumeric() || b".-_".contains(byte));
        let has_letter = host.contains(|c: char| c.is_ascii_alphabetic());
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        all(port, u8::is_ascii_digit)
            && port.parse::<u16>().is_ok()
            && ((is_bare && (has_letter || is_ip(host))) || inner.is_some_and(is_ip))
    })
}

fn is_url(value: &str) -> bool {
    value.split_once("://").is_some_and(|(scheme, _)| all(scheme, u8::is_ascii_alphanumeric))
}

/// Whether a segment or a parameter of a path or URL is an identifier. The host is none.
fn has_id(value: &str) -> bool {
    let path = value
        .split_once("://")
        .map_or(value, |(_, rest)| rest.find(['/', '?']).map_or("", |at| &rest[at..]));
    let is_id = |part: &str| {
        (part.len() >= 2 && is_integer(part))
            || is_uuid(part)
            || is_trace_id(part)
            || is_hex(part)
            || is_session_id(part)
            || is_email(part)
    };
    path.split(['/', '?', '&', '=', ';']).any(is_id)
}

fn is_email(value: &str) -> bool {
    value.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty()
            && host.contains('.')
            && !user.contains([' ', '/'])
            && !host.contains(['@', ' ', '/'])
    })
}

fn is_trace_id(value: &str) -> bool {
    let is_id = |part: &str| {
        all(part, |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && mixes_letters_and_digits(part)
    };
    match value.len() {
        16 | 32 => is_id(value),
        // version, trace id, parent id and flags of W3C Trace Context
        55 => {
            value.split('-').map(str::len).eq([2, 32, 16, 2])
                && value.split('-').nth(1).is_some_and(is_id)
        }
        _ => false,
    }
}

/// A number of so many digits counts nothing.
fn is_serial_number(value: &str) -> bool {
    value.len() >= 16 && all(value, u8::is_ascii_digit)
}

fn is_hex(value: &str) -> bool {
    let value = value.strip_prefix("sha256:").unwrap_or(value);
    let has_lower = value.contains(|c: char| c.is_ascii_lowercase());
    let has_upper = value.contains(|c: char| c.is_ascii_uppercase());
    // 32 upper-case digits are a servlet container's session id
    value.len() >= 16
        && all(value, u8::is_ascii_hexdigit)
        && mixes_letters_and_digits(value)
        && has_lower != has_upper
        && !(has_upper && value.len() == 32)
}

fn mixes_letters_and_digits(value: &str) -> bool {
    value.contains(|c: char| c.is_ascii_digit())
        && value.contains(|c: char| c.is_ascii_alphabetic())
}

/// Whether letters and digits are mixed as only chance mixes them: names put their digits in one
/// or two places.
fn is_session_id(value: &str) -> bool {
    if let Some(rest) = value.strip_prefix("eyJ") {
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        return rest.len() >= 20 && value.split('.').count() == 3 && all(rest, is_base64);
    }
    let has = |test: fn(&u8) -> bool| value.as_bytes().iter().any(test);
    let digit_runs = value
        .as_bytes()
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .filter(|run| run[0].is_ascii_digit())
        .count();
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let is_plain = has(u8::is_ascii_alphabetic) && !has(|byte| b"-_".contains(byte));
    value.len() >= 20
        && all(value, |byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
        && if is_mixed { digit_runs >= 3 } else { digit_runs >= 4 && is_plain }
}

/// The characters of Kubernetes's generated suffixes (apimachinery's rand.SafeEncodeString).
fn is_generated(part: &str) -> bool {
    all(part, |byte| b"bcdfghjklmnpqrstvwxz2456789".contains(byte))
}

/// Whether a part can be the hash of a pod template.
fn is_template_hash(part: &str) -> bool {
    (7..=10).contains(&part.len()) && is_generated(part)
}

fn is_pod(value: &str) -> bool {
    let mut parts = value.rsplit('-');
    let (Some(suffix), Some(before)) = (parts.next(), parts.next()) else { return false };
    if suffix.len() != 5 || !is_generated(suffix) || before.is_empty() {
        return false;
    }
    // A CronJob's number is the minute since the epoch.
    let is_minute = before.len() == 8 && is_integer(before);
    // `http2` ends in a digit; chance puts one among the first four in most names.
    let is_mixed = suffix[..4].contains(|c: char| c.is_ascii_digit());
    (parts.next().is_some() && (is_template_hash(before) || is_minute)) || is_mixed
}

fn is_replica_set(value: &str) -> bool {
    let hash = value.rsplit_once('-').filter(|(name, _)| !name.is_empty()).map(|(_, hash)| hash);
    hash.is_some_and(|hash| {
        is_template_hash(hash) && hash.len() >= 8 && hash.contains(|c: char| c.is_ascii_digit())
    })
}

fn is_sql(value: &str) -> bool {
    /// More than enough for what stands between the two words.
    const LOOKED_AT: usize = 512;
    let mut start: String = value.chars().take(LOOKED_AT).collect();
    start.make_ascii_uppercase();
    let has = |word: &str| words(&start).skip(1).any(|other| other == word);
    let second = words(&start).nth(1).unwrap_or_default();
    match words(&start).next().unwrap_or_default() {
        "SELECT" => has("FROM") || all(second, u8::is_ascii_digit),
        "INSERT" => second == "INTO",
        "UPDATE" => has("SET"),
        "DELETE" => second == "FROM",
        "WITH" => has("AS") && start.contains("SELECT"),
        "CREATE" | "ALTER" | "DROP" => matches!(second, "TABLE" | "INDEX" | "VIEW"),
        _ => false,
    }
}
