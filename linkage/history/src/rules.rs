use std::collections::BTreeSet;

use schema::Identity;
use serde::{Deserialize, Serialize};

/// How far apart two tellings of one thing may be, and how a value is chosen among differing ones.
///
/// A value is chosen by the first of these that decides: what the attribute prefers (the worst grade, the best response,
/// a birth date that is not 1 January); the more precise date; one that is not estimated; the record that records the
/// event itself over one that mentions it; the value that more sources tell; the source that stands first in
/// `source_order`, then by name; the smaller value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Names of sources, the most trusted first; `fhir` also stands for `fhir-osaka`. Others follow by name.
    pub source_order: Vec<String>,
    /// Identities whose documented death was reviewed and holds against a later contact alive.
    pub death_confirmed: BTreeSet<Identity>,
    /// Two exact days of one thing may differ by this much (a day at midnight).
    pub midnight_days_max: i64,
    /// Bone marrow and blood cells of one transplant may be given over this many days from the first.
    pub transplant_days_max: i64,
    /// Bags of one course of a cell product may be given over this many days from the first.
    pub course_days_max: i64,
    /// A later bag that names its course's date belongs to it within this many days.
    pub course_reference_days_max: i64,
    /// An estimated date means any day of its month and this many days around it.
    pub estimated_days_max: i64,
    /// An exact date of a mention may be off by this much when no other infusion of the kind is nearer. The first of a
    /// month also means any day of it, since forms that know the month only write its first day.
    pub mention_days_max: i64,
    /// Tellings of one disease whose dates are nearer than this are one diagnosis.
    pub diagnosis_days_max: i64,
    /// Tellings of relapse nearer than this are one relapse.
    pub relapse_days_max: i64,
    /// Tellings of a second malignancy nearer than this are one.
    pub malignancy_days_max: i64,
    /// Tellings of one adverse event nearer than this are one.
    pub adverse_event_days_max: i64,
    /// Chemotherapy resumed within this many days, without a relapse between, goes on with its line.
    pub chemotherapy_gap_days_max: i64,
    /// Chemotherapy at most this many days before an HCT is its conditioning.
    pub conditioning_days_max: i64,
    /// Chemotherapy at most this many days before a CT, or after its apheresis, is bridging or lymphodepletion.
    pub bridging_days_max: i64,
    /// A second transplant after an autologous one within this many days, without a relapse between, is a planned tandem.
    pub tandem_days_max: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            // The registries' own forms before what is drawn from hospital records.
            source_order: ["trump", "formsnet3"].map(str::to_owned).to_vec(),
            death_confirmed: BTreeSet::new(),
            midnight_days_max: 1,
            transplant_days_max: 3,
            course_days_max: 7,
            course_reference_days_max: 180,
            estimated_days_max: 15,
            mention_days_max: 10,
            diagnosis_days_max: 183,
            relapse_days_max: 31,
            malignancy_days_max: 92,
            adverse_event_days_max: 7,
            chemotherapy_gap_days_max: 90,
            conditioning_days_max: 21,
            bridging_days_max: 42,
            tandem_days_max: 183,
        }
    }
}

impl Rules {
    /// The place of a source in the order of trust; sources that are not named share the last one.
    pub(crate) fn rank(&self, source: &str) -> usize {
        self.source_order
            .iter()
            .position(|name| {
                source
                    .strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
            .unwrap_or(self.source_order.len())
    }
}
