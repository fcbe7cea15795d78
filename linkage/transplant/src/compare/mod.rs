//! The comparisons that know of registries. One a file; their levels' names stand in the model.

mod birth;
mod blood;
mod death;
mod diagnosis;
mod disease;
mod events;
mod graft;
mod hla;
mod ids;
mod initials;

use linkage::Custom;

pub(crate) use birth::{BirthFit, births_fit};
pub(crate) use events::{EventFit, events_fit};
pub(crate) use hla::{HlaFit, genotype_key, hla_fit};
pub(crate) use ids::{IdFit, ids_fit};

use crate::facts::Facts;

/// All custom comparisons over the facts.
pub(crate) fn all<'a>(facts: &'a Facts<'a>) -> Vec<Custom<'a>> {
    vec![
        Custom {
            name: "ids",
            levels: ids::LEVELS,
            comparison: Box::new(ids::Ids(facts)),
        },
        Custom {
            name: "events",
            levels: events::LEVELS,
            comparison: Box::new(events::Events(facts)),
        },
        Custom {
            name: "graft",
            levels: graft::LEVELS,
            comparison: Box::new(graft::GraftComparison(facts)),
        },
        Custom {
            name: "birth_date",
            levels: birth::LEVELS,
            comparison: Box::new(birth::Birth(facts)),
        },
        Custom {
            name: "hla",
            levels: hla::LEVELS,
            comparison: Box::new(hla::Hla::new(facts)),
        },
        Custom {
            name: "initials",
            levels: initials::LEVELS,
            comparison: Box::new(initials::InitialsComparison::new(facts.subjects)),
        },
        Custom {
            name: "blood",
            levels: blood::LEVELS,
            comparison: Box::new(blood::BloodComparison::new(facts)),
        },
        Custom {
            name: "disease",
            levels: disease::LEVELS,
            comparison: Box::new(disease::DiseaseComparison::new(facts.subjects)),
        },
        Custom {
            name: "diagnosis_date",
            levels: diagnosis::LEVELS,
            comparison: Box::new(diagnosis::DiagnosisDates::new(facts.subjects)),
        },
        Custom {
            name: "death_date",
            levels: death::LEVELS,
            comparison: Box::new(death::Death::new(facts)),
        },
    ]
}
