"""How well a run without labels knows itself: the chosen threshold, and the estimates beside the truth, on sets of several shapes.

`python -m bench.study OUT [--people 20000,100000]` makes the sets in a folder (made-up people by both rules of `models`, the sets of
`datasets`, FEBRL 1 to 4), lets the engine propose a model where there is none, runs the engine's example `study` on each, and
prints a table. Nothing but the study looks at the truth.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import environment
from bench.tables import Row, text_table

#: Each set: its files, the column with the id, if any, and that with the truth.
SETS = {
    "FEBRL 1": (["febrl1"], "rec_id", "entity"),
    "FEBRL 2": (["febrl2"], "rec_id", "entity"),
    "FEBRL 3": (["febrl3"], "rec_id", "entity"),
    "FEBRL 4, no SSN, link": (["febrl4a", "febrl4b"], "rec_id", "entity"),
    "few fields": (["few"], None, "truth"),
    "historical": (["historical"], "unique_id", "truth"),
    "census, link": (["census_a", "census_b"], "id", "truth"),
    "products, link": (["products_a", "products_b"], "id", "truth"),
    "papers, link": (["papers_a", "papers_b"], "id", "truth"),
    "restaurants": (["restaurants"], "id", "truth"),
    "songs": (["songs"], "id", "truth"),
}


def built() -> Path:
    """The example `study`."""
    command = ["cargo", "build", "--release", "--quiet", "-p", "linkage", "--example", "study"]
    subprocess.run(command, cwd=environment.ROOT, check=True, stdout=sys.stderr)
    return Path(os.environ.get("CARGO_TARGET_DIR", environment.ROOT / "target")) / "release" / "examples" / "study"


def joined(files: list[Path], id_column: str | None, truth: str, out: Path) -> None:
    """One file as `study` reads it: source, id, person, and the columns of all."""
    rows, columns = [], list[str]()
    for file in files:
        with file.open(newline="", encoding="utf-8") as text:
            for number, row in enumerate(csv.DictReader(text)):
                person = row.pop(truth)
                name = row.pop(id_column) if id_column else str(number)
                columns += [column for column in row if column not in columns]
                rows.append([file.stem, name, person, row])
    with out.open("w", newline="", encoding="utf-8") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["source", "id", "person", *columns])
        for source, name, person, row in rows:
            values = [(row.get(column) or "").replace('"', "").replace("\n", " ") for column in columns]
            writer.writerow([source, name, person, *values])


def studied(study: Path, model: str | Path, records: Path) -> dict[str, Any]:
    """What the study prints; with the model `new` it proposes one, which is not told the truth."""
    return json.loads(subprocess.run([study, model, records], check=True, capture_output=True).stdout)


def people(out: Path, records: int, seed: int) -> Path:
    """A file of made-up people as `study` reads it."""
    made, ready = out / f"people-{records}-{seed}.csv", out / f"people-{records}-{seed}-ready.csv"
    if not ready.exists():
        subprocess.run(environment.command("people", made, "--records", str(records), "--seed", str(seed)), env=environment.variables(), check=True)
        joined([made], "record_id", "person_id", ready)
    return ready


def held(estimate: dict[str, float], truth: float) -> str:
    """The estimate, its interval, and the truth, marked where the interval misses it."""
    mark = "" if estimate["low"] <= truth <= estimate["high"] else " (missed)"
    return f"{estimate['value']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}], {truth:.3f}{mark}"


def row(name: str, result: dict[str, Any]) -> Row:
    """A line of the table."""
    chosen, estimated = result["chosen"], result["estimated"]
    cells = [f"{chosen['f1']:.3f}", f"{result['oracle']['f1']:.3f}"]
    cells += [held(estimated[figure], chosen[figure]) for figure in ("precision", "recall")]
    cells += [held(estimated["clusters"][figure], result["clusters"][figure]) for figure in ("precision", "recall")]
    return (name, f"{result['records']:,}", *cells)


def main() -> None:
    """Studies all sets and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", default="20000,100000", help="numbers of records of the made-up people")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="sets whose names hold this")
    chosen = parser.parse_args()
    study = built()
    out: Path = chosen.out
    out.mkdir(parents=True, exist_ok=True)
    results: dict[str, dict[str, Any]] = {}
    subprocess.run(environment.command("febrl_data", out), env=environment.variables(), check=True)
    subprocess.run([environment.python(), "-m", "datasets", out, str(chosen.seed)], cwd=environment.HOME, check=True)
    for name, (stems, id_column, truth) in SETS.items():
        if chosen.only and chosen.only not in name:
            continue
        files = [out / f"{stem}.csv" for stem in stems]
        joined(files, id_column, truth, out / f"{stems[0]}-ready.csv")
        results[name] = studied(study, "new", out / f"{stems[0]}-ready.csv")
    for records in map(int, filter(None, chosen.people.split(","))):
        for rules in ("tight", "loose"):
            models = environment.HOME / "models"
            model = out / f"people-{rules}.toml"
            model.write_text((models / "people.toml").read_text() + (models / f"rules-{rules}.toml").read_text())
            results[f"people, {rules} rules, {records:,}"] = studied(study, model, people(out, records, chosen.seed))
    (out / "study.json").write_text(json.dumps(results, indent=1) + "\n")
    heading: Row = ("set", "records", "chosen F1", "best F1", "precision: estimate [interval], truth", "recall",
                    "within clusters: precision", "within clusters: recall")
    print(text_table([heading, *(row(name, result) for name, result in results.items())]))


if __name__ == "__main__":
    main()
