//! A small web server on loopback whose pages a Prometheus scrapes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

/// The content type of the text format 0.0.4.
pub const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The content type of `OpenMetrics` 1.0.
pub const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How long a scraper may take to send its request or to read the answer.
const TIMEOUT: Duration = Duration::from_mins(1);

/// One page and the content type it is served with.
#[derive(Clone, Debug)]
pub struct Page {
    body: Arc<[u8]>,
    content_type: String,
}

impl Page {
    /// A page in the text format 0.0.4.
    pub fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::new(body, TEXT)
    }

    /// A page with a content type of the caller's choice.
    pub fn new(body: impl Into<Vec<u8>>, content_type: &str) -> Self {
        Self { body: body.into().into(), content_type: content_type.to_owned() }
    }
}

#[derive(Default)]
struct State {
    pages: BTreeMap<String, Page>,
    scrapes: BTreeMap<String, usize>,
    /// The headers of the latest request, by lower-case name.
    headers: BTreeMap<String, BTreeMap<String, String>>,
    /// What was sent to each key.
    bodies: BTreeMap<String, Vec<Vec<u8>>>,
}

/// Serves pages on loopback until it is dropped.
///
/// A key that begins with `/` is a path, asked for directly. Any other key is the address of a
/// target, such as `10.1.2.3:9100`, asked for through [`proxy_url`](Self::proxy_url): so a
/// configuration can be run unchanged, with all its addresses, against pages from here.
pub struct Pages {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stopping: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Pages {
    /// Serves `pages` by their keys.
    ///
    /// # Errors
    /// When no loopback port can be had.
    pub fn serve(pages: impl IntoIterator<Item = (String, Page)>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("binding a loopback port")?;
        let address = listener.local_addr().context("reading the bound port")?;
        let state = State { pages: pages.into_iter().collect(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let stopping = Arc::new(AtomicBool::new(false));
        let acceptor = thread::spawn({
            let (state, stopping) = (Arc::clone(&state), Arc::clone(&stopping));
            move || accept(&listener, &state, &stopping)
        });
        Ok(Self { address, state, stopping, acceptor: Some(acceptor) })
    }

    /// Serves one page in the text format as `/metrics`.
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    pub fn one(body: impl Into<Vec<u8>>) -> Result<Self> {
        Self::serve([("/metrics".to_owned(), Page::text(body))])
    }

    /// What goes into `targets:`, as `127.0.0.1:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// What goes into `proxy_url:` to be asked for every address.
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replaces the page of `key`, or adds it.
    pub fn set(&self, key: &str, page: Page) {
        lock(&self.state).pages.insert(key.to_owned(), page);
    }

    /// How many times `key` was asked for.
    pub fn scrapes(&self, key: &str) -> usize {
        lock(&self.state).scrapes.get(key).copied().unwrap_or(0)
    }

    /// The bodies of all requests for `key` that had one, oldest first.
    pub fn bodies(&self, key: &str) -> Vec<Vec<u8>> {
        lock(&self.state).bodies.get(key).cloned().unwrap_or_default()
    }

    /// A header of the latest request for `key`, by its name in lower case.
    pub fn last_header(&self, key: &str, name: &str) -> Option<String> {
        lock(&self.state).headers.get(key)?.get(name).cloned()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which then sees that it should stop.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, state: &Arc<Mutex<State>>, stopping: &AtomicBool) {
    for stream in listener.incoming().flatten() {
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        let state = Arc::clone(state);
        thread::spawn(move || answer(&stream, &state));
    }
}

/// Answers one request and closes; a scraper that goes away is no concern of the test.
fn answer(stream: &TcpStream, state: &Mutex<State>) {
    let _ = stream.set_read_timeout(Some(TIMEOUT));
    let _ = stream.set_write_timeout(Some(TIMEOUT));
    let Some((key, headers, body)) = read_request(stream) else { return };
    let page = {
        let mut state = lock(state);
        *state.scrapes.entry(key.clone()).or_default() += 1;
        state.headers.insert(key.clone(), headers);
        if !body.is_empty() {
            state.bodies.entry(key.clone()).or_default().push(body);
        }
        state.pages.get(&key).cloned()
    };
    let (status, page) = match page {
        Some(page) => ("200 OK", page),
        None => ("404 Not Found", Page::new(format!("no page {key}\n"), "text/plain")),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        page.content_type,
        page.body.len()
    );
    let mut stream = stream;
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&page.body));
}

/// The page that is asked for, the headers, by lower-case name, and the body.
fn read_request(stream: &TcpStream) -> Option<(String, BTreeMap<String, String>, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut lines = reader.by_ref().lines();
    let first = lines.next()?.ok()?;
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line.ok()?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    let mut body = Vec::new();
    reader.take(length.unwrap_or(0)).read_to_end(&mut body).ok()?;
    Some((page_key(first.split(' ').nth(1)?).to_owned(), headers, body))
}

/// A proxied request names the whole URL, of which the address is the key; a direct one the path.
fn page_key(target: &str) -> &str {
    match target.split_once("://") {
        Some((_, rest)) => rest.split('/').next().unwrap_or(rest),
        None => target.split('?').next().unwrap_or(target),
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::get;

    #[test]
    fn pages_are_served_and_counted() {
        let pages = Pages::one("up 1\n").unwrap();
        let response = get(&pages.address(), "/metrics?x=1").unwrap();
        assert_eq!((response.status, response.body.as_slice()), (200, b"up 1\n".as_slice()));
        assert!(response.head.contains(TEXT), "{}", response.head);
        pages.set("/metrics", Page::new("up 2\n# EOF\n", OPENMETRICS));
        assert_eq!(get(&pages.address(), "/metrics").unwrap().body, b"up 2\n# EOF\n");
        assert_eq!(pages.scrapes("/metrics"), 2);
        assert_eq!(get(&pages.address(), "/other").unwrap().status, 404);
    }

    #[test]
    fn a_proxied_request_is_known_by_its_address() {
        assert_eq!(page_key("http://10.1.2.3:9100/metrics"), "10.1.2.3:9100");
        assert_eq!(page_key("/metrics?a=b"), "/metrics");
    }
}
