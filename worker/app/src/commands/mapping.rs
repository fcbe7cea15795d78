//! `musubi mapping check`, `test`, `show`, `preview`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use ::mapping::{MappingSet, Tables, TestReport};
use connector::{Connector, Next};
use connector_fhir::{FhirConnector, FhirSettings};
use connector_formsnet3::{Formsnet3Connector, Formsnet3Settings};
use connector_trump::{TrumpConnector, TrumpSettings};
use schema::{Attribute, Item, SourceName, Value};
use serde::Deserialize as _;
use serde::Serialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::StrDeserializer;

use super::Session;
use crate::catalog::Kind;
use crate::cli::MappingCommand;
use crate::config::Config;
use crate::jobs::map_records::Mapper;
use crate::output::{Show, Table, emit, print};
use crate::project::{read_mappings, shipped};
use crate::{Exit, Failure};

/// Pages that a preview reads before it gives up finding a row that the mapping takes.
const PAGES_MAX: usize = 50;

pub(super) async fn mapping(session: &Session, command: MappingCommand) -> Result<Exit, Failure> {
    match command {
        MappingCommand::Check { files } => check(session, &files),
        MappingCommand::Test { files } => test(session, &files),
        MappingCommand::Show { name } => show(&name),
        MappingCommand::Preview {
            file,
            input,
            rows,
            encoding,
        } => {
            let input = input.map(|input| (input, encoding));
            preview(session, &file, input, rows).await
        }
    }
}

