//! One reading of one copy at one locus, on DNA or by serology.

/// An allele as far as it is resolved.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Allele {
    /// Typed on DNA; otherwise an antigen of serology.
    molecular: bool,
    /// First field, or the antigen's number.
    first: u16,
    /// Second field, 0 when not resolved.
    second: u16,
}

/// The locus of a reading, its own name normalised: `HLA-Cw7` is of `C`, `DR15` of `DRB1`. DR51, DR52 and DR53, which tell of
/// DRB5, DRB3 and DRB4 without saying which allele, are left out.
pub(super) fn locus_of(reading: &str) -> Option<String> {
    let reading = reading.trim_start_matches("HLA-");
    let name = match reading.split_once('*') {
        Some((name, _)) => name,
        None => reading
            .split(|letter: char| !letter.is_ascii_alphabetic())
            .next()?,
    };
    let locus = match name {
        "" => return None,
        "DR" if ["DR51", "DR52", "DR53"].contains(&reading) => return None,
        "CW" => "C",
        "DR" => "DRB1",
        "DQ" => "DQB1",
        "DP" => "DPB1",
        other => other,
    };
    Some(locus.to_owned())
}

impl Allele {
    /// Reads `A*24:02`, `A*24`, `DRB1*15:01:01G`, or serology as `A24`; `None` for anything else.
    pub(super) fn parse(reading: &str) -> Option<Self> {
        let reading = reading.trim_start_matches("HLA-");
        let (molecular, digits) = match reading.split_once('*') {
            Some((_, fields)) => (true, fields),
            None if reading.contains(':') => (true, reading),
            None => (
                false,
                reading.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()),
            ),
        };
        let mut fields = digits
            .split(':')
            .map(|field| field.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()));
        let first = fields.next()?.parse().ok()?;
        let second = fields
            .next()
            .and_then(|field| field.parse().ok())
            .unwrap_or(0);
        Some(Self {
            molecular,
            first,
            second,
        })
    }

    /// A reading that leaves out the first field of the one before it, as in `24:02/20`.
    pub(super) fn after(self, leader: Self) -> Self {
        Self {
            second: self.first,
            ..leader
        }
    }

    pub(super) fn is_molecular(self) -> bool {
        self.molecular
    }

    /// The first field that it has, or that its antigen belongs to: the common coin of all resolutions.
    pub(super) fn group(self, locus: &str) -> u16 {
        if self.molecular {
            self.first
        } else {
            antigen_fields(locus, self.first)
                .first()
                .copied()
                .unwrap_or(self.first)
        }
    }

    /// The full two-field name as a number, 0 when it is not resolved that far.
    pub(super) fn resolved(self) -> u32 {
        if self.molecular && self.second != 0 {
            (u32::from(self.first) << 16) | u32::from(self.second)
        } else {
            0
        }
    }

    /// Whether both may be one allele, at the coarser side's resolution; `Some(true)` when at two fields.
    pub(super) fn fits(self, other: Self, locus: &str) -> Option<bool> {
        match (self.molecular, other.molecular) {
            (true, true) => {
                let resolved = self.second != 0 && other.second != 0;
                (self.first == other.first && (!resolved || self.second == other.second))
                    .then_some(resolved)
            }
            (false, false) => antigens_fit(locus, self.first, other.first).then_some(false),
            (true, false) => carries(locus, other.first, self.first).then_some(false),
            (false, true) => carries(locus, self.first, other.first).then_some(false),
        }
    }
}

/// Whether alleles of the first field carry the antigen.
fn carries(locus: &str, antigen: u16, first: u16) -> bool {
    match antigen_fields(locus, antigen) {
        [] => antigen == first,
        fields => fields.contains(&first),
    }
}

/// The first fields whose alleles carry the antigen, where that is not its own number alone. Broad antigens hold several;
/// some splits share a field: B62, B75, B71 and their kin are all B*15, B60 and B61 both B*40. After the WHO nomenclature
/// (S. G. E. Marsh et al., "Nomenclature for factors of the HLA system", 2010, tables of serological equivalents); the
/// commonest in East Asia stands first.
fn antigen_fields(locus: &str, antigen: u16) -> &'static [u16] {
    match (locus, antigen) {
        ("A", 9) => &[24, 23],
        ("A", 10) => &[26, 25, 34, 66],
        ("A", 19) => &[33, 31, 30, 29, 32, 74],
        ("A", 28) => &[68, 69],
        ("A", 203 | 210) => &[2],
        ("A", 2403) => &[24],
        ("B", 5) => &[52, 51],
        ("B", 12) => &[44, 45],
        ("B", 14 | 64 | 65) | ("DRB1", 1403 | 1404) => &[14],
        ("B", 15 | 62 | 63 | 70 | 71 | 72 | 75 | 76 | 77) => &[15],
        ("B", 16) => &[39, 38],
        ("B", 17) => &[58, 57],
        ("B", 21) => &[50, 49],
        ("B", 22) => &[54, 55, 56],
        ("B", 40 | 60 | 61) => &[40],
        ("B", 3901 | 3902) => &[39],
        ("B", 5102 | 5103) => &[51],
        ("C", 3 | 9 | 10) | ("DRB1", 3 | 17 | 18) | ("DQB1", 3 | 7 | 8 | 9) => &[3],
        ("DRB1", 2) => &[15, 16],
        ("DRB1", 5) => &[12, 11],
        ("DRB1", 6) => &[14, 13],
        ("DRB1", 103) => &[1],
        ("DQB1", 1) => &[6, 5],
        _ => &[],
    }
}

/// Equal antigens, or a broad one and its split; two splits of one broad antigen exclude each other.
fn antigens_fit(locus: &str, left: u16, right: u16) -> bool {
    let broad = |antigen: u16| {
        antigen_fields(locus, antigen).len() > 1
            || matches!((locus, antigen), ("B", 15 | 40 | 70) | ("C" | "DQB1", 3))
    };
    let share = |one: u16, other: u16| match antigen_fields(locus, one) {
        [] => carries(locus, other, one),
        fields => fields.iter().any(|&field| carries(locus, other, field)),
    };
    left == right || ((broad(left) || broad(right)) && share(left, right))
}
