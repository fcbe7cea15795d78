//! From what a file says to checked, compiled rules. Everything that can be wrong with a file is found here, with its line.

use std::ops::Range;

use rustc_hash::FxHashMap;
use toml::Spanned;

use super::check;
use super::mapping::{Closed, Column, Mapping, Required, Strict, Wait};
use super::rule::{ItemRule, Reader, Rule};
use super::spec::{FileSpec, ItemSpec, WaitSpec};
use crate::MappingError;
use crate::door::Door;
use crate::json::allow::Allow;
use crate::normalise::width;

/// Reads and checks one mapping file.
pub(crate) fn compile(file: &str, text: &str, door: &Door) -> Result<Mapping, MappingError> {
    let source = Source { file, text };
    let spec: FileSpec = toml::from_str(text).map_err(|error| {
        let message = error.message().trim_end().to_owned();
        source.error(&error.span().unwrap_or(0..0), message)
    })?;
    let mut compiler = Compiler::new(source, &spec, door)?;
    let mapping = compiler.mapping(spec)?;
    Ok(mapping)
}

/// A file's name and text, for errors with their line.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    pub(super) fn error(&self, span: &Range<usize>, message: impl Into<String>) -> MappingError {
        let before = self.text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        MappingError::Mapping {
            file: self.file.to_owned(),
            line,
            message: message.into(),
        }
    }
}

/// Rules of which the first that gives a value counts.
type Alternatives = Vec<Rule>;

/// What is known of the file while its rules are compiled.
pub(super) struct Compiler<'a> {
    pub(super) source: Source<'a>,
    pub(super) door: &'a Door,
    pub(super) resource: Option<String>,
    pub(super) absent: Vec<(String, schema::Absent)>,
    pub(super) blank: schema::Absent,
    pub(super) codes: FxHashMap<String, Vec<(String, schema::Value)>>,
    aliases: FxHashMap<String, Vec<String>>,
    columns: Vec<Column>,
    by_heading: FxHashMap<Box<str>, u16>,
    pub(super) allow: Allow,
}

impl<'a> Compiler<'a> {
    fn new(source: Source<'a>, spec: &FileSpec, door: &'a Door) -> Result<Self, MappingError> {
        let mut compiler = Self {
            source,
            door,
            resource: spec
                .applies
                .resource
                .as_ref()
                .map(|resource| resource.get_ref().clone()),
            absent: Vec::new(),
            blank: schema::Absent::Blank,
            codes: FxHashMap::default(),
            aliases: FxHashMap::default(),
            columns: Vec::new(),
            by_heading: FxHashMap::default(),
            allow: Allow::resource(),
        };
        for (spelling, kind) in &spec.absent {
            let kind = compiler.absent_kind(kind)?;
            if spelling.is_empty() {
                compiler.blank = kind;
            }
            compiler.absent.push((spelling.clone(), kind));
        }
        for (name, table) in &spec.codes {
            let entries = table
                .iter()
                .map(|(key, code)| Ok((key.clone(), compiler.code(code.get_ref(), &code.span())?)));
            let entries = entries.collect::<Result<_, MappingError>>()?;
            compiler.codes.insert(name.clone(), entries);
        }
        for (heading, aliases) in &spec.aliases {
            for name in aliases.iter().chain([heading.get_ref()]) {
                compiler.admissible(name, &heading.span())?;
            }
            compiler
                .aliases
                .insert(heading.get_ref().clone(), aliases.clone());
        }
        Ok(compiler)
    }

