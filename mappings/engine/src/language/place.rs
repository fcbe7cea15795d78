use std::sync::Arc;

use schema::Value;

use crate::json::path::Path;

/// Where a value comes from.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A column, by its number among the mapping's columns.
    Column(u16),
    /// The results of a path in a resource.
    Path(Arc<Path>),
    /// The mapping itself.
    Constant(Value),
}

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// The layout has no such column.
    NotAsked,
    /// A text; empty where nothing stands.
    Text(&'a str),
}
