//! `promsieve relabel`: one chain over label sets, JSON lines in and out.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use anyhow::{Context, bail};
use promsieve_core::config::{self, ChainKind};
use promsieve_core::finding::{Finding, Severity};
use promsieve_core::relabel::{Did, Outcome, Program, Scratch, Step};
use promsieve_core::series::LabelBuf;
use promsieve_core::server::NameScheme;
use promsieve_core::text::{SourceText, Sources};
use serde::{Deserialize, Serialize};

use super::warn;
use crate::Status;
use crate::args::Common;
use crate::input::Source;
use crate::input::bytes::read_text;

/// Arguments of `relabel`.
#[derive(Debug, clap::Args)]
pub(crate) struct RelabelArgs {
    /// A YAML list of relabel configs
    #[arg(long, value_name = "FILE")]
    chain: String,

    /// `metric_name_validation_scheme` of the configuration: `utf8` or `legacy`
    #[arg(long, value_name = "SCHEME", default_value = "utf8")]
    name_validation: NameScheme,

    /// Tell for each label set what each step did
    #[arg(long)]
    trace: bool,
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
    let program = read_chain(args, common)?;
    relabel_lines(&program, args.trace, std::io::stdin().lock(), out)
}

fn relabel_lines(
    program: &Program,
    trace: bool,
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
        if trace {
            let (outcome, did) = program.apply_traced(&mut scratch, &mut labels);
            let steps = trace_view(program.steps(), &did);
            write_line(outcome, &labels, Some(steps), out)?;
        } else {
            let outcome = program.apply(&mut scratch, &mut labels);
            write_line(outcome, &labels, None, out)?;
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

fn trace_view<'a>(steps: &[Step], did: &'a [Did]) -> Vec<StepView<'a>> {
    let views = steps.iter().zip(did).enumerate();
    views
        .map(|(index, (step, did))| StepView {
            step: index,
            action: step.action().name(),
            result: match did {
                Did::Nothing => "no_match",
                Did::Passed => "kept",
                Did::InvalidName(_) => "invalid_name",
                Did::Wrote(changes) if changes.iter().all(|c| c.before == c.after) => "unchanged",
                Did::Wrote(_) => "changed",
                Did::Dropped => "dropped",
            },
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

/// Reads and validates the chain; says everything that is wrong with it before it gives up.
fn read_chain(args: &RelabelArgs, common: &Common) -> anyhow::Result<Program> {
    let [source] = Source::resolve(&args.chain)?
        .try_into()
        .map_err(|_| anyhow::anyhow!("`{}` names several files: name one chain", args.chain))?;
    if source == Source::Stdin {
        bail!("the label sets come from stdin: give the chain as a file");
    }
    let text = read_text(&source, &common.access)?;
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new(source.name(), text));
    let (chain, _, findings) = config::chain(file, sources.file(file), ChainKind::Metric);
    let mut wrong: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| describe(finding, &sources))
        .collect();
    let mut steps = Vec::new();
    for step in chain.steps.iter().filter(|step| step.readable) {
        match step.raw.validate(common.server, args.name_validation) {
            Ok(valid) => steps.push(valid),
            Err(error) => {
                let span = step.spans.value_or_item(error.field);
                let at = sources.file(file).position(span.span.start);
                let remedy = error.remedy.map_or_else(String::new, |text| format!(": {text}"));
                let (name, message) = (sources.file(file).name(), error.message);
                wrong.push(format!("{name}:{}:{}: {message}{remedy}", at.line, at.column));
            }
        }
    }
    for line in &wrong {
        warn(&format!("error: {line}"));
    }
    if !wrong.is_empty() {
        bail!("{} refuses the chain", common.server);
    }
    Ok(Program::compile(&steps))
}

fn describe(finding: &Finding, sources: &Sources) -> String {
    let place = finding.location.map_or_else(String::new, |location| {
        let file = sources.file(location.file);
        let at = file.position(location.span.start);
        format!("{}:{}:{}: ", file.name(), at.line, at.column)
    });
    format!("{place}{}", finding.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use promsieve_core::relabel::{Field, RawStep};
    use promsieve_core::server::Server;

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
    fn check(trace: bool, input: &str, expected: &str, status: Status) {
        let mut out = Vec::new();
        let program = program(&[write_t(), drop_a_x()]);
        let got = relabel_lines(&program, trace, input.as_bytes(), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(got, status);
    }

    #[test]
    fn a_line_in_is_a_line_out() {
        let input = "{\"labels\": {\"z\": \"1\", \"a\": \"y\"}}\n\n{\"labels\":{\"a\":\"x\"}}";
        let expected = "{\"labels\":{\"a\":\"y\",\"t\":\"v\",\"z\":\"1\"}}\nnull\n";
        check(false, input, expected, Status::Clean);
    }

    #[test]
    fn a_bad_line_does_not_stop_the_rest() {
        let input = "{\"labels\": 1}\nx\n\u{1}\n{\"labels\":{}}\n";
        check(false, input, "{\"labels\":{\"t\":\"v\"}}\n", Status::Incomplete);
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
        check(true, "{\"labels\":{\"a\":\"x\"}}\n", expected, Status::Clean);
    }
}
