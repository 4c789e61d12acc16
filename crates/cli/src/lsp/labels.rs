//! What is known of a place in a file: the rule that was broken there, and the labels of service
//! discovery with what offers them.

use promsieve_core::config::{Discovery, Job, Project};
use promsieve_core::finding::Finding;
use promsieve_core::lint::{Offer, offer_of, offering, rules};
use promsieve_core::text::{FileId, Span};

use super::check::File;
use super::diagnostics::location;
use super::position;
use super::protocol::{DocumentLink, Hover, Location, Markup};

/// Where Prometheus documents its service discoveries.
const DOCS: &str = "https://prometheus.io/docs/prometheus/latest/configuration/configuration/#";

const META: &str = "__meta_";

/// What to say about the byte at `offset`.
pub(super) fn hover(files: &[File<'_>], offset: u32) -> Option<Hover> {
    let file = files.first()?;
    let label = label_at(file.source().text(), offset as usize);
    let at = Span { start: offset, end: offset };
    let found = files.iter().flat_map(|file| file.findings_at(at));
    let finding = found.min_by_key(|finding| span_of(finding).len());
    let mut parts = Vec::new();
    parts.extend(label.and_then(|label| about_label(files, label, offset)));
    parts.extend(finding.and_then(about_finding));
    let span = label.map(|(span, _)| span).or(finding.map(span_of))?;
    let contents = Markup::markdown(parts.join("\n---\n\n"));
    (!parts.is_empty()).then(|| Hover { contents, range: position::range(file.source(), span) })
}

fn span_of(finding: &Finding) -> Span {
    finding.location.map(|at| at.span).unwrap_or_default()
}

/// The evidence, and the page of the rule.
fn about_finding(finding: &Finding) -> Option<String> {
    let page = rules::find(finding.rule.name)?.page();
    let evidence = finding.evidence.text().map(|text| format!("{text}\n\n"));
    Some(format!("{}{page}", evidence.unwrap_or_default()))
}

/// The discovery label around a byte.
fn label_at(text: &str, offset: usize) -> Option<(Span, &str)> {
    let is_word = |byte: &u8| *byte == b'_' || byte.is_ascii_alphanumeric();
    let bytes = text.as_bytes();
    let before = bytes.get(..offset)?.iter().rev().take_while(|byte| is_word(byte)).count();
    let after = bytes[offset..].iter().take_while(|byte| is_word(byte)).count();
    let span = Span::new(offset - before, offset + after);
    let word = &text[span.range()];
    word.starts_with(META).then_some((span, word))
}

fn about_label(files: &[File<'_>], (_, label): (Span, &str), offset: u32) -> Option<String> {
    let offers = offering(label);
    if offers.is_empty() {
        return None;
    }
    let mut text = format!("`{label}` is a label of ");
    let titles: Vec<String> = offers.iter().map(|offer| offer.title()).collect();
    text.push_str(&titles.join(", "));
    text.push_str(".\n\n");
    let job = files.iter().find_map(|file| job_at(file.project?, file.id, offset));
    if let Some(job) = job.filter(|job| !job.discoveries.is_empty()) {
        let is_known = job.discoveries.iter().all(|discovery| offer_of(discovery).is_some());
        let is_offered = job.discoveries.iter().any(|discovery| offers_it(discovery, label));
        text.push_str(match (is_offered, is_known) {
            (true, _) => "The targets of this job can have it.\n\n",
            (false, true) => {
                "No service discovery of this job has it: here it is always empty.\n\n"
            }
            (false, false) => "",
        });
    }
    text.push_str(&format!("[Prometheus on {}]({})\n", offers[0].kind, link(offers[0])));
    Some(text)
}

fn link(offer: &Offer) -> String {
    format!("{DOCS}{}", offer.kind.trim_end_matches('s'))
}

fn offers_it(discovery: &Discovery, label: &str) -> bool {
    offer_of(discovery).is_some_and(|offer| offer.has(label))
}

/// The job whose steps, or else whose text, are around a byte.
fn job_at(project: &Project, file: FileId, offset: u32) -> Option<&Job> {
    let holds = |at: promsieve_core::text::Location| {
        at.file == file && at.span.start <= offset && offset <= at.span.end
    };
    let in_chain = |job: &&Job| {
        let steps = [&job.target_chain, &job.metric_chain].into_iter().flat_map(|it| &it.steps);
        steps.into_iter().any(|step| holds(step.spans.item))
    };
    let mut jobs = project.jobs.iter();
    jobs.find(in_chain).or_else(|| project.jobs.iter().find(|job| holds(job.location)))
}

/// Where the service discoveries are that offer the label at `offset`, or may offer it.
pub(super) fn definition(files: &[File<'_>], offset: u32) -> Vec<Location> {
    let mut found = Vec::new();
    for file in files {
        let label = label_at(file.source().text(), offset as usize);
        let job = file.project.and_then(|project| job_at(project, file.id, offset));
        let Some(((_, label), job)) = label.zip(job) else { continue };
        let has = |discovery: &&Discovery| offers_it(discovery, label);
        let may = |discovery: &&Discovery| offer_of(discovery).is_none();
        let sure: Vec<&Discovery> = job.discoveries.iter().filter(has).collect();
        let found_here =
            if sure.is_empty() { job.discoveries.iter().filter(may).collect() } else { sure };
        found.extend(found_here.iter().map(|it| location(file.sources, it.location)));
    }
    found.dedup();
    found
}

/// A link to its documentation for each label of a service discovery.
pub(super) fn links(file: &File<'_>) -> Vec<DocumentLink> {
    let source = file.source();
    let text = source.text();
    let mut links = Vec::new();
    for (at, _) in text.match_indices(META) {
        let Some((span, label)) = label_at(text, at).filter(|(span, _)| span.start as usize == at)
        else {
            continue;
        };
        if let Some(offer) = offering(label).first() {
            let range = position::range(source, span);
            let tooltip = format!("Prometheus on {}", offer.kind);
            links.push(DocumentLink { range, target: link(offer), tooltip });
        }
    }
    links
}
