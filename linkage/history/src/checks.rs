//! The catalogue of what a history is checked for. Ids are stable: a check may be retired, its id is never used again.

/// One check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// The stable id, such as `C-006`.
    pub id: &'static str,
    /// Its name in English.
    pub title_en: &'static str,
    /// Its name in Japanese.
    pub title_ja: &'static str,
    /// What it finds, and what follows from it.
    pub finds: &'static str,
}

/// The check with an id.
#[must_use]
pub fn check(id: &str) -> Option<&'static Check> {
    CATALOGUE.iter().find(|check| check.id == id)
}

macro_rules! checks {
    ($($name:ident $id:literal $en:literal $ja:literal $finds:literal;)*) => {
        $(pub(crate) const $name: &str = $id;)*
        /// Every check, by id.
        pub const CATALOGUE: &[Check] = &[
            $(Check { id: $id, title_en: $en, title_ja: $ja, finds: $finds },)*
        ];
    };
}

checks! {
    TREATED_AFTER_DEATH "C-001" "treated after death" "死亡後の治療" "an infusion or therapy that a source records lies after the death; one of the records may be another person's";
    BORN_AFTER "C-002" "born after an event" "出生前のイベント" "an event lies before the birth date";
    SEX_DIFFERS "C-003" "sex differs" "性別の不一致" "the sources register different sexes";
    BIRTH_DATE_DIFFERS "C-004" "birth date differs" "生年月日の不一致" "the sources tell birth dates that cannot be one day";
    EVENT_DATE_DIFFERS "C-005" "date of an infusion differs" "輸注日の不一致" "a source that records the infusion tells another day than the one chosen";
    DEATH_DATE_DIFFERS "C-006" "date of death differs" "死亡日の不一致" "the sources tell different days of one death, a day's difference included";
    ALIVE_AFTER_DEATH "C-007" "alive after death" "死亡後の生存確認" "a contact alive lies after the death: the contact wins until a review confirms the death";
    DONOR_TYPE_DIFFERS "C-008" "donor type differs" "ドナー種別の不一致" "the sources tell different donor types of one infusion";
    GRAFT_DIFFERS "C-009" "graft differs" "移植ソースの不一致" "the sources tell different grafts of one infusion";
    PRODUCT_DIFFERS "C-010" "product differs" "製品の不一致" "the sources tell different products of one infusion";
    ORDINAL_INCONSISTENT "C-011" "number of a transplant inconsistent" "移植回数の不整合" "the number that a source gives a transplant is not its place among the transplants known";
    COUNT_INCONSISTENT "C-012" "count of earlier infusions inconsistent" "既往回数の不整合" "the count of earlier infusions is not the number known; a boost or DLI may have been counted";
    RELAPSE_BEFORE_INFUSION "C-013" "relapse before its infusion" "輸注前の再発日" "a relapse told of after an infusion is dated before it";
    GVHD_AFTER_AUTOLOGOUS "C-014" "GVHD after an autologous transplant" "自家移植後のGVHD" "GVHD is told of after a transplant of the patient's own cells";
    DISEASE_DIFFERS "C-015" "disease differs" "疾患の不一致" "the sources name different diseases for one diagnosis";
    CONSENT_DIFFERS "C-016" "consent differs" "同意の不一致" "consent is given in one place and refused or withdrawn in another: refusal wins";
    ABO_DIFFERS "C-017" "blood group differs" "血液型の不一致" "the sources tell different blood groups and no allogeneic transplant explains it";
    PRIOR_DENIED "C-018" "earlier infusion denied" "既往治療「なし」の不整合" "a form says that there was no earlier infusion of the kind and one is recorded";
    DIAGNOSED_AFTER_TREATMENT "C-019" "diagnosed after treatment" "治療後の診断日" "the first diagnosis lies after the first infusion";
    DEATH_UNDATED "C-020" "death without a date" "死亡日の欠落" "a source tells of the death and none tells when";
    NOT_RECORDED "C-021" "infusion mentioned and recorded nowhere" "記録のない輸注の言及" "an infusion is told of in passing and no source records it";
    ENGRAFTED_BEFORE_INFUSION "C-022" "engraftment before its infusion" "輸注前の生着日" "engraftment is dated before the infusion";
    MENTION_DATE_DIFFERS "C-023" "mentioned date differs" "言及日の不一致" "a mention gives an exact day that is more than a day off the infusion that it tells of";
    DIAGNOSED_TWICE "C-024" "one disease diagnosed twice" "同一疾患の重複診断" "one disease is told with diagnosis dates too far apart to be one";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_order_and_never_used_twice() {
        for (place, entry) in CATALOGUE.iter().enumerate() {
            assert_eq!(entry.id, format!("C-{:03}", place + 1));
            assert_eq!(check(entry.id), Some(entry));
        }
        assert_eq!(check("C-999"), None);
    }
}
