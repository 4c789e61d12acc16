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

/// A server that used less than this in half a second is done.
const IDLE: f64 = 0.03;
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
                    1 => prometheus(Version::V2, &config, &pages)?,
                    2 => prometheus(Version::V3, &config, &pages)?,
                    _ => vmagent(&config, &pages)?,
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

fn prometheus(version: Version, config: &str, pages: &Pages) -> Result<f64> {
    let server = Server::start(version, config)?;
    scraped(server.pid(), pages)
}

fn vmagent(config: &str, pages: &Pages) -> Result<f64> {
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
    scraped(child.0.id(), pages)
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// CPU seconds from before a process scrapes until it is idle again.
fn scraped(pid: u32, pages: &Pages) -> Result<f64> {
    let seen = pages.scrapes("/metrics");
    let before = cpu::of_process(pid)?;
    let start = Instant::now();
    let mut last = before;
    loop {
        sleep(Duration::from_millis(500));
        let now = cpu::of_process(pid)?;
        if pages.scrapes("/metrics") > seen && now - last < IDLE {
            return Ok(now - before);
        }
        ensure!(start.elapsed() < PATIENCE, "it was not idle after {PATIENCE:?}");
        last = now;
    }
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
