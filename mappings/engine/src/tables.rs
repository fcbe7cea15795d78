use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use schema::{AdmittedBody, AdmittedRecord, Facilities, Facility, PartialDate, Product, Products};
use serde::Deserialize;

use crate::MappingError;
use crate::json::node::Node;
use crate::json::path::Path as JsonPath;
use crate::normalise::width;

/// The side tables that an operator keeps.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Which code meant which facility, and when.
    pub facilities: Facilities,
    /// Cell products.
    pub products: Products,
    names: Names,
    /// The codes of organisations by the id under which a FHIR server knows them.
    organizations: BTreeMap<Box<str>, Vec<Box<str>>>,
}

/// The products' names, as they are looked up.
#[derive(Clone, Debug, Default)]
struct Names {
    exact: FxHashMap<Box<str>, Option<Arc<str>>>,
    /// Longest first, so that a name that holds another is found before it.
    held: Vec<(Box<str>, Arc<str>)>,
}

/// Fewest characters of a name that is looked for inside a longer text.
const HELD_NAME_CHARS_MIN: usize = 4;

#[derive(Deserialize)]
struct FacilityLine {
    facility_id: String,
    name: String,
    trump_code: String,
    department: String,
    ccn: String,
    organization_code: String,
    valid_from: String,
    valid_to: String,
}

#[derive(Deserialize)]
struct ProductLine {
    product_id: String,
    name_ja: String,
    name_en: String,
    aliases: String,
    holder: String,
    conditional_approval_from: String,
    conditional_approval_to: String,
}

impl Tables {
    /// The tables with these lines.
    #[must_use]
    pub fn new(facilities: Facilities, products: Products) -> Self {
        let names = Names::of(&products);
        Self {
            facilities,
            products,
            names,
            organizations: BTreeMap::new(),
        }
    }

    /// Reads `facilities.csv` and `products.csv` (UTF-8, with or without a byte order mark).
    ///
    /// # Errors
    /// [`MappingError::Read`] when a file cannot be read, [`MappingError::Table`] with the line when it is not of its form.
    pub fn load(facilities: Option<&Path>, products: Option<&Path>) -> Result<Self, MappingError> {
        let facilities = facilities
            .map(|path| lines(path, facility))
            .transpose()?
            .unwrap_or_default();
        let products = products
            .map(|path| lines(path, product))
            .transpose()?
            .unwrap_or_default();
        Ok(Self::new(
            Facilities::new(facilities),
            Products { lines: products },
        ))
    }

    /// What was learnt of organisations: their codes, by the id under which a FHIR server knows them.
    #[must_use]
    pub const fn organizations(&self) -> &BTreeMap<Box<str>, Vec<Box<str>>> {
        &self.organizations
    }

    /// Takes back what was learnt of organisations before.
    pub fn remember(&mut self, organizations: BTreeMap<Box<str>, Vec<Box<str>>>) {
        self.organizations = organizations;
    }

    /// Takes over the codes of an admitted FHIR `Organization`, by which references to it become facilities; true when
    /// this is news. Records that refer to it must be mapped afterwards.
    pub fn learn(&mut self, record: &AdmittedRecord) -> bool {
        let (Some(id), AdmittedBody::Json(text)) = (
            record.key.expose().strip_prefix("Organization/"),
            &record.body,
        ) else {
            return false;
        };
        let values = JsonPath::parse("identifier.value")
            .ok()
            .zip(Node::parse(text).ok());
        let codes = values.map_or_else(Vec::new, |(path, node)| {
            path.find(&node, &node)
                .into_iter()
                .filter_map(Node::scalar)
                .map(|code| width::fold(code).as_ref().into())
                .collect()
        });
        self.organizations.insert(id.into(), codes.clone()) != Some(codes)
    }

    /// The codes of a facility: those of the organisation with this id where one was learnt, otherwise the code itself.
    pub(crate) fn codes_of<'a>(&'a self, system: &str, code: &'a str) -> Vec<&'a str> {
        let known = (system == "organization")
            .then(|| self.organizations.get(code))
            .flatten();
        known.filter(|codes| !codes.is_empty()).map_or_else(
            || vec![code],
            |codes| codes.iter().map(|code| &**code).collect(),
        )
    }

    /// The id of the product that a text names: by its whole, or by the longest name inside it that leaves no choice.
    #[must_use]
    pub fn product(&self, text: &str) -> Option<Arc<str>> {
        let key = name_key(text);
        if let Some(product) = self.names.exact.get(&*key) {
            return product.clone();
        }
        let (longest, product) = self
            .names
            .held
            .iter()
            .find(|(name, _)| key.contains(&**name))?;
        let rival = self.names.held.iter().any(|(name, other)| {
            other != product && key.replace(&**longest, " ").contains(&**name)
        });
        (!rival).then(|| product.clone())
    }
}

