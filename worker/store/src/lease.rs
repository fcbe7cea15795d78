use std::time::Duration;

use jiff::Timestamp;

use crate::database::{Transaction, binds};
use crate::{Store, StoreError, time};

/// The right to have effects on a resource, such as `sync:trump`, until somebody else takes it.
///
/// A worker's name is never used twice (it holds the process and a random part), so that a restarted worker is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    resource: String,
    worker: String,
    epoch: i64,
}

impl Lease {
    /// What is leased.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Who holds it.
    #[must_use]
    pub fn worker(&self) -> &str {
        &self.worker
    }

    /// Grows by at least one each time that the lease changes hands.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch.cast_unsigned()
    }

    fn lost(&self) -> StoreError {
        StoreError::LeaseLost {
            resource: self.resource.clone(),
            epoch: self.epoch(),
        }
    }
}

impl Store {
    /// Takes a lease that nobody holds or that has run out; `None` when another holds it.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn acquire_lease(
        &self,
        resource: &str,
        worker: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let mut transaction = self.begin().await?;
        let expires = time::text(time::after(now, ttl));
        let rows = transaction
            .fetch(
                "INSERT INTO lease (resource, epoch, worker, expires_at) VALUES ($1, 1, $2, $3)
                 ON CONFLICT (resource) DO UPDATE SET epoch = lease.epoch + 1, worker = excluded.worker,
                 expires_at = excluded.expires_at WHERE lease.worker = '' OR lease.expires_at <= $4
                 RETURNING epoch",
                binds![resource, worker, expires, time::text(now)],
            )
            .await?;
        let epoch = rows.first().map(|row| row.integer(0)).transpose()?;
        transaction.commit().await?;
        Ok(epoch.map(|epoch| Lease {
            resource: resource.to_owned(),
            worker: worker.to_owned(),
            epoch,
        }))
    }

    /// Holds a lease for longer.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else has taken it meanwhile.
    pub async fn renew_lease(
        &self,
        lease: &Lease,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        transaction
            .execute(
                "UPDATE lease SET expires_at = $2 WHERE resource = $1",
                binds![&*lease.resource, time::text(time::after(now, ttl))],
            )
            .await?;
        transaction.commit().await
    }

    /// Gives a lease back; one that is lost already is left alone.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn release_lease(&self, lease: Lease) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        transaction
            .execute(
                "UPDATE lease SET worker = '', epoch = epoch + 1 WHERE resource = $1 AND epoch = $2",
                binds![lease.resource, lease.epoch],
            )
            .await?;
        transaction.commit().await
    }

    /// A transaction whose holder is known to hold the lease, and holds it until the commit.
    pub(crate) async fn begin_under(&self, lease: &Lease) -> Result<Transaction, StoreError> {
        let mut transaction = self.begin().await?;
        // An update and not a select: on PostgreSQL it locks the row, so that nobody takes the lease before the commit.
        let held = transaction
            .execute(
                "UPDATE lease SET worker = worker WHERE resource = $1 AND epoch = $2 AND worker = $3",
                binds![&*lease.resource, lease.epoch, &*lease.worker],
            )
            .await?;
        if held == 1 {
            Ok(transaction)
        } else {
            Err(lease.lost())
        }
    }
}
