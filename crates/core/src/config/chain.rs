//! A YAML list of relabel configs to steps, with Prometheus's scalar rules: string fields take
//! source text, null means the zero value and not the default, merge keys apply in order.

use super::crd;
use super::model::{Chain, ChainKind, ConfiguredStep, FieldSpan, StepSpans};
use super::report::{INVALID_STEP, Report, near_miss};
use super::values::{self, Misfit};
use crate::doc::{self, Document, Node, NodeKind, Resolved};
use crate::finding::{Finding, Subject};
use crate::relabel::{Field, RawStep, StepField};
use crate::server::{Family, KeyCase, NameScheme, Product, Server};
use crate::text::{FileId, Location, SourceText, Span};

/// What a chain is called and where it would be.
pub(super) struct Place {
    pub(super) kind: ChainKind,
    pub(super) path: String,
    pub(super) job: Option<String>,
    /// Where it would be if it were written.
    pub(super) otherwise: Location,
    pub(super) server: Server,
    pub(super) scheme: NameScheme,
    /// How the keys of its steps are written.
    pub(super) keys: KeyCase,
    /// Whether other steps run around it.
    pub(super) open: bool,
}

impl Place {
    /// Who looks at the steps: what is spelt in Prometheus's way in the operator's files is handed
    /// to Prometheus as it is.
    fn reader(&self) -> Server {
        match (self.server.product, self.keys) {
            (Product::Operator, KeyCase::Snake) => {
                Server::new(Product::Prometheus, self.server.prometheus_release())
            }
            _ => self.server,
        }
    }
}

/// What a bare chain is read for.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChainOptions {
    /// Where it would stand.
    pub kind: ChainKind,
    /// Which server reads it.
    pub server: Server,
    /// `metric_name_validation_scheme` around it.
    pub scheme: NameScheme,
}

/// Reads a file that is a bare list of relabel configs.
pub fn chain(
    file: FileId,
    source: &SourceText,
    options: ChainOptions,
) -> (Chain, Option<Document>, Vec<Finding>) {
    let parsed = doc::parse(source, file);
    let mut findings = parsed.findings;
    let document = parsed.documents.into_iter().next();
    let otherwise = Location { file, span: Span::default() };
    let root = document.as_ref().and_then(Document::root);
    let (chain, refused) = read_bare(root, otherwise, source, options);
    findings.extend(refused);
    (chain, document, findings)
}

/// Reads a list of relabel configs that stands in a file of another kind, such as a test.
pub fn inline_chain(
    list: Node<'_>,
    source: &SourceText,
    options: ChainOptions,
) -> (Chain, Vec<Finding>) {
    read_bare(Some(list), list.location(), source, options)
}

fn read_bare(
    list: Option<Node<'_>>,
    otherwise: Location,
    source: &SourceText,
    options: ChainOptions,
) -> (Chain, Vec<Finding>) {
    let mut report = Report::new(source, INVALID_STEP);
    let ChainOptions { kind, server, scheme } = options;
    let keys = server.capabilities().keys;
    let path = String::new();
    let place = Place { kind, path, job: None, otherwise, server, scheme, keys, open: false };
    let chain = read_chain(list, &place, &mut report);
    (chain, report.findings)
}

/// Reads the list `node`, the value of a key such as `relabel_configs`.
pub(super) fn read_chain(node: Option<Node<'_>>, place: &Place, report: &mut Report<'_>) -> Chain {
    let location = node.map_or(place.otherwise, Node::location);
    let mut chain = Chain {
        kind: place.kind,
        path: place.path.clone(),
        location,
        written: node.is_some(),
        open: place.open,
        steps: Vec::new(),
    };
    let Some(node) = node else { return chain };
    let outer =
        std::mem::replace(&mut report.subject, subject(place.job.clone(), &chain.path, None));
    let rule = std::mem::replace(&mut report.rule, INVALID_STEP);
    if node.is_sequence() {
        chain.steps.reserve_exact(node.items().len());
        for (index, item) in node.items().enumerate() {
            report.subject.step = Some(index);
            chain.steps.push(read_step(item, place, report));
        }
    } else if !node.is_null() && !node.is_unknown() {
        let misfit = match place.keys {
            KeyCase::Snake => values::cannot_unmarshal(node, "[]*relabel.Config"),
            KeyCase::Camel | KeyCase::Either => crd::misfit(node, "array"),
        };
        misfits(misfit, node, "this is no list of relabel configs", report).remedy =
            Some("write a list: each relabel config starts with `- `".to_owned());
    }
    report.subject = outer;
    report.rule = rule;
    chain
}

