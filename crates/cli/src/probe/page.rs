//! The page that Prometheus scrapes of us.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Whoever asks more slowly is not waited for: others are in the queue.
const PATIENCE: Duration = Duration::from_secs(1);

/// Bytes of a request that are read at most.
const REQUEST: u64 = 16 << 10;

/// The page, served by a thread of its own for as long as the process lives.
pub(crate) struct Page {
    text: Arc<Mutex<String>>,
}

impl Page {
    /// Serves an empty page at `address`.
    ///
    /// # Errors
    /// When the address is not to be had.
    pub(crate) fn serve(address: SocketAddr) -> io::Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let text = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&text);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let text = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // Whoever hangs up has had enough.
                let _ = answer(&stream, &text);
            }
        });
        Ok((Self { text }, address))
    }

    /// Changes the page.
    pub(crate) fn set(&self, text: String) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

fn answer(mut stream: &TcpStream, text: &str) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.take(REQUEST)).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    // The rest is read so that closing does not reset the connection.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = first.strip_prefix("GET ").and_then(|rest| rest.split([' ', '?']).next());
    let (status, body) = match path {
        Some("/metrics") => ("200 OK", text),
        Some("/-/healthy" | "/-/ready") => ("200 OK", "promsieve targets is running\n"),
        Some(_) => ("404 Not Found", "the page is at /metrics\n"),
        None => ("405 Method Not Allowed", "only GET is answered\n"),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
