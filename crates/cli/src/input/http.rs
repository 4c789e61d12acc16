//! HTTP as the server would scrape: its Accept header, basic auth, bearer token, TLS.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use promsieve_core::server::Server;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A scrape, negotiated as this server does it, since the answer differs by it.
    Scrape(Server),
    /// A JSON answer of an API, or a text.
    Anything,
}

/// How to reach a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Access {
    /// User and password for basic authentication, as `USER:PASSWORD` in this file
    #[arg(long, value_name = "FILE", help_heading = "HTTP", global = true)]
    pub basic_auth_file: Option<PathBuf>,
    /// File that holds a bearer token
    #[arg(long, value_name = "FILE", help_heading = "HTTP", global = true)]
    pub bearer_token_file: Option<PathBuf>,
    /// Certificate authorities to trust, in PEM, instead of the built-in ones
    #[arg(long, value_name = "FILE", help_heading = "HTTP", global = true)]
    pub ca_file: Option<PathBuf>,
    /// Do not verify the server's certificate
    #[arg(long, help_heading = "HTTP", global = true)]
    pub insecure_skip_verify: bool,
    /// Give up a request after this many seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        help_heading = "HTTP",
        global = true
    )]
    pub timeout: u64,
    /// A bearer token that stands in no file; goes before one that does.
    #[arg(skip)]
    pub token: Option<Token>,
}

/// A secret, which is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl From<String> for Token {
    fn from(text: String) -> Self {
        Self(text.trim().to_owned())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// An HTTP answer.
pub struct Answer {
    /// Its body as sent, packed or not.
    pub bytes: Box<dyn Read + Send>,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// Its status, such as 200.
    pub status: u16,
}

impl Access {
    /// Gets a URL.
    ///
    /// # Errors
    /// When the server cannot be reached or answers with an error status.
    pub fn get(&self, url: &str, wanted: Wanted) -> anyhow::Result<Answer> {
        let answer = self.ask(url, wanted)?;
        if !(200..300).contains(&answer.status) {
            let (name, status) = (shown(url), answer.status);
            bail!("{name} answers {status}: check the address and the credentials");
        }
        Ok(answer)
    }

    /// Gets a URL, whatever the status of its answer.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub fn ask(&self, url: &str, wanted: Wanted) -> anyhow::Result<Answer> {
        let (plain, user) = split_user(url);
        let authority = match &self.ca_file {
            Some(path) => Some(
                std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?,
            ),
            None => None,
        };
        let client = Client::new(&ClientOptions {
            authorization: self.authorization(user.as_deref())?,
            authority,
            certificate: None,
            insecure_skip_verify: self.insecure_skip_verify,
            timeout: Duration::from_secs(self.timeout),
            timeout_setting: "--timeout",
            follow_redirects: true,
        })?;
        client.ask(&plain, wanted)
    }

    fn authorization(&self, user: Option<&str>) -> anyhow::Result<Option<String>> {
        let read = |path: &Path| -> anyhow::Result<String> {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            Ok(text.trim().to_owned())
        };
        if let Some(Token(token)) = &self.token {
            return Ok(Some(format!("Bearer {token}")));
        }
        if let Some(path) = &self.bearer_token_file {
            return Ok(Some(format!("Bearer {}", read(path)?)));
        }
        let user = match &self.basic_auth_file {
            Some(path) => Some(read(path)?),
            None => user.map(str::to_owned),
        };
        Ok(user.map(|user| basic(&user)))
    }
}

/// How requests to one kind of server are made. Holds secrets, so it is not shown.
pub(crate) struct ClientOptions {
    /// The `Authorization` header.
    pub(crate) authorization: Option<String>,
    /// Certificate authorities to trust, in PEM.
    pub(crate) authority: Option<Vec<u8>>,
    /// The certificate and the key to show, in PEM.
    pub(crate) certificate: Option<(Vec<u8>, Vec<u8>)>,
    /// Whether the server's certificate is not verified.
    pub(crate) insecure_skip_verify: bool,
    /// After which a request is given up, its answer read or not.
    pub(crate) timeout: Duration,
    /// The setting that allows a request more time.
    pub(crate) timeout_setting: &'static str,
    /// Whether to go where an answer points to.
    pub(crate) follow_redirects: bool,
}

/// Makes requests; keeps connections open between them.
pub(crate) struct Client {
    agent: ureq::Agent,
    authorization: Option<String>,
    /// What is said of an answer that did not come in time.
    late: String,
}

