//! Serves a workload's pages on loopback, each scrape with new values.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::with::{self, With};
use super::workload::{Exposed, Workload, write_value};

/// Series of one target, kept so that a scrape only writes values.
struct Page {
    series: Vec<Exposed>,
    interval: u64,
    with: Option<With>,
    scrapes: AtomicU64,
}

/// Serves `/0`, `/1`, … for the targets until it is dropped.
#[derive(Debug)]
pub struct Served {
    /// Where.
    pub address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for connections; it may have failed before.
        drop(TcpStream::connect(self.address));
    }
}

/// Serves a workload's pages.
///
/// # Errors
/// When no loopback port can be bound.
pub fn serve(workload: &Workload) -> std::io::Result<Served> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let page = |target| Page {
        series: workload.series(target),
        interval: workload.interval,
        with: workload.with,
        scrapes: 0.into(),
    };
    let pages: Arc<Vec<Page>> = Arc::new((0..workload.targets).map(page).collect());
    let stopped = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stopped);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if told.load(Ordering::Relaxed) {
                return;
            }
            let pages = Arc::clone(&pages);
            thread::spawn(move || {
                // A server that hangs up early is no failure of the measurement.
                drop(answer(stream, &pages));
            });
        }
    });
    Ok(Served { address, stopped })
}

fn answer(mut stream: TcpStream, pages: &[Page]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let Some(path) = request_path(&mut stream)? else { return Ok(()) };
        let page = path.trim_start_matches('/').parse::<usize>().ok().and_then(|at| pages.get(at));
        let Some(page) = page else {
            return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
        };
        let scrape = page.scrapes.fetch_add(1, Ordering::Relaxed);
        let (kind, body) = with::page(page.with, &page.series, scrape, page.interval);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body)?;
    }
}

fn request_path(stream: &mut TcpStream) -> std::io::Result<Option<String>> {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Ok(None);
        }
        request.extend_from_slice(&buffer[..read]);
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    Ok(text.split(' ').nth(1).map(str::to_owned))
}

/// The page of a target at a scrape.
pub fn render(series: &[Exposed], scrape: u64) -> String {
    let mut body = String::with_capacity(series.iter().map(|one| one.text.len() + 48).sum());
    let mut family = "";
    for (at, one) in series.iter().enumerate() {
        let name = one.text.split('{').next().unwrap_or(&one.text);
        if name != family {
            family = name;
            body.push_str("# HELP ");
            body.push_str(name);
            body.push_str(" Generated.\n# TYPE ");
            body.push_str(name);
            body.push_str(" counter\n");
        }
        one.write(&mut body, at as u64, scrape);
        body.push(' ');
        write_value(&mut body, one.motion, at as u64, scrape);
        body.push('\n');
    }
    body
}
