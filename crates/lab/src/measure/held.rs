//! The workloads that no fit sees: other shapes, sizes, mixtures, pages of real exporters, limits.

use anyhow::Result;

use super::agent::agent;
use super::beside::beside;
use super::discovered::discovered;
use super::fresh::fresh;
use super::grid::of;
use super::later::later;
use super::shapes::{
    bare, churning, container, families, group, histogram, long, many, mesh, small, unique,
};
use super::workload::Motion::{Constant, Counter, Noise};
use super::workload::{Group, Source, Workload};
use crate::mesh::{Options, Plan, Size, generate};

/// All workloads that are held out.
///
/// # Errors
/// When the pages of the mesh can't be made.
pub fn held() -> Result<Vec<Workload>> {
    Ok([
        sizes(),
        mixtures(),
        changing(),
        pages()?,
        limits(),
        later(),
        fresh(),
        beside(),
        agent(),
        discovered(),
    ]
    .concat())
}

/// A few small ones, for a check of minutes.
///
/// # Errors
/// As [`held`].
pub fn quick() -> Result<Vec<Workload>> {
    let quick = vec![
        of(
            "held-quick-mixture",
            12,
            3000,
            75,
            vec![
                group("small", 1500, small(), Counter),
                group("mesh", 600, mesh(), Counter),
                group("drop_long", 300, long(), Counter),
            ],
        ),
        of(
            "held-quick-container",
            8,
            3000,
            75,
            vec![group("container", 3000, container(), Counter)],
        ),
    ];
    let page = |name, file| Ok::<_, anyhow::Error>(of(name, 25, 3000, 75, vec![page(file)?]));
    Ok([quick, vec![page("held-quick-page", "/istio-proxy/")?]].concat())
}

/// Ten times as large or small as those of the fit, older, on more targets.
fn sizes() -> Vec<Workload> {
    vec![
        of("held-tiny", 20, 5000, 120, vec![group("small", 300, small(), Counter)]),
        of("held-mesh", 20, 10_000, 240, vec![group("mesh", 10_000, mesh(), Counter)]),
        of("held-huge", 100, 15_000, 240, vec![group("small", 20_000, small(), Counter)]),
        of("held-targets", 1500, 10_000, 200, vec![group("small", 80, small(), Counter)]),
        of(
            "held-age",
            20,
            2000,
            600,
            vec![group("small", 3000, small(), Counter), group("mesh", 1500, mesh(), Counter)],
        ),
    ]
}

/// Shapes together, and shapes that the fit does not have.
fn mixtures() -> Vec<Workload> {
    let most = [families(120, 5, &histogram(), Counter), vec![group("many", 1500, many(), Noise)]];
    vec![
        of(
            "held-mixture",
            40,
            5000,
            180,
            vec![
                group("small", 2000, small(), Constant),
                group("mesh", 1200, mesh(), Counter),
                group("unique", 300, unique(), Noise),
                group("drop_long", 500, long(), Counter),
            ],
        ),
        of("held-wide", 25, 5000, 150, most.concat()),
        of(
            "held-long-unique",
            16,
            5000,
            150,
            vec![
                group("long", 2500, [long(), unique()].concat(), Counter),
                group("bare", 3000, bare(), Constant),
            ],
        ),
    ]
}

/// Churn, block cuts and remote writes.
fn changing() -> Vec<Workload> {
    vec![
        of(
            "held-churn",
            10,
            2000,
            240,
            vec![
                churning("container", 1800, container(), Counter, 60),
                group("small", 2000, small(), Counter),
            ],
        ),
        of(
            "held-remote-mixture",
            30,
            5000,
            150,
            vec![group("mesh", 1000, mesh(), Counter), group("small", 1500, small(), Counter)],
        ),
        Workload {
            blocks: Some(1800),
            ..of(
                "slow-blocks",
                20,
                15_000,
                3000,
                vec![group("mesh", 1000, mesh(), Counter), group("small", 2000, small(), Counter)],
            )
        },
        // A fifth of the series an hour, in a quarter of the time: blocks of 30 minutes, not of two
        // hours.
        Workload {
            blocks: Some(1800),
            ..of(
                "slow-churn",
                20,
                15_000,
                3000,
                vec![
                    churning("mesh", 1000, mesh(), Counter, 300),
                    churning("small", 2000, small(), Counter, 300),
                ],
            )
        },
        of(
            "held-blocks-churn",
            10,
            500,
            480,
            vec![
                churning("mesh", 1200, mesh(), Counter, 600),
                group("small", 1500, small(), Counter),
            ],
        ),
    ]
}

/// Pages as exporters have them, on many targets.
fn pages() -> Result<Vec<Workload>> {
    Ok(vec![
        of("held-page-sidecar", 80, 5000, 150, vec![page("/istio-proxy/")?]),
        of("held-page-application", 150, 5000, 150, vec![page("/spring/")?]),
        of("held-page-node", 100, 5000, 150, vec![page("/node/")?]),
    ])
}

/// Under a GOMEMLIMIT below what the same workload takes freely.
fn limits() -> Vec<Workload> {
    let limited = |name: &str, megabytes: u64, groups| Workload {
        gomemlimit: Some(megabytes * 1_000_000),
        ..of(name, 20, 5000, 180, groups)
    };
    vec![
        limited("held-limit-small", 230, vec![group("small", 7500, small(), Counter)]),
        limited("held-limit-mesh", 330, vec![group("mesh", 5000, mesh(), Counter)]),
        limited("held-limit-container", 260, vec![group("container", 5000, container(), Counter)]),
    ]
}

/// The series of the first page of the generated mesh whose path holds `part`.
fn page(part: &str) -> Result<Group> {
    let options =
        Options { plan: Plan { services: 40, seed: 7 }, size: Size::PerService(1), snapshots: 1 };
    let mut texts = Vec::new();
    generate(&options, |path, text| {
        if texts.is_empty() && path.contains(part) {
            texts = series_of(text);
        }
        Ok(())
    })?;
    Ok(Group { source: Source::Page(texts), motion: Counter, lifetime: 0 })
}

fn series_of(page: &str) -> Vec<String> {
    let lines = page.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let series = lines.filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned()));
    series.collect()
}
