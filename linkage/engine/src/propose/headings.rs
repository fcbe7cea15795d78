//! What a column's heading says of it, in the languages that public files come in.

use unicode_normalization::UnicodeNormalization;

/// What a column is taken for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Role {
    RecordId,
    Truth,
    GivenName,
    MiddleName,
    Surname,
    FullName,
    BirthDate,
    Date,
    Year,
    Month,
    Day,
    HouseNumber,
    Street,
    City,
    Postcode,
    State,
    Country,
    Place,
    Phone,
    Email,
    Identifier,
    Sex,
    Title,
    Description,
    Authors,
    Venue,
    Maker,
    Category,
    Occupation,
    Price,
    Age,
    Length,
    Latitude,
    Longitude,
    Company,
    Number,
    Words,
}

impl Role {
    /// For comments: "taken for ...".
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::RecordId => "the records' own number",
            Self::Truth => "the answer",
            Self::GivenName => "a given name",
            Self::MiddleName => "a middle name",
            Self::Surname => "a surname",
            Self::FullName => "a whole name",
            Self::BirthDate => "a date of birth",
            Self::Date => "a date",
            Self::Year => "a year",
            Self::Month => "a month",
            Self::Day => "a day of the month",
            Self::HouseNumber => "a house number",
            Self::Street => "a street or address",
            Self::City => "a town",
            Self::Postcode => "a postcode",
            Self::State => "a state or province",
            Self::Country => "a country",
            Self::Place => "a place",
            Self::Phone => "a telephone number",
            Self::Email => "an e-mail address",
            Self::Identifier => "an identifier",
            Self::Sex => "a sex",
            Self::Title => "a title",
            Self::Description => "a long text",
            Self::Authors => "a list of authors",
            Self::Venue => "where it was published",
            Self::Maker => "a maker",
            Self::Category => "a category",
            Self::Occupation => "an occupation",
            Self::Price => "a price",
            Self::Age => "an age",
            Self::Length => "a duration",
            Self::Latitude => "a latitude",
            Self::Longitude => "a longitude",
            Self::Company => "the name of a company or an institution",
            Self::Number => "a number",
            Self::Words => "words",
        }
    }
}

/// Headings, folded, with what they say; a whole heading counts before its last word, that before its others.
const HEADINGS: [(Role, &str); 35] = [
    (
        Role::RecordId,
        "id recid recordid rowid row index idx no nr num unnamed0 rec recno recordno ltable rtable ltableid rtableid serial key pk レコード番号 番号 連番 通番",
    ),
    (
        Role::Truth,
        "cluster clusterid truth trueid entid entityid matchid groundtruth goldstandard ismatch duplicateof trueperson identity uniqueentityid",
    ),
    (
        Role::GivenName,
        "given givenname 名カナ givennames first firstname forename forenames fname fnamec1 namefirst vorname prenom nombre nome vname firstnm christianname 名 名前 めい 下の名前 メイ mei",
    ),
    (
        Role::MiddleName,
        "middle middlename middleinitial mname midname secondname",
    ),
    (
        Role::Surname,
        "surname 姓カナ sur last lastname lname lnamec1 namelast family familyname nachname nom apellido apellidos cognome lastnm familienname 姓 氏 名字 苗字 せい セイ sei",
    ),
    (
        Role::FullName,
        "fullname name wholename personname patientname name1 firstandsurname nomcomplet nombrecompleto 氏名 姓名 患者名 患者氏名 名前カナ カナ カナ氏名 氏名カナ フリガナ ふりがな よみがな shimei",
    ),
    (
        Role::BirthDate,
        "dob birth birthdate dateofbirth bdate bday born geburtsdatum datenaissance fechanacimiento datadinascita birthday 生年月日 誕生日",
    ),
    (Role::Date, "date datum fecha 日付 年月日"),
    (
        Role::Year,
        "year yr yob birthyear byear by jahr annee ano yearofbirth geburtsjahr published 年 生年",
    ),
    (
        Role::Month,
        "month mon mob birthmonth bmonth bm monat mois mes monthofbirth geburtsmonat 月",
    ),
    (
        Role::Day,
        "day birthday bday bd tag jour dia dayofbirth geburtstag 日",
    ),
    (
        Role::HouseNumber,
        "streetnumber housenumber houseno streetno hausnummer housenum stnumber 番地",
    ),
    (
        Role::Street,
        "street address addr address1 address2 address3 addr1 addr2 addressline1 addressline2 strasse rue calle via road add adresse direccion 住所 町名",
    ),
    (
        Role::City,
        "city town suburb locality ort stadt ville ciudad citta municipality village 市 市区町村 都市",
    ),
    (
        Role::Postcode,
        "postcode zip zipcode postalcode postal plz cp codepostal codigopostal postcodefake 郵便番号",
    ),
    (
        Role::State,
        "state province region bundesland provincia county prefecture 都道府県 県",
    ),
    (
        Role::Country,
        "country land pays pais nation nationality 国 国籍",
    ),
    (
        Role::Place,
        "place birthplace placeofbirth geburtsort lieu parish residence 出生地 出身地",
    ),
    (
        Role::Phone,
        "phone tel telephone mobile phonenumber telefon telefono fax cell tel1 phonenum telnum 電話 電話番号 携帯 携帯番号",
    ),
    (Role::Email, "email mail emailaddress メール"),
    (
        Role::Identifier,
        "ssn socsecid socialsecuritynumber nhsnumber nhs mrn passport licence license nino medicare insurance voterid patientid isbn doi ean upc sku modelno modelnumber model partnumber 保険証番号 患者id カルテ番号",
    ),
    (Role::Sex, "sex gender geschlecht sexe sexo genere 性別"),
    (
        Role::Title,
        "title titel titre titulo productname product productname papertitle booktitle songtitle song songname album track 題名 商品名 タイトル",
    ),
    (
        Role::Description,
        "description desc beschreibung text abstract details features content summary 説明 備考",
    ),
    (
        Role::Authors,
        "author authors autor auteurs writer writers artist artists director actors 著者",
    ),
    (
        Role::Venue,
        "venue journal conference booktitle publisher pub publication label 雑誌 出版社",
    ),
    (
        Role::Maker,
        "manufacturer maker brand vendor hersteller marke brandname fabricant メーカー",
    ),
    (
        Role::Category,
        "category type class genre kind cuisine categories group 種類",
    ),
    (
        Role::Occupation,
        "occupation job profession beruf metier 職業",
    ),
    (
        Role::Price,
        "price cost amount preis prix precio fee listprice 価格 値段",
    ),
    (
        Role::Age,
        "age alter edad eta ageyears ageinyears ageatdiagnosis ageatevent 年齢 年令",
    ),
    (
        Role::Length,
        "length duration runtime runningtime playtime time tracklength songlength dauer laufzeit duree 再生時間 演奏時間",
    ),
    (Role::Latitude, "lat latitude breitengrad geolat 緯度"),
    (
        Role::Longitude,
        "lon long lng longitude langengrad geolon geolong 経度",
    ),
    (
        Role::Company,
        "company companyname organisation organization organisationname organizationname firm firma employer business businessname institution institute hospital hospitalname legalname entreprise empresa 会社 会社名 企業名 法人名 商号 施設名 病院名",
    ),
];

