//! One rule: from words to checked types.

use std::ops::Range;
use std::sync::Arc;

use schema::{Absent, Attribute, FACILITY_SYSTEMS, Value};
use toml::Spanned;

use super::check::{self, expected_one};
use super::compile::Compiler;
use super::place::Place;
use super::rule::{FacilityRule, Reader, Rule};
use super::spec::{CodeSpec, CodesSpec, OneOrMany, RuleSpec};
use crate::MappingError;
use crate::json::path::Path;
use crate::normalise::code::CodeTable;
use crate::normalise::hla::Locus;

impl Compiler<'_> {
    pub(super) fn rules(
        &mut self,
        rules: &OneOrMany<RuleSpec>,
        attribute: Option<Attribute>,
    ) -> Result<Vec<Rule>, MappingError> {
        rules
            .0
            .iter()
            .map(|rule| self.rule(rule, attribute))
            .collect()
    }

    pub(super) fn rule(
        &mut self,
        spec: &RuleSpec,
        attribute: Option<Attribute>,
    ) -> Result<Rule, MappingError> {
        let (place, span) = self.place(spec, attribute)?;
        let reader = self.reader(spec, attribute, &place, &span)?;
        let (codes, has_codes) = self.code_table(spec, attribute, &span)?;
        let is_constant = matches!(place, Place::Constant(_));
        if let (Some(attribute), false) = (attribute, is_constant) {
            // Codes that are numbers may stand beside a reader of numbers; a bare list of codes needs no reader.
            check::reader_fits(attribute, &reader)
                .map_err(|message| self.source.error(&span, message))?;
        }
        self.free_text_is_asked_for(spec, &reader, has_codes, is_constant, &span)?;
        let rule = Rule {
            label: self.label(&place, spec),
            reader,
            codes,
            has_codes,
            blank: spec
                .blank
                .as_ref()
                .map_or(Ok(self.blank), |kind| self.absent_kind(kind))?,
            split: self.split(spec)?,
            many: spec.many || spec.split.is_some(),
            prefix: spec.prefix.as_deref().map(Into::into),
            estimated: self.conditions(&spec.estimated)?,
            first_day_is_month: spec.first_day_is_month,
            bounds: (spec.min, spec.max),
            units: Self::units(spec),
            when: self.conditions(&spec.when)?,
            free_text: spec.free_text,
            required: spec.required,
            optional: spec.optional,
            guarded: attribute.is_none_or(Attribute::is_identifying),
            place,
        };
        if let Place::Column(column) = rule.place {
            self.note(column, &rule);
        }
        Ok(rule)
    }

    fn place(
        &mut self,
        spec: &RuleSpec,
        attribute: Option<Attribute>,
    ) -> Result<(Place, Range<usize>), MappingError> {
        match (&spec.column, &spec.path, &spec.value) {
            (Some(column), None, None) => Ok((Place::Column(self.column(column)?), column.span())),
            (None, Some(path), None) => Ok((Place::Path(self.path(path)?), path.span())),
            (None, None, Some(value)) => {
                let code = self.code(value.get_ref(), &value.span())?;
                if let Some(attribute) = attribute {
                    check::code_fits(attribute, &code)
                        .map_err(|message| self.source.error(&value.span(), message))?;
                }
                Ok((Place::Constant(code), value.span()))
            }
            _ => {
                let named = [
                    spec.column.as_ref().map(Spanned::span),
                    spec.path.as_ref().map(Spanned::span),
                ];
                let span = named.into_iter().flatten().next().unwrap_or(0..0);
                Err(self.source.error(
                    &span,
                    "a rule needs exactly one of `column`, `path` and `value`",
                ))
            }
        }
    }

    /// Reads a path and marks what it needs as admitted.
    pub(super) fn path(&mut self, path: &Spanned<String>) -> Result<Arc<Path>, MappingError> {
        let parsed = self.parsed(path)?;
        self.allow.add(&parsed);
        Ok(parsed)
    }

    /// The path of `each`: what is admitted of it is what the item's own paths name.
    pub(super) fn each(&mut self, path: &Spanned<String>) -> Result<Arc<Path>, MappingError> {
        self.parsed(path)
    }

    pub(super) fn parsed(&self, path: &Spanned<String>) -> Result<Arc<Path>, MappingError> {
        let Some(resource) = &self.resource else {
            return Err(self.source.error(
                &path.span(),
                "a table has no paths: use `column`, or say `applies.resource`",
            ));
        };
        let parsed = Path::parse(path.get_ref())
            .map_err(|message| self.source.error(&path.span(), message))?;
        match self.door.refuses_path(resource, &self.allow.full_names(&parsed)) {
            Some(word) => Err(self.source.error(
                &path.span(),
                format!("the path `{}` may not be mapped: `{word}` is on the list of what may identify a person directly (mappings/door.toml)", path.get_ref()),
            )),
            None => Ok(Arc::new(parsed)),
        }
    }

    fn label(&self, place: &Place, spec: &RuleSpec) -> Arc<str> {
        match (place, &spec.column, &spec.path) {
            (Place::Column(_), Some(column), _) => column.get_ref().as_str().into(),
            (Place::Path(_), _, Some(path)) => self.label_of_path(path.get_ref()),
            _ => "".into(),
        }
    }

    pub(super) fn label_of_path(&self, path: &str) -> Arc<str> {
        let resource = self.resource.as_deref().unwrap_or_default();
        format!("{resource}.{path}").into()
    }

    fn reader(
        &mut self,
        spec: &RuleSpec,
        attribute: Option<Attribute>,
        place: &Place,
        span: &Range<usize>,
    ) -> Result<Reader, MappingError> {
        let Some(word) = &spec.reader else {
            return if spec.codes.is_some() || matches!(place, Place::Constant(_)) {
                Ok(Reader::Code)
            } else {
                Err(self.source.error(span, "a rule needs `as` or `codes`"))
            };
        };
        let locus = |this: &Self| {
            attribute.and_then(Locus::of).ok_or_else(|| {
                this.source
                    .error(&word.span(), "only the attributes of HLA are read so")
            })
        };
        Ok(match word.get_ref().as_str() {
            "code" => Reader::Code,
            "crid" => Reader::Crid,
            "date" => Reader::Date,
            "decimal" => Reader::Decimal,
            "facility" => Reader::Facility(Box::new(self.facility(spec, &word.span())?)),
            "fhir_id" => Reader::FhirId,
            "gl" => locus(self).map(|(locus, copy)| Reader::Gl(locus, copy))?,
            "hla" => Reader::Hla(locus(self)?.0),
            "initials" => Reader::Initials,
            "instant" => Reader::Instant,
            "integer" => Reader::Integer,
            "lot" => Reader::Lot,
            "prefecture" => Reader::Prefecture,
            "product" => Reader::Product,
            "reference" => Reader::Reference(spec.resource.as_deref().unwrap_or("Patient").into()),
            "text" => Reader::Text,
            "trump_id" => Reader::TrumpId,
            other => {
                let message = format!(
                    "`as = \"{other}\"` is not known{}",
                    expected_one(other, &Reader::WORDS)
                );
                return Err(self.source.error(&word.span(), message));
            }
        })
    }

    fn facility(
        &mut self,
        spec: &RuleSpec,
        span: &Range<usize>,
    ) -> Result<FacilityRule, MappingError> {
        let system = spec
            .system
            .as_ref()
            .ok_or_else(|| self.source.error(span, "as = \"facility\" needs `system`"))?;
        if !FACILITY_SYSTEMS.contains(&system.get_ref().as_str()) {
            let message = format!(
                "`{}` is no system of facilities{}",
                system.get_ref(),
                expected_one(system.get_ref(), &FACILITY_SYSTEMS)
            );
            return Err(self.source.error(&system.span(), message));
        }
        let department = spec
            .department
            .as_deref()
            .map(|rule| self.rule(rule, Some(Attribute::Department)))
            .transpose()?;
        let on = self.rules(&spec.on, Some(Attribute::Date))?;
        Ok(FacilityRule {
            system: system.get_ref().as_str().into(),
            department,
            on,
        })
    }

    fn code_table(
        &self,
        spec: &RuleSpec,
        attribute: Option<Attribute>,
        span: &Range<usize>,
    ) -> Result<(CodeTable, bool), MappingError> {
        let mut table = CodeTable::default();
        if let Some(codes) = &spec.codes {
            for (key, value) in self.codes_of(codes)? {
                if let Some(attribute) = attribute {
                    check::code_fits(attribute, &value)
                        .map_err(|message| self.source.error(&codes.span(), message))?;
                }
                table.add(&key, &value);
            }
            if table.is_empty() {
                return Err(self.source.error(span, "`codes` is empty"));
            }
        }
        let has_codes = !table.is_empty();
        for (spelling, kind) in &spec.absent {
            table.add(spelling, &Value::Absent(self.absent_kind(kind)?));
        }
        for (spelling, kind) in self
            .absent
            .iter()
            .filter(|(spelling, _)| !spelling.is_empty())
        {
            table.add(spelling, &Value::Absent(*kind));
        }
        Ok((table, has_codes))
    }

    pub(super) fn codes_of(
        &self,
        codes: &Spanned<CodesSpec>,
    ) -> Result<Vec<(String, Value)>, MappingError> {
        match codes.get_ref() {
            CodesSpec::Table(table) => table
                .iter()
                .map(|(key, code)| Ok((key.clone(), self.code(code, &codes.span())?)))
                .collect(),
            CodesSpec::Name(name) => self.codes.get(name).cloned().ok_or_else(|| {
                let mut known: Vec<&str> = self.codes.keys().map(String::as_str).collect();
                known.sort_unstable();
                self.source.error(
                    &codes.span(),
                    format!("there is no [codes.{name}]{}", expected_one(name, &known)),
                )
            }),
        }
    }

    pub(super) fn code(&self, code: &CodeSpec, span: &Range<usize>) -> Result<Value, MappingError> {
        match code {
            CodeSpec::Text(text) => Ok(Value::Code(text.as_str().into())),
            CodeSpec::Number(number) => Ok(Value::Integer(*number)),
            CodeSpec::Absent(absent) => self.absent_word(&absent.absent, span).map(Value::Absent),
        }
    }

    pub(super) fn absent_kind(&self, kind: &Spanned<String>) -> Result<Absent, MappingError> {
        self.absent_word(kind.get_ref(), &kind.span())
    }

    fn absent_word(&self, word: &str, span: &Range<usize>) -> Result<Absent, MappingError> {
        Absent::parse(word).ok_or_else(|| {
            let known = ["blank", "not_asked", "unknown", "withheld"];
            self.source.error(
                span,
                format!(
                    "`{word}` is no kind of absence{}",
                    expected_one(word, &known)
                ),
            )
        })
    }

    fn split(&self, spec: &RuleSpec) -> Result<Option<char>, MappingError> {
        let Some(split) = &spec.split else {
            return Ok(None);
        };
        let mut characters = split.get_ref().chars();
        match (characters.next(), characters.next()) {
            (Some(one), None) => Ok(Some(one)),
            _ => Err(self.source.error(&split.span(), "`split` is one character")),
        }
    }

    fn units(spec: &RuleSpec) -> Vec<(Box<str>, f64)> {
        let mut units: Vec<(Box<str>, f64)> = spec
            .units
            .iter()
            .map(|(unit, factor)| {
                (
                    crate::normalise::width::fold_case(unit).as_ref().into(),
                    *factor,
                )
            })
            .collect();
        units.sort_by(|one, other| other.0.len().cmp(&one.0.len()).then(one.0.cmp(&other.0)));
        units
    }

    /// What could hold any words is kept only where the file says so in so many words.
    fn free_text_is_asked_for(
        &self,
        spec: &RuleSpec,
        reader: &Reader,
        has_codes: bool,
        is_constant: bool,
        span: &Range<usize>,
    ) -> Result<(), MappingError> {
        let open = matches!(reader, Reader::Text | Reader::Product)
            || matches!(reader, Reader::Code) && !has_codes;
        if open && !spec.free_text && !is_constant {
            return Err(self.source.error(
                span,
                "a text, a product or a term may hold any words: say `free_text = true` to keep it",
            ));
        }
        Ok(())
    }
}
