//! Leases of this process: taken, renewed while held, given back, and taken over at once from a process of this project that died.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Lease, Store, StoreError};
use tokio::task::JoinHandle;

use crate::Failure;
use crate::project::Project;

/// How long a lease lasts without a heartbeat.
const LEASE_TTL: Duration = Duration::from_secs(30);

/// How often it is renewed: two may be missed.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How often a lease that another holds is asked for again.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Whether a lease that another holds is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// No: another worker does the work.
    None,
    /// As long as a dead holder's lease lasts.
    UntilExpiry,
}

/// A lease that this process holds and renews until it is given back or dropped.
#[derive(Debug)]
pub struct Held {
    store: Arc<Store>,
    lease: Lease,
    beat: JoinHandle<()>,
    lock: Lock,
}

impl Held {
    /// Takes the lease on a resource; `None` when another holds it.
    ///
    /// The kernel lets go of a dead process's lock file, so what such a process of this project held is taken over at once,
    /// without waiting for its lease to run out; the epoch keeps even a mistaken takeover from storing anything twice.
    ///
    /// # Errors
    /// When the database or the lock file cannot be used.
    pub async fn take(
        project: &Project,
        resource: &str,
        patience: Patience,
    ) -> Result<Option<Self>, Failure> {
        let deadline = Timestamp::now() + LEASE_TTL + HEARTBEAT;
        loop {
            if let Some(held) = Self::try_take(project, resource).await? {
                return Ok(Some(held));
            }
            if patience == Patience::None || Timestamp::now() > deadline {
                return Ok(None);
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    async fn try_take(project: &Project, resource: &str) -> Result<Option<Self>, Failure> {
        let Some(mut lock) = Lock::try_open(project, resource)? else {
            return Ok(None);
        };
        let now = Timestamp::now();
        let worker = format!("{}-{}", project.process, uuid::Uuid::new_v4());
        let store = &project.store;
        let mut lease = store
            .acquire_lease(resource, &worker, now, LEASE_TTL)
            .await?;
        if lease.is_none() && lock.last.as_ref().is_some_and(|last| last.expires > now) {
            // Nobody else can have taken it before it runs out, so its holder is the dead process of the lock file.
            let then = now + LEASE_TTL + HEARTBEAT;
            lease = store
                .acquire_lease(resource, &worker, then, LEASE_TTL)
                .await?;
        }
        let Some(lease) = lease else { return Ok(None) };
        store.renew_lease(&lease, now, LEASE_TTL).await?;
        lock.note(now + LEASE_TTL)?;
        let beat = tokio::spawn(beat(store.clone(), lease.clone(), lock.file()?));
        Ok(Some(Self {
            store: store.clone(),
            lease,
            beat,
            lock,
        }))
    }

    /// The lease, to be shown to the store.
    #[must_use]
    pub const fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When the database is away; the lease then runs out by itself.
    pub async fn release(mut self) -> Result<(), Failure> {
        self.beat.abort();
        self.store.release_lease(self.lease.clone()).await?;
        self.lock.clear()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.beat.abort();
    }
}

async fn beat(store: Arc<Store>, lease: Lease, mut lock: File) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let now = Timestamp::now();
        match store.renew_lease(&lease, now, LEASE_TTL).await {
            Ok(()) => {
                let _ = write_last(&mut lock, now + LEASE_TTL);
            }
            Err(StoreError::LeaseLost { .. }) => {
                tracing::warn!(
                    resource = lease.resource(),
                    epoch = lease.epoch(),
                    "lease lost"
                );
                return;
            }
            Err(error) => tracing::warn!(%error, "lease not renewed"),
        }
    }
}

/// What the lock file says of its last holder in this project.
#[derive(Debug, Serialize, Deserialize)]
struct Last {
    expires: Timestamp,
}

/// A file that only one living process can hold.
#[derive(Debug)]
struct Lock {
    file: File,
    last: Option<Last>,
}

impl Lock {
    fn try_open(project: &Project, resource: &str) -> Result<Option<Self>, Failure> {
        let path = project
            .state_dir()?
            .join(format!("{}.lock", resource.replace(':', "-")));
        let refused = |cause: std::io::Error| {
            Failure::because(format!("`{}` cannot be used", path.display()), cause)
        };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(cause)) => return Err(refused(cause)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(refused)?;
        let last = serde_json::from_str(&text).ok();
        Ok(Some(Self { file, last }))
    }

    fn note(&mut self, expires: Timestamp) -> Result<(), Failure> {
        write_last(&mut self.file, expires).map_err(failed)
    }

    fn clear(&mut self) -> Result<(), Failure> {
        self.file.set_len(0).map_err(failed)?;
        // The heartbeat's handle may live a moment longer: the lock is let go of here and now.
        self.file.unlock().map_err(failed)
    }

    fn file(&self) -> Result<File, Failure> {
        self.file.try_clone().map_err(failed)
    }
}

fn failed(cause: std::io::Error) -> Failure {
    Failure::because("a lock file cannot be written", cause)
}

fn write_last(file: &mut File, expires: Timestamp) -> std::io::Result<()> {
    let text = serde_json::to_string(&Last { expires })?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}