impl Client {
    /// A client that makes requests so.
    ///
    /// # Errors
    /// When a certificate or key is none.
    pub(crate) fn new(options: &ClientOptions) -> anyhow::Result<Self> {
        let mut tls = ureq::tls::TlsConfig::builder();
        if options.insecure_skip_verify {
            tls = tls.disable_verification(true);
        }
        if let Some(pem) = &options.authority {
            let certificates = certificates(pem);
            anyhow::ensure!(!certificates.is_empty(), "no certificate authority in PEM");
            tls = tls.root_certs(ureq::tls::RootCerts::new_with_certs(&certificates));
        }
        if let Some((certificate, key)) = &options.certificate {
            let key = ureq::tls::PrivateKey::from_pem(key).context("no private key in PEM")?;
            let certificate =
                ureq::tls::ClientCert::new_with_certs(&certificates(certificate), key);
            tls = tls.client_cert(Some(certificate));
        }
        let mut config = ureq::Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .user_agent(concat!("promsieve/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(options.timeout));
        if !options.follow_redirects {
            config = config.max_redirects(0).max_redirects_will_error(false);
        }
        let authorization = options.authorization.clone();
        let late = format!(
            "no whole answer within {} s: `{}` allows more",
            options.timeout.as_secs_f64(),
            options.timeout_setting
        );
        Ok(Self { agent: config.build().into(), authorization, late })
    }

    /// Gets a URL, which holds no password, whatever the status of its answer.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(crate) fn ask(&self, url: &str, wanted: Wanted) -> anyhow::Result<Answer> {
        let mut request =
            self.agent.get(url).header("Accept", accept(wanted)).header("Accept-Encoding", "gzip");
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let answer = request.call().map_err(|error| self.explained(error));
        let answer = answer.with_context(|| format!("cannot get {url}"))?;
        let header = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
        let content_type = header.map(str::to_owned);
        let status = answer.status().as_u16();
        // How much is read is the reader's matter: a scrape is streamed, a text has an end.
        let bytes = answer.into_body().into_with_config().limit(u64::MAX).reader();
        let bytes = Box::new(Body { bytes, late: self.late.clone() });
        Ok(Answer { bytes, content_type, status })
    }

    /// What went wrong, and what to do about it.
    fn explained(&self, error: ureq::Error) -> anyhow::Error {
        use ureq::Error;
        match error {
            Error::Timeout(_) => anyhow::anyhow!("{}", self.late),
            Error::TooManyRedirects => {
                anyhow::anyhow!("it leads on and on, or to what is no HTTP: give the last address")
            }
            Error::Io(error) if error.kind() == ErrorKind::InvalidData => anyhow::anyhow!(
                "no safe connection: {error}; `--ca-file`, or `ca_file` of a configuration, names \
                 the authority of private certificates"
            ),
            error => error.into(),
        }
    }
}

/// The body of an answer, which says why it ends early.
struct Body<R> {
    bytes: R,
    late: String,
}

impl<R: Read> Read for Body<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(into).map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
            if matches!(inner, Some(ureq::Error::Timeout(_))) {
                io::Error::new(ErrorKind::TimedOut, self.late.clone())
            } else if error.kind() == ErrorKind::UnexpectedEof {
                io::Error::new(error.kind(), "the connection ended before the answer")
            } else {
                error
            }
        })
    }
}

fn certificates(pem: &[u8]) -> Vec<ureq::tls::Certificate<'static>> {
    ureq::tls::parse_pem(pem)
        .filter_map(|item| match item {
            Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect()
}

/// The value of an `Authorization` header with a user and a password.
pub(crate) fn basic(user_and_password: &str) -> String {
    format!("Basic {}", base64(user_and_password.as_bytes()))
}

/// The Accept header of a server, recorded from 2.53.3 and 3.5.3.
fn accept(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Anything => "application/json, */*;q=0.5",
        Wanted::Scrape(server) if server.at_least(3, 0) => {
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        }
        Wanted::Scrape(_) => {
            "application/openmetrics-text;version=1.0.0;q=0.5,\
             application/openmetrics-text;version=0.0.1;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        }
    }
}

/// A URL as it may be shown: without its user and password.
pub fn shown(url: &str) -> String {
    split_user(url).0
}

/// A text as a part of a URL's query: all but RFC 3986's unreserved characters encoded.
pub fn encoded(text: &str) -> String {
    let encode = |byte: u8| {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(encode).collect()
}

/// Splits `http://user:password@host/` into the URL without the user, and the user.
fn split_user(url: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match authority.rsplit_once('@') {
        None => (url.to_owned(), None),
        Some((user, host)) => {
            let rest = &rest[authority.len()..];
            (format!("{scheme}://{host}{rest}"), Some(user.to_owned()))
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte))
            << (8 * (3 - three.len()));
        for digit in 0..4 {
            let at = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit <= three.len() { DIGITS[at as usize] as char } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_in_urls_are_split_off() {
        let url = "https://u:p@ss@h:9090/metrics?x=a@b";
        assert_eq!(shown(url), "https://h:9090/metrics?x=a@b");
        assert_eq!(split_user(url).1.as_deref(), Some("u:p@ss"));
        assert_eq!(shown("http://h/@x"), "http://h/@x");
    }

    #[test]
    fn base64_pads() {
        assert_eq!(base64(b"user:pass"), "dXNlcjpwYXNz");
        assert_eq!(base64(b"a"), "YQ==");
        assert_eq!(base64(b"ab"), "YWI=");
        assert_eq!(base64(b""), "");
    }
}
