//! How well proposed models link files that nobody has looked at: proposes a model for each set of CSV files in a folder, links
//! by it without any label, and sets F1 at the chosen threshold beside the best F1 that the same weights could give, and
//! beside the share of the true pairs that the rules of blocking find.
//!
//! `cargo run --release -p linkage --example shapes -- FOLDER [SET...]`: a set is `NAME.csv`, or `NAME_a.csv`, `NAME_b.csv` and
//! so on; a column `truth` tells who is who, one `id` or `unique_id` numbers the records. Models go to `FOLDER/models`. With
//! `ONE_TO_ONE` in the environment every file holds a thing once and only pairs of two files count. Prints Markdown.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use linkage::{
    Blocks, Codes, CodesBuilder, Combine, Job, Linkage, Model, NoRules, OnePerCluster,
    ProposalOptions, RawFiles, Row, Scope, SourceSettings, Table, TableIds, propose, typed,
};

/// Weights in bits above and below the chosen threshold at which is clustered again.
const STEPS: [f64; 16] = [
    -24.0, -18.0, -14.0, -11.0, -8.5, -6.5, -4.5, -3.0, -1.5, 1.5, 3.0, 5.0, 8.0, 12.0, 18.0, 26.0,
];
/// Headings that number the records.
const IDS: [&str; 3] = ["id", "unique_id", "rec_id"];
const TRUTH: &str = "truth";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("shapes FOLDER [SET...]")?);
    let wanted = arguments.collect::<Vec<_>>();
    std::fs::create_dir_all(folder.join("models"))?;
    println!(
        "| | records | pairs | F1, chosen without labels | precision | recall | best F1 of the same weights | recall of blocking | told | seconds |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (name, files) in sets(&folder)? {
        if wanted.is_empty() || wanted.contains(&name) {
            let models = folder.join("models").join(format!("{name}.toml"));
            println!("{}", measured(&name, &files, &models)?);
        }
    }
    Ok(())
}

/// Each set's files, by name.
fn sets(folder: &Path) -> Result<BTreeMap<String, Vec<PathBuf>>, Box<dyn Error>> {
    let mut sets = BTreeMap::<String, Vec<PathBuf>>::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "csv") {
            let stem = stem(&path);
            let name = stem
                .rsplit_once('_')
                .filter(|(_, part)| part.len() == 1)
                .map_or(stem.as_str(), |(name, _)| name);
            sets.entry(name.to_owned()).or_default().push(path);
        }
    }
    for files in sets.values_mut() {
        files.sort();
    }
    Ok(sets)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The set's line of the table.
fn measured(name: &str, files: &[PathBuf], models: &Path) -> Result<String, Box<dyn Error>> {
    let read = Files::read(files)?;
    let started = Instant::now();
    let options = ProposalOptions {
        name: name.to_owned(),
        ignore: IDS
            .iter()
            .chain(&[TRUTH])
            .map(|&id| id.to_owned())
            .collect(),
    };
    let proposal = propose(&read.raw(), &options)?;
    std::fs::write(models, &proposal.text)?;
    let proposed = started.elapsed().as_secs_f64();
    let mut model = proposal.model;
    if std::env::var_os("ONE_TO_ONE").is_some() {
        one_to_one(&mut model, &read.names);
    }
    let table = read.table(&model)?;
    let started = Instant::now();
    let mut job = Job::prepare(model, &table, Vec::new(), &NoRules, &|_, _, _| {})?;
    let linkage = job.link(&|_, _, _| {})?;
    let linked = started.elapsed().as_secs_f64();
    let truth = Truth::new(&read.truth, &table, linkage.model.scope);
    let chosen = truth.accuracy(&linkage.clusters);
    let best = best(&linkage, &table, &truth, chosen.f1())?;
    let blocks = Blocks::build(&linkage.model, &table)?;
    let told = linkage
        .choice
        .as_ref()
        .map_or(0.0, |choice| choice.f1.value);
    Ok(format!(
        "| {name} | {} | {} | {:.3} | {:.3} | {:.3} | {best:.3} | {:.3} | {told:.3} | {proposed:.1} + {linked:.1} |",
        table.len(),
        linkage.blocking.pairs,
        chosen.f1(),
        chosen.precision(),
        chosen.recall(),
        truth.found_by(&blocks),
    ))
}

