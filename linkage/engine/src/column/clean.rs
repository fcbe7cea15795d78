//! Steps of cleaning, each a function from text to text.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::model::Clean;

/// What stands before or after names and is no part of them; compared without dots, in lower case.
const TITLES: [&str; 30] = [
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "lady", "lord", "rev", "hon",
    "herr", "frau", "mme", "mlle", "sr", "sra", "jr", "jnr", "snr", "ii", "iii", "iv", "esq",
    "phd", "md", "obe", "kt",
];
/// The same in Japanese, written without a blank.
const TITLES_JAPANESE: [&str; 4] = ["様", "さん", "殿", "先生"];

/// The text after all steps, in their order.
pub(crate) fn cleaned(steps: &[Clean], text: &str) -> String {
    let mut text = text.to_owned();
    for step in steps {
        text = apply(*step, &text);
    }
    text
}

fn apply(step: Clean, text: &str) -> String {
    match step {
        Clean::Trim => text.trim().to_owned(),
        Clean::Lower => text.to_lowercase(),
        Clean::Width => text.nfkc().collect(),
        Clean::Unaccent => unaccented(text),
        Clean::Kana => text.chars().map(katakana).collect(),
        Clean::Letters => text.chars().filter(|&letter| is_letter(letter)).collect(),
        Clean::Digits => text.nfkc().filter(char::is_ascii_digit).collect(),
        Clean::Alphanumeric => text
            .chars()
            .filter(|&letter| is_letter(letter) || letter.is_numeric())
            .collect(),
        Clean::Words => squeezed(&words(text)),
        Clean::Squeeze => squeezed(text),
        Clean::NoTitles => without_titles(text),
        Clean::NoZeros => text.trim_start_matches('0').to_owned(),
        Clean::NoBrackets => squeezed(&without_brackets(text)),
        Clean::JoinCodes => with_codes_joined(text),
        Clean::Codes => codes(text),
        Clean::NoCodes => without_codes(text),
        Clean::Seconds => super::duration::seconds(text),
    }
}

/// Letters, with the signs that lengthen and repeat in Japanese names, and the marks that belong to letters.
fn is_letter(letter: char) -> bool {
    letter.is_alphabetic()
        || matches!(letter, 'ー' | '々' | 'ゝ' | 'ゞ' | 'ヽ' | 'ヾ')
        || is_combining_mark(letter)
}

/// Letters and digits as they are, apostrophes gone (`o'neil` is one word), anything else a blank.
fn words(text: &str) -> String {
    text.chars()
        .filter(|letter| !matches!(letter, '\'' | '’' | '`'))
        .map(|letter| {
            if is_letter(letter) || letter.is_numeric() {
                letter
            } else {
                ' '
            }
        })
        .collect()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Latin, Greek and Cyrillic letters without their marks; the marks of kana stay, for か and が are two letters.
fn unaccented(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text
        .nfd()
        .filter(|&letter| !matches!(letter, '\u{300}'..='\u{36f}'))
    {
        match plain_letters(letter) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(letter),
        }
    }
    plain.nfc().collect()
}

/// Letters that no decomposition makes plain.
fn plain_letters(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ħ' => "h",
        'ı' => "i",
        'ß' => "ss",
        'ẞ' => "SS",
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'þ' => "th",
        'Þ' => "TH",
        _ => return None,
    })
}

/// The katakana of a hiragana letter; any other letter as it is.
pub(crate) fn katakana(letter: char) -> char {
    match letter {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(letter) + 0x60).unwrap_or(letter),
        _ => letter,
    }
}

/// The words that are no titles; if all are, the text as it was.
fn without_titles(text: &str) -> String {
    let is_title = |word: &str| {
        let plain = word
            .trim_matches(|letter: char| matches!(letter, '.' | ','))
            .to_lowercase();
        TITLES.contains(&plain.as_str())
    };
    let kept = text
        .split_whitespace()
        .filter(|word| !is_title(word))
        .collect::<Vec<_>>()
        .join(" ");
    let bare = TITLES_JAPANESE
        .iter()
        .find_map(|title| kept.strip_suffix(title))
        .unwrap_or(&kept)
        .trim();
    if bare.is_empty() {
        squeezed(text)
    } else {
        bare.to_owned()
    }
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '(' | '[' | '{' | '（' | '［' | '【' => {
                depth += 1;
                kept.push(' ');
            }
            ')' | ']' | '}' | '）' | '］' | '】' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(letter),
            _ => {}
        }
    }
    kept
}

