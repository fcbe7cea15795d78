"""Precision, recall and F1 over clusters: of all pairs of records that are in one cluster, how many are one person.

Run by `bench.run` in a process of its own: `python -m bench.accuracy DIR PEOPLE.csv` reads `clusters.parquet` (record, cluster) and,
when it is there, `pairs.parquet` (l, r, bits) and prints JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

#: Thresholds of a pair's weight, in bits, at which clusters of links are looked at.
BITS = tuple(range(-6, 61))


@dataclass(frozen=True)
class Accuracy:
    """Over pairs within clusters."""

    precision: float
    recall: float
    f1: float
    true_links: int
    false_links: int
    missed_links: int


def pairs_within(groups: np.ndarray) -> int:
    """How many pairs share a group, of non-negative group numbers."""
    sizes = np.unique(groups, return_counts=True)[1].astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def accuracy(clusters: np.ndarray, persons: np.ndarray) -> Accuracy:
    """Of clusters by record, given the persons in the same order."""
    both = pairs_within(clusters.astype(np.int64) * (int(persons.max()) + 1) + persons)
    found, there = pairs_within(clusters), pairs_within(persons)
    precision, recall = both / max(found, 1), both / max(there, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-12)
    return Accuracy(precision, recall, f1, both, found - both, there - both)


def components(left: np.ndarray, right: np.ndarray, records: int) -> np.ndarray:
    """The connected component of each record."""
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(records, records))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def by_threshold(left: np.ndarray, right: np.ndarray, weights: np.ndarray, persons: np.ndarray) -> dict[int, Accuracy]:
    """Of the connected components of the pairs at or above each threshold of [`BITS`]."""
    found = {}
    for bits in BITS:
        some = weights >= bits
        found[bits] = accuracy(components(left[some], right[some], len(persons)), persons)
    return found


def best(found: dict[int, Accuracy]) -> tuple[int, Accuracy]:
    """The threshold of the highest F1."""
    bits = max(found, key=lambda bits: found[bits].f1)
    return bits, found[bits]


def told(folder: Path, people: Path) -> dict[str, object]:
    """What is printed."""
    sql = duckdb.connect()
    sql.execute("set threads = 2")
    persons = sql.sql(f"select record_id, person_id from '{people}' order by record_id").fetchnumpy()
    # Records are numbered from 1 without a gap.
    person = persons["person_id"].astype(np.int64)
    clusters = sql.sql(f"select record, cluster from '{folder}/clusters.parquet' order by record").fetchnumpy()
    _, cluster = np.unique(clusters["cluster"], return_inverse=True)
    result: dict[str, object] = {"clusters": asdict(accuracy(cluster, person))}
    if (folder / "pairs.parquet").exists():
        pairs = sql.sql(f"select l, r, bits from '{folder}/pairs.parquet'").fetchnumpy()
        found = by_threshold(pairs["l"] - 1, pairs["r"] - 1, pairs["bits"], person)
        bits, most = best(found)
        result |= {"best_bits": bits, "best": asdict(most), "by_bits": {str(bits): one.f1 for bits, one in found.items()}}
    return result


if __name__ == "__main__":
    print(json.dumps(told(Path(sys.argv[1]), Path(sys.argv[2]))))
