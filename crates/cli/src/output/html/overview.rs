//! The page's head: what was reviewed, its sections, the figures that matter, and the jobs.

use std::io::{self, Write};

use promsieve_core::units::{Bytes, SeriesCount};

use super::escape::{Prose, Text};
use super::{chart, close, close_table, open_table, plural};
use crate::output::view::review::{InputsView, JobView, ReviewView};

pub(super) fn header(out: &mut dyn Write, view: &ReviewView) -> io::Result<()> {
    writeln!(
        out,
        "<header><div class=\"bar-top\"><p class=\"brand\">{LOGO}promsieve</p>\
         <button type=\"button\" id=\"theme\" hidden>Dark</button></div>\n\
         <h1>Review of <span>{}</span></h1>\n<p class=\"lead\">{} · read as {}</p>\n\
         <nav aria-label=\"Sections\"><ul>",
        Text(&view.title),
        inputs(&view.inputs),
        Text(&view.server),
    )?;
    let sections = [
        ("findings", "Findings", true),
        ("drivers", "Drivers", view.census.series > 0),
        ("growth", "Growth", view.census.over_time.is_some()),
        ("memory", "Memory", true),
        ("plan", "Plan", view.optimize.is_some()),
        ("shards", "Shards", view.shard.is_some()),
        ("signals", "Signals", true),
        ("usage", "Usage", true),
    ];
    for (id, name, _) in sections.iter().filter(|(_, _, present)| *present) {
        write!(out, "<li><a href=\"#{id}\">{name}</a></li>")?;
    }
    writeln!(out, "</ul></nav></header>")
}

/// A sieve: many dots above the line, a few below it.
const LOGO: &str = "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M2 11h20\"/>\
    <circle cx=\"5\" cy=\"5\" r=\"2\"/><circle cx=\"12\" cy=\"5\" r=\"2\"/>\
    <circle cx=\"19\" cy=\"5\" r=\"2\"/><circle class=\"kept\" cx=\"12\" cy=\"18\" r=\"3\"/></svg>";

fn inputs(inputs: &InputsView) -> String {
    let counts = [
        (inputs.configs, "configuration"),
        (inputs.rule_files, "rule file"),
        (inputs.dashboards, "dashboard"),
        (inputs.scrapes, "scrape"),
        (inputs.snapshots, "snapshot"),
    ];
    let text = |&(count, name): &(usize, &str)| format!("{count} {name}{}", plural(count as u64));
    let mut texts: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(text).collect();
    if inputs.bad_lines > 0 {
        texts.push(format!(
            "{} bad line{}",
            SeriesCount(inputs.bad_lines),
            plural(inputs.bad_lines)
        ));
    }
    texts.join(" · ")
}

pub(super) fn write(out: &mut dyn Write, view: &ReviewView) -> io::Result<()> {
    writeln!(
        out,
        "<section id=\"overview\" aria-labelledby=\"overview-title\">\
         <h2 id=\"overview-title\" class=\"quiet\">Overview</h2>\n<dl class=\"tiles\">"
    )?;
    for [name, value, below, class] in tiles(view) {
        writeln!(
            out,
            "<div class=\"{class}\"><dt>{name}</dt><dd>{value}</dd><dd class=\"below\">{below}</dd></div>"
        )?;
    }
    writeln!(out, "</dl>")?;
    if !view.notes.is_empty() {
        writeln!(out, "<aside class=\"notes\" aria-label=\"Notes\"><ul>")?;
        for note in &view.notes {
            writeln!(out, "<li>{}</li>", Prose(note))?;
        }
        writeln!(out, "</ul></aside>")?;
    }
    jobs(out, &view.jobs)?;
    close(out)
}

/// Name, figure, what stands below it, class.
fn tiles(view: &ReviewView) -> Vec<[String; 4]> {
    let tile = |name: &str, value: String, below: String, class: &str| {
        [name.to_owned(), value, below, class.to_owned()]
    };
    let (rss, summary) = (view.estimate.rss, &view.lint.summary);
    let mut tiles = vec![
        tile(
            "Series stored",
            SeriesCount(view.census.series).to_string(),
            format!("of {} exposed", SeriesCount(view.exposed_series)),
            "",
        ),
        tile(
            "Resident memory",
            Bytes(rss.expected).to_string(),
            format!("{} to {}", Bytes(rss.low), Bytes(rss.high)),
            "",
        ),
    ];
    if let Some(plan) = &view.optimize {
        let (before, after) = (plan.before.series, plan.after.series);
        tiles.push(tile(
            "Series with the plan",
            SeriesCount(after).to_string(),
            format!("{:.0} % fewer", 100.0 - after as f64 * 100.0 / before.max(1) as f64),
            "good",
        ));
    }
    let problems = summary.errors + summary.warnings;
    let class = match (summary.errors, summary.warnings) {
        (0, 0) => "good",
        (0, _) => "warn",
        _ => "bad",
    };
    tiles.push(tile(
        "Findings",
        problems.to_string(),
        format!(
            "{} error{}, {} warning{}",
            summary.errors,
            plural(summary.errors as u64),
            summary.warnings,
            plural(summary.warnings as u64)
        ),
        class,
    ));
    if let Some(shard) = &view.shard {
        let below = format!("largest is {:.2} × the mean", shard.imbalance);
        tiles.push(tile("Shards", shard.shards.to_string(), below, ""));
    }
    tiles
}

fn jobs(out: &mut dyn Write, jobs: &[JobView]) -> io::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let most = jobs.iter().map(|job| job.exposed).max().unwrap_or(0);
    let headings =
        ["Job", ">Targets", "|", ">Exposed", ">Stored", ">Merged", ">Targets failing", "Why"];
    open_table(out, "What the configuration does to each job", &headings)?;
    for job in jobs {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"chart\">{}</td>\
             <td class=\"n\">{}</td><td class=\"n{}\">{}</td><td class=\"n{}\">{}</td>\
             <td class=\"n{}\">{}</td><td class=\"text\">{}</td></tr>",
            Text(&job.job),
            SeriesCount(job.targets),
            chart::bar(job.stored, most, "accent"),
            SeriesCount(job.exposed),
            if job.stored == 0 { alarm(job.exposed) } else { "" },
            SeriesCount(job.stored),
            alarm(job.merged),
            SeriesCount(job.merged),
            alarm(job.failing_targets),
            SeriesCount(job.failing_targets),
            Prose(job.failure.as_deref().unwrap_or("")),
        )?;
    }
    close_table(out)?;
    writeln!(
        out,
        "<p class=\"legend\">Merged series became the same as another after relabeling: all but one \
         are lost, in silence.</p>"
    )
}

fn alarm(count: u64) -> &'static str {
    if count > 0 { " alarm" } else { "" }
}
