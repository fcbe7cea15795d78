//! How well a run without labels knows itself: links a CSV file whose truth is known, and sets the chosen threshold, the
//! estimated precision and recall and their intervals beside the truth.
//!
//! `cargo run --release --example study -- MODEL.toml RECORDS.csv`: the file has columns `id`, `source`, `person` (the truth)
//! and those that the model names. With `new` in place of the model, one is proposed from the other columns. Prints one line of
//! JSON.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::error::Error;

use linkage::{
    Codes, Combine, Job, Linkage, Model, NoRules, ProposalOptions, RawFiles, Table, TableIds,
    propose, typed,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = std::env::args().collect::<Vec<_>>();
    let [_, model, records, ..] = arguments.as_slice() else {
        return Err("usage: study MODEL.toml RECORDS.csv".into());
    };
    let records = Records::read(records)?;
    let mut model = match model.as_str() {
        "new" => Model::parse(&records.proposed()?)?,
        file => Model::parse(&std::fs::read_to_string(file)?)?,
    };
    // Keep nearly all pairs, so that the best threshold of all can be told from them.
    model.thresholds.review = 1e-6;
    let table = records.table(&model)?;
    let started = std::time::Instant::now();
    let mut job = Job::prepare(model, &table, Vec::new(), &NoRules, &|_, _, _| {})?;
    let (begun, decided) = (Cell::new(0.0), Cell::new(0.0));
    let linkage = job.link(&|stage, done, _| {
        let now = started.elapsed().as_secs_f64();
        match (stage, done) {
            ("decide", 0) => begun.set(now),
            ("decide", _) => decided.set(decided.get() + now - begun.get()),
            _ => (),
        }
    })?;
    let seconds = (started.elapsed().as_secs_f64(), decided.get());
    println!(
        "{}",
        serde_json::to_string(&study(&records, &table, &linkage, seconds))?
    );
    Ok(())
}

/// A CSV file, column by column.
struct Records {
    columns: BTreeMap<String, Vec<String>>,
}

impl Records {
    fn read(path: &str) -> Result<Self, Box<dyn Error>> {
        let text = std::fs::read_to_string(path)?;
        let mut lines = text.lines();
        let names = split(lines.next().ok_or("the file is empty")?);
        let mut columns = names
            .iter()
            .map(|name| (name.clone(), Vec::new()))
            .collect::<BTreeMap<_, _>>();
        for line in lines {
            for (name, value) in names.iter().zip(split(line)) {
                columns.entry(name.clone()).or_default().push(value);
            }
        }
        Ok(Self { columns })
    }

    fn column(&self, name: &str) -> Result<&[String], Box<dyn Error>> {
        self.columns
            .get(name)
            .map(Vec::as_slice)
            .ok_or_else(|| format!("there is no column `{name}`").into())
    }

    fn table(&self, model: &Model) -> Result<Table, Box<dyn Error>> {
        let mut ids = TableIds::default();
        for (source, id) in self.column("source")?.iter().zip(self.column("id")?) {
            ids.push(source, id);
        }
        let mut table = Table::of(ids);
        for settings in &model.columns {
            let there = |heading: &&String| self.columns.contains_key(*heading);
            let headings = settings.headings().iter().filter(there);
            let most = match settings.combine {
                Combine::First => 1,
                Combine::DateParts | Combine::Join => usize::MAX,
            };
            let raw = headings.take(most).map(|heading| self.codes(heading));
            let raw = raw.collect::<Result<Vec<_>, _>>()?;
            let raw = raw.iter().collect::<Vec<_>>();
            let column = typed(settings, &raw, table.sources())?.column;
            table.add(&settings.name, column)?;
        }
        Ok(table)
    }

    fn codes(&self, name: &str) -> Result<Codes, Box<dyn Error>> {
        let values = self.column(name)?.iter();
        let values = values.map(|value| Some(value.as_str()).filter(|value| !value.is_empty()));
        Ok(Codes::from_values(values))
    }

    /// A model for the columns that are neither id, source, nor truth.
    fn proposed(&self) -> Result<String, Box<dyn Error>> {
        let mut source_names = self.column("source")?.to_vec();
        source_names.sort();
        source_names.dedup();
        let mut sources = Vec::new();
        for source in self.column("source")? {
            sources.push(u16::try_from(
                source_names.binary_search(source).unwrap_or(0),
            )?);
        }
        let evidence = self.columns.keys();
        let evidence = evidence.filter(|name| !["id", "source", "person"].contains(&name.as_str()));
        let mut columns = Vec::new();
        for name in evidence {
            columns.push((name.clone(), self.codes(name)?));
        }
        let raw = RawFiles {
            source_names: &source_names,
            sources: &sources,
            columns: &columns,
        };
        let options = ProposalOptions {
            name: "proposed".into(),
            ignore: Vec::new(),
        };
        Ok(propose(&raw, &options)?.text)
    }
}

/// The fields of a line without quotes within quotes.
fn split(line: &str) -> Vec<String> {
    let mut quoted = false;
    let fields = line.split(|letter| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    });
    fields
        .map(|field| field.trim_matches('"').to_owned())
        .collect()
}

