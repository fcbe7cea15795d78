//! Cologne phonetics: H. J. Postel, "Die Kölner Phonetik", IBM-Nachrichten 19, 1969; for German names.

use unicode_normalization::UnicodeNormalization;

/// The code of a name, `657` of `Müller`; empty when it has no Latin letter.
pub(crate) fn cologne(text: &str) -> String {
    let plain = text.to_lowercase().replace('ß', "ss").replace("ph", "f");
    let letters = plain
        .nfkd()
        .filter(char::is_ascii_alphabetic)
        .collect::<Vec<_>>();
    let mut digits = Vec::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let next = letters.get(at + 1).copied();
        for digit in digits_of(letter, before, next).chars() {
            if digits.last() != Some(&digit) {
                digits.push(digit);
            }
        }
    }
    let first = digits.first().copied().filter(|&digit| digit == '0');
    first
        .into_iter()
        .chain(digits.into_iter().filter(|&digit| digit != '0'))
        .collect()
}

fn digits_of(letter: char, before: Option<char>, next: Option<char>) -> &'static str {
    let next_is = |letters: &str| next.is_some_and(|next| letters.contains(next));
    match letter {
        'a' | 'e' | 'i' | 'j' | 'o' | 'u' | 'y' => "0",
        'b' | 'p' => "1",
        'd' | 't' => {
            if next_is("csz") {
                "8"
            } else {
                "2"
            }
        }
        'f' | 'v' | 'w' => "3",
        'g' | 'k' | 'q' => "4",
        'c' => {
            let hard = if before.is_none() {
                next_is("ahkloqrux")
            } else {
                next_is("ahkoqux")
            };
            if hard && !before.is_some_and(|before| "sz".contains(before)) {
                "4"
            } else {
                "8"
            }
        }
        'x' => {
            if before.is_some_and(|before| "ckq".contains(before)) {
                "8"
            } else {
                "48"
            }
        }
        'l' => "5",
        'm' | 'n' => "6",
        'r' => "7",
        's' | 'z' => "8",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::cologne;

    #[test]
    fn names_get_the_published_codes() {
        for (name, code) in [
            ("Müller-Lüdenscheidt", "65752682"),
            ("Wikipedia", "3412"),
            ("Breschnew", "17863"),
            ("Meyer", "67"),
            ("Maier", "67"),
            ("Schmidt", "862"),
            ("Schmitt", "862"),
            ("Aachen", "046"),
            ("", ""),
        ] {
            assert_eq!(cologne(name), code, "{name}");
        }
    }
}