fn one_to_one(model: &mut Model, names: &[String]) {
    model.scope = Scope::AcrossSources;
    model.sources = names
        .iter()
        .map(|name| SourceSettings {
            name: name.clone(),
            one_per_cluster: OnePerCluster::Hard,
            penalty_bits: 0.0,
        })
        .collect();
}

/// The best F1 over thresholds around the chosen one, with the weights as they are.
fn best(
    linkage: &Linkage,
    table: &Table,
    truth: &Truth<'_>,
    chosen: f64,
) -> Result<f64, Box<dyn Error>> {
    let mut best = chosen;
    let log_odds = |probability: f64| (probability / (1.0 - probability)).log2();
    let here = log_odds(linkage.model.thresholds.link);
    for step in STEPS {
        let mut model = linkage.model.clone();
        model.thresholds.link = (1.0 / (1.0 + (-(here + step)).exp2())).clamp(1e-9, 1.0 - 1e-9);
        model.thresholds.review = model.thresholds.review.min(model.thresholds.link);
        model.decision = None;
        let again =
            Job::prepare(model, table, Vec::new(), &NoRules, &|_, _, _| {})?.link(&|_, _, _| {})?;
        best = best.max(truth.accuracy(&again.clusters).f1());
    }
    Ok(best)
}

/// Who is who.
struct Truth<'a> {
    persons: &'a Codes,
    sources: &'a [u16],
    across: bool,
    /// True pairs.
    pairs: Vec<(Row, Row)>,
}

/// Counts of pairs: linked rightly, linked, to be linked.
struct Counts {
    right: u64,
    linked: u64,
    wanted: u64,
}

impl Counts {
    fn precision(&self) -> f64 {
        ratio(self.right, self.linked)
    }

    fn recall(&self) -> f64 {
        ratio(self.right, self.wanted)
    }

    fn f1(&self) -> f64 {
        ratio(2 * self.right, self.linked + self.wanted)
    }
}

impl<'a> Truth<'a> {
    fn new(persons: &'a Codes, table: &'a Table, scope: Scope) -> Self {
        let mut rows = BTreeMap::<u32, Vec<Row>>::new();
        for (row, &person) in (0..).zip(persons.rows()) {
            if person != linkage::MISSING {
                rows.entry(person).or_default().push(row);
            }
        }
        let mut truth = Self {
            persons,
            sources: table.sources(),
            across: scope == Scope::AcrossSources,
            pairs: Vec::new(),
        };
        truth.pairs = rows
            .values()
            .flat_map(|rows| truth.pairs_of(rows))
            .collect();
        truth
    }

    /// Pairs of a cluster that count.
    fn pairs_of(&self, rows: &[Row]) -> Vec<(Row, Row)> {
        let source = |row: Row| self.sources[row as usize];
        let pairs = rows
            .iter()
            .enumerate()
            .flat_map(|(place, &left)| rows[place + 1..].iter().map(move |&right| (left, right)));
        pairs
            .filter(|&(left, right)| !self.across || source(left) != source(right))
            .collect()
    }

    fn accuracy(&self, clusters: &[Vec<Row>]) -> Counts {
        let (mut right, mut linked) = (0, 0);
        for (one, other) in clusters.iter().flat_map(|rows| self.pairs_of(rows)) {
            linked += 1;
            right += u64::from(self.persons.at(one) == self.persons.at(other));
        }
        Counts {
            right,
            linked,
            wanted: self.pairs.len() as u64,
        }
    }