fn subject(job: Option<String>, path: &str, step: Option<usize>) -> Subject {
    let chain = (!path.is_empty()).then(|| path.to_owned());
    Subject { job, chain, step }
}

fn read_step(item: Node<'_>, place: &Place, report: &mut Report<'_>) -> ConfiguredStep {
    let mut step = ConfiguredStep {
        raw: RawStep::default(),
        spans: StepSpans { item: item.location(), fields: Vec::new() },
        step: None,
    };
    let before = report.findings.len();
    let mut is_known = !item.is_unknown();
    if item.is_mapping() {
        is_known = read_fields(item, &mut step, place, report);
    } else if !is_known {
        // A placeholder stands for the whole step.
    } else if item.is_null() {
        report.refuse(item.location(), empty_step(place)).remedy =
            Some("delete the item or write the relabel config".to_owned());
    } else {
        let misfit = match place.keys {
            KeyCase::Snake => values::cannot_unmarshal(item, "relabel.plain"),
            KeyCase::Camel | KeyCase::Either => crd::misfit(item, "object"),
        };
        misfits(misfit, item, "this is no relabel config", report).remedy =
            Some("write the fields of a relabel config".to_owned());
    }
    if is_known && report.findings.len() == before {
        validate(&mut step, place, report);
    }
    step
}

/// Lets the server's own checks decide, once for each distinct step.
pub(super) fn validate(step: &mut ConfiguredStep, place: &Place, report: &mut Report<'_>) {
    let raw = &step.raw;
    let check = || raw.validate(place.reader(), place.scheme);
    match report.checked(raw, place.scheme, place.keys, check) {
        Ok(valid) => step.step = Some(valid),
        Err(error) => {
            let at = step.spans.value_or_item(error.field);
            report.refuse(at, error.message).remedy = error.remedy;
        }
    }
}

/// What the server says of a null item (config/config.go).
fn empty_step(place: &Place) -> &'static str {
    match place.kind {
        ChainKind::Target => "empty or null target relabeling rule in scrape config",
        ChainKind::Metric => "empty or null metric relabeling rule in scrape config",
        ChainKind::Write => "empty or null relabeling rule in remote write config",
        ChainKind::Alert if place.path.starts_with("alerting.alertmanagers") => {
            "empty or null Alertmanager alert relabeling rule"
        }
        ChainKind::Alert => "empty or null alert relabeling rule",
        ChainKind::Alertmanager => "empty or null Alertmanager target relabeling rule",
    }
}

/// Reads the fields; whether all of it is known: a placeholder hides what it will be.
fn read_fields(
    item: Node<'_>,
    step: &mut ConfiguredStep,
    place: &Place,
    report: &mut Report<'_>,
) -> bool {
    let server = place.reader();
    let mut is_known = true;
    super::keys::check_duplicates(item, || "relabel.plain".to_owned(), report);
    let fields = item.fields();
    step.spans.fields.reserve_exact(fields.len());
    for entry in fields {
        let key = entry.key.resolved();
        let named = |field: &StepField| {
            let is_snake = || field.key() == key.text();
            let is_camel = || crd::camel(field.key()) == key.text();
            match place.keys {
                KeyCase::Snake => is_snake(),
                KeyCase::Camel => is_camel(),
                KeyCase::Either => is_snake() || is_camel(),
            }
        };
        let known = StepField::known_to(server).find(named);
        let Some(field) = known.filter(|_| key.kind() == NodeKind::Scalar) else {
            match place.keys {
                KeyCase::Snake => unknown_field(entry.key, server, report),
                KeyCase::Camel | KeyCase::Either => crd::unknown_step_field(entry.key, report),
            }
            continue;
        };
        let value = entry.value.resolved();
        is_known &= !value.is_unknown() && !value.items().any(Node::is_unknown);
        let read = match place.keys {
            KeyCase::Snake => set(&mut step.raw, field, server, entry.value),
            KeyCase::Camel | KeyCase::Either => crd::set(&mut step.raw, field, entry.value),
        };
        if let Err(misfit) = read {
            let shown = format!("`{}` does not take this value", key.text());
            misfits(misfit, entry.value, &shown, report);
        }
        step.spans.fields.push(FieldSpan {
            field,
            key: entry.key.location(),
            value: value.location(),
            items: value.items().map(Node::span).collect(),
            merged: entry.merged_by.is_some(),
            node: value.id(),
        });
    }
    is_known
}

