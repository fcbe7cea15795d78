//! Whole runs over small files.
#![allow(clippy::unwrap_used, reason = "a test panics on purpose")]

mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Float32Type;
use link_files::{
    FilesReport, LinkFilesError, Options, PAIRS_FILE, REPORT_FILE, RecordAddress, explain, link,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use people::{options, rows, write};
use tempfile::TempDir;

fn run(options: &Options) -> FilesReport {
    link(options, &|_, _, _| {}).unwrap()
}

/// The lines of `clusters.csv`, in an order of their own.
fn clusters(options: &Options) -> BTreeSet<String> {
    let text = fs::read_to_string(options.out.join("clusters.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("file,record,cluster"));
    lines.map(str::to_owned).collect()
}

fn two_files(folder: &Path) -> Options {
    let a = write(folder, "a.csv", &rows(1_500, 'a'));
    let b = write(folder, "b.csv", &rows(1_500, 'b'));
    options(folder, vec![a, b])
}

#[test]
fn two_files_are_linked_without_a_label() {
    let folder = tempfile::tempdir().unwrap();
    let options = two_files(folder.path());
    let report = run(&options);
    let accuracy = report.report.accuracy.unwrap();
    assert!(accuracy.f1 > 0.98, "{accuracy:?}");
    assert_eq!(report.accuracy_by_scope.unwrap().records_without_truth, 0);
    assert_eq!(clusters(&options).len() as u64, report.rows.records);
    let json = fs::read_to_string(options.out.join(REPORT_FILE)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["accuracy"]["f1"], accuracy.f1);
    assert_eq!(json["files"][0]["name"], "a");
    let trained = fs::read_to_string(options.out.join("model.trained.toml")).unwrap();
    assert!(linkage::Model::parse(&trained).is_ok());
    let left: BTreeSet<_> = fs::read_dir(&options.out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        left.iter().all(|name| !name.contains("unfinished")),
        "{left:?}"
    );
}

#[test]
fn with_labels_m_is_learnt_from_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = two_files(folder.path());
    let without = run(&options).report.training;
    options.model.training.m = linkage::TrainM::Labels;
    options.model.training.label = options.truth_column.clone().unwrap();
    options.force = true;
    let report = run(&options);
    assert!(report.report.accuracy.unwrap().f1 > 0.98);
    assert_eq!(without.m, linkage_report::TrainOrigin::Em);
    assert_eq!(
        report.report.training.m,
        linkage_report::TrainOrigin::Labels
    );
}

#[test]
fn pairs_add_up_and_stand_above_the_bound() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        pairs_from: Some(0.5),
        ..two_files(folder.path())
    };
    run(&options);
    let file = File::open(options.out.join(PAIRS_FILE)).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .unwrap()
        .build()
        .unwrap();
    let mut pairs = 0;
    for batch in reader.map(Result::unwrap) {
        let number = |name: &str| {
            batch
                .column_by_name(name)
                .unwrap()
                .as_primitive::<Float32Type>()
                .clone()
        };
        let (weight, probability) = (number("weight"), number("probability"));
        let parts = ["given name", "surname", "birth", "city"]
            .map(|name| number(&format!("{name}_weight")));
        for row in 0..batch.num_rows() {
            let sum = parts.iter().map(|part| part.value(row)).sum::<f32>();
            assert!((sum - weight.value(row)).abs() < 1e-3);
            assert!(probability.value(row) >= 0.5);
        }
        assert_eq!(batch.column_by_name("decision").unwrap().null_count(), 0);
        pairs += batch.num_rows();
    }
    assert!(pairs > 900, "{pairs}");
}

#[test]
fn the_order_of_rows_and_the_number_of_threads_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let straight = two_files(folder.path());
    let other = tempfile::tempdir().unwrap();
    let turned = {
        let (mut a, mut b) = (rows(1_500, 'a'), rows(1_500, 'b'));
        a.reverse();
        b.sort_by_key(|row| row.bytes().rev().collect::<Vec<_>>());
        let a = write(other.path(), "a.csv", &a);
        let b = write(other.path(), "b.csv", &b);
        options(other.path(), vec![a, b])
    };
    let with_threads = |threads: usize, options: &Options| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| link(options, &|_, _, _| {}).map(|_| ()))
            .unwrap();
        clusters(options)
    };
    let one = with_threads(1, &straight);
    let pairs = fs::read(straight.out.join(PAIRS_FILE)).unwrap();
    assert_eq!(one, with_threads(2, &straight));
    assert!(
        pairs == fs::read(straight.out.join(PAIRS_FILE)).unwrap(),
        "the bytes of pairs differ"
    );
    assert_eq!(one, with_threads(2, &turned));
}

