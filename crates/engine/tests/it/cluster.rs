//! A Ballista cluster on loopback gives the same census, whatever happens to an executor.

use std::fs::{self, File};
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use promsieve_lab::real::TempDir;
use serde_json::Value;

use crate::{engine, json, sources, wanted};

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).map(drop).unwrap_or_default();
    }
}

/// A scheduler and its executors.
struct Cluster {
    scheduler: SocketAddr,
    executors: Vec<Running>,
    _scheduler: Running,
    _dir: TempDir,
}

impl Cluster {
    /// Starts a scheduler and so many executors, of one task at a time each.
    fn start(executors: usize) -> Self {
        let dir = TempDir::new("engine-cluster").unwrap();
        let scheduler = free(1);
        let process = start(engine().arg("scheduler").arg("--listen").arg(scheduler.to_string()));
        wait_for(scheduler);
        let executor = |at: usize| {
            let listen = free(2);
            let work = dir.path().join(at.to_string());
            let mut command = engine();
            command.args(["executor", "--tasks", "1", "--scheduler", &scheduler.to_string()]);
            command.args(["--listen", &listen.to_string(), "--work"]).arg(work);
            let process = start(&mut command);
            wait_for(listen);
            process
        };
        let executors = (0..executors).map(executor).collect();
        Self { scheduler, executors, _scheduler: process, _dir: dir }
    }

    fn command(&self, command: &str) -> Command {
        let mut engine = engine();
        engine.args([command, "--ballista", &self.scheduler.to_string(), "--format", "json"]);
        engine
    }

    #[track_caller]
    fn census(&self, sources: &[PathBuf]) -> Value {
        json(self.command("census").args(sources))
    }
}

fn start(command: &mut Command) -> Running {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Running(quiet.spawn().unwrap())
}

/// An address on loopback that nothing listens on, nor on the ports above it, so many in all.
fn free(ports: u16) -> SocketAddr {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let others = (1..ports).map(|above| first.port().checked_add(above));
        let are_free = others.map(|port| TcpListener::bind(("127.0.0.1", port?)).ok());
        if are_free.collect::<Option<Vec<_>>>().is_some() {
            return first;
        }
    }
}

/// Waits until something listens.
#[track_caller]
fn wait_for(place: SocketAddr) {
    for _ in 0..600 {
        if TcpStream::connect(place).is_ok() {
            return;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("nothing listens on {place}");
}

#[test]
fn a_cluster_counts_what_the_command_line_counts() {
    let dir = TempDir::new("engine-cluster-blocks").unwrap();
    let sources = sources::blocks(dir.path(), 20, 1000);
    let wanted = wanted(&sources, &[]);
    let mut cluster = Cluster::start(3);
    assert_eq!(cluster.census(&sources), wanted);
    let query = "select metric, without('pod') as pod from series group by metric order by metric";
    let here = json(engine().args(["sql", "--format", "json", query]).args(&sources));
    assert_eq!(json(cluster.command("sql").arg(query).args(&sources)), here);
    // One of the three goes while it reads the eighth block.
    let gate = Gate::of(&sources[7]);
    let mut client = cluster.command("census");
    let client = client.args(&sources).stdout(Stdio::piped()).spawn().unwrap();
    let reader = gate.reader(&cluster);
    drop(cluster.executors.remove(reader));
    gate.reader(&cluster);
    gate.open();
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), wanted);
}

/// Tombstones of a block that nobody has read to the end until they are let: a pipe.
struct Gate {
    path: PathBuf,
    pipe: File,
}

impl Gate {
    fn of(block: &Path) -> Self {
        let path = block.join("tombstones");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let pipe = File::options().read(true).write(true).open(&path).unwrap();
        Self { path, pipe }
    }

    /// Which of the executors reads; waits until one does.
    #[track_caller]
    fn reader(&self, cluster: &Cluster) -> usize {
        let has_it = |executor: &Running| {
            let files = fs::read_dir(format!("/proc/{}/fd", executor.0.id()));
            let mut files = files.into_iter().flatten().flatten();
            files.any(|file| fs::read_link(file.path()).is_ok_and(|it| it == self.path))
        };
        for _ in 0..1200 {
            if let Some(reader) = cluster.executors.iter().position(has_it) {
                return reader;
            }
            sleep(Duration::from_millis(100));
        }
        panic!("nobody reads {}", self.path.display());
    }

    /// Lets whoever reads read tombstones of nothing, to their end.
    fn open(mut self) {
        self.pipe.write_all(&[0x01, 0x30, 0xBA, 0x30, 1, 0, 0, 0, 0]).unwrap();
    }
}
