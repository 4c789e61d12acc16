//! Servers that mean ill, or are broken: each ends in one message that says what to do, soon, with
//! little memory, and without a password.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use promsieve_lab::real::{RawServer, TempDir};

use super::{Ended, SCRAPE, run};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n\r\n";

/// Asks a server with a password in the URL; what is said.
fn ask(server: &RawServer, path: &str, more: &[&str]) -> Ended {
    let dir = TempDir::new("http-limits").unwrap();
    let url = format!("http://ann:secret@{}{path}", server.address());
    run(dir.path(), &[&["census", &url], more].concat(), b"")
}

/// As a page and as an answer of the API, `answer` leads to this message.
#[track_caller]
fn check(answer: fn(&mut TcpStream), more: &[&str], wanted: &str) {
    for path in ["/metrics", "/api/v1/status/tsdb"] {
        let server = RawServer::start(move |stream, _| answer(stream)).unwrap();
        let ended = ask(&server, path, more);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
        let (address, said) = (server.address(), &ended.stderr);
        assert!(said.contains(wanted) && said.contains(&address), "{path}: {said}");
        assert!(!said.contains("secret") && !said.contains("panicked"), "{path}: {said}");
    }
}

/// Writes until the client has had enough.
fn for_ever(stream: &mut impl Write, piece: &[u8], pause: Duration) {
    while stream.write_all(piece).and_then(|()| stream.flush()).is_ok() {
        thread::sleep(pause);
    }
}

const AT_ONCE: Duration = Duration::ZERO;
const SLOWLY: Duration = Duration::from_millis(50);
const LATE: &str = "no whole answer within 1 s: `--timeout` allows more";

#[test]
fn a_body_without_end_is_given_up() {
    let page = |stream: &mut TcpStream| {
        stream.write_all(OK).unwrap();
        for_ever(stream, &b"up{a=\"b\"} 1\n".repeat(1000), AT_ONCE);
    };
    let server = RawServer::start(move |stream, _| page(stream)).unwrap();
    let ended = ask(&server, "/metrics", &["--timeout", "1"]);
    assert!(ended.status == 2 && ended.stderr.contains(LATE), "{ended:?}");
}

#[test]
fn a_text_without_end_is_given_up_before_memory_is() {
    let text = |stream: &mut TcpStream| {
        stream.write_all(OK).unwrap();
        for_ever(stream, &vec![b' '; 1 << 20], AT_ONCE);
    };
    let packed = |stream: &mut TcpStream| {
        stream.write_all(OK).unwrap();
        for_ever(&mut GzEncoder::new(stream, Compression::fast()), &vec![0; 1 << 22], AT_ONCE);
    };
    for answer in [text, packed as fn(&mut TcpStream)] {
        let server = RawServer::start(move |stream, _| answer(stream)).unwrap();
        let ended = ask(&server, "/api/v1/status/tsdb", &["--timeout", "300"]);
        assert!(ended.stderr.contains("is more than 256 MiB long"), "{ended:?}");
    }
}

#[test]
fn a_line_without_end_is_a_bad_line() {
    let server = RawServer::start(|stream, _| {
        let _ = stream.write_all(OK);
        for _ in 0..64 {
            let _ = stream.write_all(&vec![b'x'; 1 << 20]);
        }
        let _ = stream.write_all(format!("\n{SCRAPE}").as_bytes());
    });
    let ended = ask(&server.unwrap(), "/metrics", &[]);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.stdout.starts_with("3 series") && ended.stderr.len() < 1000, "{ended:?}");
}

#[test]
fn trickles_are_given_up() {
    let more = &["--timeout", "1"];
    check(
        |stream| {
            stream.write_all(OK).unwrap();
            for_ever(stream, b"a", SLOWLY);
        },
        more,
        LATE,
    );
    check(|stream| for_ever(stream, b"HTTP/1.1 200 OK\r\nX: ", SLOWLY), more, "cannot get");
    // Nothing, until the client goes away.
    check(|stream| drop(stream.read(&mut [0])), more, LATE);
}

