"""How right clusters of a synthetic transplant world are: across sources, within them, and which relatives were merged."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.accuracy import Accuracy, pairs_within


@dataclass
class Truth:
    """Subjects by place: source, key, person, and the ties between persons."""

    place: dict[tuple[str, str], int]
    source: np.ndarray
    person: np.ndarray
    ties: list[tuple[int, int, str]]


def number(person: str) -> int:
    """`P0000012` as 12."""
    return int(person.lstrip("P"))


def read_truth(world: Path) -> Truth:
    """`truth.csv` and `relatives.csv`."""
    with (world / "truth.csv").open() as file:
        rows = [(row["source"], row["record_key"], number(row["person_id"])) for row in csv.DictReader(file)]
    with (world / "relatives.csv").open() as file:
        ties = [(number(row["person_id"]), number(row["other_id"]), row["tie"]) for row in csv.DictReader(file)]
    sources = sorted({source for source, _, _ in rows})
    return Truth(
        {(source, key): at for at, (source, key, _) in enumerate(rows)},
        np.array([sources.index(source) for source, _, _ in rows]), np.array([person for _, _, person in rows]), ties,
    )


def read_clusters(file: Path, truth: Truth) -> np.ndarray:
    """The cluster of each subject of the truth; one that no cluster holds is alone."""
    clusters = -1 - np.arange(len(truth.person))
    with file.open() as lines:
        for row in csv.DictReader(lines):
            at = truth.place.get((row["source"], row["record_key"]))
            if at is not None:
                clusters[at] = int(row["cluster"])
    return np.unique(clusters, return_inverse=True)[1]


def between(labels: np.ndarray, source: np.ndarray) -> tuple[int, dict[int, int]]:
    """Pairs of one label across sources, and within each."""
    within = {one: pairs_within(labels[source == one]) for one in np.unique(source).tolist()}
    return pairs_within(labels) - sum(within.values()), within


def accuracies(clusters: np.ndarray, truth: Truth) -> dict[str, Any]:
    """Across sources, within all sources, and the ties whose two persons share a cluster."""
    base = int(truth.person.max()) + 1
    both, found, there = (between(labels, truth.source) for labels in (clusters * base + truth.person, clusters, truth.person))
    merged: dict[str, int] = {}
    persons_clusters: dict[int, set[int]] = {}
    related = {person for one, other, _ in truth.ties for person in (one, other)}
    for person, cluster in zip(truth.person.tolist(), clusters.tolist(), strict=True):
        if person in related:
            persons_clusters.setdefault(person, set()).add(cluster)
    # Only where both have records can the two be merged.
    exposed = [tie for tie in truth.ties if tie[0] in persons_clusters and tie[1] in persons_clusters]
    ties: dict[str, int] = {}
    for one, other, tie in exposed:
        ties[tie] = ties.get(tie, 0) + 1
        merged[tie] = merged.get(tie, 0) + bool(persons_clusters[one] & persons_clusters[other])
    return {
        "across": asdict(counted(both[0], found[0], there[0])),
        "within": asdict(counted(sum(both[1].values()), sum(found[1].values()), sum(there[1].values()))),
        "all": asdict(counted(*(pairs_within(labels) for labels in (clusters * base + truth.person, clusters, truth.person)))),
        "relatives_merged": merged, "relatives": ties,
    }


def counted(both: int, found: int, there: int) -> Accuracy:
    """Precision, recall and F1 of counts of pairs."""
    precision, recall = (both / found if found else 1.0), (both / there if there else 1.0)
    return Accuracy(precision, recall, 2 * precision * recall / max(precision + recall, 1e-12), both, found - both, there - both)
