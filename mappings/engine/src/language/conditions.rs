//! One condition: from words to checked types.

use schema::Value;
use toml::Spanned;

use super::compile::Compiler;
use super::condition::Condition;
use super::place::Place;
use super::spec::{CodesSpec, ConditionSpec, OneOrMany};
use crate::MappingError;
use crate::normalise::code::CodeTable;

impl Compiler<'_> {
    pub(super) fn conditions(
        &mut self,
        conditions: &OneOrMany<ConditionSpec>,
    ) -> Result<Vec<Condition>, MappingError> {
        conditions
            .0
            .iter()
            .map(|condition| self.condition(condition))
            .collect()
    }

    fn condition(&mut self, spec: &ConditionSpec) -> Result<Condition, MappingError> {
        if let Some(any) = &spec.any {
            let any = any.iter().map(|condition| self.condition(condition));
            return any.collect::<Result<_, _>>().map(Condition::Any);
        }
        let (place, span) = match (&spec.column, &spec.path) {
            (Some(column), None) => (Place::Column(self.column(column)?), column.span()),
            (None, Some(path)) if spec.present.is_some() => {
                let parsed = self.parsed(path)?;
                self.allow.add_whatever_stands(&parsed);
                (Place::Path(parsed), path.span())
            }
            (None, Some(path)) => (Place::Path(self.path(path)?), path.span()),
            _ => {
                return Err(self.source.error(
                    &(0..0),
                    "a condition needs exactly one of `column`, `path` and `any`",
                ));
            }
        };
        let one = [
            spec.one_of.is_some(),
            spec.not_in.is_some(),
            spec.present.is_some(),
            spec.codes.is_some(),
            spec.product.is_some(),
        ];
        if one.into_iter().filter(|given| *given).count() != 1 {
            return Err(self.source.error(
                &span,
                "a condition needs exactly one of `in`, `not_in`, `present`, `codes` and `product`",
            ));
        }
        self.asked(spec, place)
    }

    /// What is asked of a place; exactly one question is given.
    fn asked(&self, spec: &ConditionSpec, place: Place) -> Result<Condition, MappingError> {
        if let Some(present) = spec.present {
            return Ok(Condition::Present {
                place,
                absent: self.spellings_of_no_value(),
                negated: !present,
            });
        }
        if let Some(product) = spec.product {
            let negated = !product;
            return Ok(Condition::Product { place, negated });
        }
        let mut list = CodeTable::default();
        if let Some(name) = &spec.codes {
            let codes = Spanned::new(name.span(), CodesSpec::Name(name.get_ref().clone()));
            for (key, value) in self.codes_of(&codes)? {
                list.add(&key, &value);
            }
        }
        for word in spec.one_of.iter().chain(&spec.not_in).flatten() {
            list.add(word, &Value::Integer(0));
        }
        Ok(Condition::Listed {
            place,
            list,
            negated: spec.not_in.is_some(),
        })
    }

    fn spellings_of_no_value(&self) -> CodeTable {
        let mut absent = CodeTable::default();
        for (spelling, kind) in &self.absent {
            absent.add(spelling, &Value::Absent(*kind));
        }
        absent
    }
}
