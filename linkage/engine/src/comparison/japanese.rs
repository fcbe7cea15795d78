//! Japanese names as text: words, variants of characters, readings.

use unicode_normalization::UnicodeNormalization;

/// Characters that stand for each other in names, the common form first. Old forms (旧字体) and everyday variants
/// (異体字) of the characters that family and given names use; compiled by hand from the table of old forms in the
/// Joyo kanji list (常用漢字表, 2010) and the variants known from family registers (戸籍統一文字).
const VARIANTS: &[&str] = &[
    "高髙",
    "斉斎齊齋",
    "辺邊邉",
    "崎﨑嵜碕",
    "浜濱濵",
    "沢澤",
    "桜櫻",
    "広廣",
    "国國圀",
    "竜龍",
    "滝瀧",
    "島嶋嶌㠀",
    "富冨",
    "吉𠮷",
    "条條",
    "栄榮",
    "学學斈",
    "関關",
    "鉄鐵銕",
    "恵惠",
    "桑桒",
    "柳栁桺",
    "真眞",
    "実實",
    "寿壽",
    "徳德",
    "巌巖",
    "静靜",
    "青靑",
    "曽曾",
    "蔵藏",
    "万萬",
    "円圓",
    "亀龜",
    "与與",
    "来來",
    "豊豐",
    "児兒",
    "応應",
    "穂穗",
    "恒恆",
    "弥彌",
    "聡聰",
    "総總",
    "乗乘",
    "礼禮",
    "継繼",
    "県縣",
    "顕顯",
    "郷鄕",
    "緑綠",
    "塩鹽",
    "剣劍劔",
    "蛍螢",
    "峰峯",
    "松枩",
    "群羣",
    "裏裡",
    "隣鄰",
    "秋秌",
    "船舩",
    "橋槗",
    "梅楳",
    "館舘",
    "藤籐",
    "亘亙",
    "尭堯",
    "遥遙",
    "槙槇",
    "祢禰",
    "薮藪",
    "桧檜",
    "頼賴",
    "瀬瀨",
    "薫薰",
    "温溫",
    "壮壯",
    "将將",
    "渋澁",
    "粛肅",
    "亜亞",
    "為爲",
    "衛衞",
    "凜凛",
    "鴎鷗",
    "涛濤",
    "祷禱",
    "籠篭",
    "鎌鐮",
    "昇曻",
    "土圡",
    "鶴靍靏鸖",
    "宝寶寳",
    "沖冲",
    "涼凉",
    "準凖",
    "壱壹",
    "弐貳",
    "択擇",
    "覚覺",
    "誉譽",
    "証證",
    "摂攝",
    "歩步",
    "歳歲",
    "気氣",
    "浅淺",
    "済濟",
    "清淸",
    "満滿",
    "猪豬",
    "狭狹",
    "献獻",
    "瑶瑤",
    "当當",
    "研硏",
    "称稱",
    "稲稻",
    "穣穰",
    "竈竃",
    "粋粹",
    "糸絲",
    "縁緣",
    "聴聽",
    "舎舍",
    "芸藝",
    "茎莖",
    "荘莊庄",
    "虎乕",
    "虫蟲",
    "褒襃",
    "覧覽",
    "観觀",
    "読讀",
    "賛贊",
    "転轉",
    "辞辭",
    "遅遲",
    "郎郞",
    "酔醉",
    "釈釋",
    "野埜",
    "鋭銳",
    "鎮鎭",
    "随隨",
    "隠隱",
    "雑雜",
    "霊靈",
    "顔顏",
    "験驗",
    "鶏鷄雞",
    "麦麥",
    "黄黃",
    "点點",
    "歯齒",
    "齢齡",
    "黒黑",
    "経經",
    "角⻆",
    "渕淵渊",
    "柏栢",
    "杉杦",
    "双雙",
    "戸戶",
    "内內",
    "呂吕",
    "巻卷",
    "横橫",
    "楽樂",
    "帰歸",
    "穐龝",
    "躰体體",
];

