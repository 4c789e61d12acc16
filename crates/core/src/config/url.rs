//! Which texts Go's `net/url.Parse` refuses, and the scheme and host of those it takes.

use super::report::quoted;

/// The parts of a URL that Prometheus looks at.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Url<'a> {
    pub(super) scheme: &'a str,
    pub(super) host: &'a str,
    /// What stands between `//` and `@`.
    pub(super) userinfo: Option<&'a str>,
}

/// Reads `text`, or says what Go says of it.
pub(super) fn parse(text: &str) -> Result<Url<'_>, String> {
    split(text).map_err(|words| format!("parse {}: {words}", quoted(text)))
}

fn split(text: &str) -> Result<Url<'_>, String> {
    if text.bytes().any(|b| b.is_ascii_control()) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    check_escapes(fragment)?;
    let (scheme, rest) = scheme(text)?;
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            return Ok(Url { scheme, ..Url::default() });
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let mut url = Url { scheme, ..Url::default() };
    let mut path = rest;
    if (!scheme.is_empty() || !rest.starts_with("///")) && rest.starts_with("//") {
        let end = rest[2..].find('/').map_or(rest.len(), |at| at + 2);
        let authority = &rest[2..end];
        path = &rest[end..];
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        if userinfo.is_some_and(|text| !text.bytes().all(is_userinfo)) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        check_host(host)?;
        url = Url { scheme, host, userinfo };
    }
    check_escapes(path)?;
    Ok(url)
}

fn scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

fn is_userinfo(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte)
}

fn check_host(host: &str) -> Result<(), String> {
    let port = if host.starts_with('[') {
        let end = host.rfind(']').ok_or("missing ']' in host")?;
        &host[end + 1..]
    } else {
        host.rfind(':').map_or("", |at| &host[at..])
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    if !digits.bytes().all(|b| b.is_ascii_digit()) || (!port.is_empty() && !port.starts_with(':')) {
        return Err(format!("invalid port {} after host", quoted(port)));
    }
    let wrong = host.bytes().find(|&byte| {
        byte.is_ascii()
            && !byte.is_ascii_alphanumeric()
            && !b"-_.~!$&'()*+,;=:[]<>\"%".contains(&byte)
    });
    match wrong {
        Some(byte) => {
            Err(format!("invalid character {} in host name", quoted(&char::from(byte).to_string())))
        }
        None => check_escapes(host),
    }
}

fn check_escapes(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'%', bytes) {
        let hex =
            bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        if !hex {
            let end = (at + 3).min(text.len());
            let shown = text.get(at..end).unwrap_or("%");
            return Err(format!("invalid URL escape {}", quoted(shown)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_read_as_in_go() {
        let url = parse("https://user:pw@host:9090/a?b#c").unwrap();
        assert_eq!((url.scheme, url.host, url.userinfo), ("https", "host:9090", Some("user:pw")));
        for good in ["", "host", "localhost:9090", "/a", "//h/a", "http://[::1]:1/", "a/b:c"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "10.0.0.1:9090",
            ":80",
            "http://a b/",
            "http://{{x}}/",
            "http://h:p/",
            "http://h/%zz",
            "a\nb",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
