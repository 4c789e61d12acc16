//! The throughput of chains over a million different series in CPU time of one thread: row by row
//! and by table.
//!
//! `cargo bench -p promsieve-lab --bench chains -- [SERIES]` prints medians of interleaved rounds.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench")]

use promsieve_core::flow::apply_table;
use promsieve_core::relabel::{Outcome, Program, Scratch};
use promsieve_core::series::{LabelBuf, METRIC_NAME, Table};
use promsieve_lab::chains::{LOADS, Load};
use promsieve_lab::cpu;

const SERIES: usize = 1_000_000;
const ROUNDS: usize = 7;

/// What came of a run over all series.
struct Run {
    seconds: f64,
    kept: u64,
    /// How many times a series met a step.
    steps: u64,
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let series = numbers.next_back().unwrap_or(SERIES);
    println!("{series} series, medians of {ROUNDS} rounds; M = million series x steps a second\n");
    println!(
        "| chain | steps | met a series | kept | fill ns | chain ns | rows M | rows with fill M | table M |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for load in LOADS {
        println!("{}", line(&load, series));
    }
}

fn line(load: &Load, series: usize) -> String {
    let (table, program) = (load.table(series), load.program().unwrap());
    let (mut fill, mut rows, mut tables) = (Vec::new(), Vec::new(), Vec::new());
    let (mut steps, mut kept) = (0, 0);
    for _ in 0..ROUNDS {
        fill.push(row_by_row(&Program::default(), &table).seconds);
        let run = row_by_row(&program, &table);
        rows.push(run.seconds);
        let at_once = by_table(&program, &table);
        tables.push(at_once.seconds);
        assert_eq!((run.kept, run.steps), (at_once.kept, at_once.steps));
        (steps, kept) = (run.steps, run.kept);
    }
    let (fill, rows, tables) = (median(fill), median(rows), median(tables));
    let each = |seconds: f64| seconds * 1e9 / series as f64;
    let rate = |seconds: f64| steps as f64 / seconds / 1e6;
    format!(
        "| {} | {} | {:.2} | {kept} | {:.0} | {:.0} | {:.0} | {:.1} | {:.0} |",
        load.name,
        program.steps().len(),
        steps as f64 / series as f64,
        each(fill),
        each(rows - fill),
        rate(rows - fill),
        rate(rows),
        rate(tables),
    )
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_unstable_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn seconds_since(start: u64) -> f64 {
    (cpu::of_this_thread().unwrap() - start) as f64 / 1e9
}

fn row_by_row(program: &Program, table: &Table) -> Run {
    let (mut scratch, mut labels) = (Scratch::new(), LabelBuf::new());
    let (mut kept, mut steps) = (0, 0);
    let start = cpu::of_this_thread().unwrap();
    for group in &table.metrics {
        let metric = table.metric_name(group);
        for row in 0..group.rows {
            labels.clear();
            labels.push_base(METRIC_NAME, metric);
            for column in &group.columns {
                let value = table.values(column.name).value(column.codes[row]);
                labels.push_base(table.name(column.name), value);
            }
            labels.sort_base();
            match program.apply(&mut scratch, &mut labels) {
                Outcome::Kept => {
                    kept += 1;
                    steps += program.steps().len() as u64;
                }
                Outcome::Dropped { by } => steps += by as u64 + 1,
            }
        }
    }
    Run { seconds: seconds_since(start), kept, steps }
}

fn by_table(program: &Program, table: &Table) -> Run {
    let start = cpu::of_this_thread().unwrap();
    let (out, steps) = apply_table(program, table);
    let seconds = seconds_since(start);
    Run { seconds, kept: out.rows() as u64, steps: steps.iter().map(|step| step.reached.0).sum() }
}
