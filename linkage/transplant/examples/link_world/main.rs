//! `link_world WORLD OUT [VARIANT...]`: links a synthetic world in memory, for measurements.
//!
//! It goes the way of `musubi sync` and `musubi link` without the database. Into `OUT` it writes `subjects.ndjson`, what each
//! source tells of each patient, for other engines; and for each variant `clusters-VARIANT.csv` (`source,record_key,cluster`)
//! and `run-VARIANT.json`. Variants: `full`, and `without_ids`, `without_events`, `without_hla`, `without_rarity`, `without_vetoes`.
//! Of `full` it also writes `pairs.csv`, what became of each pair looked at closely and why, and estimates precision and recall.
//! The data are synthetic: it prints and writes identifying fields.

mod pairs;
mod read;
mod subjects;
mod variants;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;
use transplant::{Linked, Subject, estimate};

use read::World;
use variants::Variant;

/// Of the decoys that estimates are made from.
const ESTIMATE_SEED: u64 = 20_190_405;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(world), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("link_world WORLD OUT [VARIANT...]".into());
    };
    let named: Vec<String> = arguments.collect();
    let variants = if named.is_empty() {
        Variant::ALL.to_vec()
    } else {
        named
            .iter()
            .map(|name| Variant::parse(name))
            .collect::<Result<_, _>>()?
    };
    let (world, out) = (PathBuf::from(world), PathBuf::from(out));
    fs::create_dir_all(&out)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    let begun = Instant::now();
    let patients = runtime.block_on(World::new(&world)?.read())?;
    println!(
        "{} patients read in {:.2?}",
        patients.len(),
        begun.elapsed()
    );
    subjects::write(&patients, &out.join("subjects.ndjson"))?;
    let subjects: Vec<Subject> = patients
        .iter()
        .map(|patient| Subject::collect(&patient.source, &patient.key, &patient.records))
        .collect();
    for variant in variants {
        let begun = Instant::now();
        let linked = variant.link(&subjects)?;
        let seconds = begun.elapsed().as_secs_f64();
        println!("{}: {seconds:.2} s", variant.name());
        write(&out, variant, &subjects, &linked, seconds)?;
    }
    Ok(())
}

/// The clusters as CSV, and what the run told of itself as JSON.
fn write(
    out: &Path,
    variant: Variant,
    subjects: &[Subject],
    linked: &Linked,
    seconds: f64,
) -> Result<(), Box<dyn Error>> {
    let name = variant.name();
    let mut clusters = csv::Writer::from_path(out.join(format!("clusters-{name}.csv")))?;
    clusters.write_record(["source", "record_key", "cluster"])?;
    for (number, members) in linked.clusters.iter().enumerate() {
        for &member in members {
            let subject = &subjects[member];
            let cluster = number.to_string();
            clusters.write_record([subject.source.as_str(), subject.key.expose(), &cluster])?;
        }
    }
    clusters.flush()?;
    let mut run = json!({
        "variant": name,
        "seconds": seconds,
        "subjects": subjects.len(),
        "candidate_pairs": linked.blocking.pairs,
        "pairs": linked.pairs.len(),
        "review": linked.review.len(),
        "vetoed": linked.vetoed.len(),
        "training": linked.training,
    });
    if variant == Variant::Full {
        let begun = Instant::now();
        run["estimate"] = json!(estimate(subjects, linked, ESTIMATE_SEED)?);
        println!("estimate: {:.2?}", begun.elapsed());
        pairs::write(subjects, linked, &out.join("pairs.csv"))?;
    }
    fs::write(
        out.join(format!("run-{name}.json")),
        serde_json::to_string_pretty(&run)?,
    )?;
    Ok(())
}
