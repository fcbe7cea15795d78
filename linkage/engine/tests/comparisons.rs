//! Every kind of comparison as a model file names it: it is read, bound, runs, and its faults are told with what is allowed.

#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use linkage::{
    Arrays, Codes, Column, Job, Kind, Level, Linkage, Model, NoRules, PackedDate, Table,
};

/// For each kind: its column or columns, and the level of the rows 0 and 1, which are one person.
const KINDS: [(Kind, &str, &str); 14] = [
    (Kind::Exact, "column = \"name\"", "otherwise"),
    (Kind::JaroWinkler, "column = \"name\"", "at_least"),
    (Kind::DamerauLevenshtein, "column = \"name\"", "edits"),
    (Kind::Tokens, "column = \"address\"", "same_words"),
    (Kind::Names, "columns = [\"given\", \"name\"]", "one_near"),
    (
        Kind::JapaneseName,
        "columns = [\"kanji\", \"kana\"]",
        "variants",
    ),
    (Kind::Date, "column = \"birth\"", "era_slip"),
    (Kind::Number, "column = \"weight\"", "within"),
    (Kind::Hierarchy, "column = \"disease\"", "prefix"),
    (Kind::Array, "column = \"tags\"", "subset"),
    (Kind::Hla, "column = \"hla\"", "compatible"),
    (Kind::EventDates, "column = \"events\"", "shared"),
    (Kind::Identifier, "column = \"id\"", "transposed"),
    (Kind::Clk, "column = \"clk\"", "at_least"),
];

/// A test as a model file writes it, with a figure where it needs one.
fn written(test: &str) -> String {
    let figure = match test {
        "years_off" => "[1]",
        "edits" | "shared" => "1",
        "within" => "1.5",
        "within_share" => "0.1",
        "apart" => "[9, 11]",
        "prefix" | "compatible_loci" => "3",
        "excluded" => "2",
        "estimated" => "45",
        "at_least" => "0.7",
        "jaccard" | "overlap" | "weighted" => "0.5",
        "near" | "swapped_near" | "one_near" => "0.85",
        plain => return format!("\"{plain}\""),
    };
    format!("{{ {test} = {figure} }}")
}

/// All levels that the kind knows, in its order, each named for its test.
fn levels(tests: &[&str]) -> String {
    let chance = 0.9 / f64::from(u32::try_from(tests.len()).unwrap());
    let level = |test: &&str| {
        let when = written(test);
        format!("{{ name = \"{test}\", when = {when}, m = {chance}, u = {chance} }}")
    };
    tests.iter().map(level).collect::<Vec<_>>().join(", ")
}

fn model(kind: &str, columns: &str, levels: &str) -> String {
    format!(
        "name = \"kinds\"\n[training]\nm = \"file\"\nu = \"file\"\n[thresholds]\nlink = 0.5\nreview = 1e-300\n\
         [[comparison]]\nname = \"it\"\nkind = \"{kind}\"\n{columns}\nlevel = [{levels}]\n\
         [[block]]\nname = \"all\"\non = [\"all\"]\nsize_max = 100\n"
    )
}

type Texts = [(&'static str, [Option<&'static str>; 4]); 11];

fn texts() -> Texts {
    [
        ("all", [Some("x"); 4]),
        (
            "name",
            [Some("yamada"), Some("yamata"), Some("suzuki"), None],
        ),
        ("given", [Some("taro"), Some("taro"), Some("jiro"), None]),
        (
            "address",
            [
                Some("3 Hill Lane"),
                Some("hill lane, 3"),
                Some("1 Sea Road"),
                Some("-"),
            ],
        ),
        (
            "kanji",
            [Some("髙橋 一"), Some("高橋一"), Some("鈴木 花"), None],
        ),
        (
            "kana",
            [Some("たかはし はじめ"), None, Some("すずき はな"), None],
        ),
        ("disease", [Some("C92.0"), Some("C92.1"), Some("D46"), None]),
        (
            "hla",
            [
                Some("A*24:02+A*26:01"),
                Some("A24 A26"),
                Some("A*02:01+A*11:01"),
                Some("?"),
            ],
        ),
        (
            "events",
            [
                Some("2019-04-05"),
                Some("(2019-04-05) ~2020"),
                Some("2001-02-03"),
                None,
            ],
        ),
        (
            "id",
            [Some("0012345"), Some("0012354"), Some("9999999"), None],
        ),
        (
            "clk",
            [Some("/////w=="), Some("//8P/w=="), Some("AAAAAA=="), None],
        ),
    ]
}

