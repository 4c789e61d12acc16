//! Relabel configs as Kubernetes takes them in custom resources: keys in camel case, JSON types
//! that are not bent, fields that it does not know left out without a word.

use super::report::{Report, near_miss};
use super::values::Misfit;
use crate::doc::{Node, Resolved};
use crate::relabel::{Field, RawStep, StepField};

/// `source_labels` as `sourceLabels`.
pub(super) fn camel(snake: &str) -> String {
    let mut parts = snake.split('_');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// The words of the API server for a node that is no `wanted`.
pub(super) fn misfit(node: Node<'_>, wanted: &str) -> Misfit {
    let got = json_type(node);
    let path = node.path();
    Misfit::Value(format!(
        "{path}: Invalid value: \"{got}\": {path} in body must be of type {wanted}: \"{got}\""
    ))
}

/// What the YAML value is in JSON, by the rules of YAML 1.1.
fn json_type(node: Node<'_>) -> &'static str {
    if node.is_mapping() {
        return "object";
    }
    if node.is_sequence() {
        return "array";
    }
    match node.resolve() {
        Resolved::Null => "null",
        Resolved::Bool(_) => "boolean",
        Resolved::Int(_) | Resolved::Uint(_) => "integer",
        Resolved::Float(_) => "number",
        Resolved::Timestamp | Resolved::Binary(_) | Resolved::Str => "string",
    }
}

/// A field that a relabel config in a custom resource does not have.
pub(super) fn unknown_step_field(key: Node<'_>, report: &mut Report<'_>) {
    unknown_field(key, StepField::ALL.into_iter().map(|field| camel(field.key())), report);
}

/// Refuses a field that the resource does not have.
pub(super) fn unknown_field(
    key: Node<'_>,
    known: impl Iterator<Item = String>,
    report: &mut Report<'_>,
) {
    let name = key.resolved().text();
    let words = format!("strict decoding error: unknown field \"{}\"", key.path());
    let known: Vec<String> = known.collect();
    let finding = report.refuse(key.location(), words);
    finding.message = format!("`{name}` is no field here");
    finding.consequence = Some(
        "kubectl refuses the resource; Helm and others lose the field without a word".to_owned(),
    );
    finding.remedy = near_miss(name, known.iter().map(String::as_str))
        .map(|near| format!("did you mean `{near}`?"));
}

/// Sets one field. The operator leaves out what is empty, except `separator` and `replacement`.
pub(super) fn set(raw: &mut RawStep, field: StepField, value: Node<'_>) -> Result<(), Misfit> {
    match field {
        StepField::SourceLabels => raw.source_labels = names(value)?,
        StepField::Modulus => raw.modulus = modulus(value)?,
        StepField::Separator => raw.separator = text(value)?,
        StepField::Replacement => raw.replacement = text(value)?,
        StepField::TargetLabel => raw.target_label = not_empty(text(value)?),
        StepField::Regex => raw.regex = not_empty(text(value)?),
        StepField::Action => raw.action = not_empty(text(value)?),
        // The operator's resources do not have them.
        StepField::If | StepField::Match | StepField::Labels => {}
    }
    Ok(())
}

fn not_empty(field: Field<String>) -> Field<String> {
    match field {
        Field::Set(text) if text.is_empty() => Field::Absent,
        field => field,
    }
}

/// Kubernetes drops null where a field does not allow it.
fn text(value: Node<'_>) -> Result<Field<String>, Misfit> {
    match json_type(value) {
        "null" => Ok(Field::Absent),
        "string" => Ok(Field::Set(value.resolved().text().to_owned())),
        _ => Err(misfit(value, "string")),
    }
}

fn names(value: Node<'_>) -> Result<Field<Vec<String>>, Misfit> {
    if value.is_null() || value.is_sequence() && value.items().len() == 0 {
        return Ok(Field::Absent);
    }
    if !value.is_sequence() {
        return Err(misfit(value, "array"));
    }
    let name = |item: Node<'_>| match text(item)? {
        Field::Set(name) => Ok(name),
        _ => Err(misfit(item, "string")),
    };
    value.items().map(name).collect::<Result<_, _>>().map(Field::Set)
}

fn modulus(value: Node<'_>) -> Result<Field<u64>, Misfit> {
    if !value.is_scalar() {
        return Err(misfit(value, "integer"));
    }
    match value.resolve() {
        Resolved::Null | Resolved::Int(0) => Ok(Field::Absent),
        Resolved::Int(number) => u64::try_from(number).map(Field::Set).map_err(|_| {
            let path = value.path();
            Misfit::Value(format!("{path}: Invalid value: {number}: must not be negative"))
        }),
        Resolved::Uint(number) => Ok(Field::Set(number)),
        _ => Err(misfit(value, "integer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_turn_to_camel_case() {
        assert_eq!(camel("source_labels"), "sourceLabels");
        assert_eq!(camel("label_name_length_limit"), "labelNameLengthLimit");
        assert_eq!(camel("regex"), "regex");
    }
}
