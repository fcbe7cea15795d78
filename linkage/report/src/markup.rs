//! Pieces of the page. All of it is well-formed XML, so that a strict reader can check it.

use std::fmt::Write;

/// Text that is safe between tags and in attributes. What no XML may hold, and marks that turn the direction of
/// writing, become `�`.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {
                escaped.push('\u{fffd}');
            }
            _ if character.is_control() => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A label in both languages, on one line where it fits.
pub(crate) fn label(japanese: &str, english: &str) -> String {
    format!("{japanese} <span class=\"en\" lang=\"en\">{english}</span>")
}

/// A paragraph in both languages, one below the other.
pub(crate) fn prose(japanese: &str, english: &str) -> String {
    format!(
        "<p class=\"lead\">{japanese}<br/><span class=\"en\" lang=\"en\">{english}</span></p>\n"
    )
}

/// Says that something is not known, and why.
pub(crate) fn unknown(japanese: &str, english: &str) -> String {
    format!(
        "<p class=\"unknown\">不明: {japanese}<br/><span class=\"en\" lang=\"en\">Unknown: {english}</span></p>\n"
    )
}

/// A figure, or that it is not known.
pub(crate) fn or_unknown(figure: Option<String>) -> String {
    figure.unwrap_or_else(|| {
        "<span class=\"unknown\">不明 <span class=\"en\" lang=\"en\">unknown</span></span>"
            .to_owned()
    })
}

/// A cell's markup, by how it stands.
pub(crate) enum Cell {
    /// To the left.
    Text(String),
    /// A figure, to the right.
    Figure(String),
}

impl Cell {
    /// Text, escaped.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(escape(text))
    }

    /// A figure, or that it is not known.
    pub(crate) fn known(figure: Option<String>) -> Self {
        Self::Figure(or_unknown(figure))
    }

    /// A count.
    pub(crate) fn count(count: u64) -> Self {
        Self::Figure(crate::number::count(count))
    }
}

/// A table that becomes a list of cards on a narrow screen.
pub(crate) struct Table {
    heads: Vec<(&'static str, &'static str)>,
    /// By column, whether it has figures, so that its heading stands above them.
    figures: Vec<bool>,
    class: &'static str,
    body: String,
}

impl Table {
    /// A table with these headings in both languages.
    pub(crate) fn new(heads: &[(&'static str, &'static str)]) -> Self {
        Self {
            heads: heads.to_vec(),
            figures: vec![false; heads.len()],
            class: "cards",
            body: String::new(),
        }
    }

    /// As wide as its cells need, not as wide as the page.
    pub(crate) fn narrow(mut self) -> Self {
        self.class = "narrow";
        self
    }

    /// Adds a row; the first cell names it.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.body.push_str("<tr>");
        for (place, (cell, (japanese, english))) in cells.into_iter().zip(&self.heads).enumerate() {
            self.figures[place] |= matches!(cell, Cell::Figure(_));
            let (class, markup) = match cell {
                Cell::Text(markup) => ("", markup),
                Cell::Figure(markup) => (" class=\"figure\"", markup),
            };
            let (tag, scope) = match place {
                0 => ("th", " scope=\"row\""),
                _ => ("td", ""),
            };
            let label = if japanese == english {
                (*japanese).to_owned()
            } else {
                format!("{japanese} {english}")
            };
            let _ = write!(
                self.body,
                "<{tag}{scope}{class} data-label=\"{label}\"><span>{markup}</span></{tag}>"
            );
        }
        self.body.push_str("</tr>\n");
    }

    /// The table's markup.
    pub(crate) fn finish(self) -> String {
        let heads = self.heads.iter().zip(&self.figures);
        let heads = heads.map(|((japanese, english), figures)| {
            let class = if *figures { " class=\"figure\"" } else { "" };
            let english = if japanese == english {
                String::new()
            } else {
                format!("<br/><span class=\"en\" lang=\"en\">{english}</span>")
            };
            format!("<th scope=\"col\"{class}>{japanese}{english}</th>")
        });
        format!(
            "<table class=\"{}\"><thead><tr>{}</tr></thead><tbody>\n{}</tbody></table>\n",
            self.class,
            heads.collect::<String>(),
            self.body
        )
    }
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_that_is_escaped_can_open_a_tag_or_close_an_attribute() {
        assert_eq!(
            escape("<script>\"'&\u{0}\u{202e}"),
            "&lt;script&gt;&quot;&#39;&amp;\u{fffd}\u{fffd}"
        );
    }
}
