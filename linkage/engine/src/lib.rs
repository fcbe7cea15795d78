//! Probabilistic record linkage: block, compare, weigh, decide, cluster, explain, train, evaluate.
//!
//! Records are columns of a [`Table`]; a [`Model`] in TOML says what is compared and how candidates are found; a
//! [`Job`] binds the two, trains what is to be trained, and gives a [`Linkage`]. The same input gives the same bits on
//! any number of threads and in any order of rows. The method is that of Fellegi and Sunter, "A theory for record
//! linkage", Journal of the American Statistical Association 64, 1969, trained as in Enamorado, Fifield and Imai,
//! "Using a probabilistic model to assist merging of large-scale administrative records", American Political Science
//! Review 113, 2019.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test panics on purpose"))]

mod blocking;
mod cluster;
mod codes;
mod column;
mod comparison;
mod date;
mod decide;
mod error;
mod estimate;
mod evaluate;
mod explain;
mod identity;
mod index;
mod kernel;
mod model;
mod part;
mod propose;
mod review;
mod run;
mod scorer;
mod table;
mod train;
mod weigh;

pub use blocking::{BlockingReport, Blocks, Oversized, RuleReport};
pub use cluster::{
    Bound, BoundedComponent, ClusterReport, Clusters, PairWeights, cluster, partition,
};
pub use codes::{Codes, CodesBuilder, Counts, Interner};
pub use column::{Typed, Unreadable, typed, typed_repeated};
pub use comparison::{
    Comparison, Custom, EventDate, Label, Level, Memo, Outcome, Test, clk, common_prefix,
    date_test, event_dates, hla, identifier, initials_fit, japanese, name_similarity, similarity,
    tokens,
};
pub use date::PackedDate;
pub use decide::{Decision, NoRules, Reason, Rules};
pub use error::LinkageError;
pub use estimate::{BlockingRecall, Calibration, Choice, Clustered, CurvePoint, Estimated};
pub use evaluate::{Accuracy, Evaluation, PairAccuracy, RecordKey, evaluate};
pub use explain::{
    Change, ClusterGraph, ClusterSplit, ExplainedComparison, Explanation, GraphEdge, KeyAgreement,
    KeyState, Obstacle, RecordName, RuleMiss, Tie, Verdict,
};
pub use identity::{
    IdentityChange, IdentityEvent, NewIdentity, Sequence, carry_over, identity_of_record, replay,
};
pub use index::{
    Answer, Beside, Feed, Found, Index, KeptPair, RecordAt, RecordComparison, RecordRules, Register,
};
pub use model::{
    BLOCKS_MAX, BlockSettings, COMPARISONS_MAX, ChangedByMoving, Clean, ClusterSettings,
    ColumnKind, ColumnSettings, Combine, ComparisonSettings, DateOrder, DecisionSettings,
    Dependence, Headings, Kin, Kind, LEVELS_MAX, LevelSettings, Model, Moved, OnePerCluster, Prior,
    Scope, SharedByKin, SourceSettings, Thresholds, TrainM, TrainU, Training,
};
pub use part::{Conclusion, Part, RuleKeys, keys};
pub use propose::{Ignored, Proposal, ProposalOptions, ProposedRule, RawFiles, propose};
pub use review::{
    Conflict, Constraints, RecordId, ReviewChange, ReviewItem, SETTLED_DIFFERENT, Settled,
    SettledObstacle, SettledReport, Settlement, Superseded, UnknownRecord, parse_settled,
    review_order, write_settled,
};
pub use run::{Job, Linkage, Progress};
pub use stored::{Memory, Stored};
pub use table::{Arrays, Column, MISSING, Row, Table, TableIds};
pub use train::{Among, Association, ExactShare, TrainingReport, UnorderedLevel};
pub use weigh::{Pattern, ScoreCounts, ScoredPair, Weighed};
