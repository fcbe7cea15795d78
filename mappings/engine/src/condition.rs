//! Whether a condition holds of what is looked at.

use crate::Tables;
use crate::language::condition::Condition;
use crate::language::place::{Found, Place};
use crate::view::View;

/// Whether all of them hold. Which mapping takes a row is asked without side tables: it must not change with them.
pub(crate) fn all_hold(conditions: &[Condition], view: &View<'_>, tables: Option<&Tables>) -> bool {
    conditions
        .iter()
        .all(|condition| holds(condition, view, tables))
}

fn holds(condition: &Condition, view: &View<'_>, tables: Option<&Tables>) -> bool {
    match condition {
        Condition::Listed {
            place: place @ Place::Path(_),
            list,
            negated,
        } => view.any_text(place, |text| list.find(text).is_some()) != *negated,
        Condition::Listed {
            place,
            list,
            negated,
        } => {
            let text = match view.first(place) {
                Found::Text(text) => text,
                Found::NotAsked => "",
            };
            list.find(text).is_some() != *negated
        }
        Condition::Present {
            place,
            absent,
            negated,
        } => view.holds(place, |text| absent.find(text).is_some()) != *negated,
        Condition::Product { place, negated } => {
            let named = |text: &str| tables.is_some_and(|tables| tables.product(text).is_some());
            view.any_text(place, named) != *negated
        }
        Condition::Any(conditions) => conditions
            .iter()
            .any(|condition| holds(condition, view, tables)),
    }
}