fn table() -> Table {
    let mut table = Table::new([("a", "1"), ("b", "2"), ("b", "3"), ("b", "4")]);
    for (name, values) in texts() {
        table
            .add(name, Column::Codes(Codes::from_values(values)))
            .unwrap();
    }
    let day = PackedDate::new;
    let births = vec![
        day(1945, 3, 4),
        day(2008, 3, 4),
        day(1971, 12, 25),
        PackedDate::MISSING,
    ];
    table.add("birth", Column::Dates(births)).unwrap();
    table
        .add("weight", Column::Numbers(vec![60.0, 61.0, 90.0, f32::NAN]))
        .unwrap();
    let tags = Arrays::from_strings([vec!["p", "q"], vec!["p"], vec!["r"], vec![]]);
    table.add("tags", Column::Arrays(tags)).unwrap();
    table
}

fn link(text: &str, table: &Table) -> Linkage {
    let model = Model::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Job::prepare(model, table, Vec::new(), &NoRules, &|_, _, _| {})
        .unwrap()
        .link(&|_, _, _| {})
        .unwrap()
}

#[test]
fn every_kind_runs_from_a_model_file_and_reaches_its_levels() {
    let table = table();
    for (kind, columns, expected) in KINDS {
        let (name, tests) = (kind.name(), kind.tests());
        let linkage = link(&model(name, columns, &levels(tests)), &table);
        let level = |left, right| {
            let mut pairs = linkage.pairs.iter();
            let pair = pairs.find(|pair| (pair.left, pair.right) == (left, right));
            match pair.unwrap().pattern.level(0) {
                Level::Missing => "missing",
                Level::At(place) => tests[usize::from(place)],
            }
        };
        assert_eq!(level(0, 1), expected, "{name}");
        let apart = if kind == Kind::Hla {
            "one_copy_off"
        } else {
            "otherwise"
        };
        assert!(
            level(0, 2) == "otherwise" || level(0, 2) == apart,
            "{name}: {}",
            level(0, 2)
        );
        assert_eq!(level(0, 3), "missing", "{name}");
    }
}

#[test]
fn a_model_of_every_kind_is_the_same_after_writing_and_reading() {
    for (kind, columns, _) in KINDS {
        let model = Model::parse(&model(kind.name(), columns, &levels(kind.tests()))).unwrap();
        let again = Model::parse(&model.to_toml().unwrap()).unwrap();
        assert_eq!(format!("{model:?}"), format!("{again:?}"));
        assert_eq!(model.comparisons[0].kind, kind);
        for level in &model.comparisons[0].levels {
            let test = level.when.as_ref().unwrap();
            let label = test.label();
            assert_eq!(test.name(), level.name);
            assert!(!label.english.is_empty() && !label.japanese.is_empty());
        }
    }
    let known = KINDS.map(|(kind, ..)| kind);
    assert!(
        Kind::ALL
            .iter()
            .all(|kind| *kind == Kind::Custom || known.contains(kind))
    );
}

#[test]
fn what_a_comparison_cannot_be_is_told_with_what_it_can() {
    let check = |kind: &str, columns: &str, test: &str, wanted: &str| {
        let levels =
            format!("{{ name = \"a\", when = {test} }}, {{ name = \"b\", when = \"otherwise\" }}");
        let error = Model::parse(&model(kind, columns, &levels))
            .unwrap_err()
            .to_string();
        assert!(error.contains(wanted), "{error}");
        assert!(error.contains("line "), "{error}");
    };
    let (one, two) = ("column = \"name\"", "columns = [\"given\", \"name\"]");
    check(
        "jaro_winkler",
        one,
        "\"swapped\"",
        "needs a `when` of `same`, `at_least`, `otherwise`",
    );
    check(
        "jaro_winkler",
        one,
        "{ at_least = 1.5 }",
        "`at_least` is more than 0 and at most 1",
    );
    check(
        "damerau_levenshtein",
        one,
        "{ edits = 0 }",
        "0 edits are `same`",
    );
    check("date", one, "{ years_off = [] }", "lists years");
    check("names", one, "\"same\"", "columns = [given, family]");
    check(
        "exact",
        two,
        "\"same\"",
        "reads a column of text; 2 columns are given",
    );
    check(
        "exact",
        "",
        "\"same\"",
        "reads a column of text; 0 columns are given",
    );
    check("soundex", one, "\"same\"", "`jaro_winkler`");
    check("exact", one, "\"equal\"", "`same`");
}

#[test]
fn a_column_of_another_type_is_refused() {
    let table = table();
    for (kind, columns, _) in KINDS {
        let wrong = if kind == Kind::Date {
            "weight"
        } else {
            "birth"
        };
        let columns = match kind {
            Kind::Names => format!("columns = [\"{wrong}\", \"name\"]"),
            _ if columns.starts_with("columns") => format!("columns = [\"{wrong}\", \"kana\"]"),
            _ => format!("column = \"{wrong}\""),
        };
        let model = Model::parse(&model(kind.name(), &columns, &levels(kind.tests()))).unwrap();
        let error = Job::prepare(model, &table, Vec::new(), &NoRules, &|_, _, _| {});
        let told = error.err().unwrap().to_string();
        let parts = ["cannot read a column of", "it reads"];
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
    }
}
