//! Full and half width, kana and dashes made one (NFKC), so that `ＡＢ`, `ﾔ` and `−` are found as `AB`, `ヤ` and `-`.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// The text in NFKC, trimmed, its runs of white space one space, its dashes `-`.
///
/// The long vowel mark `ー` is no dash and stays; characters without a compatibility form (髙, 﨑) stay.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.is_ascii() && !has_odd_space(trimmed) {
        return Cow::Borrowed(trimmed);
    }
    if trimmed.chars().all(is_inert) && !has_odd_space(trimmed) {
        return Cow::Borrowed(trimmed);
    }
    // Most other texts are in this form already, too.
    let settled = |character: char| !character.is_whitespace() && one_dash(character) == character;
    if trimmed.chars().all(settled) && is_nfkc_quick(trimmed.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(trimmed);
    }
    let mut folded = String::with_capacity(trimmed.len());
    let mut space = false;
    for character in trimmed.chars().nfkc() {
        if character.is_whitespace() {
            space = !folded.is_empty();
            continue;
        }
        if space {
            folded.push(' ');
            space = false;
        }
        folded.push(one_dash(character));
    }
    Cow::Owned(folded)
}

/// [`fold`] in lower case: the form in which codes are compared.
pub(crate) fn fold_case(text: &str) -> Cow<'_, str> {
    let folded = fold(text);
    if folded.chars().any(char::is_uppercase) {
        Cow::Owned(folded.to_lowercase())
    } else {
        folded
    }
}

/// Characters that are their own form and are changed by none after them but a combining one: ASCII, the unified
/// ideographs, and kana without sound marks of their own.
const fn is_inert(character: char) -> bool {
    matches!(character, ' '..='~' | '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FE}' | '\u{4E00}'..='\u{9FFF}')
}

fn has_odd_space(text: &str) -> bool {
    let bytes = text.as_bytes();
    if !bytes.iter().any(|byte| *byte <= b' ') {
        return false;
    }
    bytes
        .iter()
        .any(|byte| matches!(byte, b'\t' | b'\r' | b'\n'))
        || bytes.windows(2).any(|pair| pair == b"  ")
}

/// Hyphens, dashes and the minus sign, which encodings of one file mix up, are one character.
const fn one_dash(character: char) -> char {
    match character {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' => '-',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(fold(text), expected, "{text}");
    }

    #[test]
    fn width_kana_and_dashes_become_one() {
        check("ＡＢ", "AB");
        check("　Ａ　 ", "A");
        check("ﾔ", "ヤ");
        check("ｶﾞ", "ガ");
        check("Ⅲ", "III");
        check("−", "-");
        check("－", "-");
        check("㈱", "(株)");
        check("髙﨑", "髙﨑");
        check("ビーナス", "ビーナス");
        check("a  b\r\nc", "a b c");
        check("１２３", "123");
        assert_eq!(fold_case("ＣＲ１"), "cr1");
    }
}
