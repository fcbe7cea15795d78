//! NYSIIS: R. L. Taft, "Name search techniques", New York State Identification and Intelligence System, special report 1,
//! 1970. The code is not cut at six letters.

use super::phonetic::{is_vowel, latin_letters};

/// The code of a name, `brat` of `Barrett`; empty when it has no Latin letter.
pub(crate) fn nysiis(text: &str) -> String {
    let mut name = String::from_utf8(latin_letters(text)).unwrap_or_default();
    for (from, to) in [
        ("mac", "mcc"),
        ("kn", "nn"),
        ("k", "c"),
        ("ph", "ff"),
        ("pf", "ff"),
        ("sch", "sss"),
    ] {
        if let Some(rest) = name.strip_prefix(from) {
            name = format!("{to}{rest}");
            break;
        }
    }
    for (endings, to) in [
        (&["ee", "ie"][..], "y"),
        (&["dt", "rt", "rd", "nt", "nd"][..], "d"),
    ] {
        if let Some(stem) = endings.iter().find_map(|ending| name.strip_suffix(ending)) {
            name = format!("{stem}{to}");
            break;
        }
    }
    let mut letters = name.into_bytes();
    let Some(&first) = letters.first() else {
        return String::new();
    };
    let mut code = vec![first];
    let mut at = 1;
    while at < letters.len() {
        let replaced = replacement(&letters, at);
        let until = (at + replaced.len()).min(letters.len());
        letters[at..until].copy_from_slice(&replaced[..until - at]);
        for &letter in &letters[at..until] {
            if code.last() != Some(&letter) {
                code.push(letter);
            }
        }
        at = until;
    }
    finished(code)
}

/// What stands in place of the letters from here on, as many as are read.
fn replacement(letters: &[u8], at: usize) -> Vec<u8> {
    let (before, rest) = (letters[at - 1], &letters[at..]);
    let next = rest.get(1).copied();
    match rest[0] {
        b'e' if next == Some(b'v') => b"af".to_vec(),
        letter if is_vowel(letter) => b"a".to_vec(),
        b'q' => b"g".to_vec(),
        b'z' => b"s".to_vec(),
        b'm' => b"n".to_vec(),
        b'k' if next == Some(b'n') => b"n".to_vec(),
        b'k' => b"c".to_vec(),
        b's' if rest.starts_with(b"sch") => b"sss".to_vec(),
        b'p' if next == Some(b'h') => b"ff".to_vec(),
        b'h' if !is_vowel(before) || next.is_none_or(|next| !is_vowel(next)) => vec![before],
        b'w' if is_vowel(before) => vec![before],
        letter => vec![letter],
    }
}

/// The code without an `s` at its end, with `y` for `ay` there, and without an `a` there.
fn finished(mut code: Vec<u8>) -> String {
    if code.len() > 1 && code.last() == Some(&b's') {
        code.pop();
    }
    if code.ends_with(b"ay") {
        code.truncate(code.len() - 2);
        code.push(b'y');
    }
    if code.len() > 1 && code.last() == Some(&b'a') {
        code.pop();
    }
    String::from_utf8(code).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::nysiis;

    #[test]
    fn names_that_sound_alike_share_a_code() {
        for (left, right) in [
            ("Catherine", "Katharine"),
            ("Jon", "John"),
            ("Philip", "Filip"),
            ("Macdonald", "McDonald"),
            ("Brown", "Braun"),
            ("Larson", "Larsen"),
            ("Schmidt", "Schmid"),
            ("Barrett", "Barret"),
        ] {
            assert_eq!(nysiis(left), nysiis(right), "{left} {right}");
        }
    }

    #[test]
    fn names_that_do_not_sound_alike_differ() {
        for (left, right) in [
            ("Smith", "Jones"),
            ("Miller", "Mueller-Kahn"),
            ("Anna", "Emma"),
        ] {
            assert_ne!(nysiis(left), nysiis(right), "{left} {right}");
        }
        assert_eq!(nysiis(""), "");
        assert_eq!(nysiis("Lee"), "ly");
    }
}
