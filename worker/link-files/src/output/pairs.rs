//! `pairs.parquet`: scored pairs with the level and weight of each comparison.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Float32Array, Int8Array, Int32Array, StringArray};
use arrow::datatypes::{DataType, Field, Int8Type, Int32Type, Schema};
use arrow::record_batch::RecordBatch;
use linkage::{
    ComparisonSettings, Decision, Job, Level, Linkage, LinkageError, Model, Row, ScoredPair, Table,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

/// Rows that are held before they are written.
const BATCH_ROWS: usize = 1 << 16;
/// What a level is called that is not there because a value is missing.
const MISSING_LEVEL: &str = "missing";

/// What pairs are told with.
pub(crate) struct PairTable<'a> {
    pub(crate) table: &'a Table,
    /// The job that gave them.
    pub(crate) job: &'a Job<'a>,
    pub(crate) linkage: &'a Linkage,
    /// Pairs below are left out.
    pub(crate) from: f64,
}

/// Writes pairs at or above the bound, in the order of their records.
pub(crate) fn write_pairs<W: Write + Send>(output: W, pairs: &PairTable<'_>) -> io::Result<()> {
    let schema = Arc::new(schema(&pairs.linkage.model));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("musubi".to_owned())
        // Nobody looks for pairs by least and greatest values; and ids hardly repeat.
        .set_statistics_enabled(EnabledStatistics::None)
        .set_column_dictionary_enabled(ColumnPath::from("record_left"), false)
        .set_column_dictionary_enabled(ColumnPath::from("record_right"), false)
        .set_column_dictionary_enabled(ColumnPath::from("weight"), false)
        .set_column_dictionary_enabled(ColumnPath::from("probability"), false)
        .build();
    let mut writer =
        ArrowWriter::try_new(output, schema.clone(), Some(properties)).map_err(io::Error::other)?;
    let linkage = pairs.linkage;
    let told = (0..linkage.pairs.len())
        .filter(|place| f64::from(linkage.pairs[*place].probability) >= pairs.from)
        .collect::<Vec<_>>();
    for places in told.chunks(BATCH_ROWS) {
        let columns = pairs.columns(places).map_err(io::Error::other)?;
        let batch = RecordBatch::try_new(schema.clone(), columns).map_err(io::Error::other)?;
        writer.write(&batch).map_err(io::Error::other)?;
    }
    writer.close().map_err(io::Error::other)?;
    Ok(())
}

fn schema(model: &Model) -> Schema {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let word = |name: &str| {
        let coded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        Field::new(name, coded, false)
    };
    let number = |name: &str| Field::new(name, DataType::Float32, false);
    let mut fields = vec![
        word("file_left"),
        text("record_left"),
        word("file_right"),
        text("record_right"),
        number("weight"),
        number("probability"),
        word("rule"),
        word("decision"),
        word("reason"),
    ];
    for comparison in &model.comparisons {
        let level = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
        fields.push(Field::new(
            format!("{}_level", comparison.name),
            level,
            false,
        ));
        fields.push(number(&format!("{}_weight", comparison.name)));
    }
    Schema::new(fields)
}

impl PairTable<'_> {
    fn columns(&self, places: &[usize]) -> Result<Vec<ArrayRef>, LinkageError> {
        let pairs = places.iter().map(|&place| self.linkage.pairs[place]);
        let pairs = pairs.collect::<Vec<_>>();
        let decisions = places.iter().map(|&place| self.linkage.decisions[place]);
        let decisions = decisions.collect::<Vec<_>>();
        let mut columns = self.records(&pairs);
        columns.push(numbers(pairs.iter().map(|pair| pair.weight)));
        columns.push(numbers(pairs.iter().map(|pair| pair.probability)));
        let rules = self
            .linkage
            .model
            .blocks
            .iter()
            .map(|block| block.name.as_str());
        columns.push(words(
            pairs.iter().map(|pair| i32::from(pair.rule)).collect(),
            &rules.collect::<Vec<_>>(),
        ));
        columns.push(said(&decisions, |decision| match decision {
            Decision::Link => "link".to_owned(),
            Decision::Review(_) => "review".to_owned(),
            Decision::Vetoed(_) => "vetoed".to_owned(),
        }));
        columns.push(said(&decisions, |decision| match decision {
            Decision::Link => String::new(),
            Decision::Review(reason) => reason.to_string(),
            Decision::Vetoed(veto) => veto.to_owned(),
        }));
        columns.extend(self.parts(&pairs, self.job.part_columns(&pairs)?));
        Ok(columns)
    }

    /// File and id of both sides.
    fn records(&self, pairs: &[ScoredPair]) -> Vec<ArrayRef> {
        let mut columns: Vec<ArrayRef> = Vec::new();
        let sides: [fn(&ScoredPair) -> Row; 2] = [|pair| pair.left, |pair| pair.right];
        for side in sides {
            let source = |pair| i32::from(self.table.source(side(pair)).cast_signed());
            columns.push(words(
                pairs.iter().map(source).collect(),
                self.table.source_names(),
            ));
            let ids = pairs.iter().map(|pair| self.table.id(side(pair)));
            columns.push(Arc::new(StringArray::from_iter_values(ids)));
        }
        columns
    }

    /// Level and weight of each comparison.
    fn parts(&self, pairs: &[ScoredPair], weights: Vec<Vec<f32>>) -> Vec<ArrayRef> {
        let comparisons = self.linkage.model.comparisons.iter().enumerate();
        let of_comparison = |((place, comparison), weights): ((usize, &ComparisonSettings), _)| {
            let levels = comparison.levels.iter().map(|level| level.name.as_str());
            let names = std::iter::once(MISSING_LEVEL).chain(levels);
            let reached = pairs.iter().map(|pair| pair.pattern.level(place));
            let levels = levels_of(reached, &names.collect::<Vec<_>>());
            [levels, Arc::new(Float32Array::from(weights)) as ArrayRef]
        };
        comparisons.zip(weights).flat_map(of_comparison).collect()
    }
}

fn numbers(values: impl Iterator<Item = f32>) -> ArrayRef {
    Arc::new(Float32Array::from_iter_values(values))
}

/// Places in a list of words.
fn words<S: AsRef<str>>(places: Vec<i32>, words: &[S]) -> ArrayRef {
    let words = StringArray::from_iter_values(words);
    Arc::new(DictionaryArray::<Int32Type>::new(
        Int32Array::from(places),
        Arc::new(words),
    ))
}

/// What is said of decisions, of which few differ.
fn said(decisions: &[Decision], say: impl Fn(Decision) -> String) -> ArrayRef {
    let mut known = Vec::<Decision>::new();
    let places = decisions
        .iter()
        .map(|&decision| {
            let place = known.iter().position(|other| *other == decision);
            let place = place.unwrap_or_else(|| {
                known.push(decision);
                known.len() - 1
            });
            i32::try_from(place).unwrap_or(i32::MAX)
        })
        .collect();
    words(places, &known.into_iter().map(say).collect::<Vec<_>>())
}

fn levels_of(levels: impl Iterator<Item = Level>, names: &[&str]) -> ArrayRef {
    let places = levels.map(|level| level.packed().cast_signed());
    Arc::new(DictionaryArray::<Int8Type>::new(
        Int8Array::from_iter_values(places),
        Arc::new(StringArray::from_iter_values(names)),
    ))
}