fn unknown_field(key: Node<'_>, server: Server, report: &mut Report<'_>) {
    let name = key.resolved().text();
    let words = format!("field {name} not found in type relabel.plain");
    let finding =
        report.type_error(key, format!("`{name}` is no field of a relabel config"), &words);
    if let Some(near) =
        near_miss(name, StepField::known_to(server).map(|field| field.key_for(server)))
    {
        finding.remedy = Some(format!("did you mean `{near}`?"));
    }
    if StepField::OF_VMAGENT.iter().any(|field| field.key() == name) {
        finding.remedy = Some(format!("`{name}` is a field of vmagent alone"));
    }
}

/// Turns a misfit into a finding at `node`.
pub(super) fn misfits<'r>(
    misfit: Misfit,
    node: Node<'_>,
    shown: &str,
    report: &'r mut Report<'_>,
) -> &'r mut Finding {
    match misfit {
        Misfit::Type(words) => report.type_error(node, format!("{shown}: {words}"), &words),
        Misfit::Value(words) => report.refuse(node.location(), words),
    }
}

fn set(raw: &mut RawStep, field: StepField, server: Server, value: Node<'_>) -> Result<(), Misfit> {
    match field {
        StepField::SourceLabels => raw.source_labels = source_labels(value)?,
        StepField::Modulus => {
            raw.modulus = values::unsigned(value, "uint64")?.map_or(Field::Null, Field::Set);
        }
        StepField::Separator => raw.separator = text(value, "string")?,
        StepField::TargetLabel => {
            raw.target_label = name(value)?.map_or(Field::Null, Field::Set);
        }
        StepField::Replacement => raw.replacement = text(value, "string")?,
        StepField::Regex if server.is(Family::VictoriaMetrics) => {
            raw.regex = one_or_several(value, "regex")?
                .map_or(Field::Null, |all| Field::Set(all.join("|")));
        }
        StepField::Regex => raw.regex = text(value, "string")?,
        StepField::Action => raw.action = text(value, "string")?,
        StepField::If => {
            raw.selectors = one_or_several(value, "if")?.map_or(Field::Null, Field::Set);
        }
        StepField::Match => raw.graphite = text(value, "string")?,
        StepField::Labels => raw.labels = pairs(value)?,
    }
    Ok(())
}

/// What vmagent takes as one text or as a list of them, in a list of any depth; `None` for null.
fn one_or_several(value: Node<'_>, field: &str) -> Result<Option<Vec<String>>, Misfit> {
    let value = value.resolved();
    if value.is_null() {
        return Ok(None);
    }
    if value.skips_unmarshaler() {
        return Err(values::cannot_unmarshal(value, "*promrelabel.MultiLineRegex"));
    }
    if !value.is_sequence() {
        return values::string(value, field).map(|text| text.map(|text| vec![text]));
    }
    let mut all = Vec::new();
    for item in value.items() {
        match one_or_several(item, field)? {
            Some(items) => all.extend(items),
            None => all.push("null".to_owned()),
        }
    }
    Ok(Some(all))
}

/// `labels` of `graphite`.
fn pairs(value: Node<'_>) -> Result<Field<Vec<(String, String)>>, Misfit> {
    if value.is_null() {
        return Ok(Field::Null);
    }
    if !value.is_mapping() {
        return Err(values::cannot_unmarshal(value, "map[string]string"));
    }
    let pair = |entry: doc::Field<'_>| {
        let name = values::string(entry.key, "string")?.unwrap_or_default();
        Ok((name, values::string(entry.value, "string")?.unwrap_or_default()))
    };
    value.fields().into_iter().map(pair).collect::<Result<_, Misfit>>().map(Field::Set)
}

/// A text that must be UTF-8, which `!!binary` can make it fail.
fn name(value: Node<'_>) -> Result<Option<String>, Misfit> {
    if let Resolved::Binary(Some(bytes)) = value.resolve()
        && std::str::from_utf8(&bytes).is_err()
    {
        let shown = bytes.escape_ascii();
        return Err(Misfit::Value(format!("\"{shown}\" is not a valid label name")));
    }
    values::string(value, "string")
}

fn text(value: Node<'_>, go_type: &str) -> Result<Field<String>, Misfit> {
    Ok(values::string(value, go_type)?.map_or(Field::Null, Field::Set))
}

/// A name that no label has, for names that the server does not look at: null, and by a bug of
/// yaml.v2 a quoted `~`. Like them it reads as the empty value.
const UNCHECKED: &str = "__unchecked__";

