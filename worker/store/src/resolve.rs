use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schema::RecordRef;

use crate::assign::{Member, Plan, kept, plan, ranks};
use crate::database::{Transaction, binds};
use crate::identity::ChangeKind;
use crate::statement::Batch;
use crate::{Lease, LinkRunId, RunId, Store, StoreError, body, time};

/// Records that are one person.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Its records; one that nothing was linked to stands alone in its cluster.
    pub members: Vec<RecordRef>,
    /// The least match probability among the links that hold it together; none for one record.
    pub link_probability_min: Option<f64>,
}

/// What became of the identities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct IdentityOutcome {
    /// Clusters that got a new number.
    pub created: u64,
    /// Clusters that kept a number.
    pub kept: u64,
    /// Numbers retired into another.
    pub merged: u64,
    /// Numbers that stay and lost records to another.
    pub split: u64,
    /// Numbers whose records are gone.
    pub emptied: u64,
    /// Records whose membership changed.
    pub records_moved: u64,
}

struct Stored {
    members: BTreeMap<RecordRef, Member>,
    /// Number: survivor, least probability, members.
    identities: BTreeMap<i64, IdentityRow>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct IdentityRow {
    survivor: Option<i64>,
    link_probability_min: Option<f64>,
    members: i64,
}

impl Store {
    /// Gives clusters their lasting identities and makes the link run's evidence the current one, in one transaction.
    ///
    /// `clusters` is the whole partition of all subjects, lone ones included. A cluster keeps the number that most of its members
    /// had; new numbers are given in the order of a hash of each cluster's smallest record. A record that is in no cluster is
    /// remembered and finds its number when it returns. The same clusters again change no identity.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now; [`StoreError::Broken`] when a record is in two clusters.
    pub async fn resolve_identities(
        &self,
        lease: &Lease,
        link_run: LinkRunId,
        clusters: &[Cluster],
        now: Timestamp,
    ) -> Result<IdentityOutcome, StoreError> {
        let members: Vec<&[RecordRef]> = clusters.iter().map(|each| &*each.members).collect();
        check_partition(&members)?;
        let mut transaction = self.begin_under(lease).await?;
        let run = transaction.switch_link(link_run).await?;
        let stored = transaction.stored_identities().await?;
        let ranks = ranks(&members);
        let kept = kept(&stored.members, &members, &ranks);
        let created = kept.iter().filter(|number| number.is_none()).count();
        let numbers = transaction.number(kept, &ranks, created).await?;
        let plan = plan(&stored.members, &members, numbers);
        let outcome = outcome_of(&plan, created);
        let identities = identities_of(&stored.identities, clusters, &plan);
        transaction
            .write_identities(&stored.identities, &identities)
            .await?;
        transaction.write_memberships(&plan).await?;
        transaction.write_changes(&plan, run, now).await?;
        transaction.commit().await?;
        Ok(outcome)
    }
}

fn check_partition(clusters: &[&[RecordRef]]) -> Result<(), StoreError> {
    let mut seen = BTreeSet::new();
    for cluster in clusters {
        if cluster.is_empty() {
            return Err(StoreError::broken("clusters", "a cluster is empty"));
        }
        if !cluster.iter().all(|record| seen.insert(record)) {
            return Err(StoreError::broken("clusters", "a record is in two of them"));
        }
    }
    Ok(())
}

fn outcome_of(plan: &Plan, created: usize) -> IdentityOutcome {
    let split = |change: &&crate::assign::Change| change.kind == ChangeKind::SplitInto;
    let split: BTreeSet<i64> = plan
        .changes
        .iter()
        .filter(split)
        .map(|each| each.identity)
        .collect();
    IdentityOutcome {
        created: created as u64,
        kept: (plan.numbers.len() - created) as u64,
        merged: plan.retired.len() as u64,
        split: split.len() as u64,
        emptied: plan.emptied.len() as u64,
        records_moved: plan.memberships.len() as u64,
    }
}

/// Every identity as it shall be.
fn identities_of(
    stored: &BTreeMap<i64, IdentityRow>,
    clusters: &[Cluster],
    plan: &Plan,
) -> BTreeMap<i64, IdentityRow> {
    let mut identities = stored.clone();
    for (number, survivor) in &plan.retired {
        identities.insert(
            *number,
            IdentityRow {
                survivor: Some(*survivor),
                ..IdentityRow::default()
            },
        );
    }
    for number in &plan.emptied {
        identities.insert(*number, IdentityRow::default());
    }
    for (cluster, number) in clusters.iter().zip(&plan.numbers) {
        identities.insert(
            *number,
            IdentityRow {
                survivor: None,
                link_probability_min: cluster.link_probability_min,
                members: cluster.members.len().cast_signed() as i64,
            },
        );
    }
    identities
}

impl Transaction {
    /// Makes a link run's evidence the current one, and drops the evidence of those before.
    async fn switch_link(&mut self, link_run: LinkRunId) -> Result<RunId, StoreError> {
        let rows = self
            .fetch("SELECT run FROM link_run WHERE id = $1", binds![link_run.0])
            .await?;
        let run = rows
            .first()
            .ok_or_else(|| StoreError::broken("link_run", "there is no such link run"))?
            .integer(0)?;
        for sql in [
            "UPDATE link_run SET is_current = 1 WHERE id = $1 AND is_current = 0",
            "UPDATE link_run SET is_current = 0 WHERE id <> $1 AND is_current = 1",
            "DELETE FROM pair WHERE link_run <> $1",
        ] {
            self.execute(sql, binds![link_run.0]).await?;
        }
        Ok(RunId(run))
    }

