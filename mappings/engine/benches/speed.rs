//! How fast rows and resources get past the door and are mapped, on one core, beside the bare parsers of their formats.
//!
//! `cargo bench -p mapping --bench speed [-- FOLDER [KIND]]`: FOLDER is a synthetic world, the committed sample when left
//! out; KIND one of `trump`, `formsnet3` and `fhir`, all of them when left out.
//! Every measure repeats its input until a second has gone by, and is taken three times; the best counts. Where the system
//! tells the time that this thread alone has run (Linux), that is what is measured, so that a busy machine does little.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use mapping::{Admission, MappingSet, Tables, shipped};
use schema::{Body, Header, Origin, RawRecord, Row, SourceName};

/// Shortest time of one measure.
const SECONDS_MIN: f64 = 1.0;
/// How often each measure is taken.
const TIMES: usize = 3;

/// Everything that a measure may need.
struct Bench {
    set: MappingSet,
    tables: Tables,
    source: SourceName,
    records: Vec<RawRecord>,
}

/// The allocator of the `musubi` command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/sample");
    let mut asked = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"));
    let world = asked
        .next()
        .map_or_else(|| PathBuf::from(sample), PathBuf::from);
    let only = asked.next();
    let wanted = |kind: &str| only.as_deref().is_none_or(|only| only == kind);
    if wanted("trump") {
        tabular(&world, "trump", true)?;
    }
    if wanted("formsnet3") {
        tabular(&world, "formsnet3", false)?;
    }
    if wanted("fhir") {
        resources(&world)?;
    }
    Ok(())
}

fn tabular(world: &Path, kind: &str, cp932: bool) -> Result<(), Failure> {
    let texts = texts(&world.join(kind), cp932)?;
    let mut records = Vec::new();
    for (place, text) in &texts {
        rows(place, text, &mut records)?;
    }
    let bytes = texts.iter().map(|(_, text)| text.len()).sum();
    let bench = Bench::new(world, kind, records)?;
    let rows = bench.records.len();
    let columns: usize = bench.records.first().map_or(0, |record| {
        if let Body::Row(row) = &record.body {
            row.len()
        } else {
            0
        }
    });
    let parse = measure(|| {
        texts
            .iter()
            .map(|(_, text)| csv_records(text))
            .sum::<usize>()
    });
    let admit = measure(|| bench.admit());
    let both = measure(|| bench.admit_and_map());
    let apart = measure(|| bench.admit_then_map());
    println!("{kind}: {rows} rows, {columns} columns in the first, {bytes} bytes");
    report("csv alone (rival)", parse, rows, bytes, parse);
    report("admit", admit, rows, bytes, parse);
    report("admit, then map", apart, rows, bytes, parse);
    report("admit and map in one go", both, rows, bytes, parse);
    Ok(())
}

fn resources(world: &Path) -> Result<(), Failure> {
    let texts = texts(&world.join("fhir"), false)?;
    let mut records = Vec::new();
    for (place, text) in &texts {
        let place: Arc<str> = place.as_str().into();
        let lines = text
            .lines()
            .filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
        records.extend(lines.zip(1..).map(|(line, number)| RawRecord {
            origin: Origin {
                place: place.clone(),
                line: number,
            },
            body: Body::Json(line.into()),
        }));
    }
    let lines: Vec<String> = records
        .iter()
        .filter_map(|record| {
            if let Body::Json(text) = &record.body {
                Some(text.to_string())
            } else {
                None
            }
        })
        .collect();
    let bytes = lines.iter().map(String::len).sum();
    let bench = Bench::new(world, "fhir", records)?;
    let parse = measure(|| {
        let parsed = lines
            .iter()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        parsed
            .map(|value| usize::from(black_box(value).is_object()))
            .sum()
    });
    let admit = measure(|| bench.admit());
    let both = measure(|| bench.admit_and_map());
    let apart = measure(|| bench.admit_then_map());
    println!("fhir: {} resources, {bytes} bytes", lines.len());
    report(
        "serde_json::Value alone (rival)",
        parse,
        lines.len(),
        bytes,
        parse,
    );
    report("admit", admit, lines.len(), bytes, parse);
    report("admit, then map", apart, lines.len(), bytes, parse);
    report("admit and map in one go", both, lines.len(), bytes, parse);
    Ok(())
}

