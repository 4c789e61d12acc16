//! A review as one self-contained page: HTML and inline SVG, readable without script or network; with
//! a script it is searched, drilled into and switched.

mod chart;
#[cfg(test)]
mod colours;
mod drivers;
mod escape;
mod explorer;
mod findings;
mod growth;
mod memory;
mod overview;
mod plan;
mod policy;
#[cfg(test)]
pub(crate) mod sample;
mod shards;
mod signals;
mod usage;

use std::io::{self, Write};

use escape::{Text, json_for_script};

use crate::output::json;
use crate::output::view::review::ReviewView;

const STYLE: &str = include_str!("style.css");
/// One scope for all of them: each file declares functions, the last one starts.
const SCRIPT: &str = concat!(
    "(function () {\n\"use strict\";\n",
    include_str!("script/dom.js"),
    include_str!("script/data.js"),
    include_str!("script/layout.js"),
    include_str!("script/map.js"),
    include_str!("script/metrics.js"),
    include_str!("script/plan.js"),
    include_str!("script/findings.js"),
    include_str!("script/keys.js"),
    include_str!("script/theme.js"),
    include_str!("script/main.js"),
    "})();\n",
);

/// Writes the page.
pub(crate) fn write(out: &mut impl Write, view: &ReviewView) -> anyhow::Result<()> {
    page(out, view, &json_for_script(&json::line(view)?))?;
    Ok(())
}

fn page(out: &mut dyn Write, view: &ReviewView, data: &str) -> io::Result<()> {
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"promsieve {}\">\n\
         <title>promsieve review: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#overview\">Skip to the review</a>",
        policy::policy(STYLE, SCRIPT),
        env!("CARGO_PKG_VERSION"),
        Text(&view.title),
    )?;
    overview::header(out, view)?;
    writeln!(out, "<main>")?;
    overview::write(out, view)?;
    findings::write(out, &view.lint)?;
    drivers::write(out, &view.census)?;
    if let Some(over_time) = &view.census.over_time {
        growth::write(out, over_time)?;
    }
    memory::write(out, view)?;
    if let Some(optimize) = &view.optimize {
        plan::write(out, optimize)?;
    }
    if let Some(shard) = &view.shard {
        shards::write(out, shard)?;
    }
    signals::write(out, &view.signals)?;
    usage::write(out, view)?;
    writeln!(out, "</main>")?;
    writeln!(
        out,
        "<footer><p>Written by promsieve {}. Estimates are ranges with the calibration's error. The \
         data of this page is in its element <code>promsieve-data</code>, as <code>--format json</code> \
         gives it.</p></footer>",
        env!("CARGO_PKG_VERSION"),
    )?;
    writeln!(out, "<script type=\"application/json\" id=\"promsieve-data\">\n{data}</script>")?;
    writeln!(out, "<script>{SCRIPT}</script>\n</body>\n</html>")
}

/// Opens a section with its heading and a sentence on what it shows.
fn open(out: &mut dyn Write, id: &str, title: &str, lead: &str) -> io::Result<()> {
    writeln!(
        out,
        "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n\
         <p class=\"lead\">{lead}</p>"
    )
}

fn close(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "</section>")
}

/// Opens a table that scrolls where it is too wide. A heading that starts with `>` is a number's;
/// `|` is a bar's, which no reader needs.
fn open_table(out: &mut dyn Write, caption: &str, headings: &[&str]) -> io::Result<()> {
    write!(
        out,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\"><table>\
         <caption>{caption}</caption><thead><tr>"
    )?;
    for heading in headings {
        match heading.strip_prefix('>') {
            _ if *heading == "|" => write!(out, "<td class=\"chart\"></td>")?,
            Some(number) => write!(out, "<th scope=\"col\" class=\"n\">{number}</th>")?,
            None => write!(out, "<th scope=\"col\">{heading}</th>")?,
        }
    }
    writeln!(out, "</tr></thead><tbody>")
}

fn close_table(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "</tbody></table></div>")
}

/// `s` unless it is one.
fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn html(view: &ReviewView) -> String {
        let mut out = Vec::new();
        write(&mut out, view).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Every tag with the names of its attributes, as a browser would read them.
    fn tags(html: &str) -> BTreeSet<String> {
        let mut tags = BTreeSet::new();
        let mut rest = html;
        while let Some((_, after)) = rest.split_once('<') {
            let mut shape = String::new();
            let mut quoted = false;
            let mut end = after.len();
            for (at, character) in after.char_indices() {
                match character {
                    '"' => quoted = !quoted,
                    '>' if !quoted => {
                        end = at;
                        break;
                    }
                    _ if !quoted => shape.push(character),
                    _ => {}
                }
            }
            rest = &after[end..];
            for raw in ["style>", "script>"] {
                if rest.starts_with('>') && format!("{shape}>") == raw {
                    rest = rest.split_once(&format!("</{raw}")).map_or("", |(_, after)| after);
                }
            }
            tags.insert(shape);
        }
        tags
    }

    #[test]
    fn no_text_becomes_markup() {
        let parts = [
            "<img src=x onerror=alert(1)>",
            "</script><script>alert(1)</script>",
            "\"><b onclick=\"x",
            "' autofocus='",
            "<!-- ",
            "--> ]]> &lt;",
            "`<i>` `",
            "\0\u{202e}é☃",
        ];
        // `code` comes and goes with backquotes, labels in the treemap with their length.
        let mut known = tags(&html(&sample::review("plain `code` text")));
        known.extend(tags(&html(&sample::review("x"))));
        for first in parts {
            for second in parts {
                let html = html(&sample::review(&format!("{first}{second}")));
                let tags = tags(&html);
                let strange: Vec<_> = tags.difference(&known).collect();
                assert!(strange.is_empty(), "{first:?} {second:?} gave {strange:?}");
            }
        }
    }

    #[test]
    fn the_page_carries_its_data() {
        let view = sample::review("a </script> b");
        let html = html(&view);
        let (_, data) = html.split_once("id=\"promsieve-data\">").unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["schema"], 1);
        assert_eq!(data["title"], view.title);
        assert_eq!(data["census"]["series"], view.census.series);
    }

    #[test]
    fn nothing_is_fetched() {
        let html = html(&sample::review("text"));
        for reference in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!html.contains(reference), "{reference}");
        }
    }

    #[test]
    fn what_is_missing_leaves_no_hole() {
        let mut view = sample::review("text");
        (view.optimize, view.shard) = (None, None);
        view.census = <_>::default();
        let html = html(&view);
        assert!(!html.contains("id=\"growth\"") && !html.contains("#growth"));
        assert!(!html.contains("id=\"plan\"") && !html.contains("#plan"));
        assert!(!html.contains("id=\"shards\"") && !html.contains("#shards"));
    }
}
