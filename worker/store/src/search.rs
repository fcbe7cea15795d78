use std::fmt::Write;

use schema::{Attribute, Identity};

use crate::database::binds;
use crate::identity::read_identity;
use crate::{Store, StoreError};

/// By what a person can be looked for, in the order of [`Store::find`]'s arguments.
pub(crate) const INDEXED: [Attribute; 3] =
    [Attribute::BirthDate, Attribute::Sex, Attribute::Facility];

impl Store {
    /// The persons of whom some source tells all of these (each may be left out): a birth date, as `YYYY-MM-DD`, or any in a month
    /// or year, as `YYYY-MM` or `YYYY`; a sex; a facility's id. In the order of identity.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn find(
        &self,
        birth_date: Option<&str>,
        sex: Option<&str>,
        facility: Option<&str>,
        persons_max: u32,
    ) -> Result<Vec<Identity>, StoreError> {
        // Writing to a String cannot fail.
        let mut sql = String::new();
        let mut binds = Vec::new();
        for (attribute, value) in INDEXED.into_iter().zip([birth_date, sex, facility]) {
            let Some(value) = value else { continue };
            let (name, told) = (binds.len() + 1, binds.len() + 2);
            sql.push_str(if sql.is_empty() { "" } else { " INTERSECT " });
            let compared = match attribute {
                Attribute::BirthDate => format!("substr(value, 1, {})", value.len()),
                _ => "value".to_owned(),
            };
            let _ = write!(
                sql,
                "SELECT DISTINCT identity FROM person_index WHERE attribute = ${name} AND {compared} = ${told}"
            );
            binds.extend(binds![attribute.as_str(), value]);
        }
        if sql.is_empty() {
            sql.push_str("SELECT identity FROM history");
        }
        let _ = write!(sql, " ORDER BY identity LIMIT ${}", binds.len() + 1);
        binds.push(i64::from(persons_max).into());
        // The text is made of constants and numbered places only.
        let rows = self.database.fetch(sqlx::AssertSqlSafe(sql), binds).await?;
        rows.iter().map(|row| read_identity(row, 0)).collect()
    }
}
