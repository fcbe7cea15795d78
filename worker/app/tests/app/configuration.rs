//! What `musubi.toml` may say, and how it is told what is wrong: file, line, and what is allowed; never a secret.
use std::path::Path;

use musubi::config::Config;

fn check(text: &str, expected: &str) {
    match Config::parse("musubi.toml", text, Path::new("/project")) {
        Ok(_) => panic!("it was taken: {text}"),
        Err(error) => {
            let told = error.to_string();
            assert!(told.contains(expected), "expected `{expected}` in `{told}`");
            assert!(!told.contains("hunter2"), "a secret was told: {told}");
        }
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    check("[database]\nurl = 5\n", "musubi.toml:2: ");
    check(
        "[database]\nurl = \"sqlite:a.db\"\nurk = 1\n",
        "musubi.toml:3: ",
    );
    check("[database]\nurl = \"sqlite:a.db\n", "musubi.toml:2: ");
    check(
        "\n[source.Trump]\nkind = \"trump\"\n",
        "musubi.toml:2: source name `Trump`",
    );
    check(
        "[source.a]\npath = \"x\"\n",
        "musubi.toml:1: `[source.a]` needs `kind`: `trump`, `formsnet3`, `fhir`",
    );
    check(
        "[source.a]\nkind = \"trumpet\"\n",
        "musubi.toml:2: `kind` is `trumpet`; it must be `trump`",
    );
    check("[source.a]\nkind = \"trump\"\n", "missing field `path`");
    check(
        "[source.a]\nkind = \"trump\"\npath = \"x\"\npaht = \"y\"\n",
        "musubi.toml:4: unknown field `paht`",
    );
    check(
        "[source.a]\nkind = \"trump\"\npath = \"x\"\nencoding = \"latin1\"\n",
        "musubi.toml:4: ",
    );
    check(
        "[source.a]\nkind = \"trump\"\npath = \"x\"\nschedule = \"noon\"\n",
        "musubi.toml:4: `noon` is no cron expression",
    );
    check("[unknown]\n", "unknown field `unknown`");
    check(
        "[worker]\nlisten = \"0.0.0.0:80\"\n",
        "musubi.toml:2: `listen` must be a loopback address",
    );
    check(
        "[history]\nmidnight_days = 1\n",
        "musubi.toml:2: unknown field",
    );
}

#[test]
fn a_secret_may_not_stand_in_the_file() {
    check(
        "[database]\nurl = \"postgres://me:hunter2@host/m\"\n",
        "musubi.toml:2: `url` holds a password",
    );
    let source = "[source.f]\nkind = \"fhir\"\nurl = \"http://h/r4\"\n";
    check(
        &format!("{source}token = \"hunter2\"\n"),
        "musubi.toml:4: `token` is a secret",
    );
    check(
        &format!("{source}[source.f.auth]\nclient_secret = \"hunter2\"\n"),
        "musubi.toml:5: `client_secret` is a secret",
    );
    check(
        &format!("{source}auth = {{ password = \"hunter2\" }}\n"),
        "musubi.toml:4: `password` is a secret",
    );
}

#[test]
fn paths_are_relative_to_the_projects_folder() {
    let text = "[source.t]\nkind = \"trump\"\npath = \"exports\"\nmappings = [\"m.toml\"]\nschedule = \"30 2 * * *\"\n\
                [facilities]\nfile = \"f.csv\"\n[products]\nfile = \"/else/p.csv\"\n";
    let config = Config::parse("musubi.toml", text, Path::new("/project")).unwrap();
    let source = config.source("t").unwrap();
    assert_eq!(source.settings.place(), "/project/exports");
    assert_eq!(source.mappings, [Path::new("/project/m.toml")]);
    assert_eq!(
        config.facilities.as_deref(),
        Some(Path::new("/project/f.csv"))
    );
    assert_eq!(config.products.as_deref(), Some(Path::new("/else/p.csv")));
    assert!(
        config
            .source("u")
            .unwrap_err()
            .told()
            .contains("configured: `t`")
    );
}

#[test]
fn a_databases_address_may_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("url"), "postgres://me:hunter2@host/m\n").unwrap();
    let text = "[database]\nurl = { file = \"url\" }\n";
    let config = Config::parse("musubi.toml", text, folder.path()).unwrap();
    assert_eq!(
        config.database.value(folder.path()).unwrap(),
        "postgres://me:hunter2@host/m"
    );
    let text = "[database]\nurl = { env = \"MUSUBI_TEST_NO_SUCH_VARIABLE\" }\n";
    let config = Config::parse("musubi.toml", text, folder.path()).unwrap();
    let told = config.database.value(folder.path()).unwrap_err();
    assert!(
        told.contains("`MUSUBI_TEST_NO_SUCH_VARIABLE` is not set"),
        "{told}"
    );
}
