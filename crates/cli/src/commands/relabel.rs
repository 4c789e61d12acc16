//! `promsieve relabel`: one chain over label sets, JSON lines in and out; over whole scrapes it is
//! `simulate`.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use anyhow::Context;
use promsieve_core::config::ChainKind;
use promsieve_core::relabel::target::{self, TargetDefaults, TargetOutcome};
use promsieve_core::relabel::{Did, Outcome, Program, Scratch, Step};
use promsieve_core::series::LabelBuf;
use promsieve_core::server::Server;
use serde::{Deserialize, Serialize};

use super::simulate;
use crate::Status;
use crate::common::Common;
use crate::input::chain::{ChainArgs, read_chain};
use crate::stderr::warn;

/// Arguments of `relabel`.
#[derive(Debug, clap::Args)]
pub(crate) struct RelabelArgs {
    #[command(flatten)]
    chain: ChainArgs,

    /// Treat each label set as a discovered target: with the server's defaults before the chain,
    /// its checks after it, and the labels that the target's series get
    #[arg(long, conflicts_with = "trace")]
    as_target: bool,

    /// Tell for each label set what each step did
    #[arg(long)]
    trace: bool,

    /// Run the chain over the series of scrapes instead, and tell what each of its steps does to
    /// them: a file, a directory, a glob or a URL; repeatable
    #[arg(long, value_name = "SOURCE", conflicts_with_all = ["as_target", "trace"])]
    scrape: Vec<String>,
}

/// One line in.
#[derive(Debug, Deserialize)]
struct LineIn {
    labels: BTreeMap<String, String>,
}

/// One line out, by name. Without a trace a dropped label set is a bare `null`.
#[derive(Debug, Serialize)]
struct LineOut<'a> {
    labels: Option<BTreeMap<&'a str, &'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<StepView<'a>>>,
}

#[derive(Debug, Serialize)]
struct StepView<'a> {
    step: usize,
    action: &'static str,
    result: &'static str,
    changes: Vec<ChangeView<'a>>,
}

/// `null` stands for no label.
#[derive(Debug, Serialize)]
struct ChangeView<'a> {
    label: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

/// Applies the chain to every label set on stdin. A line that cannot be read is reported and left
/// out; the status then is [`Status::Incomplete`].
pub(crate) fn run(
    args: &RelabelArgs,
    common: &Common,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    if !args.scrape.is_empty() {
        return simulate::run(&args.chain, &args.scrape, common, out);
    }
    let (chain, defaults) = read_chain(&args.chain, common)?;
    let program = chain.program();
    let ignored = chain.kind == ChainKind::Metric && program.drops_nothing_in_scrapes();
    let how = match (args.trace, args.as_target) {
        (true, _) => How::Traced { ignored },
        (_, true) => How::AsTarget(common.server, defaults),
        _ if ignored => How::Ignored,
        _ => How::Bare,
    };
    relabel_lines(&program, &how, std::io::stdin().lock(), out)
}

/// What to do with each label set.
enum How {
    /// The chain and nothing else.
    Bare,
    /// The chain, whose drops the server ignores.
    Ignored,
    /// The chain, telling each step; whether the server ignores its drops.
    Traced { ignored: bool },
    /// The chain with what a server does around it.
    AsTarget(Server, TargetDefaults),
}