impl Bench {
    fn new(world: &Path, kind: &str, records: Vec<RawRecord>) -> Result<Self, Failure> {
        let files: Vec<(String, String)> = shipped(kind)
            .iter()
            .map(|file| (file.name.to_owned(), file.text.to_owned()))
            .collect();
        let tables = Tables::load(
            Some(&world.join("facilities.csv")),
            Some(&world.join("products.csv")),
        )?;
        Ok(Self {
            set: MappingSet::load(&files)?,
            tables,
            source: SourceName::new("bench")?,
            records,
        })
    }

    fn admit(&self) -> usize {
        let admitted = self
            .records
            .iter()
            .map(|raw| self.set.admit(raw, &self.tables));
        admitted
            .filter(|admission| matches!(black_box(admission), Admission::Admitted { .. }))
            .count()
    }

    fn admit_then_map(&self) -> usize {
        let mut items = 0;
        for raw in &self.records {
            if let Admission::Admitted { record, .. } = self.set.admit(raw, &self.tables) {
                let mapped = black_box(self.set.map(&self.source, &record, &self.tables));
                items += mapped.record.map_or(0, |record| record.items.len());
            }
        }
        items
    }

    fn admit_and_map(&self) -> usize {
        let mut items = 0;
        for raw in &self.records {
            let (admission, mapped) = self.set.admit_and_map(raw, &self.source, &self.tables);
            let record = black_box(mapped).and_then(|mapped| mapped.record);
            items += record.map_or(0, |record| record.items.len());
            black_box(admission);
        }
        items
    }
}

/// Seconds that one pass takes.
fn measure(mut pass: impl FnMut() -> usize) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..TIMES {
        let (start, ran) = (Instant::now(), seconds_run());
        let mut passes = 0.0;
        while start.elapsed().as_secs_f64() < SECONDS_MIN {
            black_box(pass());
            passes += 1.0;
        }
        let seconds = match (ran, seconds_run()) {
            (Some(before), Some(after)) => after - before,
            _ => start.elapsed().as_secs_f64(),
        };
        best = best.min(seconds / passes);
    }
    best
}

/// Seconds that this thread has run on a core.
#[expect(
    clippy::cast_precision_loss,
    reason = "nanoseconds of a benchmark are far below 2^52"
)]
fn seconds_run() -> Option<f64> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = told.split(' ').next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rows and bytes of a benchmark are far below 2^52"
)]
fn report(what: &str, seconds: f64, rows: usize, bytes: usize, rival: f64) {
    let (rows, megabytes) = (rows as f64 / seconds, bytes as f64 / 1e6 / seconds);
    println!(
        "  {what:32} {rows:12.0} rows/s {megabytes:8.1} MB/s {:6.2} x the rival's time",
        seconds / rival
    );
}

fn texts(folder: &Path, cp932: bool) -> Result<Vec<(String, String)>, Failure> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    let mut texts = Vec::new();
    for path in paths {
        let bytes = fs::read(&path)?;
        let text = if cp932 {
            encoding_rs::SHIFT_JIS.decode(&bytes).0.into_owned()
        } else {
            String::from_utf8_lossy(&bytes).into_owned()
        };
        texts.push((path.display().to_string(), text));
    }
    Ok(texts)
}

fn rows(place: &str, text: &str, into: &mut Vec<RawRecord>) -> Result<(), Failure> {
    let place: Arc<str> = place.into();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = Arc::new(Header::new(reader.headers()?.iter()));
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        let origin = Origin {
            place: place.clone(),
            line: record.position().map_or(0, csv::Position::line),
        };
        into.push(RawRecord {
            origin,
            body: Body::Row(Row::new(header.clone(), record.iter())),
        });
    }
    Ok(())
}

fn csv_records(text: &str) -> usize {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut count = 0;
    while reader.read_record(&mut record).unwrap_or(false) {
        count += black_box(&record).len();
    }
    count
}
