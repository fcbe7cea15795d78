//! The page: one file, nothing loaded from elsewhere, nothing run.

use std::fmt::Write;

use crate::markup::{escape, label};
use crate::section::SECTIONS;
use crate::{Report, number};

const STYLE: &str = include_str!("style.css");
const DRAWING_STYLE: &str = include_str!("drawing.css");
/// Whatever a page's text may say, a browser loads nothing and runs nothing for it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The report as one self-contained HTML page, Japanese first and English beside or below. It loads nothing, runs no
/// script, is readable by night, on a phone and on paper, and is well-formed XML. The same report gives the same page.
#[must_use]
pub fn html(report: &Report) -> String {
    let model = escape(&report.model);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"ja\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"referrer\" content=\"no-referrer\"/>\n\
         <title>名寄せの報告 Record linkage report: {model}</title>\n<style>\n{STYLE}{DRAWING_STYLE}</style>\n</head>\n<body>\n<main>\n"
    );
    let _ = write!(
        page,
        "<header><h1>{}</h1>\n<p>{}: {model}　{}: {}　{}: {}</p>\n{}</header>\n",
        label("名寄せの報告", "Record linkage report"),
        label("モデル", "model"),
        label("版", "version"),
        report.model_version,
        label("記録", "records"),
        number::count(report.counts.records),
        navigation()
    );
    for section in &SECTIONS {
        let _ = write!(
            page,
            "<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n",
            section.anchor,
            label(section.heading.0, section.heading.1),
            (section.body)(report)
        );
    }
    page.push_str(&footer());
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn navigation() -> String {
    let items = SECTIONS.iter().map(|section| {
        format!(
            "<li><a href=\"#{}\">{}</a></li>",
            section.anchor, section.heading.0
        )
    });
    format!(
        "<nav aria-label=\"目次 contents\"><ul>{}</ul></nav>\n",
        items.collect::<String>()
    )
}

fn footer() -> String {
    "<footer>Fellegi &amp; Sunter 1969; Winkler 1990; Enamorado, Fifield &amp; Imai 2019. \
     個人を特定しうる値は載せていません。ファイル名、記録の番号、水準、数だけです。 \
     <span class=\"en\" lang=\"en\">No value that may identify a person is shown: only names of files, ids of records, levels and counts.</span></footer>\n"
        .to_owned()
}
