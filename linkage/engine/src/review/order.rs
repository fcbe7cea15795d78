//! Which pair to show a person first: the one whose answer is expected to change most.

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::Row;
use crate::cluster::Clusters;
use crate::decide::{Decision, Reason};
use crate::weigh::ScoredPair;

/// A link that is surer than this is not worth a person's time, whatever hangs on it.
const DOUBTFUL_LINK_BELOW: f32 = 0.999;
/// Clusters larger than this are not searched for links that alone hold them together.
const BRIDGED_CLUSTER_MAX: usize = 1_000;

/// A question to a person.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReviewItem {
    /// The pair's place in the list of pairs.
    pub pair: usize,
    /// Why it is asked; `None` for a link that holds a cluster together and is not quite sure.
    pub reason: Option<Reason>,
    /// What another answer than the present state would do.
    pub change: ReviewChange,
    /// Records in the clusters concerned.
    pub records: usize,
    /// Pairs of records that the change joins or parts.
    pub pairs_changed: u64,
    /// How little is known: 1 bit at even odds, 0 when sure.
    pub entropy_bits: f64,
    /// Entropy times pairs changed; 0 when an earlier question in the list settles the same.
    pub value: f64,
    /// The place in this list of the question that settles the same two clusters.
    pub same_as: Option<usize>,
}

/// What an answer may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewChange {
    /// "Same" joins two clusters.
    Join,
    /// "Different" parts a cluster.
    Part,
}

/// The questions, the one that changes most first; pairs that ask about the same two clusters come last.
///
/// `decisions` are those after clustering.
#[must_use]
pub fn review_order(
    pairs: &[ScoredPair],
    decisions: &[Decision],
    clusters: &Clusters,
) -> Vec<ReviewItem> {
    let cluster_of = clusters.by_row();
    let cluster = |row: Row| cluster_of[row as usize];
    let mut items = Vec::new();
    for (place, pair) in pairs.iter().enumerate() {
        if let Decision::Review(reason) = decisions[place] {
            let sides =
                [pair.left, pair.right].map(|row| clusters.members(cluster(row) as usize).len());
            items.push(item(place, pair, Some(reason), ReviewChange::Join, sides));
        }
    }
    items.extend(bridges(pairs, decisions, clusters, &cluster_of));
    items.sort_by(|one, other| {
        other
            .value
            .total_cmp(&one.value)
            .then_with(|| pairs[other.pair].weight.total_cmp(&pairs[one.pair].weight))
            .then(one.pair.cmp(&other.pair))
    });
    let question = |item: &ReviewItem| {
        let pair = &pairs[item.pair];
        let (left, right) = (cluster(pair.left), cluster(pair.right));
        (left.min(right), left.max(right))
    };
    let mut asked = FxHashMap::default();
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for mut item in items {
        if item.change == ReviewChange::Part {
            firsts.push(item);
            continue;
        }
        match asked.get(&question(&item)) {
            None => {
                asked.insert(question(&item), firsts.len());
                firsts.push(item);
            }
            Some(&first) => {
                (item.value, item.same_as) = (0.0, Some(first));
                seconds.push(item);
            }
        }
    }
    firsts.append(&mut seconds);
    firsts
}

#[expect(
    clippy::cast_precision_loss,
    reason = "pairs of two clusters are far fewer than 2^53"
)]
fn item(
    place: usize,
    pair: &ScoredPair,
    reason: Option<Reason>,
    change: ReviewChange,
    sides: [usize; 2],
) -> ReviewItem {
    let pairs_changed = sides[0] as u64 * sides[1] as u64;
    let entropy_bits = entropy(f64::from(pair.probability));
    ReviewItem {
        pair: place,
        reason,
        change,
        records: sides[0] + sides[1],
        pairs_changed,
        entropy_bits,
        value: entropy_bits * pairs_changed as f64,
        same_as: None,
    }
}

fn entropy(probability: f64) -> f64 {
    let part = |chance: f64| {
        if chance > 0.0 {
            -chance * chance.log2()
        } else {
            0.0
        }
    };
    part(probability) + part(1.0 - probability)
}

