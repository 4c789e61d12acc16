//! A proxy before a store: it counts what is read, and does what networks do.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// What is done to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is passed on.
    None,
    /// In its place comes one with status 500.
    Error,
    /// It ends in the middle.
    Truncated,
    /// It ends in the middle, as if that were all.
    Short,
    /// It comes after this time.
    Slow(Duration),
    /// It is refused, with a secret in the answer.
    Refused,
    /// It does not come until the gate is opened.
    Held,
}

/// What a proxy has seen.
#[derive(Debug, Default)]
struct Seen {
    paths: Vec<String>,
    bytes: u64,
    faults: usize,
}

type Plan = dyn Fn(usize, &str) -> Fault + Send + Sync;

struct Shared {
    upstream: String,
    plan: Box<Plan>,
    seen: Mutex<Seen>,
    open: Mutex<bool>,
    opened: Condvar,
    stopped: AtomicBool,
}

/// A proxy; it stops on drop.
pub(crate) struct Proxy {
    pub(crate) address: String,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Stands before `upstream`; `plan` says what becomes of the answer to a request, by its number
    /// and its path.
    pub(crate) fn before(
        upstream: &str,
        plan: impl Fn(usize, &str) -> Fault + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            plan: Box::new(plan),
            seen: Mutex::default(),
            open: Mutex::new(false),
            opened: Condvar::new(),
            stopped: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                thread::spawn(move || shared.exchange(client));
            }
        });
        Self { address, shared }
    }

    /// The paths that were asked for, in order.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.shared.seen.lock().unwrap().paths.clone()
    }

    /// Bytes of objects that were passed on.
    pub(crate) fn bytes(&self) -> u64 {
        self.shared.seen.lock().unwrap().bytes
    }

    /// Answers that something was done to.
    pub(crate) fn faults(&self) -> usize {
        self.shared.seen.lock().unwrap().faults
    }

    /// Lets go what is held.
    pub(crate) fn open_gate(&self) {
        *self.shared.open.lock().unwrap() = true;
        self.shared.opened.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.open_gate();
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(&self.address);
    }
}

impl Shared {
    /// One request and its answer; a client that is gone is none of ours.
    fn exchange(&self, mut client: TcpStream) {
        let Some(head) = read_head(&mut client) else { return };
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.paths.push(path.clone());
            seen.paths.len() - 1
        };
        let fault = (self.plan)(number, &path);
        let answer = if fault == Fault::Refused { refused() } else { self.ask(&head) };
        let start = answer.windows(4).position(|it| it == b"\r\n\r\n").map_or(0, |at| at + 4);
        let (head, body) = answer.split_at(start);
        let half = body.len() / 2;
        let (head, body): (Vec<u8>, &[u8]) = match fault {
            Fault::None | Fault::Refused => (head.to_vec(), body),
            Fault::Error => (b"HTTP/1.1 500 Injected\r\nContent-Length: 0\r\n\r\n".to_vec(), &[]),
            Fault::Truncated => (head.to_vec(), &body[..half]),
            Fault::Short => (with_length(head, half), &body[..half]),
            Fault::Slow(time) => {
                thread::sleep(time);
                (head.to_vec(), body)
            }
            Fault::Held => {
                let open = self.open.lock().unwrap();
                drop(self.opened.wait_while(open, |open| !*open).unwrap());
                (head.to_vec(), body)
            }
        };
        let mut seen = self.seen.lock().unwrap();
        seen.faults += usize::from(fault != Fault::None);
        // A list of the bucket is no object.
        seen.bytes += if path.contains("list-type") { 0 } else { body.len() as u64 };
        drop(seen);
        let _ = client.write_all(&head).and_then(|()| client.write_all(body));
    }

    fn ask(&self, head: &str) -> Vec<u8> {
        let mut server = TcpStream::connect(&self.upstream).unwrap();
        let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        server.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).unwrap();
        answer
    }
}

/// A request's head; those of a store's reader have no body.
fn read_head(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

/// An answer's head that names another length.
fn with_length(head: &[u8], length: usize) -> Vec<u8> {
    let head = String::from_utf8_lossy(head);
    let lines = head.split("\r\n").map(|line| {
        let name = line.split(':').next().unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            format!("{name}: {length}")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<_>>().join("\r\n").into_bytes()
}

fn refused() -> Vec<u8> {
    let body = format!(
        "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code><StringToSign>{}\
         </StringToSign></Error>",
        crate::bucket::SECRET
    );
    format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
