use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Attribute, EventDate, Identity, Origin, RecordRef, Value};

/// A value with the record and the place that told it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourcedValue {
    /// The value.
    pub value: Value,
    /// The record that tells it.
    pub record: RecordRef,
    /// The file and line, or resource.
    pub origin: Origin,
}

/// What an event of a history is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(
    missing_docs,
    reason = "the names are the field's own and are explained in docs/words.md"
)]
pub enum EventKind {
    Diagnosis,
    Chemotherapy,
    Apheresis,
    Therapy,
    Hct,
    Ct,
    Dli,
    Boost,
    Rescue,
    NeutrophilEngraftment,
    PlateletEngraftment,
    AcuteGvhd,
    ChronicGvhd,
    SosVod,
    Crs,
    Icans,
    BestResponse,
    Relapse,
    SecondMalignancy,
    AdverseEvent,
    LastContact,
    Death,
}

impl EventKind {
    /// Every kind, in the order of their declaration.
    pub const ALL: [Self; 22] = [
        Self::Diagnosis,
        Self::Chemotherapy,
        Self::Apheresis,
        Self::Therapy,
        Self::Hct,
        Self::Ct,
        Self::Dli,
        Self::Boost,
        Self::Rescue,
        Self::NeutrophilEngraftment,
        Self::PlateletEngraftment,
        Self::AcuteGvhd,
        Self::ChronicGvhd,
        Self::SosVod,
        Self::Crs,
        Self::Icans,
        Self::BestResponse,
        Self::Relapse,
        Self::SecondMalignancy,
        Self::AdverseEvent,
        Self::LastContact,
        Self::Death,
    ];

    /// Whether cells were infused: a transplant, a cell therapy, lymphocytes, a boost or a rescue.
    #[must_use]
    pub const fn is_infusion(self) -> bool {
        matches!(
            self,
            Self::Hct | Self::Ct | Self::Dli | Self::Boost | Self::Rescue
        )
    }

    /// The name in outputs: `HCT`, `CT`, `DEATH` ...
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Diagnosis => "DIAGNOSIS",
            Self::Chemotherapy => "CHEMOTHERAPY",
            Self::Apheresis => "APHERESIS",
            Self::Therapy => "THERAPY",
            Self::Hct => "HCT",
            Self::Ct => "CT",
            Self::Dli => "DLI",
            Self::Boost => "BOOST",
            Self::Rescue => "RESCUE",
            Self::NeutrophilEngraftment => "NEUTROPHIL_ENGRAFTMENT",
            Self::PlateletEngraftment => "PLATELET_ENGRAFTMENT",
            Self::AcuteGvhd => "ACUTE_GVHD",
            Self::ChronicGvhd => "CHRONIC_GVHD",
            Self::SosVod => "SOS_VOD",
            Self::Crs => "CRS",
            Self::Icans => "ICANS",
            Self::BestResponse => "BEST_RESPONSE",
            Self::Relapse => "RELAPSE",
            Self::SecondMalignancy => "SECOND_MALIGNANCY",
            Self::AdverseEvent => "ADVERSE_EVENT",
            Self::LastContact => "LAST_CONTACT",
            Self::Death => "DEATH",
        }
    }
}

/// One record's telling of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Telling {
    /// The record.
    pub record: RecordRef,
    /// The file and line, or resource.
    pub origin: Origin,
    /// The date that it gives.
    pub date: Option<EventDate>,
    /// It tells of it in passing (a mention) and does not itself record it.
    pub mention: bool,
}

/// Something that happened once, with every record that tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When, by the best telling.
    pub date: Option<EventDate>,
    /// The line of treatment it belongs to, from 1.
    pub line: Option<u32>,
    /// The infusion that it follows (GVHD, CRS, relapse ...), as a place in `History::events`, from 0.
    pub infusion: Option<usize>,
    /// Its values (product, donor type, grade ...), each with every differing telling; the first is the one chosen.
    pub values: BTreeMap<Attribute, Vec<SourcedValue>>,
    /// Who tells of it, own records before mentions.
    pub tellings: Vec<Telling>,
    /// No source records it itself: it is known by mentions only.
    pub mentioned_only: bool,
}

/// What is known of the person, each value with every differing telling; the first is the one chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Birth date, sex, initials, prefecture, ABO ...
    pub values: BTreeMap<Attribute, Vec<SourcedValue>>,
}

/// A line of treatment: what begins it, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineOfTreatment {
    /// From 1, across registries.
    pub number: u32,
    /// What it is, in words: `chemotherapy`, `autologous HCT`, `CAR-T (product)` ...
    pub label: Box<str>,
    /// When it began.
    pub begins: Option<EventDate>,
}

/// Two tellings that cannot both be true, kept and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// Which check found it, as a stable id such as `C-012`.
    pub check: Box<str>,
    /// A sentence for a person.
    pub message: Box<str>,
    /// The tellings, the chosen one first.
    pub values: Vec<SourcedValue>,
}

/// Which end point an outcome is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// From an infusion to death of any cause, censored at the last contact over all registries.
    OverallSurvival,
    /// From an infusion to relapse, progression or death.
    RelapseFreeSurvival,
    /// Death without relapse, relapse competing.
    NonRelapseMortality,
    /// First of grade III-IV acute GVHD, chronic GVHD needing systemic treatment, relapse, death.
    GvhdFreeRelapseFreeSurvival,
}

impl OutcomeKind {
    /// The name in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OverallSurvival => "overall_survival",
            Self::RelapseFreeSurvival => "relapse_free_survival",
            Self::NonRelapseMortality => "non_relapse_mortality",
            Self::GvhdFreeRelapseFreeSurvival => "gvhd_free_relapse_free_survival",
        }
    }
}

/// One end point of one infusion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Which end point.
    pub kind: OutcomeKind,
    /// The infusion, as a place in `History::events`, from 0.
    pub from_event: usize,
    /// Days from the infusion; none when either end is not known to the day.
    pub days: Option<i64>,
    /// 0 censored, 1 the end point, 2 a competing event.
    pub status: u8,
    /// The events that decide it, as places in `History::events`.
    pub decided_by: Vec<usize>,
}

/// One person's history over all registries, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Whose.
    pub identity: Identity,
    /// The records it was made from.
    pub records: Vec<RecordRef>,
    /// The least match probability among the links that hold the records together; none when there is one record.
    pub link_probability_min: Option<f64>,
    /// Who.
    pub person: Person,
    /// What happened, by date.
    pub events: Vec<Event>,
    /// Lines of treatment across registries.
    pub lines: Vec<LineOfTreatment>,
    /// End points.
    pub outcomes: Vec<Outcome>,
    /// What the sources disagree on.
    pub conflicts: Vec<Conflict>,
    /// Consent to research as it stands: `given`, `refused`, `withdrawn` or `unknown`, refusal anywhere winning.
    pub consent: Box<str>,
}