/// The sets asked for: the files named, or those of the project's sources, or the shipped ones.
fn sets(session: &Session, files: &[PathBuf]) -> Result<Vec<MappingSet>, Failure> {
    if !files.is_empty() {
        return Ok(vec![MappingSet::load(&read_mappings(files)?)?]);
    }
    let configured = Config::read(&session.folder()).ok();
    let own: Vec<_> = configured
        .iter()
        .flat_map(|config| config.sources.values())
        .filter(|source| !source.mappings.is_empty())
        .map(|source| read_mappings(&source.mappings))
        .collect::<Result<_, _>>()?;
    let shipped = Kind::ALL.into_iter().map(shipped);
    own.into_iter()
        .chain(shipped)
        .map(|files| Ok(MappingSet::load(&files)?))
        .collect()
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Checked(Vec<CheckedMapping>);

#[derive(Debug, Serialize)]
struct CheckedMapping {
    mapping: String,
    source: String,
    description: String,
    columns: usize,
}

fn check(session: &Session, files: &[PathBuf]) -> Result<Exit, Failure> {
    let sets = sets(session, files)?;
    let checked = sets
        .iter()
        .flat_map(MappingSet::mappings)
        .map(|mapping| CheckedMapping {
            mapping: mapping.id().to_string(),
            source: mapping.source().to_owned(),
            description: mapping.description().to_owned(),
            columns: mapping.columns().count(),
        })
        .collect();
    print(session.format, &Checked(checked))?;
    Ok(Exit::Done)
}

impl Show for Checked {
    fn text(&self) -> String {
        let mut table = Table::new(["mapping", "source", "columns", "description"]);
        for each in &self.0 {
            table.row([
                each.mapping.clone(),
                each.source.clone(),
                each.columns.to_string(),
                each.description.clone(),
            ]);
        }
        table.render()
    }
}

fn show(name: &str) -> Result<Exit, Failure> {
    let mut known = Vec::new();
    for (file, text) in Kind::ALL.into_iter().flat_map(shipped) {
        let set = MappingSet::load(&[(file, text.clone())])?;
        if set
            .mappings()
            .any(|mapping| mapping.name() == name || **mapping.id() == *name)
        {
            emit(&text)?;
            return Ok(Exit::Done);
        }
        known.extend(
            set.mappings()
                .map(|mapping| format!("`{}`", mapping.name())),
        );
    }
    let known = known.join(", ");
    Err(Failure::usage(format!(
        "no mapping `{name}` is shipped; shipped: {known}"
    )))
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Tested(Vec<TestReport>);

fn test(session: &Session, files: &[PathBuf]) -> Result<Exit, Failure> {
    let sets = sets(session, files)?;
    let tested = Tested(sets.iter().flat_map(MappingSet::run_tests).collect());
    print(session.format, &tested)?;
    Ok(if tested.0.iter().all(TestReport::passed) {
        Exit::Done
    } else {
        Exit::Failed
    })
}

impl Show for Tested {
    fn text(&self) -> String {
        let mut text = String::new();
        for report in self.0.iter().filter(|report| !report.passed()) {
            let _ = writeln!(text, "{}: `{}` failed", report.mapping, report.test);
            for failure in &report.failures {
                let _ = writeln!(text, "  {failure}");
            }
        }
        let passed = self.0.iter().filter(|report| report.passed()).count();
        let _ = writeln!(text, "{passed} of {} tests passed", self.0.len());
        text
    }
}

/// What a mapping makes of the first rows that it takes.
#[derive(Debug, Default, Serialize)]
struct Preview {
    mapping: String,
    rows: Vec<PreviewedRow>,
    /// Rows before them that were set aside: where and why.
    set_aside: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PreviewedRow {
    origin: String,
    items: Vec<String>,
    issues: Vec<String>,
    /// Fields that the door kept out.
    refused: Vec<String>,
}

async fn preview(
    session: &Session,
    file: &Path,
    input: Option<(PathBuf, String)>,
    rows: usize,
) -> Result<Exit, Failure> {
    let set = Arc::new(MappingSet::load(&read_mappings(&[file.to_owned()])?)?);
    let kind = set
        .mappings()
        .next()
        .and_then(|mapping| Kind::parse(mapping.source()))
        .ok_or_else(|| {
            Failure::stop(format!(
                "`{}` is for no kind of source that is known here",
                file.display()
            ))
        })?;
    let config = Config::read(&session.folder()).ok();
    let connector = match input {
        Some((input, encoding)) => reader(kind, &input, &encoding)?,
        None => configured(config.as_ref(), kind, &set)?,
    };
    let side = |file: fn(&Config) -> Option<&PathBuf>| config.as_ref().and_then(file);
    let tables = Tables::load(
        side(|config| config.facilities.as_ref()).map(PathBuf::as_path),
        side(|config| config.products.as_ref()).map(PathBuf::as_path),
    )?;
    let mapper = Mapper {
        source: SourceName::new("preview")
            .map_err(|cause| Failure::because("a fault of the program", cause))?,
        mappings: set,
        tables: Arc::new(RwLock::new(tables)),
    };
    let shown = first_rows(&*connector, &mapper, rows).await?;
    print(session.format, &shown)?;
    Ok(Exit::Done)
}

fn reader(kind: Kind, input: &Path, encoding: &str) -> Result<Box<dyn Connector>, Failure> {
    Ok(match kind {
        Kind::Trump => {
            let mut settings = TrumpSettings::new(input);
            let read: StrDeserializer<'_, serde::de::value::Error> = encoding.into_deserializer();
            settings.encoding = ::connector::delimited::TextEncoding::deserialize(read)
                .map_err(|_| Failure::usage("`--encoding` must be `cp932` or `utf-8`"))?;
            Box::new(TrumpConnector::new(settings))
        }
        Kind::Formsnet3 => Box::new(Formsnet3Connector::new(Formsnet3Settings::new(input))),
        Kind::Fhir => Box::new(FhirConnector::new(FhirSettings::folder(input))?),
    })
}

fn configured(
    config: Option<&Config>,
    kind: Kind,
    set: &MappingSet,
) -> Result<Box<dyn Connector>, Failure> {
    config
        .and_then(|config| config.sources.values().find(|source| source.kind == kind))
        .ok_or_else(|| {
            Failure::usage(format!(
                "no source of kind `{}` is configured here",
                kind.as_str()
            ))
            .advise("name the file to read with `--input FILE`")
        })?
        .settings
        .connect(&set.resource_types())
}

async fn first_rows(
    connector: &dyn Connector,
    mapper: &Mapper,
    rows: usize,
) -> Result<Preview, Failure> {
    let mut preview = Preview {
        mapping: mapper
            .mappings
            .mappings()
            .map(|mapping| mapping.id().to_string())
            .collect(),
        ..Preview::default()
    };
    let mut from = None;
    for _ in 0..PAGES_MAX {
        let page = connector.pull(from.as_ref()).await?;
        for row in &page.records {
            if preview.rows.len() == rows {
                return Ok(preview);
            }
            preview.take(mapper, row, rows);
        }
        match page.next {
            Next::More(cursor) => from = Some(cursor),
            Next::CaughtUp(_) => break,
        }
    }
    Ok(preview)
}

impl Preview {
    fn take(&mut self, mapper: &Mapper, row: &schema::RawRecord, rows: usize) {
        let page = mapper.map_rows(std::slice::from_ref(row));
        for letter in page
            .set_aside
            .iter()
            .take(rows.saturating_sub(self.set_aside.len()))
        {
            self.set_aside.push(letter.to_string());
        }
        for record in page.records {
            let items = record.mapped.map(|mapped| mapped.items).unwrap_or_default();
            self.rows.push(PreviewedRow {
                origin: record.record.origin.to_string(),
                items: items.iter().map(shown).collect(),
                issues: record.issues.iter().map(ToString::to_string).collect(),
                refused: page
                    .refusals
                    .keys()
                    .map(|refusal| refusal.field.to_string())
                    .collect(),
            });
        }
    }
}

fn shown(item: &Item) -> String {
    let fields: Vec<String> = item
        .fields
        .iter()
        .map(|(attribute, value)| {
            format!(
                "{} = {}",
                attribute.as_str(),
                shown_value(*attribute, value)
            )
        })
        .collect();
    format!("{}: {}", item.kind.as_str(), fields.join(", "))
}

/// What may identify a person is not shown, only that it is there.
fn shown_value(attribute: Attribute, value: &Value) -> String {
    match value {
        Value::Absent(absent) => absent.as_str().to_owned(),
        _ if attribute.is_identifying() => "[phi]".to_owned(),
        value => value.to_text().unwrap_or_default(),
    }
}

impl Show for Preview {
    fn text(&self) -> String {
        let mut text = format!("{}\n", self.mapping);
        for row in &self.rows {
            let _ = writeln!(text, "{}", row.origin);
            for item in &row.items {
                let _ = writeln!(text, "  {item}");
            }
            for issue in &row.issues {
                let _ = writeln!(text, "  issue: {issue}");
            }
            if !row.refused.is_empty() {
                let _ = writeln!(text, "  kept out: {}", row.refused.join(", "));
            }
        }
        for letter in &self.set_aside {
            let _ = writeln!(text, "set aside: {letter}");
        }
        if self.rows.is_empty() {
            text.push_str("no row is of this mapping\n");
        }
        text
    }
}
