//! Probabilistic record linkage: block, compare, weigh, decide, cluster, explain, train, evaluate.