fn source_labels(value: Node<'_>) -> Result<Field<Vec<String>>, Misfit> {
    if value.is_null() {
        return Ok(Field::Null);
    }
    if !value.is_sequence() {
        return Err(values::cannot_unmarshal(value, "model.LabelNames"));
    }
    let label = |item: Node<'_>| {
        if item.is_null() || item.skips_unmarshaler() && item.resolved().text() == "~" {
            return Ok(UNCHECKED.to_owned());
        }
        name(item).map(Option::unwrap_or_default)
    };
    value.items().map(label).collect::<Result<_, _>>().map(Field::Set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Chain, Vec<Finding>) {
        let source = SourceText::new("chain.yml", text);
        let (chain, _, findings) = chain(
            FileId::default(),
            &source,
            ChainOptions { kind: ChainKind::Metric, ..ChainOptions::default() },
        );
        (chain, findings)
    }

    #[track_caller]
    fn check(text: &str, words: &str) {
        let (_, findings) = read(text);
        let said: Vec<_> = findings.iter().filter_map(|f| f.evidence.text()).collect();
        assert!(said.len() == 1 && said[0].contains(words), "{text}: {said:?}");
    }

    #[test]
    fn scalars_keep_their_source_text() {
        let text = "- {regex: true, target_label: 0755, replacement: 1_000, separator: }\n";
        let (chain, findings) = read(text);
        assert_eq!(findings, []);
        let raw = &chain.steps[0].raw;
        assert_eq!(raw.regex, Field::Set("true".to_owned()));
        assert_eq!(raw.target_label, Field::Set("0755".to_owned()));
        assert_eq!(raw.replacement, Field::Set("1_000".to_owned()));
        assert_eq!(raw.separator, Field::Null);
        assert_eq!(raw.modulus, Field::Absent);
        let regex = chain.steps[0].spans.field(StepField::Regex).unwrap();
        assert_eq!(&text[regex.value.span.range()], "true");
        assert_eq!(&text[regex.key.span.range()], "regex");
    }

    #[test]
    fn merged_fields_apply_in_order() {
        let (chain, findings) = read("- &a {regex: x, action: keep}\n- {regex: y, <<: *a}\n");
        assert_eq!(findings, []);
        assert_eq!(chain.steps[1].raw.regex, Field::Set("x".to_owned()));
        assert!(chain.steps[1].spans.field(StepField::Regex).unwrap().merged);
    }

    #[test]
    fn what_does_not_fit_is_refused_in_the_words_of_the_server() {
        check(
            "- {source_label: [a]}\n",
            "line 1: field source_label not found in type relabel.plain",
        );
        check("- action: keep\n  action: drop\n", "line 2: field action already set in type");
        check("- {source_labels: foo}\n", "cannot unmarshal !!str `foo` into model.LabelNames");
        check("- {regex: [a]}\n", "cannot unmarshal !!seq into string");
        check("- {modulus: '4'}\n", "cannot unmarshal !!str `4` into uint64");
        check("- {modulus: -1}\n", "cannot unmarshal !!int `-1` into uint64");
        check("- foo\n", "cannot unmarshal !!str `foo` into relabel.plain");
        check("-\n", "empty or null metric relabeling rule in scrape config");
        check("a: b\n", "cannot unmarshal !!map into []*relabel.Config");
    }

    #[test]
    fn products_have_their_own_fields() {
        let raw = |text: &str, server: &str| {
            let source = SourceText::new("chain.yml", text);
            let server = server.parse().unwrap();
            let options = ChainOptions { server, ..ChainOptions::default() };
            let (chain, _, findings) = chain(FileId::default(), &source, options);
            (findings.is_empty(), chain.steps[0].raw.clone())
        };
        let text = "- {if: ['{a=\"x\"}', up], regex: [a, [b, 1]], action: drop_metrics}\n";
        let (fine, step) = raw(text, "vmagent@1.110");
        assert!(fine, "{step:?}");
        assert_eq!(step.regex, Field::Set("a|b|1".to_owned()));
        assert_eq!(step.selectors.value().map(Vec::len), Some(2));
        assert!(!raw(text, "prometheus@3.5").0);
        let (fine, step) = raw("- {sourceLabels: [a], targetLabel: b}\n", "operator@0.79");
        assert!(fine && step.target_label.is_written(), "{step:?}");
        assert!(!raw("- {sourceLabels: [a], targetLabel: b}\n", "3.5").0);
        let (fine, step) =
            raw("- {action: graphite, match: 'a.*', labels: {b: $1}}\n", "vmagent@1.110");
        assert!(fine, "{step:?}");
    }

    #[test]
    fn moduli_are_read_as_go_reads_them() {
        let modulus =
            |text: &str| read(&format!("- {{modulus: {text}}}\n")).0.steps[0].raw.modulus.clone();
        assert_eq!(modulus("4.5"), Field::Set(4));
        assert_eq!(modulus("010"), Field::Set(8));
        assert_eq!(modulus("1e2"), Field::Set(100));
        assert_eq!(modulus("18446744073709551616"), Field::Set(1 << 63));
    }
}
