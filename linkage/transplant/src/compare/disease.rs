//! Diseases: equal, or one that becomes the other.

use std::collections::BTreeMap;

use linkage::{Comparison, Memo, Outcome, Row};

use crate::facts::Ragged;
use crate::subject::Subject;

pub(super) const LEVELS: &[&str] = &["same", "turns into", "differs"];

/// Pairs of which the first may turn into the second, or that registries tell apart differently.
const RELATED: &[(&str, &str)] = &[
    ("MDS", "AML"),
    ("MPN", "AML"),
    ("MDS", "MPN"),
    ("CML", "AML"),
    ("CML", "ALL"),
    ("CML", "MPN"),
    ("CLL", "NHL"),
    ("HL", "NHL"),
    ("ATL", "NHL"),
    ("SAA", "MDS"),
    ("SAA", "AML"),
    ("AML", "OTHER_LEUKEMIA"),
    ("ALL", "OTHER_LEUKEMIA"),
    ("CLL", "OTHER_LEUKEMIA"),
];

/// Diseases by their best fit; a rare one says more.
pub(super) struct DiseaseComparison {
    diseases: Ragged<&'static str>,
    shares: BTreeMap<&'static str, f32>,
}

impl DiseaseComparison {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share needs no more than 24 bits"
    )]
    pub(super) fn new(subjects: &[Subject]) -> Self {
        let distinct = |subject: &Subject| {
            let mut diseases = subject
                .diagnoses
                .iter()
                .filter_map(|diagnosis| diagnosis.disease)
                .collect::<Vec<_>>();
            diseases.sort_unstable();
            diseases.dedup();
            diseases
        };
        let diseases = Ragged::new(subjects.iter().map(distinct));
        let mut shares = BTreeMap::<_, f32>::new();
        let one = 1.0 / diseases.all().len().max(1) as f32;
        for disease in diseases.all() {
            *shares.entry(*disease).or_default() += one;
        }
        Self { diseases, shares }
    }
}

impl Comparison for DiseaseComparison {
    fn compare(&self, left: Row, right: Row, _: &mut Memo) -> Outcome {
        let (left, right) = (self.diseases.at(left), self.diseases.at(right));
        if left.is_empty() || right.is_empty() {
            return Outcome::MISSING;
        }
        let shared = left
            .iter()
            .filter(|disease| right.contains(disease))
            .filter_map(|disease| self.shares.get(disease));
        if let Some(&rarest) = shared.min_by(|one, other| one.total_cmp(other)) {
            return Outcome::shared(0, rarest);
        }
        let related = |one: &&'static str, other: &&'static str| {
            RELATED.contains(&(*one, *other)) || RELATED.contains(&(*other, *one))
        };
        let turns = left
            .iter()
            .any(|one| right.iter().any(|other| related(one, other)));
        Outcome::at(if turns { 1 } else { 2 })
    }
}
