//! One real `node_exporter`, from start to kill.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{get, program};

/// How long it may take to answer for the first time.
const START_TIMEOUT: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(20);

/// A running `node_exporter` of this machine; it is killed on drop.
#[derive(Debug)]
pub struct NodeExporter {
    child: Child,
    address: String,
}

impl NodeExporter {
    /// Starts it on a free port; `None` where it is not installed.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start() -> Result<Option<Self>> {
        let Some(path) = program("node_exporter") else { return Ok(None) };
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(path);
        command.arg(format!("--web.listen-address={address}"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(Some(Self { child, address }))
    }

    /// What goes into `targets:`, as `127.0.0.1:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What it shows, once it does.
    ///
    /// # Errors
    /// When it shows nothing within two minutes.
    pub fn page(&self) -> Result<Vec<u8>> {
        let start = Instant::now();
        loop {
            if let Ok(answer) = get(&self.address, "/metrics")
                && answer.status == 200
            {
                return Ok(answer.body);
            }
            ensure!(start.elapsed() < START_TIMEOUT, "node_exporter does not answer");
            thread::sleep(POLL);
        }
    }
}

impl Drop for NodeExporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
