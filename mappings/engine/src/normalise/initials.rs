//! Initials: two letters, or a first kana; anything longer would be a name.

use super::{Fault, width};

/// Most letters of initials: family, given and a middle name's each one, with one to spare for digraphs (`Sh`).
const LETTERS_MAX: usize = 4;
/// Most kana: a first kana, with a small one beside it (`シャ`).
const KANA_MAX: usize = 2;

/// Initials in capital letters without points (`YT`), or a first kana in full width (`ヤ`).
pub(crate) fn read(text: &str) -> Result<Box<str>, Fault> {
    let folded = width::fold(text);
    let mut bare = String::with_capacity(8);
    for character in folded.chars() {
        match character {
            '.' | ' ' | ',' | '・' | '-' | '/' => {}
            'ぁ'..='ゖ' => bare.push(katakana(character)),
            'ァ'..='ヺ' | 'ー' => bare.push(character),
            letter if letter.is_ascii_alphabetic() => bare.push(letter.to_ascii_uppercase()),
            _ => return Err(Fault::Unreadable),
        }
    }
    let latin = bare.bytes().all(|byte| byte.is_ascii_uppercase());
    let kana = bare.chars().all(|character| !character.is_ascii());
    let length = bare.chars().count();
    let fits = (latin && (1..=LETTERS_MAX).contains(&length))
        || (kana && (1..=KANA_MAX).contains(&length));
    if fits {
        Ok(bare.into())
    } else {
        Err(Fault::Unreadable)
    }
}

/// The katakana of a hiragana.
fn katakana(hiragana: char) -> char {
    char::from_u32(hiragana as u32 + ('ァ' as u32 - 'ぁ' as u32)).unwrap_or(hiragana)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(read(text).ok().as_deref(), expected, "{text}");
    }

    #[test]
    fn initials_are_letters_without_points_or_a_kana() {
        for text in ["Y.T", "Y.T.", "YT", "y t", "Ｙ．Ｔ", "y-t", "Y・T"] {
            check(text, Some("YT"));
        }
        check("ﾔ", Some("ヤ"));
        check("や", Some("ヤ"));
        check("ガ", Some("ガ"));
        check("ｶﾞ", Some("ガ"));
    }

    #[test]
    fn a_name_is_no_initial() {
        for text in ["ヤマダ", "山田", "Yamada", "", "Y1"] {
            check(text, None);
        }
    }
}
