//! Everything that gives a cell of the mesh, taken away piece by piece: each loss must be told by the
//! name of the cell, and nothing of what harms no cell.

use std::collections::{BTreeMap, BTreeSet};

use promsieve_core::config::{self, Project};
use promsieve_core::flow;
use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::series::{Table, TableBuilder, Target};
use promsieve_core::server::Server;
use promsieve_core::signals::{Report, givers, report};
use promsieve_core::text::{SourceText, Sources};
use promsieve_lab::real::TempDir;

use crate::cli::run;
use crate::rounds::mesh;

/// A piece of what is stored: job, metric, and what is done to it.
type Piece = (String, String, Change);

/// What a chain does to a metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Drop,
    WithoutLabel(String),
    WithOneMoreLabel,
}

/// The jobs of the mesh, one of them with a chain.
fn project(piece: Option<&Piece>) -> Project {
    let mut text = String::from("scrape_configs:\n");
    let jobs: BTreeSet<String> = mesh().into_iter().map(|(job, ..)| job).collect();
    for job in jobs {
        text.push_str(&format!("- job_name: {job}\n"));
        if let Some((_, metric, change)) = piece.filter(|piece| piece.0 == job) {
            let what = match change {
                Change::Drop => "action: drop".to_owned(),
                Change::WithoutLabel(label) => format!("target_label: {label}, replacement: ''"),
                Change::WithOneMoreLabel => "target_label: team, replacement: a".to_owned(),
            };
            text.push_str(&format!(
                "  metric_relabel_configs:\n  - {{source_labels: [__name__], regex: {metric}, {what}}}\n"
            ));
        }
    }
    let mut sources = Sources::default();
    let file = sources.add(SourceText::new("prometheus.yml", text));
    let (project, findings) = config::parse(file, sources.file(file), Server::default());
    assert!(findings.is_empty(), "{findings:?}");
    project
}

/// The series of the mesh's newest snapshot, as its jobs scrape them.
fn attached(project: &Project) -> Table {
    let mut builder = TableBuilder::default();
    for (job, address, text) in mesh() {
        let labels = [("instance", address.as_str()), ("job", job.as_str())];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        builder.target(Target { job: job.clone(), labels });
        let mut reader = Reader::new(Format::Text);
        reader.feed(text.as_bytes(), &mut builder);
        reader.finish(&mut builder);
    }
    flow::scrape(project, &builder.finish())
}

/// Every piece that a given cell rests on, with the cells that do.
fn pieces(report: &Report) -> BTreeMap<Piece, BTreeSet<String>> {
    let mut pieces: BTreeMap<Piece, BTreeSet<String>> = BTreeMap::new();
    for cell in &report.cells {
        for found in &cell.givers {
            for job in &found.jobs {
                for (part, of) in found.giver.parts.iter().zip(&job.parts) {
                    let there = |label: &&String| !of.without.contains(&label.as_str());
                    let labels = part.labels.iter().filter(there);
                    let labels = labels.map(|label| Change::WithoutLabel(label.clone()));
                    for change in labels.chain([Change::Drop]) {
                        let piece = (job.job.clone(), part.metric.clone(), change);
                        pieces.entry(piece).or_default().insert(cell.cell.id());
                    }
                }
            }
        }
    }
    pieces
}

/// Pieces that no way to a cell names, and that merge no series.
fn spare(table: &Table) -> Vec<Piece> {
    let parts = || givers().iter().flat_map(|giver| &giver.parts);
    let mut spare = Vec::new();
    for group in &table.metrics {
        let metric = table.metric_name(group);
        let jobs: BTreeSet<&str> =
            group.run_ranges().map(|(target, _)| table.target(target).job.as_str()).collect();
        let named = |label: &str| {
            parts().any(|part| part.metric == metric && part.labels.iter().any(|it| it == label))
        };
        for job in jobs {
            let piece = |change: Change| (job.to_owned(), metric.to_owned(), change);
            spare.push(piece(Change::WithOneMoreLabel));
            if parts().all(|part| part.metric != metric) {
                spare.push(piece(Change::Drop));
                continue;
            }
            let labels = group.columns.iter().map(|column| table.name(column.name));
            for label in labels.filter(|label| *label != "__name__" && !named(label)) {
                let mut seen = BTreeSet::new();
                let mut rows = group.run_ranges().flat_map(|(_, rows)| rows);
                let distinct = rows.all(|row| {
                    let mut labels = table.row_labels(group, row);
                    labels.retain(|(name, _)| *name != label);
                    seen.insert(labels)
                });
                spare.extend(distinct.then(|| piece(Change::WithoutLabel(label.to_owned()))));
            }
        }
    }
    spare
}