/// Pairs of one person's records that a run could find.
fn true_pairs(persons: &[String], table: &Table, across: bool) -> u64 {
    let mut people = BTreeMap::<&str, BTreeMap<u16, u64>>::new();
    for (row, person) in (0..).zip(persons) {
        *people
            .entry(person)
            .or_default()
            .entry(table.source(row))
            .or_default() += 1;
    }
    let pairs_of = |counts: &BTreeMap<u16, u64>| {
        let all = counts.values().sum::<u64>();
        let within = counts
            .values()
            .map(|count| count * (count - 1) / 2)
            .sum::<u64>();
        all * (all.max(1) - 1) / 2 - if across { within } else { 0 }
    };
    people.values().map(pairs_of).sum()
}

fn study(
    records: &Records,
    table: &Table,
    linkage: &Linkage,
    seconds: (f64, f64),
) -> serde_json::Value {
    let persons = &records.columns["person"];
    let same = |left: u32, right: u32| persons[left as usize] == persons[right as usize];
    let across = linkage.model.scope == linkage::Scope::AcrossSources;
    let matches = true_pairs(persons, table, across);
    let mut pairs = linkage
        .pairs
        .iter()
        .map(|pair| (pair.weight, same(pair.left, pair.right)))
        .collect::<Vec<_>>();
    pairs.sort_by(|left, right| right.0.total_cmp(&left.0));
    let accuracy = |links: usize| {
        let found = pairs[..links].iter().filter(|pair| pair.1).count();
        let (precision, recall) = (
            ratio(found, links),
            ratio(found, usize::try_from(matches).unwrap_or(usize::MAX)),
        );
        (
            precision,
            recall,
            2.0 * precision * recall / (precision + recall).max(1e-12),
        )
    };
    let choice = linkage.choice.as_ref();
    let least = choice.map_or(0.0, |choice| choice.weight);
    let chosen = accuracy(pairs.partition_point(|pair| f64::from(pair.0) >= least));
    let best = best_f1(&pairs, matches);
    let clustered = within_clusters(linkage, table, across, &same);
    let in_candidates = linkage.scores.pairs();
    serde_json::json!({
        "records": persons.len(), "matches": matches, "candidates": in_candidates, "seconds": seconds.0,
        "decide_seconds": seconds.1,
        "oracle": { "f1": best.0, "weight": best.1 },
        "chosen": { "precision": chosen.0, "recall": chosen.1, "f1": chosen.2, "weight": least },
        "clusters": { "precision": part(clustered.1, clustered.0), "recall": part(clustered.1, matches) },
        "estimated": choice.map(|choice| serde_json::json!({
            "precision": choice.precision, "recall": choice.recall, "f1": choice.f1, "matches": choice.matches,
            "calibration": choice.calibration, "blocking": choice.blocking, "decoys": choice.decoys,
            "decoy_links": choice.decoy_links, "decoy_scale": choice.decoy_scale, "links": choice.links,
            "clusters": choice.clusters,
        })),
        "training": linkage.training,
        "levels": linkage.model.comparisons.iter().map(|comparison| serde_json::json!({
            "comparison": comparison.name,
            "levels": comparison.levels.iter().map(|level| (level.m, level.u)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

/// The highest F1 of any threshold, with its weight; the pairs come heaviest first.
fn best_f1(pairs: &[(f32, bool)], matches: u64) -> (f64, f64) {
    let matches = usize::try_from(matches).unwrap_or(usize::MAX);
    let (mut best, mut found) = ((0.0, 0.0), 0);
    for (place, pair) in pairs.iter().enumerate() {
        found += usize::from(pair.1);
        let f1 = 2.0 * ratio(found, place + 1 + matches);
        if pairs.get(place + 1).is_none_or(|next| next.0 < pair.0) && f1 > best.0 {
            best = (f1, f64::from(pair.0));
        }
    }
    best
}

/// Pairs of records in one cluster, and those of them that are one person's.
fn within_clusters(
    linkage: &Linkage,
    table: &Table,
    across: bool,
    same: &dyn Fn(u32, u32) -> bool,
) -> (u64, u64) {
    let counts = |left: u32, right: u32| !across || table.source(left) != table.source(right);
    let mut clustered = (0, 0);
    for cluster in &linkage.clusters {
        for (place, &left) in cluster.iter().enumerate() {
            let others = cluster[place + 1..].iter();
            for &right in others.filter(|&&right| counts(left, right)) {
                clustered.0 += 1;
                clustered.1 += u64::from(same(left, right));
            }
        }
    }
    clustered
}

#[expect(clippy::cast_precision_loss, reason = "counts of a study")]
fn ratio(of: usize, whole: usize) -> f64 {
    if whole == 0 {
        1.0
    } else {
        of as f64 / whole as f64
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a study")]
fn part(of: u64, whole: u64) -> f64 {
    if whole == 0 {
        1.0
    } else {
        of as f64 / whole as f64
    }
}
