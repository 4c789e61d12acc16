//! One HTTP/1.1 GET over loopback: all that the server's API needs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long the server may take for one answer.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The answer to one request.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers as they came, without the status line.
    pub head: String,
    /// The body, with chunked coding undone.
    pub body: Vec<u8>,
}

/// GETs `path` (with its query, already percent-encoded) from `address`, such as `127.0.0.1:9090`.
///
/// # Errors
/// When nothing answers within a minute, or not in HTTP.
pub fn get(address: &str, path: &str) -> Result<Response> {
    exchange(address, "GET", path).with_context(|| format!("GET http://{address}{path}"))
}

/// POSTs to `path` without a body, as the server's `/-/reload` and admin API want.
///
/// # Errors
/// As [`get`].
pub(crate) fn post(address: &str, path: &str) -> Result<Response> {
    exchange(address, "POST", path).with_context(|| format!("POST http://{address}{path}"))
}

fn exchange(address: &str, method: &str, path: &str) -> Result<Response> {
    let socket = address.parse().with_context(|| format!("`{address}` is not ip:port"))?;
    let mut stream = TcpStream::connect_timeout(&socket, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: 0\r\n\r\n"
    )?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Result<Response> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        bail!("the answer of {} bytes has no end of headers", bytes.len());
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let (status_line, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
    let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.with_context(|| format!("no status in `{status_line}`"))?;
    let chunked = headers.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let rest = &bytes[end + 4..];
    let body = if chunked { unchunk(rest)? } else { rest.to_vec() };
    Ok(Response { status, head: headers.to_owned(), body })
}

fn unchunk(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line =
            rest.windows(2).position(|window| window == b"\r\n").context("cut chunk size")?;
        let size = std::str::from_utf8(&rest[..line])?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or(size).trim(), 16)?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(rest.get(..size).context("cut chunk")?);
        rest = rest.get(size + 2..).context("cut chunk")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &str, status: u16, body: &str) {
        let response = parse(bytes.as_bytes()).unwrap();
        assert_eq!((response.status, response.body.as_slice()), (status, body.as_bytes()));
    }

    #[test]
    fn bodies_are_read_plain_and_chunked() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok");
        check("HTTP/1.1 503 No\r\n\r\n", 503, "");
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n10;x=y\r\n0123456789abcdef\r\n0\r\n\r\n",
            200,
            "abcd0123456789abcdef",
        );
    }

    #[test]
    fn a_cut_answer_is_an_error() {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc";
        assert!(parse(chunked.as_bytes()).is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\n").is_err());
        assert!(parse(b"garbage\r\n\r\n").is_err());
    }
}
