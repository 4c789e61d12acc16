//! Runs the relabel vectors of `tests/relabel`: plain YAML that any implementation can read.

#![expect(clippy::unwrap_used, reason = "a test")]
#![expect(clippy::disallowed_methods, reason = "the vectors are files, and tests may read them")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use promsieve_core::relabel::{Field, Outcome, Program, RawStep, Scratch, StepError};
use promsieve_core::series::LabelBuf;
use promsieve_core::server::{NameScheme, Server};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    #[expect(dead_code, reason = "shown when the vector fails")]
    note: Option<String>,
    server: Option<String>,
    scheme: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    steps: Vec<StepYaml>,
    #[serde(default)]
    want: Option<BTreeMap<String, String>>,
    error: Option<String>,
    field: Option<String>,
}

/// A field is `None` when absent and `Some(None)` when null.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StepYaml {
    #[serde(deserialize_with = "written")]
    source_labels: Field<Vec<String>>,
    #[serde(deserialize_with = "written")]
    separator: Field<String>,
    #[serde(deserialize_with = "written")]
    regex: Field<String>,
    #[serde(deserialize_with = "written")]
    modulus: Field<u64>,
    #[serde(deserialize_with = "written")]
    target_label: Field<String>,
    #[serde(deserialize_with = "written")]
    replacement: Field<String>,
    #[serde(deserialize_with = "written")]
    action: Field<String>,
    #[serde(rename = "if", deserialize_with = "written")]
    selectors: Field<Vec<String>>,
    #[serde(rename = "match", deserialize_with = "written")]
    graphite: Field<String>,
    #[serde(deserialize_with = "written")]
    labels: Field<BTreeMap<String, String>>,
}

/// Called only for a field that is written.
fn written<'de, D, T>(deserializer: D) -> Result<Field<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.map_or(Field::Null, Field::Set))
}

impl From<&StepYaml> for RawStep {
    fn from(step: &StepYaml) -> Self {
        Self {
            source_labels: step.source_labels.clone(),
            separator: step.separator.clone(),
            regex: step.regex.clone(),
            modulus: step.modulus.clone(),
            target_label: step.target_label.clone(),
            replacement: step.replacement.clone(),
            action: step.action.clone(),
            selectors: step.selectors.clone(),
            graphite: step.graphite.clone(),
            labels: match &step.labels {
                Field::Absent => Field::Absent,
                Field::Null => Field::Null,
                Field::Set(labels) => Field::Set(labels.clone().into_iter().collect()),
            },
        }
    }
}

fn compile(vector: &Vector) -> Result<Program, StepError> {
    let server: Server =
        vector.server.as_deref().map_or(Server::default(), |text| text.parse().unwrap());
    let scheme: NameScheme =
        vector.scheme.as_deref().map_or(NameScheme::Utf8, |text| text.parse().unwrap());
    let steps: Result<Vec<_>, _> =
        vector.steps.iter().map(|step| RawStep::from(step).validate(server, scheme)).collect();
    Ok(Program::compile(&steps?))
}

fn run(program: &Program, labels: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    let mut buf = LabelBuf::new();
    buf.refill(labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let (mut traced, mut scratch) = (buf.clone(), Scratch::new());
    let outcome = program.apply(&mut scratch, &mut buf);
    let (same, _) = program.apply_traced(&mut scratch, &mut traced);
    assert_eq!((outcome, buf.sorted()), (same, traced.sorted()), "tracing changes nothing");
    let kept = outcome == Outcome::Kept && !buf.is_empty();
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    kept.then(|| buf.iter_ordered().map(own).collect())
}

#[test]
fn every_vector_holds() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/relabel");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut count = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let vectors: Vec<Vector> = serde_yaml::from_str(&text).unwrap();
        for vector in &vectors {
            count += 1;
            match (compile(vector), &vector.error) {
                (Ok(program), None) => {
                    let got = run(&program, &vector.labels);
                    assert_eq!(got, vector.want, "{} {vector:#?}", file.display());
                }
                (Err(error), Some(message)) => {
                    let got = (error.message.as_str(), error.field.key());
                    let want = (message.as_str(), vector.field.as_deref().unwrap());
                    assert_eq!(got, want, "{}", file.display());
                }
                (Ok(_), Some(message)) => panic!("not refused: {message}"),
                (Err(error), None) => panic!("refused: {error} {vector:#?}"),
            }
        }
    }
    assert!(count > 100, "only {count} vectors were found");
}
