"""Counts the candidate pairs of a model's rules over a file of people: their union, each pair once, by a plain join.

Run by `bench.run` in a process of its own: `python -m bench.candidates MODEL PEOPLE.csv` prints JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from bench.model_file import read_model
from bench.splink_model import expression


def count(model: Path, people: Path) -> int:
    """The pairs that any rule finds. A rule counts a pair unless one before it did."""
    sql = duckdb.connect()
    sql.execute("set threads = 2")
    sql.execute(f"create table people as from '{people}'")
    before: list[str] = []
    total = 0
    for block in read_model(model)["block"]:
        keys = [expression(key) for key in block["on"]]
        left, right = ([side(key, table) for key in keys] for table in ("l", "r"))
        agrees = " and ".join(f"{one} = {other}" for one, other in zip(left, right, strict=True))
        unseen = "".join(f" and not coalesce({one}, false)" for one in before)
        [(found,)] = sql.sql(
            f"select count(*) from people l join people r on {agrees} where l.record_id < r.record_id{unseen}").fetchall()
        before.append(f"({agrees})")
        total += found
    return total


def side(key: str, table: str) -> str:
    """A key's expression over one side of the join."""
    return key.replace("(", f"({table}.") if "(" in key else f"{table}.{key}"


if __name__ == "__main__":
    print(json.dumps({"pairs": count(*(Path(argument) for argument in sys.argv[1:3]))}))