fn relabel_lines(
    program: &Program,
    how: &How,
    mut input: impl BufRead,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let mut status = Status::Clean;
    let (mut scratch, mut labels, mut line) = (Scratch::new(), LabelBuf::new(), Vec::new());
    for number in 1.. {
        line.clear();
        if input.read_until(b'\n', &mut line).context("cannot read stdin")? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let set: LineIn = match serde_json::from_slice(&line) {
            Ok(set) => set,
            Err(error) => {
                warn(&format!(
                    "error: <stdin>:{number}: {error}: write a line as {{\"labels\": {{…}}}}"
                ));
                status = Status::Incomplete;
                continue;
            }
        };
        labels.refill(set.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        match how {
            How::Bare => {
                let outcome = program.apply(&mut scratch, &mut labels);
                write_line(outcome, &labels, None, out)?;
            }
            How::Ignored => {
                program.apply(&mut scratch, &mut labels);
                write_line(Outcome::Kept, &labels, None, out)?;
            }
            How::Traced { ignored } => {
                let (outcome, did) = program.apply_traced(&mut scratch, &mut labels);
                let outcome = if *ignored { Outcome::Kept } else { outcome };
                let trace = trace_view(program.steps(), &did, *ignored);
                write_line(outcome, &labels, Some(trace), out)?;
            }
            How::AsTarget(server, defaults) => {
                let outcome = target::apply(program, *server, defaults, &mut scratch, &mut labels);
                status = status.max(write_target(&outcome, number, &labels, out)?);
            }
        }
    }
    Ok(status)
}

fn write_line(
    outcome: Outcome,
    labels: &LabelBuf,
    trace: Option<Vec<StepView<'_>>>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let kept = outcome == Outcome::Kept && !labels.is_empty();
    let labels = kept.then(|| labels.iter_ordered().collect());
    if labels.is_none() && trace.is_none() {
        out.write_all(b"null")?;
    } else {
        serde_json::to_writer(&mut *out, &LineOut { labels, trace })?;
    }
    out.write_all(b"\n")?;
    Ok(())
}

/// A target's public labels, or `null` when it is not scraped; why not, if that is an error.
fn write_target(
    outcome: &TargetOutcome,
    number: usize,
    labels: &LabelBuf,
    out: &mut impl Write,
) -> anyhow::Result<Status> {
    let public = labels.sorted().into_iter().filter(|(name, _)| !name.starts_with("__")).collect();
    let labels = (*outcome == TargetOutcome::Active).then_some(public);
    match labels {
        Some(_) => serde_json::to_writer(&mut *out, &LineOut { labels, trace: None })?,
        None => out.write_all(b"null")?,
    }
    out.write_all(b"\n")?;
    if let TargetOutcome::Invalid(error) = outcome {
        warn(&format!("error: <stdin>:{number}: the server does not scrape this target: {error}"));
        return Ok(Status::Findings);
    }
    Ok(Status::Clean)
}

fn trace_view<'a>(steps: &[Step], did: &'a [Did], ignored: bool) -> Vec<StepView<'a>> {
    let views = steps.iter().zip(did).enumerate();
    views
        .map(|(index, (step, did))| StepView {
            step: index,
            action: step.action().name(),
            result: if ignored && *did == Did::Dropped { "drop_ignored" } else { did.as_str() },
            changes: match did {
                Did::Wrote(changes) => changes.iter().map(change_view).collect(),
                _ => Vec::new(),
            },
        })
        .collect()
}

fn change_view(change: &promsieve_core::relabel::Change) -> ChangeView<'_> {
    let value = |text| Some(text).filter(|text: &&str| !text.is_empty());
    ChangeView { label: &change.label, before: value(&change.before), after: value(&change.after) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use promsieve_core::relabel::{Field, RawStep};
    use promsieve_core::server::NameScheme;

    fn program(steps: &[RawStep]) -> Program {
        let valid = |step: &RawStep| step.validate(Server::default(), NameScheme::Utf8).unwrap();
        Program::compile(&steps.iter().map(valid).collect::<Vec<_>>())
    }

    fn drop_a_x() -> RawStep {
        RawStep {
            action: Field::Set("drop".into()),
            source_labels: Field::Set(vec!["a".into()]),
            regex: Field::Set("x".into()),
            ..RawStep::default()
        }
    }

    fn write_t() -> RawStep {
        RawStep {
            target_label: Field::Set("t".into()),
            replacement: Field::Set("v".into()),
            ..RawStep::default()
        }
    }

    #[track_caller]
    fn check(how: &How, input: &str, expected: &str, status: Status) {
        let mut out = Vec::new();
        let program = program(&[write_t(), drop_a_x()]);
        let got = relabel_lines(&program, how, input.as_bytes(), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(got, status);
    }

    #[test]
    fn a_line_in_is_a_line_out() {
        let input = "{\"labels\": {\"z\": \"1\", \"a\": \"y\"}}\n\n{\"labels\":{\"a\":\"x\"}}";
        let expected = "{\"labels\":{\"a\":\"y\",\"t\":\"v\",\"z\":\"1\"}}\nnull\n";
        check(&How::Bare, input, expected, Status::Clean);
    }

    #[test]
    fn a_bad_line_does_not_stop_the_rest() {
        let input = "{\"labels\": 1}\nx\n\u{1}\n{\"labels\":{}}\n";
        check(&How::Bare, input, "{\"labels\":{\"t\":\"v\"}}\n", Status::Incomplete);
    }

    #[test]
    fn a_trace_tells_what_each_step_did() {
        let expected = concat!(
            r#"{"labels":null,"trace":["#,
            r#"{"step":0,"action":"replace","result":"changed","#,
            r#""changes":[{"label":"t","before":null,"after":"v"}]},"#,
            r#"{"step":1,"action":"drop","result":"dropped","changes":[]}]}"#,
            "\n"
        );
        check(
            &How::Traced { ignored: false },
            "{\"labels\":{\"a\":\"x\"}}\n",
            expected,
            Status::Clean,
        );
    }
}
