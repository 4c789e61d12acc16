//! `relabel-peers [SERIES] [ROUNDS]`: the CPU seconds that real servers spend on the chains of
//! `chains`, as those of a first scrape with the chain less those without it, beside our own.
#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use promsieve_core::relabel::{Outcome, Program, Scratch};
use promsieve_core::series::{LabelBuf, METRIC_NAME, Table};
use promsieve_lab::chains::{LOADS, Load, TARGET};
use promsieve_lab::cpu;
use promsieve_lab::real::{self, Page, Pages, Server, TempDir, Version};

/// A server that used less than this between two looks is idle.
const IDLE: f64 = 0.02;
const POLL: Duration = Duration::from_millis(500);
const CALM: usize = 3;
const PATIENCE: Duration = Duration::from_mins(3);

fn main() -> Result<()> {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let series = numbers.next().transpose()?.unwrap_or(400_000);
    let rounds = numbers.next().transpose()?.unwrap_or(3);
    ensure!(real::dir().is_some(), "the real servers cannot be installed here");
    println!(
        "{series} series, medians of {rounds} interleaved rounds, CPU seconds of one scrape\n"
    );
    println!("| chain | who | without | with | difference |");
    println!("|---|---|---|---|---|");
    for load in LOADS {
        for (who, mut without, mut with) in measure(&load, series, rounds)? {
            let (without, with) = (median(&mut without), median(&mut with));
            let difference = with - without;
            println!("| {} | {who} | {without:.2} | {with:.2} | {difference:.2} |", load.name);
        }
    }
    Ok(())
}

type Measured = (&'static str, Vec<f64>, Vec<f64>);

fn measure(load: &Load, series: usize, rounds: usize) -> Result<Vec<Measured>> {
    let pages = Pages::serve([("/metrics".to_owned(), Page::text(load.page(series)))])?;
    let (table, program) = (load.table(series), load.program()?);
    let names = ["promsieve, relabeling only", "Prometheus 2.53", "Prometheus 3.5", "vmagent"];
    let mut all: Vec<Measured> = names.iter().map(|&name| (name, Vec::new(), Vec::new())).collect();
    for _ in 0..rounds {
        for (at, (_, without, with)) in all.iter_mut().enumerate() {
            for (chain, into) in [("", without), (load.chain, with)] {
                let config = config(&pages.address(), chain);
                into.push(match at {
                    0 if chain.is_empty() => own(&Program::default(), &table)?,
                    0 => own(&program, &table)?,
                    1 => prometheus(Version::V2, &config)?,
                    2 => prometheus(Version::V3, &config)?,
                    _ => vmagent(&config)?,
                });
            }
        }
    }
    Ok(all)
}

/// A job whose metric chain is `chain`; it scrapes at most once in what this program waits for.
fn config(address: &str, chain: &str) -> String {
    let indent = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let labels: String = TARGET
        .iter()
        .filter(|(name, _)| *name != "job")
        .map(|(name, value)| format!("      {name}: '{value}'\n"))
        .collect();
    let chain = match chain {
        "" => String::new(),
        chain => format!("  metric_relabel_configs:\n{}", indent(chain)),
    };
    format!(
        "scrape_configs:\n- job_name: kubelet\n  scrape_interval: 20s\n  scrape_timeout: 20s\n  \
         static_configs:\n  - targets: ['{address}']\n    labels:\n{labels}{chain}"
    )
}

fn prometheus(version: Version, config: &str) -> Result<f64> {
    let server = Server::start(version, config)?;
    let before = cpu::of_process(server.pid())?;
    server.wait_scraped(1)?;
    Ok(settled(server.pid())? - before)
}

fn vmagent(config: &str) -> Result<f64> {
    let dir = TempDir::new("vmagent")?;
    let file = dir.write("scrape.yml", config)?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    // Nothing listens where it writes to: what it would send is thrown away.
    let nowhere = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let child = Command::new(real::program("vmagent").context("no vmagent")?)
        .arg(format!("-promscrape.config={}", file.display()))
        .arg("-promscrape.maxScrapeSize=2GB")
        .arg(format!("-remoteWrite.url=http://{nowhere}/write"))
        .arg(format!("-remoteWrite.tmpDataPath={}", dir.path().join("data").display()))
        .args(["-remoteWrite.disableOnDiskQueue", "-remoteWrite.dropSamplesOnOverload"])
        .arg(format!("-httpListenAddr={address}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("starting vmagent")?;
    let child = Killed(child);
    let before = cpu::of_process(child.0.id())?;
    let start = Instant::now();
    let is_up = || {
        let targets = real::get(&address.to_string(), "/api/v1/targets").ok()?;
        String::from_utf8_lossy(&targets.body).contains("\"health\":\"up\"").then_some(())
    };
    while is_up().is_none() {
        ensure!(start.elapsed() < PATIENCE, "vmagent scraped nothing in {PATIENCE:?}");
        sleep(POLL);
    }
    Ok(settled(child.0.id())? - before)
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// CPU seconds of a process once it has been idle for [`CALM`] looks in a row. That is no proof on
/// a machine that is busy with other work: there, a starved server looks idle.
fn settled(pid: u32) -> Result<f64> {
    let start = Instant::now();
    let (mut last, mut idle) = (cpu::of_process(pid)?, 0);
    while idle < CALM {
        ensure!(start.elapsed() < PATIENCE, "it was not idle after {PATIENCE:?}");
        sleep(POLL);
        let now = cpu::of_process(pid)?;
        idle = if now - last < IDLE { idle + 1 } else { 0 };
        last = now;
    }
    Ok(last)
}

/// CPU seconds of a chain over all rows, filling the labels in included.
fn own(program: &Program, table: &Table) -> Result<f64> {
    let (mut scratch, mut labels) = (Scratch::new(), LabelBuf::new());
    let start = cpu::of_this_thread()?;
    let mut kept = 0_usize;
    for group in &table.metrics {
        for row in 0..group.rows {
            fill(&mut labels, table, group, row);
            kept += usize::from(program.apply(&mut scratch, &mut labels) == Outcome::Kept);
        }
    }
    ensure!(kept > 0, "the chain drops everything");
    Ok((cpu::of_this_thread()? - start) as f64 / 1e9)
}

fn fill(
    labels: &mut LabelBuf,
    table: &Table,
    group: &promsieve_core::series::MetricRows,
    row: usize,
) {
    labels.clear();
    labels.push_base(METRIC_NAME, table.metric_name(group));
    for column in &group.columns {
        let value = table.values(column.name).value(column.codes[row]);
        labels.push_base(table.name(column.name), value);
    }
    labels.sort_base();
}

fn median(seconds: &mut [f64]) -> f64 {
    seconds.sort_unstable_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
