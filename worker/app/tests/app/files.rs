//! Files linked from the command line, without a project.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn musubi(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_musubi"))
        .current_dir(folder)
        .args(line.split_whitespace())
        .env_remove("MUSUBI_DATABASE")
        .env_remove("RUST_LOG")
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Two files of the same 900 people; every ninth has a slip in the second.
fn people() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let syllables = [
        "ka", "mi", "to", "ra", "shi", "no", "yu", "ha", "ko", "ne", "ta", "sa",
    ];
    let word = |mut number: u64| {
        let mut word = String::new();
        for _ in 0..2 {
            number = number
                .wrapping_mul(0x5851_F42D_4C95_7F2D)
                .wrapping_add(0x1405_7B7E_F767_814F);
            word.push_str(syllables[usize::try_from((number >> 33) % 12).unwrap()]);
        }
        word
    };
    for file in ["clinic", "registry"] {
        let mut text = String::from("id,given name,surname,birth date,city,person\n");
        for person in 0..900_u64 {
            let mut given = word(person * 2 + 1);
            if file == "registry" && person % 9 == 0 {
                given.push('x');
            }
            let surname = word(person * 2 + 100_000);
            let (year, month, day) = (
                1940 + person * 7 % 60,
                1 + person * 5 % 12,
                1 + person * 11 % 28,
            );
            let city = person * 13 % 40;
            let _ = writeln!(
                text,
                "{person},{given},{surname},{year}-{month:02}-{day:02},city {city},P{person}"
            );
        }
        fs::write(folder.path().join(format!("{file}.csv")), text).unwrap();
    }
    folder
}

#[test]
fn two_commands_link_two_files_without_a_label() {
    let folder = people();
    let proposed = musubi(
        folder.path(),
        "model new clinic.csv registry.csv --id-column id --truth-column person --out model.toml",
    );
    assert!(proposed.status.success(), "{}", stderr(&proposed));
    let text = stdout(&proposed);
    assert!(
        text.contains("blocking rule")
            && text.contains("musubi link-files --model model.toml clinic.csv registry.csv"),
        "{text}"
    );
    let again = musubi(folder.path(), "model new clinic.csv --out model.toml");
    assert_eq!(again.status.code(), Some(4), "{}", stderr(&again));

    let line = "link-files --model model.toml clinic.csv registry.csv --id-column id --truth-column person --out linked --output json";
    let linked = musubi(folder.path(), line);
    assert!(linked.status.success(), "{}", stderr(&linked));
    let report: serde_json::Value = serde_json::from_str(&stdout(&linked)).unwrap();
    assert!(
        report["accuracy"]["f1"].as_f64().unwrap() > 0.98,
        "{}",
        report["accuracy"]
    );
    assert_eq!(report["rows"]["records"], 1_800);
    for name in [
        "clusters.csv",
        "pairs.parquet",
        "report.html",
        "report.json",
        "model.trained.toml",
    ] {
        assert!(folder.path().join("linked").join(name).is_file(), "{name}");
    }
    let clusters = fs::read_to_string(folder.path().join("linked/clusters.csv")).unwrap();
    assert_eq!(clusters.lines().count(), 1_801);

    let line = "explain-files --model model.toml clinic.csv registry.csv --id-column id --record clinic:9 --record registry:9";
    let explained = musubi(folder.path(), line);
    assert!(explained.status.success(), "{}", stderr(&explained));
    assert!(
        stdout(&explained).contains("match probability"),
        "{}",
        stdout(&explained)
    );
}

#[test]
fn what_is_wrong_with_files_is_told_with_an_exit_code() {
    let folder = people();
    fs::write(
        folder.path().join("model.toml"),
        "name = \"x\"\ncomparison = 3\n",
    )
    .unwrap();
    let check = |line: &str, code: i32, expected: &str| {
        let ended = musubi(folder.path(), line);
        assert_eq!(
            ended.status.code(),
            Some(code),
            "{line}: {}",
            stderr(&ended)
        );
        assert!(
            stderr(&ended).contains(expected),
            "{line}: {}",
            stderr(&ended)
        );
    };
    check(
        "link-files --model model.toml clinic.csv --out linked",
        2,
        "line 2",
    );
    check(
        "link-files --model nothing.toml clinic.csv --out linked",
        1,
        "`nothing.toml` cannot be read",
    );
    check(
        "model new clinic.csv --id-column nobody",
        1,
        "its headings are `id`, `given name`",
    );
    check(
        "model new clinic.csv --delimiter ab",
        2,
        "one ASCII character",
    );
    fs::write(folder.path().join("key"), "0123456789abcdef").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let key = folder.path().join("key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        let line = "encode clinic.csv --fields surname --key-file key --out tokens.csv";
        check(line, 4, "chmod 600 key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let encoded = musubi(folder.path(), line);
        assert!(encoded.status.success(), "{}", stderr(&encoded));
        let tokens = fs::read_to_string(folder.path().join("tokens.csv")).unwrap();
        assert_eq!(tokens.lines().count(), 901);
    }
}

#[test]
fn the_schema_of_models_is_printed() {
    let schema = musubi(Path::new("."), "model schema");
    let schema: serde_json::Value = serde_json::from_str(&stdout(&schema)).unwrap();
    assert_eq!(schema["title"], "Model");
}