fn with_codes_joined(text: &str) -> String {
    let letters = text.chars().collect::<Vec<_>>();
    let joins = |place: usize| {
        let before = place.checked_sub(1).map(|before| letters[before]);
        let sides = before.zip(letters.get(place + 1).copied());
        letters[place] == '-'
            && sides.is_some_and(|(one, other)| {
                one.is_alphabetic() && other.is_ascii_digit()
                    || one.is_ascii_digit() && other.is_alphabetic()
            })
    };
    let kept = (0..letters.len()).filter(|&place| !joins(place));
    kept.map(|place| letters[place]).collect()
}

fn ends_a_code(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '/' | ',' | ';' | '|' | '、')
}

fn without_codes(text: &str) -> String {
    let kept = text
        .split(ends_a_code)
        .filter(|word| !word.is_empty() && !word.chars().any(char::is_numeric));
    kept.collect::<Vec<_>>().join(" ")
}

/// Words with a digit, of each the letters and digits.
fn codes(text: &str) -> String {
    let kept = text
        .split(ends_a_code)
        .filter(|word| word.chars().any(char::is_numeric))
        .map(|word| {
            let letters = word.chars();
            letters
                .filter(|&letter| is_letter(letter) || letter.is_numeric())
                .collect::<String>()
        });
    kept.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::cleaned;
    use crate::model::Clean;

    fn check(steps: &[Clean], text: &str, expected: &str) {
        assert_eq!(cleaned(steps, text), expected, "{steps:?} of `{text}`");
    }

    #[test]
    fn each_step_does_what_it_says() {
        check(&[Clean::Trim], "  a b ", "a b");
        check(&[Clean::Lower], "ÄB", "äb");
        check(&[Clean::Width], "ＡＢ１２ ｶﾞ ㍻", "AB12 ガ 平成");
        check(
            &[Clean::Unaccent],
            "Müller Łódź Søren Straße Æsir",
            "Muller Lodz Soren Strasse AEsir",
        );
        check(&[Clean::Kana], "やまだ タロウ", "ヤマダ タロウ");
        check(&[Clean::Letters], "O'Neil-3 佐々木", "ONeil佐々木");
        check(&[Clean::Digits], "(03) 12-３４", "031234");
        check(&[Clean::Alphanumeric], "2/98-latch", "298latch");
        check(&[Clean::Words], "O'Neil & Sons,Ltd.", "ONeil Sons Ltd");
        check(&[Clean::Squeeze], " a   b ", "a b");
        check(&[Clean::NoTitles], "Dr. Anna Berg, PhD", "Anna Berg,");
        check(&[Clean::NoTitles], "山田太郎様", "山田太郎");
        check(&[Clean::NoTitles], "Sir", "Sir");
        check(&[Clean::NoZeros], "00120", "120");
        check(
            &[Clean::JoinCodes],
            "Sony MP-3915 x-ray 12-15 a-",
            "Sony MP3915 x-ray 12-15 a-",
        );
        check(&[Clean::NoBrackets], "Camera (black) 5x [new]", "Camera 5x");
        check(
            &[Clean::Codes],
            "Sony DCR-SR45/B (2007), v4.0 kit",
            "DCRSR45 2007 v40",
        );
        check(
            &[Clean::NoCodes],
            "Sony DCR-SR45/B (2007), v4.0 kit",
            "Sony B kit",
        );
        check(&[Clean::Seconds], "3m 39sec", "219");
    }

    #[test]
    fn the_marks_of_kana_stay() {
        check(&[Clean::Unaccent], "ガギ がぎ", "ガギ がぎ");
    }

    #[test]
    fn steps_run_in_their_order() {
        check(
            &[Clean::Width, Clean::Lower, Clean::Letters],
            "Ａ１ｂ",
            "ab",
        );
    }
}
