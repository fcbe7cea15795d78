//! Filters made at two hospitals find each other's persons, and nothing is told of whom they are.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use link_files::{Encode, LinkFilesError, Reading, encode, read_key};
use linkage::clk::{Field, Settings, dice};

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

fn asked(folder: &Path, name: &str, text: &str) -> Encode {
    let file = folder.join(name);
    fs::write(&file, text).unwrap();
    Encode {
        file,
        settings: Settings::of(["name", "birth"].map(Field::named)),
        dates: vec!["birth".into()],
        id_column: Some("id".into()),
        out: folder.join(format!("{name}.out")),
        reading: Reading::default(),
        force: false,
    }
}

fn tokens(asked: &Encode) -> Vec<(String, String)> {
    encode(asked, KEY, &|_, _, _| {}).unwrap();
    let text = fs::read_to_string(&asked.out).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("id,clk"));
    lines
        .map(|line| line.split_once(',').unwrap())
        .map(|(id, token)| (id.to_owned(), token.to_owned()))
        .collect()
}

#[test]
fn the_same_person_has_like_filters_however_the_birth_date_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let here = asked(
        folder.path(),
        "here.csv",
        "id,name,birth\n1,Yamamoto Hana,1970-03-14\n2,Sato Ken,1980-01-02\n3,,\n",
    );
    let there = asked(
        folder.path(),
        "there.csv",
        "id,name,birth\nx,YAMAMOTO HANA,1970/3/14\ny,Yamamota Hana,14.03.1970\n",
    );
    let (here, there) = (tokens(&here), tokens(&there));
    assert_eq!(here[2].1, "", "no value, no filter");
    assert_eq!(here[0].1, there[0].1);
    assert!(dice(&here[0].1, &there[1].1).unwrap() > 0.85);
    assert!(dice(&here[1].1, &there[0].1).unwrap() < 0.6);
    assert_ne!(
        encode_with(folder.path(), b"another key of the other party!!"),
        here[0].1
    );
}

fn encode_with(folder: &Path, key: &[u8]) -> String {
    let asked = asked(
        folder,
        "again.csv",
        "id,name,birth\n1,Yamamoto Hana,1970-03-14\n",
    );
    encode(&asked, key, &|_, _, _| {}).unwrap();
    let text = fs::read_to_string(&asked.out).unwrap();
    text.lines()
        .nth(1)
        .unwrap()
        .split_once(',')
        .unwrap()
        .1
        .to_owned()
}

#[test]
fn a_key_that_others_can_read_is_refused_and_a_file_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    fs::write(&path, "0123456789abcdef\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(
        read_key(&path),
        Err(LinkFilesError::Refused { .. })
    ));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(read_key(&path).unwrap(), b"0123456789abcdef");
    let asked = asked(folder.path(), "a.csv", "id,name,birth\n1,x,1970-01-01\n");
    tokens(&asked);
    let mode = fs::metadata(&asked.out).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
    assert!(matches!(
        encode(&asked, KEY, &|_, _, _| {}),
        Err(LinkFilesError::Refused { .. })
    ));
}
