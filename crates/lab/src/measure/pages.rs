//! Serves a workload's pages on loopback, each scrape with new values.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::workload::{Motion, Workload, write_value};

/// Texts of one target, kept so that a scrape only writes values.
struct Page {
    series: Vec<(String, Motion)>,
    scrapes: std::sync::atomic::AtomicU64,
}

/// Serves `/0`, `/1`, … for the targets until the process ends; gives the address.
///
/// # Errors
/// When no loopback port can be bound.
pub fn serve(workload: &Workload) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let page = |target| Page { series: workload.texts(target), scrapes: 0.into() };
    let pages: Arc<Vec<Page>> = Arc::new((0..workload.targets).map(page).collect());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let pages = Arc::clone(&pages);
            thread::spawn(move || {
                // A server that hangs up early is no failure of the measurement.
                drop(answer(stream, &pages));
            });
        }
    });
    Ok(address)
}

fn answer(mut stream: TcpStream, pages: &[Page]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let Some(path) = request_path(&mut stream)? else { return Ok(()) };
        let page = path.trim_start_matches('/').parse::<usize>().ok().and_then(|at| pages.get(at));
        let Some(page) = page else {
            return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
        };
        let body = render(page);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
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

fn render(page: &Page) -> String {
    let scrape = page.scrapes.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let mut body = String::with_capacity(page.series.iter().map(|(text, _)| text.len() + 24).sum());
    let mut family = "";
    for (at, (text, motion)) in page.series.iter().enumerate() {
        let name = text.split('{').next().unwrap_or(text);
        if name != family {
            family = name;
            body.push_str("# HELP ");
            body.push_str(name);
            body.push_str(" Generated.\n# TYPE ");
            body.push_str(name);
            body.push_str(" counter\n");
        }
        body.push_str(text);
        body.push(' ');
        write_value(&mut body, *motion, at as u64, scrape);
        body.push('\n');
    }
    body
}