    fn mapping(&mut self, spec: FileSpec) -> Result<Mapping, MappingError> {
        check::name(&self.source, &spec.name)?;
        check::name(&self.source, &spec.source)?;
        let when = self.conditions(&spec.applies.when)?;
        let (key, subject) = self.keys(&spec)?;
        let row_version = self.parts(&spec.record.version)?;
        let waits = self.waits(&spec.waits)?;
        let items = self.items(&spec)?;
        let keeps = spec.keeps.iter().map(|rule| self.rule(rule, None));
        let keeps = keeps.collect::<Result<_, _>>()?;
        let requires = self.requires(&spec.record.requires)?;
        self.aliases_are_used(&spec)?;
        let ignores = spec.record.ignores.iter();
        Ok(Mapping {
            id: format!("{}@{}", spec.name.get_ref(), spec.version).into(),
            ignored: ignores
                .map(|heading| heading_key(heading.get_ref()).into())
                .collect(),
            name: spec.name.into_inner().into(),
            version: spec.version,
            source: spec.source.into_inner().into(),
            description: spec.description.into(),
            resource: self.resource.clone().map(Into::into),
            when,
            columns: std::mem::take(&mut self.columns),
            by_heading: std::mem::take(&mut self.by_heading),
            key,
            subject,
            row_version,
            requires,
            later_line_wins: spec.record.later_line_wins,
            waits,
            items,
            keeps,
            tests: spec.tests,
            allow: std::mem::take(&mut self.allow),
        })
    }

    /// The key's parts and the subject; the columns that they read first are required.
    fn keys(
        &mut self,
        spec: &FileSpec,
    ) -> Result<(Vec<Alternatives>, Option<Alternatives>), MappingError> {
        let key = self.parts(&spec.record.key)?;
        if key.is_empty() {
            return Err(self
                .source
                .error(&spec.name.span(), "`record.key` needs at least one part"));
        }
        let subject = spec.record.subject.as_ref();
        let subject = subject.map(|rules| self.rules(rules, None)).transpose()?;
        for alternatives in key.iter().chain(subject.as_ref()) {
            if let Some(rule) = alternatives.first()
                && let super::place::Place::Column(column) = rule.place
            {
                self.columns[usize::from(column)].required |= !rule.optional;
            }
        }
        Ok((key, subject))
    }

    fn waits(&mut self, waits: &[WaitSpec]) -> Result<Vec<Wait>, MappingError> {
        let wait = |wait: &WaitSpec| {
            Ok(Wait {
                when: self.conditions(&wait.when)?,
                message: wait.message.as_str().into(),
            })
        };
        waits.iter().map(wait).collect()
    }

    /// Of a resource, the paths that it must have; of a table, its further columns are marked as required.
    fn requires(&mut self, requires: &[Spanned<String>]) -> Result<Vec<Required>, MappingError> {
        let mut paths = Vec::new();
        for place in requires {
            if self.resource.is_some() {
                paths.push(Required {
                    path: self.parsed(place)?,
                    label: self.label_of_path(place.get_ref()),
                });
            } else {
                let column = self.column(place)?;
                self.columns[usize::from(column)].required = true;
            }
        }
        Ok(paths)
    }

    fn parts(
        &mut self,
        parts: &[super::spec::OneOrMany<super::spec::RuleSpec>],
    ) -> Result<Vec<Vec<Rule>>, MappingError> {
        parts.iter().map(|rules| self.rules(rules, None)).collect()
    }

    fn items(&mut self, spec: &FileSpec) -> Result<Vec<ItemRule>, MappingError> {
        let mut items = Vec::with_capacity(spec.items.len());
        for item in &spec.items {
            let Some(kind) = &item.kind else {
                return Err(self
                    .source
                    .error(&spec.name.span(), "an [[item]] has no `kind`"));
            };
            let mut rule = self.item(item, check::item_kind(&self.source, kind)?)?;
            for context in &spec.contexts {
                let kinds = context
                    .kinds
                    .iter()
                    .map(|kind| check::item_kind(&self.source, kind));
                if kinds.collect::<Result<Vec<_>, _>>()?.contains(&rule.kind) {
                    let shared = self.item(context, rule.kind)?;
                    rule.context
                        .extend(shared.told.into_iter().chain(shared.context));
                }
            }
            items.push(rule);
        }
        Ok(items)
    }

