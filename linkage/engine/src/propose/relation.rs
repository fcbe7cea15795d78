//! How columns of likely matches stand to each other: what names a collection that holds each thing once, and numbers that
//! grow between two files.

use super::candidates::Extent;
use super::field::{Field, Nature};
use super::headings::Role;
use super::look::Look;
use super::sight::{ABSENT, Sight};

/// Likely matches that must be there before anything is told.
const MATCHES_MIN: f64 = 20.0;
/// A column names collections if likely matches share its value so much less often than records at random.
const SHARED_MAX: f64 = 0.1;
/// Files are so many years apart if this share of the likely matches are, and so many times more than have no difference.
const SHIFTED_MIN: f64 = 0.2;
const SHIFTED_TIMES: f64 = 2.0;
/// Most years between two files.
const SHIFT_MAX: i32 = 60;

/// By field, the share of the likely matches that share its value, of columns that name the collection of a record.
pub(super) fn collections(fields: &[Field], looks: &[Look]) -> Vec<Option<f64>> {
    let of_field = |(place, field): (usize, &Field)| {
        if field.nature != Nature::Category {
            return None;
        }
        let (mut all, mut same) = (0.0, 0.0);
        for look in looks.iter().filter(|look| look.chance > 0.5) {
            let level = look.levels[place];
            all += if level == ABSENT { 0.0 } else { look.matches() };
            same += if level == 0 { look.matches() } else { 0.0 };
        }
        let told = all >= MATCHES_MIN && same <= SHARED_MAX * field.profile.chance_same * all;
        told.then_some((same + 0.5) / (all + 1.0))
    };
    fields.iter().enumerate().map(of_field).collect()
}

/// Finds by how much whole numbers of one grow from the first to the second file, and looks again with it. Tells whether any do.
pub(super) fn shift_numbers(
    sights: &mut [Sight<'_>],
    fields: &[Field],
    (looks, shared): (&mut [Look], &mut [Vec<Look>]),
    extent: Extent<'_>,
) -> bool {
    let mut any = false;
    for (place, sight) in sights.iter_mut().enumerate() {
        let grows = fields[place].nature == Nature::Number && fields[place].role == Role::Age;
        let shift = if grows && extent.across_alone {
            shift_of(sight, looks, extent)
        } else {
            None
        };
        if let Some(shift) = shift {
            sight.shift = f64::from(shift);
            any = true;
            let again = |look: &mut Look| look.levels[place] = sight.level(look.left, look.right);
            looks.iter_mut().for_each(again);
            shared.iter_mut().flatten().for_each(again);
        }
    }
    any
}

fn shift_of(sight: &Sight<'_>, looks: &[Look], extent: Extent<'_>) -> Option<i32> {
    let mut counts = std::collections::BTreeMap::<i32, f64>::new();
    let mut all = 0.0;
    for look in looks.iter().filter(|look| look.chance > 0.5) {
        let before = extent.sources[look.left as usize] < extent.sources[look.right as usize];
        let Some(difference) = sight.difference(look.left, look.right) else {
            continue;
        };
        all += look.matches();
        let years = if before { difference } else { -difference };
        #[expect(clippy::cast_possible_truncation, reason = "an age is below 2^31")]
        let years = years.round() as i32;
        if years.abs() <= SHIFT_MAX {
            *counts.entry(years).or_default() += look.matches();
        }
    }
    let (&years, &count) = counts
        .iter()
        .max_by(|one, other| one.1.total_cmp(other.1).then(other.0.cmp(one.0)))?;
    let still = counts.get(&0).copied().unwrap_or(0.0);
    let grown = years != 0 && count >= SHIFTED_MIN * all && count >= SHIFTED_TIMES * still;
    (all >= MATCHES_MIN && grown).then_some(years.abs())
}
