//! The parts of the page that its script fills: the map of the series and the table of all metrics.

use std::io::{self, Write};

/// Columns of the table that sort: key, heading, class.
const SORTED: [(&str, &str, &str); 6] = [
    ("name", "Metric", ""),
    ("layer", "Layer", ""),
    ("type", "Type", ""),
    ("series", "Series", "n"),
    ("labels", "Labels", "n"),
    ("left", "Left without a label", ""),
];
/// The column before which the bar stands.
const BARRED: &str = "series";

/// Both, hidden until the script shows them.
pub(super) fn write(out: &mut dyn Write) -> io::Result<()> {
    map(out)?;
    metrics(out)
}

fn map(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<div id=\"map\" hidden>\n<h3 id=\"map-title\">Where the series are</h3>\n\
         <div class=\"controls\"><nav aria-label=\"Way into the map\"><ol id=\"map-way\"></ol></nav>\
         <label>Group by <select id=\"map-by\"><option>layer</option><option>job</option></select></label>\
         </div>\n<p class=\"legend\" id=\"map-says\" role=\"status\"></p>\n\
         <div class=\"scroll\"><svg id=\"map-drawing\" class=\"treemap\" viewBox=\"0 0 1080 460\" role=\"group\" \
         aria-labelledby=\"map-title\"></svg></div>\n\
         <div class=\"scroll\" id=\"map-table\" role=\"region\" tabindex=\"0\" aria-label=\"What the map shows\">\
         <table><caption id=\"map-caption\"></caption><thead><tr id=\"map-head\"></tr></thead>\
         <tbody id=\"map-rows\"></tbody></table></div>\n\
         <p><button type=\"button\" id=\"map-more\" hidden></button></p>\n</div>"
    )
}

fn metrics(out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<div id=\"metrics\" hidden>\n<h3>All metrics</h3>\n<div class=\"controls\">\
         <label>Search <kbd>/</kbd> <input type=\"search\" id=\"metrics-search\" \
         placeholder=\"words of the name\"></label>\
         <label>Layer <select id=\"metrics-layer\"><option>all</option></select></label>\
         <label>Job <select id=\"metrics-job\"><option>all</option></select></label></div>\n\
         <div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"All metrics\"><table>\
         <caption class=\"quiet\">All metrics</caption><thead><tr>"
    )?;
    for (key, heading, class) in SORTED {
        if key == BARRED {
            write!(out, "<td class=\"chart\"></td>")?;
        }
        write!(
            out,
            "<th scope=\"col\" class=\"{class}\"><button type=\"button\" class=\"sort\" \
             data-sort=\"{key}\">{heading}</button></th>"
        )?;
    }
    writeln!(
        out,
        "</tr></thead><tbody id=\"metrics-rows\"></tbody></table></div>\n\
         <div class=\"controls turn\"><button type=\"button\" id=\"metrics-before\">Before</button>\
         <span class=\"legend\" id=\"metrics-says\" role=\"status\"></span>\
         <button type=\"button\" id=\"metrics-after\">After</button></div>\n</div>"
    )
}
