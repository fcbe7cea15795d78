use schema::Row;

use crate::json::node::Node;
use crate::language::place::{Found, Place};

/// What rules look at: a row under the places of its columns, or a resource and one element of it.
#[derive(Clone, Copy)]
pub(crate) enum View<'a> {
    /// A row, and where each of the mapping's columns stands in it.
    Row(&'a Row, &'a [Option<u16>]),
    /// A resource, and the element that paths begin at: the resource itself outside an `each`.
    Json(&'a Node<'a>, &'a Node<'a>),
}

impl<'a> View<'a> {
    /// What stands first at a place.
    pub(crate) fn first(&self, place: &Place) -> Found<'a> {
        match (self, place) {
            (Self::Row(row, positions), Place::Column(column)) => {
                match positions.get(usize::from(*column)).copied().flatten() {
                    Some(position) => {
                        Found::Text(row.cell(usize::from(position)).unwrap_or_default())
                    }
                    None => Found::NotAsked,
                }
            }
            (Self::Json(resource, element), Place::Path(path)) => {
                let mut text = "";
                path.visit(resource, element, &mut |node| {
                    let found = node.scalar();
                    text = found.unwrap_or(text);
                    found.is_some()
                });
                Found::Text(text)
            }
            _ => Found::NotAsked,
        }
    }

    /// Every text at a place that is not empty.
    pub(crate) fn texts(&self, place: &Place) -> Vec<&'a str> {
        match (self, place) {
            (Self::Json(resource, element), Place::Path(path)) => {
                let mut texts = Vec::new();
                path.visit(resource, element, &mut |node| {
                    texts.extend(node.scalar().filter(|text| !text.is_empty()));
                    false
                });
                texts
            }
            _ => match self.first(place) {
                Found::Text(text) if !text.is_empty() => vec![text],
                _ => Vec::new(),
            },
        }
    }

    /// Whether a text at a place that is not empty fits.
    pub(crate) fn any_text(&self, place: &Place, fits: impl Fn(&str) -> bool) -> bool {
        match (self, place) {
            (Self::Json(resource, element), Place::Path(path)) => {
                let mut any = false;
                path.visit(resource, element, &mut |node| {
                    any = node
                        .scalar()
                        .is_some_and(|text| !text.is_empty() && fits(text));
                    any
                });
                any
            }
            _ => match self.first(place) {
                Found::Text(text) => !text.is_empty() && fits(text),
                Found::NotAsked => false,
            },
        }
    }

    /// Whether anything at all stands at a place: a text, or an object with members.
    pub(crate) fn holds(&self, place: &Place, absent: impl Fn(&str) -> bool) -> bool {
        match (self, place) {
            (Self::Json(resource, element), Place::Path(path)) => {
                let mut any = false;
                path.visit(resource, element, &mut |node| {
                    any = node
                        .scalar()
                        .is_none_or(|text| !text.trim().is_empty() && !absent(text));
                    any
                });
                any
            }
            _ => match self.first(place) {
                Found::Text(text) => !text.trim().is_empty() && !absent(text),
                Found::NotAsked => false,
            },
        }
    }
}