#[test]
fn each_loss_is_told_by_its_cell_and_nothing_else_is() {
    let whole = project(None);
    let table = attached(&whole);
    let report_of = |piece: Option<&Piece>| report(&project(piece), &table);
    let untouched = report_of(None);
    assert_eq!(untouched.lost().len(), 0);
    let pieces = pieces(&untouched);
    assert!(pieces.len() > 100, "only {} pieces", pieces.len());
    for (piece, cells) in &pieces {
        let after = report_of(Some(piece));
        let of_piece = |lost: &&promsieve_core::signals::LostCell<'_>| {
            lost.job == piece.0 && lost.losses.iter().any(|loss| loss.metric == piece.1)
        };
        let told: BTreeSet<String> =
            after.lost().iter().filter(of_piece).map(|lost| lost.cell.id()).collect();
        // Where series become one, more cells are wrong than those that name the label.
        assert!(told.is_superset(cells), "{piece:?}: {told:?} without {cells:?}");
    }
    let spare = spare(&table);
    assert!(spare.len() >= pieces.len(), "{} harmless pieces for {}", spare.len(), pieces.len());
    for piece in spare.iter().step_by(spare.len() / pieces.len()) {
        let after = report_of(Some(piece));
        let lost: Vec<String> = after.lost().iter().map(|lost| lost.cell.id()).collect();
        assert_eq!(lost, Vec::<String>::new(), "{piece:?}");
    }
}

/// A directory with the mesh's scrapes and a configuration without chains.
fn directory() -> TempDir {
    let dir = TempDir::new("losses").unwrap();
    let mut jobs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (job, address, text) in mesh() {
        let file = format!("scrapes/{job}/{}.prom", address.replace(':', "%3A"));
        dir.write(&file, text).unwrap();
        jobs.entry(job).or_default().push(format!("'{address}'"));
    }
    let job = |(name, targets): (String, Vec<String>)| {
        let targets = targets.join(", ");
        format!("- {{job_name: {name}, static_configs: [{{targets: [{targets}]}}]}}\n")
    };
    let jobs: String = jobs.into_iter().map(job).collect();
    dir.write("prometheus.yml", format!("scrape_configs:\n{jobs}")).unwrap();
    dir
}

#[test]
fn a_plan_for_nobody_keeps_every_signal() {
    let dir = directory();
    let args = ["optimize", ".", "--usage-complete", "--format", "json"];
    let plan = run(dir.path(), &args, b"");
    assert_eq!(plan.status, 0, "{}", plan.stderr);
    let saved = |text: &str| {
        let plan: serde_json::Value = serde_json::from_str(text).unwrap();
        let of = |key: &str| plan[key]["series"].as_u64().unwrap();
        (of("before"), of("after"))
    };
    let (before, after) = saved(&plan.stdout);
    assert!(after < before * 3 / 4, "{before} series became {after}");
    dir.write("plan.json", &plan.stdout).unwrap();
    let args = ["signals", ".", "--after", "plan.json", "--format", "json"];
    let signals = run(dir.path(), &args, b"");
    assert_eq!(signals.status, 0, "{}{}", signals.stdout, signals.stderr);
    // Of several ways to a cell one is enough.
    let lost = signals.json()["lost_after"].clone();
    assert!(lost.as_array().unwrap().iter().all(|it| it["otherwise"] == true), "{lost}");

    // What is unpinned may go.
    dir.write("promsieve.toml", "[optimize]\nunpin = [\"cpu/utilisation\", \"cpu/saturation\"]\n")
        .unwrap();
    let args = ["optimize", ".", "--usage-complete", "--format", "json"];
    let unpinned = run(dir.path(), &args, b"");
    assert!(saved(&unpinned.stdout).1 < after, "{}", unpinned.stderr);
}
