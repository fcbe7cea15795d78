//! Japanese names in Latin letters: kana, Hepburn (ANSI Z39.11, 1972) and Kunrei (ISO 3602, 1989) spellings folded to one.

use unicode_normalization::UnicodeNormalization;

use super::clean::katakana;

/// Kunrei syllables of the katakana from ア (U+30A1, small) to ヶ (U+30F6). A small vowel or `y` sound is marked by `*`.
const SYLLABLES: [&str; 86] = [
    "*a", "a", "*i", "i", "*u", "u", "*e", "e", "*o", "o", "ka", "ga", "ki", "gi", "ku", "gu",
    "ke", "ge", "ko", "go", "sa", "za", "si", "zi", "su", "zu", "se", "ze", "so", "zo", "ta", "da",
    "ti", "zi", "*", "tu", "zu", "te", "de", "to", "do", "na", "ni", "nu", "ne", "no", "ha", "ba",
    "pa", "hi", "bi", "pi", "hu", "bu", "pu", "he", "be", "pe", "ho", "bo", "po", "ma", "mi", "mu",
    "me", "mo", "*ya", "ya", "*yu", "yu", "*yo", "yo", "ra", "ri", "ru", "re", "ro", "wa", "wa",
    "i", "e", "o", "n", "bu", "ka", "ke",
];

/// Hepburn and looser spellings with the Kunrei one, the longest first at each place.
const FOLDS: [(&str, &str); 29] = [
    ("tchi", "tti"),
    ("tcha", "ttya"),
    ("tchu", "ttyu"),
    ("tcho", "ttyo"),
    ("shi", "si"),
    ("sha", "sya"),
    ("shu", "syu"),
    ("sho", "syo"),
    ("chi", "ti"),
    ("cha", "tya"),
    ("chu", "tyu"),
    ("cho", "tyo"),
    ("tsu", "tu"),
    ("dzu", "zu"),
    ("jya", "zya"),
    ("jyu", "zyu"),
    ("jyo", "zyo"),
    ("dya", "zya"),
    ("dyu", "zyu"),
    ("dyo", "zyo"),
    ("ji", "zi"),
    ("di", "zi"),
    ("ja", "zya"),
    ("ju", "zyu"),
    ("jo", "zyo"),
    ("du", "zu"),
    ("fu", "hu"),
    ("wo", "o"),
    ("l", "r"),
];

/// The words of a name in one romanised spelling, sorted so that the order of surname and given name does not count.
/// Kanji stay as they are; lengths of vowels are lost.
pub(crate) fn romaji(text: &str) -> String {
    let text = text.nfkc().collect::<String>().to_lowercase();
    let mut words = text
        .split(|letter: char| !letter.is_alphanumeric() && letter != 'ー' && letter != '\'')
        .filter(|word| !word.is_empty())
        .map(|word| folded(&spelt(word)))
        .collect::<Vec<_>>();
    words.sort_unstable();
    words.join(" ")
}

/// Kana as Kunrei syllables; other letters without accents.
fn spelt(word: &str) -> String {
    let mut latin = String::new();
    let mut doubled = false;
    for letter in word.chars().map(katakana) {
        let Some(syllable) = syllable(letter) else {
            latin.extend(
                letter
                    .nfd()
                    .filter(|mark| !matches!(mark, '\u{300}'..='\u{36f}' | 'ー' | '\'')),
            );
            continue;
        };
        match syllable.strip_prefix('*') {
            Some("") => doubled = true,
            Some(small) => {
                // キ + ャ is kya, フ + ァ is hua.
                if small.starts_with('y') && latin.ends_with('i') {
                    latin.pop();
                }
                latin.push_str(small);
            }
            None => {
                if std::mem::take(&mut doubled) {
                    latin.extend(syllable.chars().next());
                }
                latin.push_str(syllable);
            }
        }
    }
    latin
}

fn syllable(letter: char) -> Option<&'static str> {
    let place = u32::from(letter).checked_sub(0x30A1)?;
    SYLLABLES.get(usize::try_from(place).ok()?).copied()
}

/// Hepburn spellings turned to Kunrei, long vowels short, `m` before lips an `n`.
fn folded(word: &str) -> String {
    let mut kunrei = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        if let Some((from, to)) = FOLDS.iter().find(|(from, _)| rest.starts_with(from)) {
            kunrei.push_str(to);
            rest = &rest[from.len()..];
        } else {
            let next = rest[first.len_utf8()..].chars().next();
            match first {
                'm' if next.is_some_and(|next| "bpm".contains(next)) => kunrei.push('n'),
                'h' if kunrei.ends_with('o')
                    && !next.is_some_and(|next| "aiueoy".contains(next)) => {}
                _ => kunrei.push(first),
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    let mut short = String::with_capacity(kunrei.len());
    for letter in kunrei.chars() {
        let repeats = "aiueo".contains(letter) && short.ends_with(letter);
        let lengthens = letter == 'u' && short.ends_with('o');
        if !repeats && !lengthens {
            short.push(letter);
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::romaji;

    #[test]
    fn spellings_of_one_name_are_one() {
        for same in [
            &[
                "さとう",
                "サトウ",
                "ｻﾄｳ",
                "Sato",
                "Satou",
                "Satoh",
                "Satō",
                "SATÔ",
            ][..],
            &["しんいち", "Shinichi", "Shin'ichi", "Siniti"],
            &["じゅんこ", "Junko", "Zyunko", "Jyunko"],
            &["つちや", "Tsuchiya", "Tutiya"],
            &["はっとり", "Hattori"],
            &["ほんま", "Honma", "Homma"],
            &[
                "ふじた ようこ",
                "Fujita Yoko",
                "YOUKO HUZITA",
                "ヨウコ フジタ",
            ],
            &["ゆうき", "Yuki", "Yuuki", "Yūki"],
            &["山田", "山田"],
        ] {
            for spelling in same {
                assert_eq!(
                    romaji(spelling),
                    romaji(same[0]),
                    "{spelling} and {}",
                    same[0]
                );
            }
        }
    }

    #[test]
    fn other_names_stay_apart() {
        for (left, right) in [("さとう", "さいとう"), ("おの", "うの"), ("Kato", "Kado")]
        {
            assert_ne!(romaji(left), romaji(right), "{left} {right}");
        }
    }
}