impl Names {
    fn of(products: &Products) -> Self {
        let mut names = Self::default();
        for product in &products.lines {
            let own = [&*product.product_id, &product.name_ja, &product.name_en];
            for name in own
                .into_iter()
                .chain(product.aliases.iter().map(|alias| &**alias))
            {
                names.add(name, &product.product_id);
            }
        }
        names
            .held
            .sort_by(|(one, _), (other, _)| other.len().cmp(&one.len()).then(one.cmp(other)));
        names
    }

    fn add(&mut self, name: &str, product: &Arc<str>) {
        let key = name_key(name);
        if key.is_empty() {
            return;
        }
        if key.chars().count() >= HELD_NAME_CHARS_MIN {
            self.held.push((key.clone().into(), product.clone()));
        }
        // A name of two products names neither.
        let entry = self
            .exact
            .entry(key.into())
            .or_insert_with(|| Some(product.clone()));
        if entry.as_ref().is_some_and(|known| known != product) {
            *entry = None;
        }
    }
}

/// The form in which names of products are compared: letters and digits, one width, one case.
fn name_key(name: &str) -> String {
    width::fold_case(name)
        .chars()
        .filter(|character| character.is_alphanumeric() || *character == 'ー')
        .collect()
}

fn lines<L: for<'de> Deserialize<'de>, T>(
    path: &Path,
    make: impl Fn(L) -> Result<T, String>,
) -> Result<Vec<T>, MappingError> {
    let bytes = fs::read(path).map_err(|cause| MappingError::Read {
        path: path.to_owned(),
        cause,
    })?;
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text);
    let headers = reader
        .headers()
        .cloned()
        .map_err(|error| wrong(path, 1, error.to_string()))?;
    let mut record = csv::StringRecord::new();
    let mut parsed_lines = Vec::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| wrong(path, reader_line(&error), error.to_string()))?
    {
        let line = record.position().map_or(0, csv::Position::line);
        let parsed = record
            .deserialize(Some(&headers))
            .map_err(|error| wrong(path, line, error.to_string()))?;
        parsed_lines.push(make(parsed).map_err(|message| wrong(path, line, message))?);
    }
    Ok(parsed_lines)
}

fn reader_line(error: &csv::Error) -> u64 {
    error.position().map_or(0, csv::Position::line)
}

fn wrong(path: &Path, line: u64, message: String) -> MappingError {
    MappingError::Table {
        file: path.display().to_string(),
        line,
        message,
    }
}

fn facility(line: FacilityLine) -> Result<Facility, String> {
    Ok(Facility {
        facility_id: line.facility_id.into(),
        name: line.name.into(),
        trump_code: line.trump_code.into(),
        department: line.department.into(),
        ccn: line.ccn.into(),
        organization_code: line.organization_code.into(),
        valid_from: date(&line.valid_from)?,
        valid_to: date(&line.valid_to)?,
    })
}

fn product(line: ProductLine) -> Result<Product, String> {
    let aliases = line
        .aliases
        .split(['|', ';'])
        .map(str::trim)
        .filter(|alias| !alias.is_empty())
        .map(Into::into);
    Ok(Product {
        product_id: line.product_id.into(),
        name_ja: line.name_ja.into(),
        name_en: line.name_en.into(),
        aliases: aliases.collect(),
        holder: line.holder.into(),
        conditional_approval_from: date(&line.conditional_approval_from)?,
        conditional_approval_to: date(&line.conditional_approval_to)?,
    })
}

fn date(text: &str) -> Result<Option<PartialDate>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    crate::normalise::date::read(text)
        .map(|read| Some(read.date.date))
        .map_err(|_| format!("`{text}` is no date"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> Tables {
        let product = |id: &str, name_ja: &str, name_en: &str, aliases: &[&str]| Product {
            product_id: id.into(),
            name_ja: name_ja.into(),
            name_en: name_en.into(),
            aliases: aliases.iter().map(|alias| (*alias).into()).collect(),
            holder: "".into(),
            conditional_approval_from: None,
            conditional_approval_to: None,
        };
        let lines = vec![
            product(
                "P01",
                "キムリア点滴静注",
                "Kymriah",
                &["キムリア", "tisa-cel"],
            ),
            product("P02", "イエスカルタ点滴静注", "Yescarta", &["axi-cel"]),
        ];
        Tables::new(Facilities::default(), Products { lines })
    }

    #[test]
    fn a_product_is_known_by_any_of_its_names() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(tables().product(text).as_deref(), expected, "{text}");
        };
        check("キムリア点滴静注", Some("P01"));
        check("ｷﾑﾘｱ", Some("P01"));
        check("KYMRIAH", Some("P01"));
        check("Tisa cel", Some("P01"));
        check("キムリア点滴静注 1バッグ", Some("P01"));
        check("p02", Some("P02"));
        check("キムリア又はYescarta", None);
        check("CAR-T", None);
        check("", None);
    }
}
