//! How long after a machine's death `promsieve targets` has rewritten its file, and a real Prometheus
//! has dropped the target.
//!
//! `targets-latency PROMSIEVE [MACHINES] [DEATHS]`: all machines are on loopback, and each is probed
//! every second.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use promsieve_lab::real::{Server, TempDir, Version};
use promsieve_lab::silent::Silent;
use serde_json::json;

const CONFIG: &str = "scrape_configs:\n- job_name: node\n  scrape_interval: 1h\n  \
                      file_sd_configs: [{files: ['OUT']}]\n";

/// A process that is killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let promsieve: PathBuf = args.next().context("name the binary of promsieve")?.into();
    let machines: u32 = args.next().map_or(Ok(2000), |text| text.parse())?;
    let deaths: u32 = args.next().map_or(Ok(11), |text| text.parse())?;
    let dir = TempDir::new("latency")?;
    let targets: Vec<String> = (0..machines).map(|at| address(at).to_string()).collect();
    dir.write("in.json", json!([{ "targets": targets }]).to_string())?;
    let out = dir.path().join("out.json");
    let running = Running(start(&promsieve, &dir)?);
    wait(|| Ok(out.exists()))?;
    let server = Server::start(Version::V3, &CONFIG.replace("OUT", &out.display().to_string()))?;
    wait(|| Ok(active(&server)? == machines as usize))?;
    let (mut files, mut servers) = (Vec::new(), Vec::new());
    for death in 0..deaths {
        // Somewhere in the second, and at another machine each time.
        sleep(Duration::from_millis(u64::from(death) * 377 % 1000));
        let address = address(death * 179 % machines);
        let silent = Silent::at(address)?;
        let start = Instant::now();
        wait(|| Ok(!std::fs::read_to_string(&out)?.contains(&format!("\"{address}\""))))?;
        let rewritten = Instant::now();
        files.push(rewritten.duration_since(start));
        wait(|| Ok(active(&server)? == machines as usize - 1))?;
        servers.push(rewritten.elapsed());
        drop(silent);
        wait(|| Ok(active(&server)? == machines as usize))?;
    }
    print("file rewritten after the death", &mut files)?;
    print("target dropped after the file", &mut servers)?;
    let stat = std::fs::read_to_string(format!("/proc/{}/status", running.0.id()))?;
    let used = stat.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("Threads"));
    used.for_each(say);
    Ok(())
}

fn address(at: u32) -> SocketAddr {
    let [_, high, low, _] = (at * 256).to_be_bytes();
    SocketAddr::from(([127, 91 + high, low, 1], 9100))
}

fn start(promsieve: &Path, dir: &TempDir) -> Result<Child> {
    let args = ["targets", "in.json", "--out", "out.json"];
    let mut command = Command::new(std::fs::canonicalize(promsieve)?);
    command.args(args).current_dir(dir.path()).stdout(Stdio::null());
    command.spawn().context("cannot start promsieve")
}

fn active(server: &Server) -> Result<usize> {
    let found = server.api("/api/v1/targets?state=active")?;
    Ok(found["activeTargets"].as_array().context("no targets")?.len())
}

fn wait(mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !holds()? {
        ensure!(start.elapsed() < Duration::from_mins(1), "waited for a minute");
        sleep(Duration::from_millis(2));
    }
    Ok(())
}

fn print(what: &str, times: &mut [Duration]) -> Result<()> {
    times.sort_unstable();
    let seconds = |at: usize| times[at].as_secs_f64();
    let last = times.len().checked_sub(1).context("no death was asked for")?;
    say(&format!("{what}: median {:.2} s, most {:.2} s", seconds(last / 2), seconds(last)));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the figures are this program's result")]
fn say(line: &str) {
    println!("{line}");
}