/// Links that alone hold a cluster together and are not quite sure, with the records on both sides.
fn bridges(
    pairs: &[ScoredPair],
    decisions: &[Decision],
    clusters: &Clusters,
    cluster_of: &[u32],
) -> Vec<ReviewItem> {
    let mut links = FxHashMap::<u32, Vec<usize>>::default();
    let mut doubtful = Vec::new();
    for (place, pair) in pairs.iter().enumerate() {
        let cluster = cluster_of[pair.left as usize];
        let held = decisions[place] == Decision::Link && cluster == cluster_of[pair.right as usize];
        if held && pair.probability < DOUBTFUL_LINK_BELOW {
            doubtful.push(place);
            links.entry(cluster).or_default();
        }
    }
    for (place, pair) in pairs.iter().enumerate() {
        let cluster = cluster_of[pair.left as usize];
        if decisions[place] == Decision::Link
            && let Some(links) = links.get_mut(&cluster)
        {
            links.push(place);
        }
    }
    let bridge = |place: usize| {
        let pair = &pairs[place];
        let cluster = cluster_of[pair.left as usize];
        let members = clusters.members(cluster as usize);
        let beyond = reached(pairs, &links[&cluster], place, members)?;
        let sides = [beyond, members.len() - beyond];
        Some(item(place, pair, None, ReviewChange::Part, sides))
    };
    doubtful.into_iter().filter_map(bridge).collect()
}

/// How many members the right end of a link reaches without it; `None` when it reaches the left end.
fn reached(
    pairs: &[ScoredPair],
    links: &[usize],
    without: usize,
    members: &[Row],
) -> Option<usize> {
    if members.len() > BRIDGED_CLUSTER_MAX {
        return None;
    }
    let mut reached = vec![pairs[without].right];
    let mut grown = true;
    while grown {
        grown = false;
        for &link in links.iter().filter(|&&link| link != without) {
            let pair = &pairs[link];
            let ends = [pair.left, pair.right].map(|row| reached.contains(&row));
            if ends[0] != ends[1] {
                reached.push(if ends[0] { pair.right } else { pair.left });
                grown = true;
            }
        }
    }
    (!reached.contains(&pairs[without].left)).then_some(reached.len())
}

#[cfg(test)]
mod tests {
    use super::{ReviewChange, ReviewItem, review_order};
    use crate::cluster::Clusters;
    use crate::decide::{Decision, Reason};
    use crate::weigh::ScoredPair;

    /// Pairs of `(left, right, probability, linked)` and each row's lowest fellow.
    fn order(pairs: &[(u32, u32, f32, bool)], labels: &[u32]) -> Vec<ReviewItem> {
        let decisions = pairs
            .iter()
            .map(|pair| {
                if pair.3 {
                    Decision::Link
                } else {
                    Decision::Review(Reason::Probability)
                }
            })
            .collect::<Vec<_>>();
        let scored = pairs
            .iter()
            .map(|&(left, right, probability, _)| {
                let odds = (probability / (1.0 - probability)).log2();
                ScoredPair::of_weight(left, right, odds, 0.0)
            })
            .collect::<Vec<_>>();
        review_order(&scored, &decisions, &Clusters::from_labels(labels))
    }

    #[test]
    fn the_pair_that_joins_more_and_is_less_sure_comes_first() {
        let pairs = [
            (0, 1, 1.0, true),
            (0, 2, 0.6, false),
            (3, 4, 0.6, false),
            (5, 6, 0.97, false),
        ];
        let items = order(&pairs, &[0, 0, 2, 3, 4, 5, 6]);
        assert_eq!(
            items.iter().map(|item| item.pair).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert_eq!((items[0].records, items[0].pairs_changed), (3, 2));
    }

    #[test]
    fn a_question_that_is_asked_already_comes_last() {
        let pairs = [
            (0, 1, 1.0, true),
            (0, 2, 0.5, false),
            (1, 2, 0.4, false),
            (3, 4, 0.99, false),
        ];
        let items = order(&pairs, &[0, 0, 2, 3, 4]);
        assert_eq!(
            items.iter().map(|item| item.pair).collect::<Vec<_>>(),
            [1, 3, 2]
        );
        assert_eq!(items[2].same_as, Some(0));
    }

    #[test]
    fn a_doubtful_link_that_alone_holds_a_cluster_is_asked_for() {
        let chain = [(0, 1, 1.0, true), (1, 2, 0.96, true), (2, 3, 1.0, true)];
        let items = order(&chain, &[0, 0, 0, 0]);
        assert_eq!(items.len(), 1);
        assert_eq!(
            (items[0].pair, items[0].change, items[0].pairs_changed),
            (1, ReviewChange::Part, 4)
        );
        let ring = [(0, 1, 0.96, true), (0, 2, 1.0, true), (1, 2, 1.0, true)];
        assert_eq!(order(&ring, &[0, 0, 0]), []);
    }
}