/// The words of a name, at blanks, commas and middle dots, in the common width and lower case; marks that choose a glyph
/// (variation selectors) are dropped.
///
/// ```
/// assert_eq!(linkage::japanese::words("ｻﾄｳ・ｹﾝｼﾞ"), ["サトウ", "ケンジ"]);
/// ```
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let normal = name.nfkc().filter(|character| !is_selector(*character));
    normal
        .collect::<String>()
        .split(|character: char| character.is_whitespace() || ",、・=.".contains(character))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn is_selector(character: char) -> bool {
    matches!(character, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// A name with the common form in place of each variant of a character, and what 々 repeats written out.
///
/// ```
/// assert_eq!(linkage::japanese::folded("髙嶋佐々木"), linkage::japanese::folded("高島佐佐木"));
/// ```
#[must_use]
pub fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for character in name.chars() {
        let character = match (character, folded.chars().last()) {
            ('々', Some(before)) => before,
            _ => common_form(character),
        };
        folded.push(character);
    }
    folded
}

fn common_form(character: char) -> char {
    if !is_kanji(character) {
        return character;
    }
    VARIANTS
        .iter()
        .find(|group| group.contains(character))
        .and_then(|group| group.chars().next())
        .unwrap_or(character)
}

/// A word of kana or Latin letters in one romanisation: Kunrei, long vowels short. Kanji stay as they are.
///
/// ```
/// use linkage::japanese::romanised;
/// assert_eq!(romanised("さとう"), romanised("Satoh"));
/// assert_eq!(romanised("ジュンイチ"), romanised("Zyun'iti"));
/// ```
#[must_use]
pub fn romanised(word: &str) -> String {
    crate::column::romaji(word)
}

/// Whether a name holds kanji, so that its reading is not known from it.
#[must_use]
pub fn has_kanji(name: &str) -> bool {
    name.chars().any(is_kanji)
}

fn is_kanji(character: char) -> bool {
    matches!(character, '々' | '〆' | '\u{2E80}'..='\u{2FDF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{VARIANTS, folded, romanised, words};

    #[test]
    fn no_character_stands_in_two_groups() {
        let mut seen = BTreeSet::new();
        for group in VARIANTS {
            let members = group.chars().collect::<BTreeSet<_>>();
            assert!(
                members.len() > 1 && members.len() == group.chars().count(),
                "{group}"
            );
            for member in members {
                assert!(seen.insert(member), "{member} of {group} stands twice");
            }
        }
    }

    #[test]
    fn variants_of_common_names_fold_to_one() {
        for group in [
            &["渡辺", "渡邊", "渡邉"][..],
            &["斎藤", "斉藤", "齋藤", "齊藤"],
            &["山崎", "山﨑", "山嵜"],
            &["浜田", "濱田", "濵田"],
            &["桜井", "櫻井"],
            &["佐々木", "佐佐木"],
            &["葛󠄀城", "葛城"],
        ] {
            for name in group {
                let fold = |name: &str| folded(&words(name).concat());
                assert_eq!(fold(name), fold(group[0]), "{name}");
            }
        }
        assert_ne!(folded("佐藤"), folded("斎藤"));
    }

    #[test]
    fn romanisations_and_kana_are_one() {
        for same in [
            &["おおの", "オオノ", "Ohno", "Ono", "Ōno", "Oono"][..],
            &["ゆうこ", "Yuko", "Yuuko", "Yūko", "ﾕｳｺ"],
            &["しんじ", "Shinji", "Sinzi"],
            &["つじ", "Tsuji", "Tuzi"],
            &["ふくだ", "Fukuda", "Hukuda"],
            &["じょうじ", "Joji", "Jōji", "Zyôzi", "Johji"],
            &["ちば", "Chiba", "Tiba"],
            &["こんの", "Konno", "Kon'no"],
        ] {
            for spelling in same {
                assert_eq!(romanised(spelling), romanised(same[0]), "{spelling}");
            }
        }
    }
}