#[test]
fn parquet_files_give_what_their_delimited_twins_give() {
    let folder = tempfile::tempdir().unwrap();
    let csv = two_files(folder.path());
    run(&csv);
    let other = tempfile::tempdir().unwrap();
    let files = ['a', 'b'].map(|name| parquet_twin(&other, name));
    let twin = options(other.path(), files.to_vec());
    run(&twin);
    assert_eq!(clusters(&csv), clusters(&twin));
}

/// The rows of a file as Parquet, the dates as dates.
fn parquet_twin(folder: &TempDir, name: char) -> std::path::PathBuf {
    use arrow::array::{ArrayRef, StringArray};
    use std::sync::Arc;
    let rows = rows(1_500, name);
    let cells = |place: usize| {
        let cell = |row: &String| {
            let (before, after) = row
                .split_once('"')
                .map_or((row.as_str(), ""), |(before, after)| (before, after));
            let (city, end) = after.split_once('"').unwrap_or(("", ""));
            let mut cells = before.split(',').map(str::to_owned).collect::<Vec<_>>();
            if !after.is_empty() {
                city.clone_into(&mut cells[4]);
                cells.push(end.trim_start_matches(',').to_owned());
            }
            Some(cells[place].clone()).filter(|cell| !cell.is_empty())
        };
        Arc::new(rows.iter().map(cell).collect::<StringArray>()) as ArrayRef
    };
    let days = arrow::compute::cast(&cells(3), &arrow::datatypes::DataType::Date32).unwrap();
    let batch = arrow::record_batch::RecordBatch::try_from_iter([
        ("id", cells(0)),
        ("given", cells(1)),
        ("surname", cells(2)),
        ("birth", days),
        ("city", cells(4)),
        ("person", cells(5)),
    ])
    .unwrap();
    let path = folder.path().join(format!("{name}.parquet"));
    let file = File::create(&path).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    path
}

#[test]
fn one_file_is_rid_of_its_duplicates() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = rows(800, 'a');
    all.extend(rows(800, 'b'));
    let file = write(folder.path(), "all.csv", &all);
    let report = run(&options(folder.path(), vec![file]));
    let accuracy = report.report.accuracy.unwrap();
    assert!(accuracy.f1 > 0.98, "{accuracy:?}");
    assert!(report.accuracy_by_scope.unwrap().across_files.is_none());
}

#[test]
fn linking_alone_gives_no_pair_of_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = two_files(folder.path());
    let mut a = rows(1_500, 'a');
    // Everybody of the first file twice.
    a.extend(
        rows(1_500, 'a')
            .iter()
            .map(|row| row.replacen('a', "again ", 1)),
    );
    options.files[0] = write(folder.path(), "a.csv", &a);
    let both = run(&options).report.counts.scored_pairs;
    options.link_only = true;
    let pairs = run(&options).report.counts.scored_pairs;
    assert!(pairs > 1_500 && both > pairs + 1_000, "{pairs} {both}");
    options.one_to_one = true;
    run(&options);
    let mut of_cluster = BTreeMap::<String, BTreeSet<String>>::new();
    for line in clusters(&options) {
        let [file, _, cluster] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        assert!(
            of_cluster
                .entry(cluster.into())
                .or_default()
                .insert(file.into()),
            "{line}"
        );
    }
}

#[test]
fn a_file_without_rows_or_candidates_is_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(folder.path(), "a.csv", &rows(1_500, 'a'));
    let empty = write(folder.path(), "empty.csv", &[]);
    let report = run(&options(folder.path(), vec![a, empty]));
    assert_eq!(report.rows.records, 1_500);
    assert_eq!(report.report.counts.singletons, 1_500);
}

#[test]
fn a_folder_of_somebody_elses_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let options = two_files(folder.path());
    fs::create_dir(&options.out).unwrap();
    fs::write(options.out.join("thesis.txt"), "mine").unwrap();
    let error = link(&options, &|_, _, _| {}).unwrap_err();
    assert!(matches!(error, LinkFilesError::Refused { .. }), "{error}");
    run(&Options {
        force: true,
        ..options.clone()
    });
    run(&options);
    assert_eq!(
        fs::read_to_string(options.out.join("thesis.txt")).unwrap(),
        "mine"
    );
}

