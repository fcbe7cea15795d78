//! One patient of one source, as linkage sees him: what all rows of one record key tell, each fact once.

use linkage::PackedDate;
use schema::{EventDate, PartialDate, Phi, RecordKey, SourceName};

use crate::hla::Typing;

/// Everything that one source tells of one patient and that helps to find him elsewhere.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The source.
    pub source: SourceName,
    /// The patient's key there.
    pub key: RecordKey,
    /// Which registry the source belongs to.
    pub registry: Registry,
    /// Birth dates as told, each once; rows may differ.
    pub birth_dates: Phi<Box<[PartialDate]>>,
    /// Sex, the one told most often.
    pub sex: Phi<Option<Sex>>,
    /// Initials or first kana as told, each once.
    pub initials: Phi<Box<[Box<str>]>>,
    /// Prefectures as JIS number, each once.
    pub prefectures: Phi<Box<[u8]>>,
    /// Blood groups with the day of the test where it is known.
    pub blood: Phi<Box<[Blood]>>,
    /// The patient's own HLA typings; a donor's is not kept.
    pub typings: Phi<Box<[Typing]>>,
    /// Diseases with their dates of diagnosis.
    pub diagnoses: Box<[Diagnosis]>,
    /// Facilities that report him.
    pub facilities: Box<[Box<str>]>,
    /// His numbers in other registries, and numbers that this one was retired into.
    pub identifiers: Phi<Box<[Identifier]>>,
    /// Infusions that this source itself records.
    pub infusions: Box<[Infusion]>,
    /// Infusions that it tells of in passing.
    pub mentions: Box<[Mention]>,
    /// Days up to which the source says there was no transplant before.
    pub no_transplant_before: Box<[PartialDate]>,
    /// When he died.
    pub death: Option<EventDate>,
    /// The latest day that he is known alive.
    pub last_alive: Option<PartialDate>,
}

/// The registries whose numbers are known to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Registry {
    /// The transplant registry.
    Trump,
    /// The cell-therapy registry on `FormsNet3`.
    Formsnet3,
    /// A hospital's FHIR server.
    Fhir,
    /// Any other.
    Other,
}

impl Registry {
    /// The name in identifiers and in the model's `[[source]]` tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trump => "trump",
            Self::Formsnet3 => "formsnet3",
            Self::Fhir => "fhir",
            Self::Other => "other",
        }
    }

    /// The registry that a mapping's or source's name begins with.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Trump, Self::Formsnet3, Self::Fhir]
            .into_iter()
            .find(|registry| name.starts_with(registry.as_str()))
    }
}

/// Sex as registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// Male.
    Male,
    /// Female.
    Female,
}

/// A blood group; after an allogeneic transplant it may be the donor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blood {
    /// `A`, `B`, `O` or `AB`.
    pub abo: &'static str,
    /// Rh(D) negative, which is rare.
    pub rh_negative: Option<bool>,
    /// The day of the test; `None`: before the transplant, as registries ask for it, or not known.
    pub tested_on: Option<PartialDate>,
}

/// A disease and when it was diagnosed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnosis {
    /// The code, of the schema's closed list.
    pub disease: Option<&'static str>,
    /// The date of diagnosis.
    pub on: Option<PartialDate>,
}

/// A number of this person elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identifier {
    /// Whose number.
    pub registry: Registry,
    /// The number, as that registry's record key.
    pub id: Box<str>,
    /// The record was retired into that one.
    pub merged_into: bool,
}

/// Kinds of infusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InfusionKind {
    /// A transplant of haematopoietic cells.
    Hct,
    /// A cell therapy such as CAR-T.
    Ct,
    /// Donor lymphocytes.
    Dli,
    /// The same donor's cells again.
    Boost,
    /// An autologous rescue.
    Rescue,
}

impl InfusionKind {
    pub(crate) fn parse(code: &str) -> Option<Self> {
        Some(match code {
            "HCT" => Self::Hct,
            "CT" => Self::Ct,
            "DLI" => Self::Dli,
            "BOOST" => Self::Boost,
            "RESCUE" => Self::Rescue,
            _ => return None,
        })
    }
}

/// Whose cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DonorType {
    /// The patient's own.
    Autologous,
    /// Another person's.
    Allogeneic,
    /// An identical twin's.
    Syngeneic,
}

impl DonorType {
    pub(crate) fn parse(code: &str) -> Option<Self> {
        Some(match code {
            "autologous" => Self::Autologous,
            "allogeneic" => Self::Allogeneic,
            "syngeneic" => Self::Syngeneic,
            _ => return None,
        })
    }
}

/// An infusion that the source records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Infusion {
    /// What kind.
    pub kind: InfusionKind,
    /// When.
    pub date: EventDate,
    /// Whose cells.
    pub donor: Option<DonorType>,
    /// Source of the cells, of the schema's closed list.
    pub graft: Option<&'static str>,
    /// The how-manieth of its kind.
    pub ordinal: Option<u8>,
    /// The product.
    pub product: Option<Box<str>>,
    /// The product's lots.
    pub lots: Box<[Box<str>]>,
}

/// An infusion that the source tells of in passing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// What kind.
    pub kind: InfusionKind,
    /// When.
    pub date: EventDate,
    /// Whose cells, where told.
    pub donor: Option<DonorType>,
}

impl Subject {
    /// The earliest day on which somebody else's cells may have come into the blood, as far as this source knows.
    #[must_use]
    pub fn first_allogeneic(&self) -> Option<PartialDate> {
        let foreign = |kind, donor| {
            kind == InfusionKind::Hct
                && donor != Some(DonorType::Autologous)
                && donor != Some(DonorType::Syngeneic)
        };
        let own = self
            .infusions
            .iter()
            .filter(|infusion| foreign(infusion.kind, infusion.donor))
            .map(|infusion| infusion.date.date);
        let told = self
            .mentions
            .iter()
            .filter(|mention| foreign(mention.kind, mention.donor))
            .map(|mention| mention.date.date);
        own.chain(told).min()
    }
}

/// The engine's form of a date: both pack alike.
pub(crate) fn packed(date: PartialDate) -> PackedDate {
    PackedDate::from_packed(date.packed())
}
