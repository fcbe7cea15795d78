//! Initials, family then given, in Latin letters or as a first kana: romanisation, order and marriage make them differ.

use linkage::{Codes, Comparison, MISSING, Memo, Outcome, Row};

use crate::facts::Ragged;
use crate::subject::Subject;

pub(super) const LEVELS: &[&str] = &["same", "variant", "first kana", "one letter", "differs"];

/// Initials by their best fit.
pub(super) struct InitialsComparison {
    codes: Ragged<u32>,
    values: Codes,
}

impl InitialsComparison {
    pub(super) fn new(subjects: &[Subject]) -> Self {
        let told = || {
            subjects
                .iter()
                .flat_map(|subject| subject.initials.expose().iter())
        };
        let values = Codes::from_values(told().map(|initials| Some(&**initials)));
        let mut next = 0;
        let mut code = || {
            next += 1;
            values.at(next - 1)
        };
        let rows = subjects
            .iter()
            .map(|subject| {
                subject
                    .initials
                    .expose()
                    .iter()
                    .map(|_| code())
                    .collect::<Vec<_>>()
            })
            .collect::<Vec<_>>();
        Self {
            codes: Ragged::new(rows.into_iter()),
            values,
        }
    }

    fn place(&self, left: u32, right: u32, memo: &mut Memo) -> u8 {
        if left == right && !is_kana(self.values.name(left)) {
            return 0;
        }
        let place = memo.get(left, right, |low, high| {
            f32::from(fit(self.values.name(low), self.values.name(high)))
        });
        (0..5)
            .rev()
            .find(|&known| f32::from(known) <= place)
            .unwrap_or(0)
    }
}

impl Comparison for InitialsComparison {
    fn compare(&self, left: Row, right: Row, memo: &mut Memo) -> Outcome {
        let mut best = None::<(u8, u32)>;
        for &one in self.codes.at(left).iter().filter(|&&code| code != MISSING) {
            for &other in self.codes.at(right) {
                let found = (self.place(one, other, memo), one);
                best = Some(best.map_or(found, |known| known.min(found)));
            }
        }
        match best {
            None => Outcome::MISSING,
            Some((0, code)) => Outcome::shared(0, self.values.share(code)),
            Some((place, _)) => Outcome::at(place),
        }
    }
}

/// The level's place for two different spellings, in either order.
fn fit(left: &str, right: &str) -> u8 {
    let (one, other) = (letters(left), letters(right));
    if is_kana(left) || is_kana(right) {
        return if kana_fits(left, &one, right, &other) {
            2
        } else {
            4
        };
    }
    let alike = |from: usize, to: usize| {
        one.get(from)
            .zip(other.get(to))
            .is_some_and(|(from, to)| sounds_alike(*from, *to))
    };
    if (alike(0, 0) && alike(1, 1)) || (alike(0, 1) && alike(1, 0)) {
        return 1;
    }
    if alike(0, 0) || alike(1, 1) || alike(0, 1) || alike(1, 0) {
        3
    } else {
        4
    }
}

/// Whether the first kana of a family name can be the other's first letter, or another spelling of the other's first kana.
fn kana_fits(left: &str, one: &[char], right: &str, other: &[char]) -> bool {
    let first_of = |text: &str, letters: &[char]| {
        let count = if is_kana(text) { letters.len() } else { 1 };
        letters.iter().copied().take(count).collect::<Vec<_>>()
    };
    let (one, other) = (first_of(left, one), first_of(right, other));
    one.iter()
        .any(|letter| other.iter().any(|first| sounds_alike(*letter, *first)))
}

fn is_kana(text: &str) -> bool {
    text.chars()
        .next()
        .is_some_and(|first| ('ァ'..='ヶ').contains(&first))
}

/// Latin capitals, or the ones that a kana may be written with.
fn letters(text: &str) -> Vec<char> {
    match text.chars().next() {
        Some(kana) if is_kana(text) => kana_letters(kana).chars().collect(),
        _ => text
            .chars()
            .filter(char::is_ascii_alphabetic)
            .map(|letter| letter.to_ascii_uppercase())
            .collect(),
    }
}

/// Letters that two romanisations write for one sound (Hepburn and Kunrei).
fn sounds_alike(one: char, other: char) -> bool {
    const ALIKE: &[(char, char)] = &[
        ('C', 'T'),
        ('F', 'H'),
        ('J', 'Z'),
        ('L', 'R'),
        ('B', 'V'),
        ('D', 'Z'),
        ('D', 'J'),
    ];
    one == other || ALIKE.contains(&(one, other)) || ALIKE.contains(&(other, one))
}

/// The first letters of a kana's romanisations.
fn kana_letters(kana: char) -> &'static str {
    match kana {
        'ァ' | 'ア' => "A",
        'ィ' | 'イ' => "I",
        'ゥ' | 'ウ' => "U",
        'ェ' | 'エ' => "E",
        'ォ' | 'オ' | 'ヲ' => "O",
        'カ' | 'キ' | 'ク' | 'ケ' | 'コ' => "K",
        'ガ' | 'ギ' | 'グ' | 'ゲ' | 'ゴ' => "G",
        'サ' | 'シ' | 'ス' | 'セ' | 'ソ' => "S",
        'ザ' | 'ズ' | 'ゼ' | 'ゾ' => "Z",
        'ジ' | 'ヂ' => "JZ",
        'タ' | 'ツ' | 'テ' | 'ト' => "T",
        'チ' => "CT",
        'ダ' | 'ヅ' | 'デ' | 'ド' => "D",
        'ナ' | 'ニ' | 'ヌ' | 'ネ' | 'ノ' => "N",
        'ハ' | 'ヒ' | 'ヘ' | 'ホ' => "H",
        'フ' => "FH",
        'バ' | 'ビ' | 'ブ' | 'ベ' | 'ボ' => "B",
        'パ' | 'ピ' | 'プ' | 'ペ' | 'ポ' => "P",
        'マ' | 'ミ' | 'ム' | 'メ' | 'モ' => "M",
        'ヤ' | 'ユ' | 'ヨ' | 'ャ' | 'ュ' | 'ョ' => "Y",
        'ラ' | 'リ' | 'ル' | 'レ' | 'ロ' => "R",
        'ワ' => "W",
        'ヴ' => "VB",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn romanisation_order_and_kana_are_seen_through() {
        let check = |left: &str, right: &str, expected: u8| {
            assert_eq!(
                (fit(left, right), fit(right, left)),
                (expected, expected),
                "{left} {right}"
            );
        };
        check("YT", "TY", 1);
        check("YC", "YT", 1);
        check("FJ", "HZ", 1);
        check("ヤ", "YT", 2);
        check("フ", "HK", 2);
        check("ヤ", "KT", 4);
        check("ヤ", "ヤ", 2);
        check("サ", "YS", 4);
        check("チ", "CT", 2);
        check("チ", "TC", 2);
        check("YT", "YK", 3);
        check("YT", "KM", 4);
    }
}
