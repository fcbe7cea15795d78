use jiff::Timestamp;
use schema::{ContentHash, RecordRef};
use serde::{Deserialize, Serialize};

use crate::database::{Row, binds};
use crate::statement::Batch;
use crate::words::words;
use crate::{Lease, RunId, Store, StoreError, body, time};

/// The number of a link run, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkRunId(pub i64);

/// One application of a linkage model to all subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRun {
    /// Its number.
    pub id: LinkRunId,
    /// The run it is part of.
    pub run: RunId,
    /// The model's name.
    pub model: String,
    /// The hash of the model with its trained weights.
    pub model_hash: ContentHash,
    /// When it began.
    pub begun_at: Timestamp,
}

words! {
    /// What was decided of a pair.
    Decision {
        /// One person.
        Link = "link",
        /// A person must look at it.
        Review = "review",
        /// Two persons, or not enough to tell.
        NonLink = "non_link",
    }
}

/// What one comparison said of a pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparisonEvidence {
    /// The comparison's name.
    pub comparison: Box<str>,
    /// The level it came to.
    pub level: Box<str>,
    /// The match weight of that level, log2; 0 where a side is missing.
    pub weight: f64,
}

/// Why two records are or are not one person. No value of either stands in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairEvidence {
    /// The smaller record.
    pub left: RecordRef,
    /// The greater record.
    pub right: RecordRef,
    /// Sum of the match weights, log2.
    pub weight: f64,
    /// Match probability, 0 to 1.
    pub probability: f64,
    /// What was decided.
    pub decision: Decision,
    /// Each comparison, in the model's order.
    pub comparisons: Vec<ComparisonEvidence>,
    /// Which contradictions forbid the link, whatever the weight.
    pub vetoes: Vec<Box<str>>,
}

const PAIR: &str = "SELECT left_source, left_key, right_source, right_key, weight, probability, decision, comparisons, vetoes
    FROM pair WHERE link_run = (SELECT max(id) FROM link_run WHERE is_current = 1)";

impl Store {
    /// Begins a link run, whose evidence becomes the current one when [`Store::resolve_identities`] ends it.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now.
    pub async fn begin_link(
        &self,
        lease: &Lease,
        run: RunId,
        (model, model_hash): (&str, ContentHash),
        now: Timestamp,
    ) -> Result<LinkRunId, StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        let id = transaction.take_numbers("link_run", 1).await?;
        transaction
            .execute(
                "INSERT INTO link_run (id, run, model, model_hash, begun_at, is_current) VALUES ($1, $2, $3, $4, $5, 0)",
                binds![id, run.0, model, *model_hash.as_bytes(), time::text(now)],
            )
            .await?;
        transaction.commit().await?;
        Ok(LinkRunId(id))
    }

    /// Adds evidence to a link run, in as many calls as is handy; a pair added twice is kept as it was first.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's now.
    pub async fn add_pairs(
        &self,
        lease: &Lease,
        link_run: LinkRunId,
        pairs: &[PairEvidence],
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin_under(lease).await?;
        let mut batch = Batch::new(
            "INSERT INTO pair (link_run, left_source, left_key, right_source, right_key, weight, probability, decision,
             comparisons, vetoes)",
            10,
            "ON CONFLICT DO NOTHING",
        );
        for pair in pairs {
            let (left, right) = ordered(&pair.left, &pair.right);
            batch.push(binds![
                link_run.0,
                left.source.as_str(),
                left.key.expose(),
                right.source.as_str(),
                right.key.expose(),
                pair.weight,
                pair.probability,
                pair.decision.as_str(),
                body::to_json(&pair.comparisons)?,
                body::to_json(&pair.vetoes)?
            ]);
        }
        batch.write(&mut transaction).await?;
        transaction.commit().await
    }

    /// The link run whose evidence is the current one.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn current_link(&self) -> Result<Option<LinkRun>, StoreError> {
        let rows = self
            .database
            .fetch(
                "SELECT id, run, model, model_hash, begun_at FROM link_run WHERE is_current = 1 ORDER BY id DESC LIMIT 1",
                binds![],
            )
            .await?;
        rows.first()
            .map(|row| {
                Ok(LinkRun {
                    id: LinkRunId(row.integer(0)?),
                    run: RunId(row.integer(1)?),
                    model: row.text(2)?,
                    model_hash: ContentHash::from_bytes(row.hash(3)?),
                    begun_at: time::read(&row.text(4)?)?,
                })
            })
            .transpose()
    }

    /// The current evidence on two records, in either order; none when they were never compared.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn pair(
        &self,
        one: &RecordRef,
        other: &RecordRef,
    ) -> Result<Option<PairEvidence>, StoreError> {
        let (left, right) = ordered(one, other);
        let sql = format!(
            "{PAIR} AND left_source = $1 AND left_key = $2 AND right_source = $3 AND right_key = $4"
        );
        let binds = binds![
            left.source.as_str(),
            left.key.expose(),
            right.source.as_str(),
            right.key.expose()
        ];
        let rows = self.database.fetch(sqlx::AssertSqlSafe(sql), binds).await?;
        rows.first().map(read_pair).transpose()
    }

    /// The current evidence on a record and each that it was compared with, heaviest first.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn pairs_of(&self, record: &RecordRef) -> Result<Vec<PairEvidence>, StoreError> {
        let sql = format!(
            "{PAIR} AND left_source = $1 AND left_key = $2 UNION ALL {PAIR} AND right_source = $1 AND right_key = $2
             ORDER BY 5 DESC, 1, 2, 3, 4"
        );
        let binds = binds![record.source.as_str(), record.key.expose()];
        let rows = self.database.fetch(sqlx::AssertSqlSafe(sql), binds).await?;
        rows.iter().map(read_pair).collect()
    }

    /// The current pairs with a decision, heaviest first.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn pairs_with(
        &self,
        decision: Decision,
        pairs_max: u32,
    ) -> Result<Vec<PairEvidence>, StoreError> {
        let sql = format!("{PAIR} AND decision = $1 ORDER BY 5 DESC, 1, 2, 3, 4 LIMIT $2");
        let binds = binds![decision.as_str(), i64::from(pairs_max)];
        let rows = self.database.fetch(sqlx::AssertSqlSafe(sql), binds).await?;
        rows.iter().map(read_pair).collect()
    }

    /// How many current pairs have each decision.
    ///
    /// # Errors
    /// [`StoreError::TryLater`] when the database is busy or away.
    pub async fn pair_counts(&self) -> Result<Vec<(Decision, u64)>, StoreError> {
        let rows = self
            .database
            .fetch(
                "SELECT decision, count(*) FROM pair
                 WHERE link_run = (SELECT max(id) FROM link_run WHERE is_current = 1) GROUP BY decision ORDER BY decision",
                binds![],
            )
            .await?;
        rows.iter()
            .map(|row| Ok((Decision::read(&row.text(0)?)?, row.count(1)?)))
            .collect()
    }
}

fn ordered<'a>(one: &'a RecordRef, other: &'a RecordRef) -> (&'a RecordRef, &'a RecordRef) {
    if one <= other {
        (one, other)
    } else {
        (other, one)
    }
}

fn read_pair(row: &Row) -> Result<PairEvidence, StoreError> {
    Ok(PairEvidence {
        left: body::read_ref(row, 0)?,
        right: body::read_ref(row, 2)?,
        weight: row.real(4)?,
        probability: row.real(5)?,
        decision: Decision::read(&row.text(6)?)?,
        comparisons: body::from_json("pair", &row.text(7)?)?,
        vetoes: body::from_json("pair", &row.text(8)?)?,
    })
}
