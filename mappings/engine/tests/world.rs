//! The sample world through the shipped mappings: every row ends somewhere, every spoilt one is named by its line, nothing
//! that was planted gets in. `MUSUBI_WORLD=DIR` takes another world, `--nocapture` shows the counts.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapping::{Admission, MappingSet, Tables, shipped};
use schema::{AdmittedBody, Body, Header, Origin, RawRecord, Row, SourceName};

fn world() -> PathBuf {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/sample");
    std::env::var_os("MUSUBI_WORLD").map_or_else(|| sample.into(), PathBuf::from)
}

/// What became of a folder's rows.
#[derive(Default)]
struct Run {
    read: usize,
    admitted: usize,
    set_aside: usize,
    /// Kinds of issues and of set-aside rows by column, with how many.
    found: BTreeMap<String, usize>,
    /// Lines of which something was told.
    named: BTreeSet<(String, u64)>,
    refused: BTreeMap<String, usize>,
    items: BTreeMap<String, usize>,
    /// Everything that was stored or said.
    said: String,
}

impl Run {
    fn take(&mut self, set: &MappingSet, tables: &Tables, raw: &RawRecord) {
        self.read += 1;
        let source = SourceName::new("test").unwrap();
        let (admission, mapped_at_once) = set.admit_and_map(raw, &source, tables);
        match admission {
            Admission::SetAside(aside) => {
                self.set_aside += 1;
                self.tell(
                    &aside.origin,
                    format!("{} {:?}", aside.kind.as_str(), aside.column),
                    &aside.message,
                );
            }
            Admission::Admitted { record, refusals } => {
                self.admitted += 1;
                for refusal in refusals {
                    *self
                        .refused
                        .entry(format!("{} {:?}", refusal.field, refusal.reason))
                        .or_default() += 1;
                }
                match &record.body {
                    AdmittedBody::Row(row) => {
                        row.cells().for_each(|cell| self.said.extend([cell, "\n"]));
                    }
                    AdmittedBody::Json(text) => self.said.push_str(text),
                    AdmittedBody::Deleted => {}
                }
                assert_eq!(record.body.hash(), record.hash);
                let mapped = set.map(&source, &record, tables);
                let at_once = mapped_at_once.unwrap();
                assert_eq!(at_once.record, mapped.record, "{}", raw.origin);
                assert_eq!(at_once.issues, mapped.issues, "{}", raw.origin);
                for issue in mapped.issues {
                    self.tell(
                        &issue.origin,
                        format!("{} {}", issue.kind.as_str(), issue.column),
                        &issue.message,
                    );
                }
                for item in mapped.record.iter().flat_map(|record| &record.items) {
                    *self.items.entry(item.kind.as_str().to_owned()).or_default() += 1;
                    self.said.push_str(&serde_json::to_string(item).unwrap());
                }
            }
        }
    }

    fn tell(&mut self, origin: &Origin, what: String, message: &str) {
        *self.found.entry(what).or_default() += 1;
        self.named.insert((origin.place.to_string(), origin.line));
        self.said.push_str(message);
    }

    fn show(&self, name: &str) {
        println!(
            "{name}: read {} admitted {} set aside {}",
            self.read, self.admitted, self.set_aside
        );
        println!("  items {:?}\n  refused {:?}", self.items, self.refused);
        self.found
            .iter()
            .for_each(|(what, count)| println!("  {count:6} {what}"));
    }
}

fn set(kind: &str) -> MappingSet {
    let files: Vec<(String, String)> = shipped(kind)
        .iter()
        .map(|file| (file.name.to_owned(), file.text.to_owned()))
        .collect();
    MappingSet::load(&files).unwrap()
}

fn tables() -> Tables {
    Tables::load(
        Some(&world().join("facilities.csv")),
        Some(&world().join("products.csv")),
    )
    .unwrap()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(world().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

fn rows(path: &Path, cp932: bool, mut take: impl FnMut(RawRecord)) {
    let bytes = fs::read(path).unwrap();
    let decoded = if cp932 {
        encoding_rs::SHIFT_JIS.decode(&bytes).0.into_owned()
    } else {
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let text = decoded.trim_start_matches('\u{feff}');
    let (mut lines, mut counted) = (1, 0);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let place: Arc<str> = path.strip_prefix(world()).unwrap().to_str().unwrap().into();
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record).unwrap();
    let header = Arc::new(Header::new(record.iter()));
    while reader.read_record(&mut record).unwrap() {
        let start = usize::try_from(record.position().unwrap().byte()).unwrap();
        let start =
            start + text[start..].len() - text[start..].trim_start_matches(['\r', '\n']).len();
        lines += text[counted..start].matches('\n').count();
        counted = start;
        let origin = Origin {
            place: place.clone(),
            line: u64::try_from(lines).unwrap(),
        };
        take(RawRecord {
            origin,
            body: Body::Row(Row::new(header.clone(), record.iter())),
        });
    }
}

/// The spoilt rows of a folder, but for those that a connector sets aside.
fn poisoned(folder: &str) -> Vec<(String, u64, String)> {
    let mut reader = csv::Reader::from_path(world().join("poisoned.csv")).unwrap();
    let rows: Vec<(String, u64, String)> = reader.deserialize().map(Result::unwrap).collect();
    rows.into_iter()
        .filter(|(file, _, _)| file.starts_with(&format!("{folder}/")))
        .collect()
}

fn nothing_is_missed(run: &Run, folder: &str) {
    assert_eq!(run.read, run.admitted + run.set_aside);
    for (file, line, reason) in poisoned(folder) {
        assert!(
            run.named.contains(&(file.clone(), line)),
            "{file}:{line}: {reason}"
        );
    }
    let mut reader = csv::Reader::from_path(world().join("planted.csv")).unwrap();
    let planted: BTreeSet<String> = reader
        .deserialize()
        .map(|row| {
            row.map(|(_, value): (String, String)| regex::escape(&value))
                .unwrap()
        })
        .collect();
    let planted: Vec<String> = planted.into_iter().collect();
    let any = regex::RegexBuilder::new(&planted.join("|"))
        .size_limit(1 << 30)
        .build()
        .unwrap();
    assert_eq!(
        any.find(&run.said).map(|found| found.as_str()),
        None,
        "a planted value got in"
    );
}

#[test]
fn every_row_of_the_transplant_export_ends_somewhere() {
    let (set, tables, mut run) = (set("trump"), tables(), Run::default());
    for path in files("trump") {
        rows(&path, true, |raw| run.take(&set, &tables, &raw));
    }
    run.show("trump");
    nothing_is_missed(&run, "trump");
}

#[test]
fn every_row_of_the_forms_ends_somewhere() {
    let (set, tables, mut run) = (set("formsnet3"), tables(), Run::default());
    for path in files("formsnet3") {
        rows(&path, false, |raw| run.take(&set, &tables, &raw));
    }
    run.show("formsnet3");
    nothing_is_missed(&run, "formsnet3");
}

#[test]
fn every_resource_ends_somewhere() {
    let (set, tables, mut run) = (set("fhir"), tables(), Run::default());
    if shipped("fhir").is_empty() {
        return;
    }
    for path in files("fhir") {
        let place: Arc<str> = path.strip_prefix(world()).unwrap().to_str().unwrap().into();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        for (line, resource) in (1..).zip(text.lines()) {
            let origin = Origin {
                place: place.clone(),
                line,
            };
            run.take(
                &set,
                &tables,
                &RawRecord {
                    origin,
                    body: Body::Json(resource.into()),
                },
            );
        }
    }
    run.show("fhir");
    nothing_is_missed(&run, "fhir");
}
