//! `file:` URIs to paths and back (RFC 8089).

use std::path::{Path, PathBuf};

/// The path of a file; `None` for a document that is nowhere yet.
pub(super) fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let decoded = decoded(rest)?;
    // `/C:/a` is a path of Windows.
    let is_drive = decoded.as_bytes().get(2) == Some(&b':') && decoded.starts_with('/');
    Some(PathBuf::from(if cfg!(windows) && is_drive { &decoded[1..] } else { &decoded }))
}

/// The URI of a source's name: of a path, or the name itself where that is a URI.
pub(super) fn of(name: &str) -> String {
    if !Path::new(name).is_absolute() {
        return name.to_owned();
    }
    let name = name.replace('\\', if cfg!(windows) { "/" } else { "\\" });
    let mut uri = String::from(if name.starts_with('/') { "file://" } else { "file:///" });
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn paths_and_uris_lead_to_each_other() {
        for (uri, name) in [
            ("file:///a/b.yml", "/a/b.yml"),
            ("file:///a%20b/%C3%A9%23.yml", "/a b/é#.yml"),
            ("file:///c%3A/x", "/c:/x"),
        ] {
            assert_eq!(path(uri), Some(PathBuf::from(name)));
            assert_eq!(of(name), uri);
        }
        assert_eq!(path("untitled:Untitled-1"), None);
        assert_eq!(path("file:///%zz"), None);
        assert_eq!(of("untitled:Untitled-1"), "untitled:Untitled-1");
    }
}
