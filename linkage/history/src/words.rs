//! How events, values and end points are called, in Japanese and English.

use schema::{Attribute, Event, EventKind, OutcomeKind, SourcedValue, Value};

/// In which language a history is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Japanese.
    Ja,
    /// English.
    En,
}

impl Language {
    /// The word in this language.
    pub(crate) const fn pick<'w>(self, ja: &'w str, en: &'w str) -> &'w str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }
}

/// The name of a kind of event.
pub(crate) const fn kind(kind: EventKind, language: Language) -> &'static str {
    let (ja, en) = match kind {
        EventKind::Diagnosis => ("診断", "diagnosis"),
        EventKind::Chemotherapy => ("化学療法", "chemotherapy"),
        EventKind::Apheresis => ("アフェレーシス", "apheresis"),
        EventKind::Therapy => ("その他の治療", "other treatment"),
        EventKind::Hct => ("造血細胞移植", "HCT"),
        EventKind::Ct => ("細胞治療", "cell therapy"),
        EventKind::Dli => ("ドナーリンパ球輸注", "DLI"),
        EventKind::Boost => ("幹細胞ブースト", "stem cell boost"),
        EventKind::Rescue => ("自家細胞レスキュー", "autologous rescue"),
        EventKind::NeutrophilEngraftment => ("好中球生着", "neutrophil engraftment"),
        EventKind::PlateletEngraftment => ("血小板生着", "platelet engraftment"),
        EventKind::AcuteGvhd => ("急性GVHD", "acute GVHD"),
        EventKind::ChronicGvhd => ("慢性GVHD", "chronic GVHD"),
        EventKind::SosVod => ("SOS/VOD", "SOS/VOD"),
        EventKind::Crs => ("CRS", "CRS"),
        EventKind::Icans => ("ICANS", "ICANS"),
        EventKind::BestResponse => ("最良効果", "best response"),
        EventKind::Relapse => ("再発・増悪", "relapse"),
        EventKind::SecondMalignancy => ("二次癌", "second malignancy"),
        EventKind::AdverseEvent => ("有害事象", "adverse event"),
        EventKind::LastContact => ("最終確認", "last contact"),
        EventKind::Death => ("死亡", "death"),
    };
    language.pick(ja, en)
}

/// The name of an end point.
pub(crate) const fn end_point(kind: OutcomeKind, language: Language) -> &'static str {
    let (ja, en) = match kind {
        OutcomeKind::OverallSurvival => ("全生存期間", "overall survival"),
        OutcomeKind::RelapseFreeSurvival => ("無再発生存期間", "relapse-free survival"),
        OutcomeKind::NonRelapseMortality => ("非再発死亡", "non-relapse mortality"),
        OutcomeKind::GvhdFreeRelapseFreeSurvival => ("GRFS", "GRFS"),
    };
    language.pick(ja, en)
}

/// How an end point ended.
pub(crate) const fn status(kind: OutcomeKind, status: u8, language: Language) -> &'static str {
    match (kind, status) {
        (_, 0) => language.pick("打切り", "censored"),
        (OutcomeKind::NonRelapseMortality, 2) => {
            language.pick("再発（競合）", "relapse (competing)")
        }
        (OutcomeKind::OverallSurvival | OutcomeKind::NonRelapseMortality, _) => {
            language.pick("死亡", "dead")
        }
        _ => language.pick("イベントあり", "event"),
    }
}

/// Japanese words for codes; what is not here stands as it is.
const CODES: &[(Attribute, &str, &str)] = &[
    (Attribute::Sex, "male", "男"),
    (Attribute::Sex, "female", "女"),
    (Attribute::DonorType, "autologous", "自家"),
    (Attribute::DonorType, "allogeneic", "同種"),
    (Attribute::DonorType, "syngeneic", "同系"),
    (Attribute::DonorRelation, "related", "血縁"),
    (Attribute::DonorRelation, "unrelated", "非血縁"),
    (Attribute::Graft, "bone_marrow", "骨髄"),
    (Attribute::Graft, "peripheral_blood", "末梢血幹細胞"),
    (Attribute::Graft, "cord_blood", "臍帯血"),
    (
        Attribute::Graft,
        "bone_marrow_and_peripheral_blood",
        "骨髄+末梢血",
    ),
    (Attribute::Extent, "limited", "限局型"),
    (Attribute::Extent, "extensive", "全身型"),
    (Attribute::Systemic, "yes", "全身治療あり"),
    (Attribute::Systemic, "no", "全身治療なし"),
    (Attribute::MalignancyClass, "solid", "固形腫瘍"),
    (Attribute::MalignancyClass, "haematological", "造血器腫瘍"),
    (Attribute::Survival, "alive", "生存"),
    (Attribute::Survival, "dead", "死亡"),
    (Attribute::DiseaseStatus, "not_in_remission", "非寛解"),
    (Attribute::DiseaseStatus, "untreated", "未治療"),
    (Attribute::FollowUp, "lost", "追跡不能"),
    (Attribute::FollowUp, "survival_only", "生存のみ"),
    (Attribute::FollowUp, "before_next_infusion", "次の輸注前"),
];

