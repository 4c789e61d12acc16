//! Servers that answer with bytes of the caller's choice, HTTP or not, and one behind TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How long either side may do nothing.
const PATIENCE: Duration = Duration::from_mins(1);

/// Answers every connection, until it is dropped.
pub struct RawServer {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl RawServer {
    /// Hands every connection to `answer` once a request has come. It is told when to stop by the
    /// client, which closes the connection.
    ///
    /// # Errors
    /// When no loopback port can be had.
    pub fn start(answer: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> Result<Self> {
        Self::accepting(move |mut stream| {
            let request = read_request(&mut stream);
            answer(&mut stream, &request);
        })
    }

    /// Serves `page` as text, whatever is asked for, with a certificate for `127.0.0.1` by an
    /// authority of its own; that authority in PEM.
    ///
    /// # Errors
    /// When no loopback port can be had, or a certificate not be made.
    pub fn behind_tls(page: &str) -> Result<(Self, String)> {
        let (config, authority) = tls().context("making certificates")?;
        let (config, page) = (Arc::new(config), page.to_owned());
        let server = Self::accepting(move |stream| {
            let Ok(connection) = ServerConnection::new(Arc::clone(&config)) else { return };
            let mut stream = StreamOwned::new(connection, stream);
            read_request(&mut stream);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4";
            let length = page.len();
            // A client that does not trust us goes away.
            let _ = write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{page}");
            stream.conn.send_close_notify();
            let _ = stream.flush();
        })?;
        Ok((server, authority))
    }

    /// Its address, as `127.0.0.1:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    fn accepting(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("binding a loopback port")?;
        let address = listener.local_addr().context("reading the bound port")?;
        let stopping = Arc::new(AtomicBool::new(false));
        let (stops, answer) = (Arc::clone(&stopping), Arc::new(answer));
        let acceptor = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stops.load(Ordering::SeqCst) {
                    return;
                }
                let _ = stream.set_read_timeout(Some(PATIENCE));
                let _ = stream.set_write_timeout(Some(PATIENCE));
                let answer = Arc::clone(&answer);
                thread::spawn(move || answer(stream));
            }
        });
        Ok(Self { address, stopping, acceptor: Some(acceptor) })
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which then sees that it should stop.
        let _ = TcpStream::connect_timeout(&self.address, PATIENCE);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// The head of a request; what has come of it where the client goes away.
fn read_request(stream: &mut impl Read) -> String {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(read) if read > 0 => request.extend_from_slice(&piece[..read]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&request).into_owned()
}

/// What a server behind TLS needs, and the authority that its client has to trust.
fn tls() -> Result<(ServerConfig, String)> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &authority)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![own.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )?;
    Ok((config, authority.pem()))
}
