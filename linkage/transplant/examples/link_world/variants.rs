//! The shipped model, and the same with one kind of evidence taken away.

use std::error::Error;

use linkage::Model;
use schema::Phi;
use transplant::{Linked, Subject, default_model, link, link_without_rules};

/// What is taken away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    Full,
    WithoutIds,
    WithoutEvents,
    WithoutHla,
    WithoutRarity,
    WithoutVetoes,
}

impl Variant {
    pub(crate) const ALL: [Self; 6] = [
        Self::Full,
        Self::WithoutIds,
        Self::WithoutEvents,
        Self::WithoutHla,
        Self::WithoutRarity,
        Self::WithoutVetoes,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::WithoutIds => "without_ids",
            Self::WithoutEvents => "without_events",
            Self::WithoutHla => "without_hla",
            Self::WithoutRarity => "without_rarity",
            Self::WithoutVetoes => "without_vetoes",
        }
    }

    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|variant| variant.name() == name);
        known.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("no variant `{name}`; there are {names}")
        })
    }

    /// Links with what is left.
    pub(crate) fn link(self, subjects: &[Subject]) -> Result<Linked, Box<dyn Error>> {
        let mut model = default_model()?;
        let silent = |_: &'static str, _: u64, _: u64| {};
        let linked = match self {
            Self::Full => link(subjects, &model, &silent),
            Self::WithoutVetoes => link_without_rules(subjects, &model, &silent),
            Self::WithoutRarity => {
                let comparisons = model.comparisons.iter_mut();
                for level in comparisons.flat_map(|comparison| &mut comparison.levels) {
                    level.rarity = false;
                }
                link(subjects, &model, &silent)
            }
            Self::WithoutIds => {
                without(&mut model, &["ids"], &["known_id"]);
                link(subjects, &model, &silent)
            }
            Self::WithoutEvents => {
                without(&mut model, &["events", "graft"], &["event_day"]);
                link(subjects, &model, &silent)
            }
            Self::WithoutHla => {
                without(&mut model, &["hla"], &["hla_locus", "hla_genotype"]);
                link(&untyped(subjects), &model, &silent)
            }
        };
        Ok(linked?)
    }
}

/// Takes comparisons out of the model, and the rules that find candidates by these columns.
fn without(model: &mut Model, comparisons: &[&str], columns: &[&str]) {
    model
        .comparisons
        .retain(|comparison| !comparisons.contains(&comparison.name.as_str()));
    model.blocks.retain(|block| {
        !block
            .on
            .iter()
            .any(|column| columns.contains(&column.as_str()))
    });
    for block in &mut model.blocks {
        block
            .fixes
            .retain(|name| !comparisons.contains(&name.as_str()));
    }
}

fn untyped(subjects: &[Subject]) -> Vec<Subject> {
    let mut subjects = subjects.to_vec();
    for subject in &mut subjects {
        subject.typings = Phi::new(Box::new([]));
    }
    subjects
}
