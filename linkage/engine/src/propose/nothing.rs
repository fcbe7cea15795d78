//! Spellings of no value.

/// In lower case, without brackets and dots around them.
const NOTHING: &[&str] = &[
    "",
    "unknown",
    "unk",
    "unkn",
    "n/a",
    "na",
    "n.a",
    "#n/a",
    "null",
    "none",
    "nan",
    "nil",
    "nk",
    "tba",
    "tbd",
    "not known",
    "not available",
    "not applicable",
    "not given",
    "not stated",
    "not recorded",
    "not specified",
    "none given",
    "no data",
    "missing",
    "unspecified",
    "undefined",
    "inconnu",
    "inconnue",
    "unbekannt",
    "keine angabe",
    "k.a",
    "desconocido",
    "desconhecido",
    "sconosciuto",
    "onbekend",
    "0000-00-00",
    "不明",
    "不詳",
    "なし",
    "無し",
    "未記入",
    "未詳",
    "該当なし",
];

/// Whether the text, as it stands in a file, says that there is no value: `NULL`, `(unknown)`, `n/a`, `?`, `--`.
pub(super) fn is_nothing(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let bare = text.trim_matches(|letter: char| {
        letter.is_whitespace()
            || matches!(
                letter,
                '(' | ')' | '[' | ']' | '<' | '>' | '{' | '}' | '.' | '\\'
            )
    });
    let marks = |letter: char| matches!(letter, '-' | '?' | '*' | '_' | '–' | '—' | '？' | '－');
    !text.is_empty() && (NOTHING.contains(&bare) || text == "\\n" || bare.chars().all(marks))
}

#[cfg(test)]
mod tests {
    use super::is_nothing;

    #[test]
    fn marks_of_nothing_are_known_and_values_are_not() {
        for text in [
            "NULL",
            "(unknown)",
            "n/a",
            "N.A.",
            "?",
            "--",
            ".",
            "unk.",
            "\\N",
            "不明",
            "<none>",
            " - ",
        ] {
            assert!(is_nothing(text), "`{text}`");
        }
        for text in [
            "",
            "0",
            "x",
            "Nana",
            "Unknown Pleasures",
            "a-b",
            "none but the lonely",
            "-1",
        ] {
            assert!(!is_nothing(text), "`{text}`");
        }
    }
}