/// Consent as a word.
pub(crate) fn consent(state: &str, language: Language) -> &str {
    let ja = match state {
        "given" => "同意",
        "refused" => "不同意",
        "withdrawn" => "撤回",
        _ => "不明",
    };
    language.pick(ja, state)
}

/// What a line of treatment is, as people read it.
pub(crate) fn line(label: &str, language: Language) -> String {
    const WORDS: [(&str, &str); 8] = [
        ("tandem ", "タンデム"),
        ("autologous ", "自家"),
        ("allogeneic ", "同種"),
        ("syngeneic ", "同系"),
        ("HCT", "移植"),
        ("chemotherapy", "化学療法"),
        ("cell therapy", "細胞治療"),
        (", ", "・"),
    ];
    match language {
        Language::En => label.to_owned(),
        Language::Ja => WORDS
            .iter()
            .fold(label.to_owned(), |text, (en, ja)| text.replace(en, ja)),
    }
}

/// A value as people read it.
pub(crate) fn value(attribute: Attribute, value: &Value, language: Language) -> String {
    let text = value.to_text().unwrap_or_default();
    let estimated = matches!(value, Value::Date(date) if date.estimated);
    let word = CODES
        .iter()
        .find(|(name, code, _)| *name == attribute && *code == text)
        .map(|(_, code, ja)| language.pick(ja, code));
    match (word, attribute) {
        (Some("yes"), Attribute::Systemic) => "systemic treatment".to_owned(),
        (Some("no"), Attribute::Systemic) => "no systemic treatment".to_owned(),
        (Some(word), _) => word.replace('_', " "),
        (None, Attribute::Grade) => format!("{} {text}", language.pick("グレード", "grade")),
        (None, Attribute::Ordinal) => match language {
            Language::Ja => format!("{text}回目"),
            Language::En => format!("no. {text}"),
        },
        _ if estimated => format!("{text}{}", language.pick("頃", " (est.)")),
        _ => text.replace('_', " "),
    }
}

/// A value whose attribute is not at hand: a listed code as people read it, all else as it is.
pub(crate) fn code(text: &str, language: Language) -> String {
    CODES
        .iter()
        .filter(|(attribute, ..)| *attribute != Attribute::Systemic)
        .find(|(_, code, _)| *code == text)
        .map_or_else(
            || text.to_owned(),
            |(_, code, ja)| language.pick(ja, code).replace('_', " "),
        )
}

/// What is shown of an event, in this order.
const SHOWN: [Attribute; 19] = [
    Attribute::Disease,
    Attribute::Product,
    Attribute::DonorType,
    Attribute::DonorRelation,
    Attribute::Graft,
    Attribute::Conditioning,
    Attribute::DiseaseStatus,
    Attribute::Agent,
    Attribute::Grade,
    Attribute::Extent,
    Attribute::Systemic,
    Attribute::Response,
    Attribute::MalignancyClass,
    Attribute::Term,
    Attribute::Cause,
    Attribute::Survival,
    Attribute::FollowUp,
    Attribute::Ordinal,
    Attribute::Lot,
];

/// The values of an event, the chosen ones; several lots are all shown.
pub(crate) fn details(event: &Event, language: Language) -> Vec<String> {
    let mut shown = Vec::new();
    for attribute in SHOWN {
        let told = event.values.get(&attribute).map_or(&[][..], Vec::as_slice);
        let is_usual = |told: &SourcedValue| told.value.to_text().as_deref() == Some("complete");
        if attribute == Attribute::FollowUp && told.first().is_some_and(is_usual) {
            continue;
        }
        let several = attribute == Attribute::Lot;
        let mut texts: Vec<String> = Vec::new();
        for sourced in told.iter().take(if several { told.len() } else { 1 }) {
            let text = value(attribute, &sourced.value, language);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        shown.extend(texts);
    }
    shown
}

/// Names of sources, each once, in the order in which they stand.
pub(crate) fn sources<'v>(values: impl Iterator<Item = &'v SourcedValue>) -> Vec<&'v str> {
    let mut names: Vec<&str> = Vec::new();
    for value in values {
        if !names.contains(&value.record.source.as_str()) {
            names.push(value.record.source.as_str());
        }
    }
    names
}

/// A number of days, with the thousands set apart.
pub(crate) fn days(days: i64, language: Language) -> String {
    let digits = days.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match language {
        Language::Ja => format!("{grouped}日"),
        Language::En => format!("{grouped} days"),
    }
}
