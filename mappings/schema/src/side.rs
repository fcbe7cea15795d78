use std::collections::BTreeMap;
use std::sync::Arc;

use crate::PartialDate;

/// One line of `facilities.csv`: which codes meant a facility, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facility {
    /// The operator's own id for it.
    pub facility_id: Arc<str>,
    /// Its name.
    pub name: Box<str>,
    /// Four digits of TRUMP, or empty.
    pub trump_code: Box<str>,
    /// The department the codes are for, or empty for all.
    pub department: Box<str>,
    /// Five digits of FormsNet3, or empty.
    pub ccn: Box<str>,
    /// The organisation's code in FHIR, or empty.
    pub organization_code: Box<str>,
    /// First day on which the codes mean this facility; none: always did.
    pub valid_from: Option<PartialDate>,
    /// Last day on which they do; none: still do.
    pub valid_to: Option<PartialDate>,
}

/// Which column of `facilities.csv` a code belongs to.
pub const FACILITY_SYSTEMS: [&str; 3] = ["trump", "ccn", "organization"];

/// The many-to-many crosswalk of facility codes with dates.
#[derive(Clone, Debug, Default)]
pub struct Facilities {
    /// For each of [`FACILITY_SYSTEMS`], the lines of each of its codes.
    by_code: [BTreeMap<Box<str>, Vec<Facility>>; 3],
    names: BTreeMap<Arc<str>, Box<str>>,
}

impl Facilities {
    /// The crosswalk with these lines.
    #[must_use]
    pub fn new(lines: Vec<Facility>) -> Self {
        let mut crosswalk = Self::default();
        for line in lines {
            crosswalk
                .names
                .entry(line.facility_id.clone())
                .or_insert_with(|| line.name.clone());
            let codes = [&line.trump_code, &line.ccn, &line.organization_code].map(Clone::clone);
            for (by_code, code) in crosswalk.by_code.iter_mut().zip(codes) {
                if !code.is_empty() {
                    by_code.entry(code).or_default().push(line.clone());
                }
            }
        }
        crosswalk
    }

    /// The facility that a code meant on a day, in a department; `None` when no line or more than one facility fits.
    #[must_use]
    pub fn resolve(
        &self,
        system: &str,
        code: &str,
        department: &str,
        on: Option<PartialDate>,
    ) -> Option<Arc<str>> {
        let system = FACILITY_SYSTEMS.iter().position(|known| *known == system)?;
        let lines = self.by_code[system].get(code)?;
        let valid = |line: &&Facility| {
            on.is_none_or(|on| {
                line.valid_from
                    .is_none_or(|from| from.earliest() <= on.latest())
                    && line.valid_to.is_none_or(|to| to.latest() >= on.earliest())
            })
        };
        let of_department =
            |line: &&Facility| line.department.is_empty() || *line.department == *department;
        let valid = || lines.iter().filter(valid);
        if valid().any(|line| of_department(&line)) {
            the_only(valid().filter(of_department))
        } else {
            the_only(valid())
        }
    }

    /// The name of a facility.
    #[must_use]
    pub fn name(&self, facility_id: &str) -> Option<&str> {
        self.names.get(facility_id).map(|name| &**name)
    }

    /// How many facilities there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// The facility of all these lines; none where they are of several, or none.
fn the_only<'a>(mut lines: impl Iterator<Item = &'a Facility>) -> Option<Arc<str>> {
    let only = &lines.next()?.facility_id;
    lines
        .all(|line| line.facility_id == *only)
        .then(|| only.clone())
}

/// One line of `products.csv`: a cell product, its names, its holder and its period of conditional approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The operator's own id for it.
    pub product_id: Arc<str>,
    /// Japanese name.
    pub name_ja: Box<str>,
    /// English name.
    pub name_en: Box<str>,
    /// Other names, as written in the file between `;` or `|`.
    pub aliases: Vec<Box<str>>,
    /// Marketing-authorisation holder.
    pub holder: Box<str>,
    /// First day of conditional approval.
    pub conditional_approval_from: Option<PartialDate>,
    /// Last day of conditional approval.
    pub conditional_approval_to: Option<PartialDate>,
}

/// The cell products that an operator keeps.
#[derive(Clone, Debug, Default)]
pub struct Products {
    /// The lines in their order.
    pub lines: Vec<Product>,
}
