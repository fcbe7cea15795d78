//! A report of a real run: its figures agree with each other, and no value that was compared is in it.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use linkage::{Codes, Column, Job, Linkage, Model, NoRules, Table};
use linkage_report::{Report, html, text};

const MODEL: &str = r#"
name = "names"

[training]
prior_pairs = 10.0

[[comparison]]
name = "name"
kind = "jaro_winkler"
column = "name"
level = [
    { name = "same", when = "same", rarity = true },
    { name = "close", when = { at_least = 0.9 } },
    { name = "differs", when = "otherwise" },
]

[[comparison]]
name = "city"
kind = "exact"
column = "city"
level = [{ name = "same", when = "same" }, { name = "differs", when = "otherwise" }]

[[comparison]]
name = "year"
kind = "exact"
column = "year"
level = [{ name = "same", when = "same" }, { name = "differs", when = "otherwise" }]

[[block]]
name = "name"
on = ["name"]
fixes = ["name"]
train = true

[[block]]
name = "year and city"
on = ["year", "city"]
size_max = 20
fixes = ["year", "city"]
train = true
"#;

/// Persons with a record in one source and, two of three, another in a second; some without a name.
fn table() -> Table {
    let mut rows = Vec::new();
    for person in 0_usize..240 {
        let name = format!("Quxname{}{}", person * 7919 % 1000, person % 7);
        let (city, year) = (
            format!("Zzcity{}", person * person % 11),
            format!("{}", 1940 + person * 31 % 60),
        );
        let named = (person % 17 != 0).then(|| name.clone());
        rows.push((
            "first.csv",
            format!("a{person}"),
            named,
            city.clone(),
            year.clone(),
        ));
        if person % 3 != 0 {
            let name = if person % 10 == 1 {
                format!("{name}x")
            } else {
                name
            };
            rows.push(("second.csv", format!("b{person}"), Some(name), city, year));
        }
    }
    let mut table = Table::new(rows.iter().map(|row| (row.0, row.1.as_str())));
    let mut add = |name: &str, values: Vec<Option<&str>>| {
        let column = Column::Codes(Codes::from_values(values));
        table.add(name, column).unwrap();
    };
    add("name", rows.iter().map(|row| row.2.as_deref()).collect());
    add(
        "city",
        rows.iter().map(|row| Some(row.3.as_str())).collect(),
    );
    add(
        "year",
        rows.iter().map(|row| Some(row.4.as_str())).collect(),
    );
    table
}

fn report(table: &Table) -> (Report, Linkage) {
    let model = Model::parse(MODEL).unwrap();
    let silent = |_: &'static str, _, _| {};
    let mut job = Job::prepare(model.clone(), table, Vec::new(), &NoRules, &silent).unwrap();
    let linkage = job.link(&silent).unwrap();
    let report = Report::of(&linkage, table, &model);
    (report.with_job(&job, &linkage, table).unwrap(), linkage)
}

#[test]
fn the_figures_of_a_run_agree_with_each_other() {
    let table = table();
    let (report, linkage) = report(&table);
    let records = report
        .clusters
        .iter()
        .map(|size| size.records * size.clusters);
    assert_eq!(records.sum::<u64>(), report.counts.records);
    let scores = report.scores.as_ref().unwrap();
    assert_eq!(Some(scores.total()), report.counts.candidate_pairs);
    assert_eq!(scores.counts.len(), scores.expected.len());
    let counts = &report.counts;
    assert_eq!(
        counts.links + counts.review + counts.vetoed,
        linkage.pairs.len() as u64
    );
    let unlinkables = report.unlinkables.as_ref().unwrap();
    assert_eq!(unlinkables.self_weights.total(), counts.records);
    assert!(unlinkables.below_threshold > 0, "those without a name");
    assert!(!report.samples.is_empty());
    for sample in &report.samples {
        assert!(sample.together.is_some());
    }
}

#[test]
fn no_value_that_was_compared_is_in_the_report() {
    let table = table();
    let (report, _) = report(&table);
    let json = serde_json::to_string(&report).unwrap();
    for told in [html(&report), text(&report), json] {
        assert!(!told.contains("Quxname") && !told.contains("Zzcity"));
    }
}

#[test]
fn the_page_of_a_run_is_well_formed_and_the_same_each_time() {
    let table = table();
    let (once, _) = report(&table);
    let (again, _) = report(&table);
    assert_eq!(html(&once), html(&again));
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    roxmltree::Document::parse_with_options(&html(&once), options).unwrap();
}