    fn found_by(&self, blocks: &Blocks) -> f64 {
        let found = self
            .pairs
            .iter()
            .filter(|(left, right)| blocks.rule_of(*left, *right).is_some());
        ratio(found.count() as u64, self.pairs.len() as u64)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}

/// The files of a set, as text by heading.
struct Files {
    names: Vec<String>,
    sources: Vec<u16>,
    columns: Vec<(String, Codes)>,
    truth: Codes,
}

impl Files {
    fn read(files: &[PathBuf]) -> Result<Self, Box<dyn Error>> {
        let mut columns = Vec::<(String, Vec<Option<String>>)>::new();
        let (mut sources, mut rows_before) = (Vec::new(), 0);
        for (source, file) in (0..).zip(files) {
            let mut records = records(&std::fs::read_to_string(file)?).into_iter();
            let headings = records.next().ok_or("a file without headings")?;
            let records = records.collect::<Vec<_>>();
            for (place, heading) in headings.iter().enumerate() {
                let known = columns.iter().position(|(name, _)| name == heading);
                let column = known.unwrap_or_else(|| {
                    columns.push((heading.clone(), Vec::new()));
                    columns.len() - 1
                });
                let values = &mut columns[column].1;
                values.resize(rows_before, None);
                values.extend(records.iter().map(|record| record.get(place).cloned()));
            }
            sources.extend(std::iter::repeat_n(source, records.len()));
            rows_before += records.len();
        }
        let columns = columns
            .into_iter()
            .map(|(heading, mut values)| {
                values.resize(rows_before, None);
                (heading, codes(&values))
            })
            .collect::<Vec<_>>();
        let truth = columns.iter().find(|(heading, _)| heading == TRUTH);
        Ok(Self {
            names: files.iter().map(|file| stem(file)).collect(),
            truth: truth.ok_or("no column `truth`")?.1.clone(),
            sources,
            columns,
        })
    }

    fn raw(&self) -> RawFiles<'_> {
        RawFiles {
            source_names: &self.names,
            sources: &self.sources,
            columns: &self.columns,
        }
    }

    /// The table that the model needs.
    fn table(&self, model: &Model) -> Result<Table, Box<dyn Error>> {
        let mut ids = TableIds::default();
        for (row, &source) in self.sources.iter().enumerate() {
            ids.push(&self.names[usize::from(source)], &row.to_string());
        }
        let mut table = Table::of(ids);
        for settings in &model.columns {
            let parts = settings.headings().iter().map(|heading| {
                let known = self.columns.iter().find(|(name, _)| name == heading);
                known.map(|(_, codes)| codes).ok_or("a heading is unknown")
            });
            let parts = parts.collect::<Result<Vec<_>, _>>()?;
            let joined;
            let parts = if settings.combine == Combine::First && parts.len() > 1 {
                joined = first_of(&parts);
                vec![&joined]
            } else {
                parts
            };
            table.add(
                &settings.name,
                typed(settings, &parts, &self.sources)?.column,
            )?;
        }
        Ok(table)
    }
}

/// By row, the value of the first column that has one.
fn first_of(parts: &[&Codes]) -> Codes {
    let value = |row: usize| {
        let values = parts.iter().map(|codes| (codes, codes.rows()[row]));
        let mut present = values.filter(|(_, code)| *code != linkage::MISSING);
        present
            .next()
            .map(|(codes, code)| codes.name(code).to_owned())
    };
    codes(&(0..parts[0].rows().len()).map(value).collect::<Vec<_>>())
}

fn codes(values: &[Option<String>]) -> Codes {
    let mut builder = CodesBuilder::default();
    for value in values {
        builder.push(
            value
                .as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty()),
        );
    }
    builder.finish()
}

/// The fields of a text with commas between them, in quotes or not.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut letters) = (false, text.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            '\r' if !quoted => {}
            _ => field.push(letter),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        records.push(record);
    }
    records
}