    fn item(&mut self, item: &ItemSpec, kind: schema::ItemKind) -> Result<ItemRule, MappingError> {
        let each = item.each.as_ref().map(|path| self.each(path)).transpose()?;
        let scope = each.clone();
        self.allow.enter(scope.as_deref());
        let when = self.conditions(&item.when)?;
        let mut given = Vec::with_capacity(item.values.len());
        for (name, rules) in &item.values {
            let attribute = check::attribute(&self.source, name)?;
            given.push(super::rule::Given {
                attribute,
                rules: self.rules(rules, Some(attribute))?,
            });
        }
        self.allow.leave();
        given.sort_by_key(|given| given.attribute);
        let (context, told) = given.into_iter().partition(super::rule::Given::is_constant);
        Ok(ItemRule {
            kind,
            when,
            each,
            told,
            context,
        })
    }

    /// The number of a column, which is named here for the first time or again.
    pub(super) fn column(&mut self, heading: &Spanned<String>) -> Result<u16, MappingError> {
        if self.resource.is_some() {
            return Err(self
                .source
                .error(&heading.span(), "a resource has no columns: use `path`"));
        }
        let name = heading.get_ref();
        self.admissible(name, &heading.span())?;
        if let Some(column) = self.by_heading.get(&*heading_key(name)) {
            return Ok(*column);
        }
        let column = u16::try_from(self.columns.len())
            .map_err(|_| self.source.error(&heading.span(), "too many columns"))?;
        self.columns.push(Column {
            name: name.as_str().into(),
            required: false,
            door: Closed::default(),
        });
        let aliases = self.aliases.get(name).cloned().unwrap_or_default();
        for name in aliases.iter().chain([name]) {
            if let Some(other) = self.by_heading.insert(heading_key(name).into(), column) {
                let other = &self.columns[usize::from(other)].name;
                return Err(self.source.error(
                    &heading.span(),
                    format!(
                        "`{name}` is a heading of both `{}` and `{other}`",
                        heading.get_ref()
                    ),
                ));
            }
        }
        Ok(column)
    }

    /// What the door must know of a column: every rule that reads it adds to it.
    pub(super) fn note(&mut self, column: u16, rule: &Rule) {
        let door = &mut self.columns[usize::from(column)].door;
        door.free |=
            rule.free_text || matches!(rule.reader, Reader::Text | Reader::Product | Reader::Lot);
        let strict = match &rule.reader {
            Reader::Date => Some(Strict::Date),
            Reader::Integer | Reader::Decimal => Some(Strict::Number(rule.units.clone())),
            Reader::Prefecture => Some(Strict::Prefecture),
            Reader::Hla(locus) => Some(Strict::Hla(*locus)),
            _ => None,
        };
        let strict = strict.filter(|strict| !door.strict.contains(strict));
        door.strict.extend(strict);
        door.initials |= matches!(rule.reader, Reader::Initials);
        for key in rule.codes.keys() {
            door.codes.add(key, &schema::Value::Integer(0));
        }
    }

    fn admissible(&self, heading: &str, span: &Range<usize>) -> Result<(), MappingError> {
        match self.door.refuses_heading(heading) {
            Some(word) => Err(self.source.error(
                span,
                format!("the column `{heading}` may not be mapped: `{word}` is on the list of what may identify a person directly (mappings/door.toml)"),
            )),
            None => Ok(()),
        }
    }

    fn aliases_are_used(&self, spec: &FileSpec) -> Result<(), MappingError> {
        let unused = spec.aliases.keys().find(|heading| {
            !self
                .by_heading
                .contains_key(&*heading_key(heading.get_ref()))
        });
        match unused {
            Some(heading) => Err(self.source.error(
                &heading.span(),
                format!(
                    "no rule reads the column `{}` of [aliases]",
                    heading.get_ref()
                ),
            )),
            None => Ok(()),
        }
    }
}

/// The form in which headings are compared: width, case and white space do not matter.
pub(crate) fn heading_key(heading: &str) -> String {
    let folded = width::fold_case(heading.trim_start_matches('\u{feff}'));
    folded
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect()
}