#[test]
fn a_bound_on_memory_changes_where_arrays_lie_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let free = two_files(folder.path());
    let bounded = Options {
        memory: Some(1),
        out: folder.path().join("bounded"),
        ..free.clone()
    };
    let (one, other) = (run(&free), run(&bounded));
    assert_eq!(one.timing.on_disk_bytes, 0);
    assert!(other.timing.on_disk_bytes > 100_000);
    for name in ["clusters.csv", PAIRS_FILE, "model.trained.toml"] {
        let read = |options: &Options| fs::read(options.out.join(name)).unwrap();
        assert!(read(&free) == read(&bounded), "{name}");
    }
    let left = fs::read_dir(&bounded.out).unwrap().count();
    assert_eq!(left, fs::read_dir(&free.out).unwrap().count());
}

#[test]
fn a_run_that_fails_leaves_the_folder_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = two_files(folder.path());
    run(&options);
    let before = fs::read(options.out.join(REPORT_FILE)).unwrap();
    options.id_column = Some("nobody".into());
    assert!(link(&options, &|_, _, _| {}).is_err());
    assert_eq!(fs::read(options.out.join(REPORT_FILE)).unwrap(), before);
}

#[test]
fn rows_set_aside_are_counted_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let mut a = rows(1_500, 'a');
    a[10].push_str(",one too many");
    let b = write(folder.path(), "b.csv", &rows(1_500, 'b'));
    let a = write(folder.path(), "a.csv", &a);
    let options = options(folder.path(), vec![a, b]);
    let report = run(&options);
    assert_eq!(
        (
            report.files[0].rows,
            report.files[0].records,
            report.files[0].set_aside
        ),
        (1_500, 1_499, 1)
    );
    let listed = fs::read_to_string(options.out.join("set_aside.csv")).unwrap();
    assert_eq!(
        listed,
        "file,line,why\na,12,\"it has 7 fields, the headings 6\"\n"
    );
}

#[test]
fn what_people_decided_holds() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = two_files(folder.path());
    let id = rows(1_500, 'b')[5].split(',').next().unwrap()[1..].to_owned();
    let decided = format!(
        "left_file,left_record,right_file,right_record,verdict,who,when,why\n\
         a,a{id},b,b{id},different,me,2026-01-02,I know both\na,nobody,b,b{id},same,me,2026-01-02,\n"
    );
    let path = folder.path().join("decisions.csv");
    fs::write(&path, decided).unwrap();
    let cluster = |options: &Options, record: &str| {
        let line = clusters(options)
            .into_iter()
            .find(|line| line.starts_with(record));
        line.unwrap().rsplit(',').next().unwrap().to_owned()
    };
    run(&options);
    let of = |options: &Options| {
        let (left, right) = (format!("a,a{id},"), format!("b,b{id},"));
        (cluster(options, &left), cluster(options, &right))
    };
    let (left, right) = of(&options);
    assert_eq!(left, right);
    options.decisions = Some(path);
    let settled = run(&options).settled.unwrap();
    assert_eq!((settled.applied, settled.unknown.len()), (1, 1));
    let (left, right) = of(&options);
    assert_ne!(left, right);
}

#[test]
fn a_pair_and_a_cluster_are_accounted_for_without_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let options = two_files(folder.path());
    let linked = rows(1_500, 'b')[5].split(',').next().unwrap()[1..].to_owned();
    let records = [format!("a:a{linked}"), format!("b:b{linked}")].map(RecordAddress);
    let explained = explain(&options, &records, &|_, _, _| {}).unwrap();
    assert!(explained.pair.is_some());
    assert_eq!(explained.clusters.len(), 1);
    let text = explained.to_string();
    assert!(
        text.contains("surname") && text.contains("match probability"),
        "{text}"
    );
    let row = &rows(1_500, 'a')[linked.parse::<usize>().unwrap()];
    for value in row.split(',').skip(1).take(3) {
        assert!(!text.contains(value), "{text}");
    }
    let nobody = [RecordAddress("c:1".into())];
    let error = explain(&options, &nobody, &|_, _, _| {})
        .unwrap_err()
        .to_string();
    assert!(error.contains("`a:…` or `b:…`"), "{error}");
}
