//! A server that speaks S3, with a bucket; and promsieve with the credentials for it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use promsieve_lab::real::TempDir;

/// What no output may show.
pub(crate) const SECRET: &str = "a-secret-that-nobody-sees";

/// Moto's server; it is killed on drop.
pub(crate) struct Bucket {
    child: Child,
    pub(crate) address: String,
    log: TempDir,
}

impl Bucket {
    /// Starts it with a bucket named `metrics`; `None`, said on stderr, where it cannot be installed.
    pub(crate) fn start() -> Option<Self> {
        let python = python()?;
        let log = TempDir::new("moto").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = fs::File::create(log.path().join("log")).unwrap();
        let child = Command::new(python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap();
        let mut bucket = Self { child, address: format!("127.0.0.1:{port}"), log };
        while TcpStream::connect(&bucket.address).is_err() {
            let ended = bucket.child.try_wait().unwrap();
            let said = || fs::read_to_string(bucket.log.path().join("log")).unwrap();
            assert!(ended.is_none(), "the server has ended: {}", said());
            std::thread::sleep(Duration::from_millis(50));
        }
        bucket.put("", &[]);
        Some(bucket)
    }

    /// Puts an object, or makes the bucket.
    pub(crate) fn put(&self, key: &str, bytes: &[u8]) {
        let url = format!("http://{}/metrics/{key}", self.address);
        let authorization = "AWS4-HMAC-SHA256 Credential=id/20231114/us-east-1/s3/aws4_request";
        ureq::put(url).header("Authorization", authorization).send(bytes).unwrap();
    }

    /// Puts all files of a directory below a prefix, but for chunks: no census reads one.
    pub(crate) fn put_all(&self, directory: &Path, prefix: &str) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let key = format!("{prefix}/{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                self.put_all(&path, &key);
            } else if !key.contains("/chunks/") {
                self.put(&key, &fs::read(&path).unwrap());
            } else {
                self.put(&key, b"chunks");
            }
        }
    }
}

/// The Python that has the server, which the first test installs.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let install = || match xtask::python::install(&xtask::python::S3) {
        Ok(python) => Some(python),
        Err(failure) => {
            eprintln!("SKIPPED: {failure}");
            None
        }
    };
    PYTHON.get_or_init(install).as_deref()
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// promsieve, which finds the store at `address`, with credentials of the environment and nothing
/// else there.
pub(crate) fn promsieve(address: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_promsieve"));
    command
        .env_clear()
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("AWS_ACCESS_KEY_ID", "id")
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_REGION", "us-east-1")
        .env("TMPDIR", std::env::temp_dir());
    command
}