#[test]
fn what_is_no_answer_is_told() {
    let header = |stream: &mut TcpStream| {
        let value = "a".repeat(1 << 20);
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nX: {value}\r\n\r\n");
    };
    check(header, &[], "header is too big");
    let headers = |stream: &mut TcpStream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n{}\r\n", "X: a\r\n".repeat(2000));
    };
    check(headers, &[], "too many headers");
    check(|stream| stream.write_all(b"SSH-2.0-x\r\n\r\n").unwrap(), &[], "cannot get");
    check(|_| {}, &[], "cannot get");
    let short = |stream: &mut TcpStream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nup 1\n").unwrap();
    };
    check(short, &[], "the connection ended before the answer");
}

/// The server ends each connection: who is not told so may ask again on one that is gone.
const MOVED: &str = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: ";

#[test]
fn redirects_end_and_lead_to_http_alone() {
    let around = |stream: &mut TcpStream| {
        let own = stream.local_addr().unwrap();
        write!(stream, "{MOVED}http://bob:secret@{own}/\r\n\r\n").unwrap();
    };
    check(around, &[], "leads on and on");
    for (to, wanted) in
        [("file:///etc/hostname", "to what is no HTTP"), ("gopher://127.0.0.1/x", "unknown scheme")]
    {
        let server = RawServer::start(move |stream, _| {
            let _ = write!(stream, "{MOVED}{to}\r\n\r\n");
        });
        let ended = ask(&server.unwrap(), "/metrics", &[]);
        assert!(ended.status == 2 && ended.stderr.contains(wanted), "{ended:?}");
    }
}

#[test]
fn a_password_does_not_follow_a_redirect() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let page = RawServer::start(|stream, request| {
        SEEN.lock().unwrap().push(request.to_ascii_lowercase());
        stream.write_all(&[OK, SCRAPE.as_bytes()].concat()).unwrap();
    });
    let page = page.unwrap();
    let to = page.address();
    let first = RawServer::start(move |stream, request| {
        assert!(request.to_ascii_lowercase().contains("\r\nauthorization: "), "{request}");
        write!(stream, "{MOVED}http://{to}/metrics\r\n\r\n").unwrap();
    });
    assert_eq!(ask(&first.unwrap(), "/metrics", &["--format", "json"]).json()["series"], 3);
    let seen = SEEN.lock().unwrap();
    assert!(seen.len() == 1 && !seen[0].contains("authorization"), "{seen:?}");
}

#[test]
fn private_certificates_are_trusted_by_their_authority_alone() {
    let (server, authority) = RawServer::behind_tls(SCRAPE).unwrap();
    let (_other, other) = RawServer::behind_tls(SCRAPE).unwrap();
    let dir = TempDir::new("http-limits").unwrap();
    for (name, text) in [("ca.pem", authority), ("other.pem", other), ("no.pem", "x".to_owned())] {
        dir.write(name, text).unwrap();
    }
    let url = format!("https://ann:secret@{}/metrics", server.address());
    let ask = |more: &[&str]| {
        run(dir.path(), &[&["census", &url, "--format", "json"], more].concat(), b"")
    };
    assert_eq!(ask(&["--ca-file", "ca.pem"]).json()["series"], 3);
    assert_eq!(ask(&["--insecure-skip-verify"]).json()["series"], 3);
    for (more, wanted) in [
        (&[][..], "`--ca-file`"),
        (&["--ca-file", "other.pem"], "`--ca-file`"),
        (&["--ca-file", "no.pem"], "no certificate authority in PEM"),
        (&["--ca-file", "missing.pem"], "missing.pem"),
    ] {
        let ended = ask(more);
        assert_eq!(ended.status, 2, "{ended:?}");
        assert!(ended.stderr.contains(wanted), "{more:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
    }
}

#[test]
fn a_certificate_for_another_name_is_not_trusted() {
    let (server, authority) = RawServer::behind_tls(SCRAPE).unwrap();
    let dir = TempDir::new("http-limits").unwrap();
    dir.write("ca.pem", authority).unwrap();
    let port = server.address().replace("127.0.0.1:", "");
    let url = format!("https://localhost:{port}/metrics");
    let ended = run(dir.path(), &["census", &url, "--ca-file", "ca.pem"], b"");
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.stderr.contains("not valid for name"), "{}", ended.stderr);
}
