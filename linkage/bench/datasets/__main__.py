"""Writes all sets as CSV: `python3 -m datasets DIRECTORY [SEED]`, from `linkage/bench`. The last column tells the truth."""

from __future__ import annotations

import csv
import pathlib
import random
import sys

from . import people, places, registers, things

#: Each set: what makes it, and its truth column.
SETS = {
    "few": (people.few_fields, "person"),
    "historical": (people.historical, "cluster"),
    "census": (people.households, "person"),
    "products": (things.products, "item"),
    "papers": (things.publications, "paper"),
    "restaurants": (things.restaurants, "place"),
    "songs": (things.songs, "song"),
    "voters": (registers.voters, "person"),
    "decades": (registers.decades, "person"),
    "patients": (registers.patients, "person"),
    "companies": (places.companies, "company"),
    "gazetteer": (places.gazetteer, "place"),
    "tracks": (places.tracks, "track"),
}


def write(path: pathlib.Path, rows: list[dict[str, str]], truth: str) -> None:
    """One file, the truth last and named `truth`."""
    headings = [heading for heading in rows[0] if heading != truth]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*headings, "truth"])
        writer.writerows([*(row[heading] for heading in headings), row[truth]] for row in rows)


def main() -> None:
    """All sets."""
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, (make, truth) in SETS.items():
        made = make(random.Random(f"{name} {sys.argv[2] if len(sys.argv) > 2 else 1}"))
        parts = {"": made} if isinstance(made, list) else {"_a": made[0], "_b": made[1]}
        for suffix, rows in parts.items():
            write(directory / f"{name}{suffix}.csv", rows, truth)


if __name__ == "__main__":
    main()
