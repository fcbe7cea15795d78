//! A partition of all records, and how it was found.

use serde::Serialize;

use crate::Row;

/// All records, each in one cluster; rows ascend, clusters by their first row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clusters {
    starts: Vec<u32>,
    rows: Vec<Row>,
}

impl Clusters {
    /// From each row's label: the lowest row of its cluster.
    pub(crate) fn from_labels(labels: &[Row]) -> Self {
        let mut numbers = vec![0_u32; labels.len()];
        let mut starts = vec![0_u32];
        for (row, &label) in (0..).zip(labels) {
            if label == row {
                numbers[row as usize] = last_place(&starts);
                starts.push(0);
            }
            let place = numbers[label as usize] as usize + 1;
            starts[place] += 1;
        }
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; labels.len()];
        for (row, &label) in (0..).zip(labels) {
            let place = &mut next[numbers[label as usize] as usize];
            rows[*place as usize] = row;
            *place += 1;
        }
        Self { starts, rows }
    }

    /// Number of clusters, singles included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows of a cluster.
    #[must_use]
    pub fn members(&self, cluster: usize) -> &[Row] {
        &self.rows[self.starts[cluster] as usize..self.starts[cluster + 1] as usize]
    }

    /// All clusters.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[Row]> {
        (0..self.len()).map(|cluster| self.members(cluster))
    }

    /// Each row's cluster, as its place in [`Self::iter`].
    #[must_use]
    pub fn by_row(&self) -> Vec<u32> {
        let mut clusters = vec![0; self.rows.len()];
        for (number, members) in (0..).zip(self.iter()) {
            for &row in members {
                clusters[row as usize] = number;
            }
        }
        clusters
    }

    /// A list of rows for each cluster: dear in memory when there are many.
    #[must_use]
    pub fn into_lists(self) -> Vec<Vec<Row>> {
        self.iter().map(<[Row]>::to_vec).collect()
    }
}

fn last_place(starts: &[u32]) -> u32 {
    u32::try_from(starts.len() - 1).unwrap_or(u32::MAX)
}

/// How a partition was found. A component is what links tie together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClusterReport {
    /// Components of two records or more.
    pub components: usize,
    /// Records of the largest.
    pub largest_component: usize,
    /// Components that are one cluster without a question: every pair is a link and nothing stands against it.
    pub plain: usize,
    /// Components solved exactly, over all their partitions.
    pub exact: usize,
    /// Components of two sources that hold a person once, solved by the best assignment.
    pub assigned: usize,
    /// Components too large for that: joined by the heaviest link first and then improved.
    pub searched: usize,
    /// Components whose work was bounded, with the reason.
    pub bounded: Vec<BoundedComponent>,
    /// Records of the largest cluster.
    pub largest_cluster: usize,
    /// Pairs left apart because another partition is about as good.
    pub contested: usize,
}

/// A component that did not get all the work it would take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct BoundedComponent {
    /// Its records.
    pub records: usize,
    /// Its links.
    pub links: usize,
    /// What was left out.
    pub bound: Bound,
}

/// What a bounded component did not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The search for improvements ended before it found none: its steps grow with the records only.
    Search,
    /// The heaviest link went first in place of the best assignment: too many records times links.
    Assignment,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Search => "the search for a better partition was cut short",
            Self::Assignment => "the heaviest links were taken first, not the best assignment",
        })
    }
}