    async fn stored_identities(&mut self) -> Result<Stored, StoreError> {
        let mut members = BTreeMap::new();
        let sql = "SELECT source, record_key, identity, is_present FROM membership ORDER BY source, record_key";
        for row in self.fetch(sql, binds![]).await? {
            let member = Member {
                identity: row.integer(2)?,
                is_present: row.integer(3)? == 1,
            };
            members.insert(body::read_ref(&row, 0)?, member);
        }
        let mut identities = BTreeMap::new();
        let sql = "SELECT number, survivor, link_probability_min, members FROM identity";
        for row in self.fetch(sql, binds![]).await? {
            let identity = IdentityRow {
                survivor: row.integer_or_none(1)?,
                link_probability_min: row.real_or_none(2)?,
                members: row.integer(3)?,
            };
            identities.insert(row.integer(0)?, identity);
        }
        Ok(Stored {
            members,
            identities,
        })
    }

    /// New numbers for the clusters that kept none, by rank.
    async fn number(
        &mut self,
        kept: Vec<Option<i64>>,
        ranks: &[usize],
        created: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let mut next = if created == 0 {
            0
        } else {
            self.take_numbers("identity", created).await?
        };
        let mut numbers: Vec<i64> = kept
            .iter()
            .map(|number| number.unwrap_or_default())
            .collect();
        for place in ranks {
            if kept[*place].is_none() {
                numbers[*place] = next;
                next += 1;
            }
        }
        Ok(numbers)
    }

    async fn write_identities(
        &mut self,
        stored: &BTreeMap<i64, IdentityRow>,
        identities: &BTreeMap<i64, IdentityRow>,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new(
            "INSERT INTO identity (number, survivor, link_probability_min, members)",
            4,
            "ON CONFLICT (number) DO UPDATE SET survivor = excluded.survivor,
             link_probability_min = excluded.link_probability_min, members = excluded.members",
        );
        for (number, identity) in identities {
            if stored.get(number) != Some(identity) {
                batch.push(binds![
                    *number,
                    identity.survivor,
                    identity.link_probability_min,
                    identity.members
                ]);
            }
        }
        batch.write(self).await?;
        Ok(())
    }

    async fn write_memberships(&mut self, plan: &Plan) -> Result<(), StoreError> {
        let mut batch = Batch::new(
            "INSERT INTO membership (source, record_key, identity, is_present)",
            4,
            "ON CONFLICT (source, record_key) DO UPDATE SET identity = excluded.identity, is_present = excluded.is_present",
        );
        for (record, member) in &plan.memberships {
            batch.push(binds![
                record.source.as_str(),
                record.key.expose(),
                member.identity,
                member.is_present
            ]);
        }
        batch.write(self).await?;
        Ok(())
    }

    async fn write_changes(
        &mut self,
        plan: &Plan,
        run: RunId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if plan.changes.is_empty() {
            return Ok(());
        }
        let first = self
            .take_numbers("identity_change", plan.changes.len())
            .await?;
        let mut batch = Batch::new(
            "INSERT INTO identity_change (id, identity, change, other, records, run, changed_at)",
            7,
            "",
        );
        for (id, change) in (first..).zip(&plan.changes) {
            batch.push(binds![
                id,
                change.identity,
                change.kind.as_str(),
                change.other,
                change.records,
                run.0,
                time::text(now)
            ]);
        }
        batch.write(self).await?;
        Ok(())
    }
}
