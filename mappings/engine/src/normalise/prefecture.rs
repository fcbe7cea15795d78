//! Prefectures as their JIS number.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;

use super::{Fault, width};

static NUMBERS: LazyLock<FxHashMap<Box<str>, Arc<str>>> = LazyLock::new(|| {
    let spellings: BTreeMap<String, Vec<String>> =
        toml::from_str(include_str!("../../../prefectures.toml")).unwrap_or_default();
    let mut numbers = FxHashMap::default();
    for (number, names) in spellings {
        let code: Arc<str> = number.as_str().into();
        for name in names {
            let short = name.strip_suffix(['都', '府', '県']).unwrap_or(&name);
            numbers.insert(short.into(), code.clone());
            numbers.insert(name.into_boxed_str(), code.clone());
        }
        numbers.insert(format!("jp-{number}").into(), code.clone());
        numbers.insert(number.trim_start_matches('0').into(), code.clone());
        numbers.insert(number.into(), code);
    }
    numbers
});

/// The JIS X 0401 number of a prefecture (`13`), or `abroad`.
pub(crate) fn read(text: &str) -> Result<Arc<str>, Fault> {
    let numbers = &*NUMBERS;
    if let Some(number) = numbers.get(text) {
        return Ok(number.clone());
    }
    let folded = width::fold_case(text);
    let bare = [" prefecture", "-ken", "-fu", "-to"]
        .iter()
        .find_map(|end| folded.strip_suffix(end))
        .unwrap_or(&folded);
    numbers.get(bare).cloned().ok_or(Fault::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefecture_is_its_number() {
        for text in [
            "東京都",
            "東京",
            "Tokyo",
            "tokyo-to",
            "13",
            "JP-13",
            "１３",
            " 東京都 ",
        ] {
            assert_eq!(read(text).as_deref(), Ok("13"), "{text}");
        }
        assert_eq!(read("京都府").as_deref(), Ok("26"));
        assert_eq!(read("京都").as_deref(), Ok("26"));
        assert_eq!(read("北海道").as_deref(), Ok("01"));
        assert_eq!(read("1").as_deref(), Ok("01"));
        assert_eq!(read("国外").as_deref(), Ok("abroad"));
        assert!(read("東京都千代田区").is_err() && read("48").is_err());
        assert_eq!(
            NUMBERS
                .values()
                .collect::<std::collections::BTreeSet<_>>()
                .len(),
            48
        );
    }
}
