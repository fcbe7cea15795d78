use jiff::Timestamp;
use schema::ContentHash;

use crate::database::{Row, binds};
use crate::{Lease, RunId, Store, StoreError, time};

/// A release to be kept.
#[derive(Clone, Debug)]
pub struct NewRelease {
    /// The output profile.
    pub profile: String,
    /// The manifest, JSON.
    pub manifest: String,
    /// What tells two releases apart: the hash over the manifest's files and versions, without instants.
    pub hash: ContentHash,
}

/// A release as it was made; it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its number, from 1.
    pub id: u64,
    /// The output profile.
    pub profile: String,
    /// The manifest, JSON.
    pub manifest: String,
    /// See [`NewRelease::hash`].
    pub hash: ContentHash,
    /// By which run.
    pub run: RunId,
    /// When.
    pub created_at: Timestamp,
}

impl Store {
    /// Keeps a release and gives its number; the profile's latest release with the same hash is given instead.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now.
    pub async fn add_release(
        &self,
        lease: &Lease,
        run: RunId,
        release: &NewRelease,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        let sql =
            "SELECT id, hash FROM published_release WHERE profile = $1 ORDER BY id DESC LIMIT 1";
        let rows = transaction.fetch(sql, binds![&*release.profile]).await?;
        if let Some(row) = rows.first()
            && row.hash(1)? == *release.hash.as_bytes()
        {
            return row.count(0);
        }
        let id = transaction.take_numbers("published_release", 1).await?;
        transaction
            .execute(
                "INSERT INTO published_release (id, profile, hash, manifest, run, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
                binds![
                    id,
                    &*release.profile,
                    *release.hash.as_bytes(),
                    &*release.manifest,
                    run.0,
                    time::text(now)
                ],
            )
            .await?;
        transaction.commit().await?;
        Ok(id.cast_unsigned())
    }

    /// Every release, newest first.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn releases(&self) -> Result<Vec<Release>, StoreError> {
        let sql = "SELECT id, profile, manifest, hash, run, created_at FROM published_release ORDER BY id DESC";
        let rows = self.database.fetch(sql, binds![]).await?;
        rows.iter().map(read_release).collect()
    }
}

fn read_release(row: &Row) -> Result<Release, StoreError> {
    Ok(Release {
        id: row.count(0)?,
        profile: row.text(1)?,
        manifest: row.text(2)?,
        hash: ContentHash::from_bytes(row.hash(3)?),
        run: RunId(row.integer(4)?),
        created_at: time::read(&row.text(5)?)?,
    })
}