/// What the heading says, if anything.
pub(super) fn of_heading(heading: &str) -> Option<Role> {
    let words = words(heading);
    let whole = words.concat();
    let known = |text: &str| {
        let mut roles = HEADINGS.iter();
        roles
            .find(|(_, names)| names.split(' ').any(|name| name == text))
            .map(|&(role, _)| role)
    };
    // `given_name_1`, `name_en`: a number or a short mark at the end says nothing.
    let bare = whole.trim_end_matches(|digit: char| digit.is_ascii_digit());
    known(&whole)
        .or_else(|| known(bare))
        .or_else(|| within(&whole))
        .or_else(|| {
            let roles = words
                .iter()
                .rev()
                .filter_map(|word| known(word))
                .collect::<Vec<_>>();
            // `street_name` is a street, `customer_id` the record's.
            let first = roles.first().copied();
            roles
                .into_iter()
                .find(|role| !matches!(role, Role::FullName | Role::RecordId | Role::Title))
                .or(first)
        })
}

/// What stands within a heading that is written without blanks: `患者氏名`, `連絡先電話番号`; the longest counts.
fn within(heading: &str) -> Option<Role> {
    let in_japanese = |name: &str| name.chars().count() > 1 && !name.is_ascii();
    let names = HEADINGS
        .iter()
        .flat_map(|&(role, names)| names.split(' ').map(move |name| (role, name)))
        .filter(|(_, name)| in_japanese(name) && heading.contains(name));
    names
        .max_by_key(|(role, name)| (name.len(), std::cmp::Reverse(*role)))
        .map(|(role, _)| role)
}

/// The words of a heading, in lower case: `dateOfBirth`, `DATE_OF_BIRTH` and `date of birth` have the same.
fn words(heading: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for letter in heading.nfkc() {
        if letter.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.push(letter);
        before = letter;
    }
    let folded = spaced
        .to_lowercase()
        .nfd()
        .filter(|letter| !matches!(letter, '\u{300}'..='\u{36f}'))
        .nfc()
        .collect::<String>();
    folded
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Role, of_heading};

    fn check(heading: &str, expected: Option<Role>) {
        assert_eq!(of_heading(heading), expected, "`{heading}`");
    }

    #[test]
    fn headings_are_known_in_any_case_and_several_languages() {
        for heading in [
            "given_name",
            "FirstName",
            "first name",
            "fname_c1",
            "Vorname",
            "prénom",
            "名",
            "forename1",
        ] {
            check(heading, Some(Role::GivenName));
        }
        for heading in [
            "date_of_birth",
            "DOB",
            "birthDate",
            "生年月日",
            "Geburtsdatum",
        ] {
            check(heading, Some(Role::BirthDate));
        }
        check("by", Some(Role::Year));
        check("postcode_fake", Some(Role::Postcode));
        check("birth_place", Some(Role::Place));
        check("soc_sec_id", Some(Role::Identifier));
        check("rec_id", Some(Role::RecordId));
        check("street_name", Some(Role::Street));
        check("first_and_surname", Some(Role::FullName));
        check("漢字氏名", Some(Role::FullName));
        check("連絡先電話番号", Some(Role::Phone));
        check("年齢", Some(Role::Age));
        check("PatientAge", Some(Role::Age));
        check("track_length", Some(Role::Length));
        check("xyzzy", None);
    }
}
