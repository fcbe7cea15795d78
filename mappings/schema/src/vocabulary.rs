use serde::{Deserialize, Serialize};

macro_rules! attributes {
    ($($variant:ident $name:literal $guard:ident $codes:expr, $doc:literal;)*) => {
        /// What a value of an [`Item`](crate::Item) tells. Mapping files name it by [`Attribute::as_str`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Attribute {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)*
        }

        impl Attribute {
            /// Every attribute, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in mapping files, the store and outputs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Whether its value may help to identify a person, so that it is never printed.
            #[must_use]
            pub const fn is_identifying(self) -> bool {
                match self { $(Self::$variant => attributes!(@guard $guard),)* }
            }

            /// The closed list of its codes; empty where the value is no code or the list is open.
            #[must_use]
            pub const fn codes(self) -> &'static [&'static str] {
                match self { $(Self::$variant => $codes,)* }
            }
        }
    };
    (@guard phi) => { true };
    (@guard open) => { false };
}

const YES_NO: &[&str] = &["yes", "no"];
const NONE: &[&str] = &[];

attributes! {
    // person
    BirthDate "birth_date" phi NONE, "Date of birth.";
    Sex "sex" phi &["male", "female", "other"], "Sex as registered.";
    Initials "initials" phi NONE, "Initials, family then given, in Latin letters without points (`YT`), or a first kana in full width.";
    Prefecture "prefecture" phi NONE, "Prefecture of residence as its JIS X 0401 number (`13`), or `abroad`.";
    Country "country" open NONE, "Country, ISO 3166-1 alpha-2.";
    Abo "abo" open &["A", "B", "O", "AB"], "ABO blood group.";
    Rh "rh" open &["positive", "negative"], "Rh(D).";
    // identifier
    Registry "registry" open &["trump", "formsnet3", "fhir"], "Whose number an identifier is.";
    Id "id" phi NONE, "The number itself: TRUMP番号 as 12 digits, CRID as digits without leading zeros, FHIR Patient id.";
    IdRelation "id_relation" open &["same_person", "merged_into"], "What the number says: the same person there, or this record was retired into that one.";
    // facility
    Facility "facility" open NONE, "The facility's id in `facilities.csv`; where that lists none, the code with its system (`trump:0123`, `ccn:10123`, `organization:...`).";
    Department "department" open &["adult", "paediatric", "other"], "Which team reports.";
    // diagnosis
    Disease "disease" open &["AML", "ALL", "MDS", "MPN", "CML", "CLL", "NHL", "HL", "ATL", "PCD", "SAA", "OTHER_LEUKEMIA", "NON_MALIGNANT", "SOLID", "OTHER"], "Main disease.";
    DiseaseDetail "disease_detail" open NONE, "Detail of the disease, as a code or the source's own term.";
    DiseaseStatus "disease_status" open &["CR1", "CR2", "CR3+", "CR", "PR", "SD", "PD", "REL1", "REL2+", "PIF", "not_in_remission", "untreated", "other"], "Status of the disease at the infusion.";
    // infusion and mention
    InfusionKind "infusion_kind" open &["HCT", "CT", "DLI", "BOOST", "RESCUE"], "HCT a new transplant, CT a genetically modified or other cell product, DLI, BOOST (same donor's cells again), RESCUE (autologous rescue).";
    Date "date" open NONE, "When it happened.";
    Ordinal "ordinal" open NONE, "The how-manieth of its kind, from 1.";
    Count "count" open NONE, "How many there were before.";
    Occurred "occurred" open YES_NO, "Whether it happened.";
    Mention "mention" open &["prior", "subsequent", "elsewhere"], "How an infusion is mentioned: before this one, after it, or given elsewhere.";
    DonorType "donor_type" open &["autologous", "allogeneic", "syngeneic"], "Whose cells.";
    DonorRelation "donor_relation" open &["related", "unrelated"], "Related or not.";
    DonorKinship "donor_kinship" open &["sibling", "father", "mother", "child", "other"], "Which relative.";
    Graft "graft" open &["bone_marrow", "peripheral_blood", "cord_blood", "bone_marrow_and_peripheral_blood"], "Source of the stem cells.";
    Product "product" open NONE, "The product's id in `products.csv`; where that lists none, the source's own term.";
    Lot "lot" open NONE, "One lot of the product, upper case; several lots are several values.";
    Manufacturer "manufacturer" open NONE, "Who made the product.";
    CellType "cell_type" open NONE, "Kind of cells collected.";
    CellDose "cell_dose" open NONE, "Cells given, as a number of cells (or per kg where the source says so).";
    Route "route" open NONE, "Route of the infusion.";
    Conditioning "conditioning" open &["MAC", "RIC", "NMA"], "Intensity of conditioning.";
    Tbi "tbi" open YES_NO, "Total body irradiation.";
    GvhdProphylaxis "gvhd_prophylaxis" open NONE, "GVHD prophylaxis, as `CSA+MTX`.";
    PerformanceStatus "performance_status" open NONE, "ECOG performance status, 0-4.";
    Karnofsky "karnofsky" open NONE, "Karnofsky score, 0-100.";
    HctCi "hct_ci" open NONE, "HCT comorbidity index.";
    Lymphodepletion "lymphodepletion" open NONE, "Lymphodepleting therapy.";
    Bridging "bridging" open YES_NO, "Bridging therapy.";
    LinesOfTherapy "lines_of_therapy" open NONE, "Lines of therapy before.";
    // typing
    TypedPerson "typed_person" open &["recipient", "donor", "cord_blood_unit"], "Whose typing.";
    TypedOn "typed_on" open NONE, "When the blood was typed.";
    A1 "a1" phi NONE, "HLA-A, first copy: `A*24:02`, alternatives `A*24:02/A*24:20`, serology `A24`.";
    A2 "a2" phi NONE, "HLA-A, second copy.";
    B1 "b1" phi NONE, "HLA-B, first copy.";
    B2 "b2" phi NONE, "HLA-B, second copy.";
    C1 "c1" phi NONE, "HLA-C, first copy.";
    C2 "c2" phi NONE, "HLA-C, second copy.";
    Drb11 "drb1_1" phi NONE, "HLA-DRB1, first copy.";
    Drb12 "drb1_2" phi NONE, "HLA-DRB1, second copy.";
    Dqb11 "dqb1_1" phi NONE, "HLA-DQB1, first copy.";
    Dqb12 "dqb1_2" phi NONE, "HLA-DQB1, second copy.";
    Dpb11 "dpb1_1" phi NONE, "HLA-DPB1, first copy.";
    Dpb12 "dpb1_2" phi NONE, "HLA-DPB1, second copy.";
    // outcome
    Outcome "outcome" open &["relapse", "acute_gvhd", "chronic_gvhd", "crs", "icans", "second_malignancy", "neutrophil_engraftment", "platelet_engraftment", "sos_vod", "adverse_event", "best_response"], "What happened after an infusion.";
    Grade "grade" open NONE, "Worst grade, 0-5.";
    Extent "extent" open &["limited", "extensive", "mild", "moderate", "severe"], "Extent of chronic GVHD.";
    Systemic "systemic" open YES_NO, "Needed systemic treatment.";
    MalignancyClass "malignancy_class" open &["PTLD", "solid", "haematological", "other"], "Class of a second malignancy.";
    Response "response" open &["CR", "PR", "SD", "PD"], "Best response.";
    Term "term" open NONE, "Term of an adverse event.";
    Serious "serious" open YES_NO, "Serious adverse event.";
    AwarenessDate "awareness_date" open NONE, "When the reporter learnt of it.";
    // therapy
    Therapy "therapy" open &["chemotherapy", "apheresis", "radiation", "other"], "A treatment that is no infusion of cells.";
    Agent "agent" open NONE, "The drug or regimen.";
    // contact and death
    Survival "survival" open &["alive", "dead"], "State at the contact.";
    Visit "visit" open NONE, "Which follow-up: `100d`, `6m`, `1y` ...";
    FollowUp "follow_up" open &["complete", "lost", "survival_only", "before_next_infusion"], "What the contact means for the end of observation.";
    Cause "cause" open NONE, "Primary cause of death.";
    // consent
    Purpose "purpose" open &["research"], "What consent is for.";
    Consent "consent" open &["given", "refused", "withdrawn"], "State of the consent.";
    // the row itself
    EventType "event_type" open &["HCT", "CT"], "Which kind of infusion a form is about.";
    EventDate "event_date" open NONE, "The date of the infusion that a form is about.";
}

impl Attribute {
    /// The twelve HLA columns in their order: two copies each of A, B, C, DRB1, DQB1, DPB1.
    pub const HLA: [Self; 12] = [
        Self::A1,
        Self::A2,
        Self::B1,
        Self::B2,
        Self::C1,
        Self::C2,
        Self::Drb11,
        Self::Drb12,
        Self::Dqb11,
        Self::Dqb12,
        Self::Dpb11,
        Self::Dpb12,
    ];

    /// The attribute that a mapping file names.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|attribute| attribute.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_found_by_its_name() {
        for attribute in Attribute::ALL {
            assert_eq!(Attribute::parse(attribute.as_str()), Some(*attribute));
        }
        assert!(Attribute::BirthDate.is_identifying() && !Attribute::Disease.is_identifying());
    }
}
