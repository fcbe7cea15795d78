"""Judges what was made of one transplant world.

`python -m bench.judge_world WORLD LINKED` judges our variants; with `splink` after that, Splink at all thresholds. Prints JSON.
"""

from __future__ import annotations

import csv
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.accuracy import components
from bench.relatives import Truth, accuracies, read_clusters, read_truth

#: Thresholds in bits at which Splink's clusters are looked at.
BITS = tuple(range(-4, 41))


def ours(truth: Truth, linked: Path) -> dict[str, Any]:
    """Each variant, with what the run told of itself."""
    found = {}
    for file in sorted(linked.glob("clusters-*.csv")):
        name = file.stem.removeprefix("clusters-")
        told = json.loads((linked / f"run-{name}.json").read_text())
        clusters = read_clusters(file, truth)
        found[name] = accuracies(clusters, truth) | {"run": told}
        if "estimate" in told:
            found[name]["holds"] = {kind: holds(told["estimate"][kind], found[name][kind]) for kind in ("across", "within")}
            found[name]["errors"] = errors(clusters, truth, linked / "pairs.csv")
    return found


def holds(estimate: dict[str, Any], real: dict[str, Any]) -> dict[str, bool]:
    """Whether each interval holds the truth."""
    # An end is told to the last bit, the truth by another program.
    return {figure: estimate[figure]["low"] - 1e-12 <= real[figure] <= estimate[figure]["high"] + 1e-12
            for figure in ("precision", "recall", "f1")}


def errors(clusters: np.ndarray, truth: Truth, file: Path) -> dict[str, dict[str, int]]:
    """False and missed pairs of records by what became of them; false ones also by the tie of the two persons."""
    ties = {frozenset((one, other)): tie for one, other, tie in truth.ties}
    decided: dict[tuple[int, int], str] = {}
    with file.open() as lines:
        for row in csv.DictReader(lines):
            ends = (row["source"], row["record_key"]), (row["other_source"], row["other_record_key"])
            if all(end in truth.place for end in ends):
                left, right = (truth.place[end] for end in ends)
                decided[min(left, right), max(left, right)] = row["decision"]
    false, missed = Counter(), Counter()
    for left, right in pairs_of(clusters):
        if truth.person[left] != truth.person[right]:
            tie = ties.get(frozenset((int(truth.person[left]), int(truth.person[right]))), "strangers")
            false[f"{tie}, {decided.get((left, right), 'by others')}"] += 1
    for left, right in pairs_of(truth.person):
        if clusters[left] != clusters[right]:
            where = "within" if truth.source[left] == truth.source[right] else "across"
            missed[f"{where}, {decided.get((left, right), 'not seen as alike')}"] += 1
    return {"false": dict(false.most_common()), "missed": dict(missed.most_common())}


def pairs_of(labels: np.ndarray) -> Iterator[tuple[int, int]]:
    """All pairs of places that share a label, the lesser first."""
    order = np.argsort(labels, kind="stable")
    for some in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        yield from itertools.combinations(some.tolist(), 2)


def splink(truth: Truth, linked: Path) -> dict[str, Any]:
    """Splink's clusters at its best threshold, by F1 across sources."""
    from bench.splink_transplant import predicted
    from bench.transplant_data import subjects

    persons = {key: int(truth.person[at]) for key, at in truth.place.items()}
    table = subjects(linked / "subjects.ndjson", persons)
    # From the subject's row to its place in the truth.
    place = np.array([truth.place[tuple(name.split(":", 1))] for name in table["own_id"].to_pylist()])
    start = time.monotonic()
    left, right, bits = predicted(table)
    seconds = time.monotonic() - start
    left, right = place[left], place[right]
    found: dict[int, dict[str, Any]] = {}
    for threshold in BITS:
        some = bits >= threshold
        found[threshold] = accuracies(components(left[some], right[some], len(truth.person)), truth)
    best = max(found, key=lambda threshold: found[threshold]["across"]["f1"])
    return found[best] | {
        "best_bits": best, "seconds": seconds, "pairs": len(bits),
        "by_bits": {str(threshold): one["across"]["f1"] for threshold, one in found.items()},
    }


def main(world: Path, linked: Path, who: str) -> None:
    """Judges and prints."""
    truth = read_truth(world)
    print(json.dumps(splink(truth, linked) if who == "splink" else ours(truth, linked)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "ours")
