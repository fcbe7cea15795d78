"""Judges what was made of one transplant world.

`python -m bench.judge_world WORLD LINKED` judges our variants; with `splink` after that, Splink at all thresholds. Prints JSON.
"""

from __future__ import annotations

import json
import sys
import time
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
        found[name] = accuracies(read_clusters(file, truth), truth) | {"run": told}
    return found


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
