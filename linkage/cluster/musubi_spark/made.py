"""Made-up people in two files."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

#: One cell in so many gets blanks around it; one in so many a comma, a quote and a line break behind its text.
BLANKS, AWKWARD = 5, 40


def make_files(folder: Path, records: int, bench: Path) -> list[Path]:
    """Two CSV files."""
    parts = split(folder, records, bench)
    for name, part in parts.items():
        pyarrow.csv.write_csv(part, folder / f"{name}.csv")
    return [folder / f"{name}.csv" for name in parts]


def make_awkward_files(folder: Path, records: int, bench: Path) -> list[Path]:
    """A CSV file with blanks, quotes and line breaks in cells, and a Parquet file with numbers as ids and lists."""
    parts = split(folder, records, bench)
    draw = random.Random(2)
    first, second = folder / "hospital.csv", folder / "register.parquet"
    with first.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(parts["hospital"].column_names)
        for row in zip(*parts["hospital"].to_pydict().values(), strict=True):
            writer.writerow([awkward(draw, cell) for cell in row])
    table = parts["register"]
    lists = pa.array([None if value is None else [value] for value in table["email"].to_pylist()], pa.list_(pa.string()))
    table = table.set_column(table.schema.get_field_index("email"), "email", lists)
    ids = pa.array([float(value) for value in table["record_id"].to_pylist()], pa.float64())
    table = table.set_column(table.schema.get_field_index("record_id"), "record_id", ids)
    pyarrow.parquet.write_table(table, second)
    return [first, second]


def awkward(draw: random.Random, cell: str | None) -> str:
    """A cell as people leave it."""
    cell = cell or ""
    if cell and not cell.isdigit() and draw.randrange(AWKWARD) == 0:
        cell += ', "called\nso"'
    return f"  {cell} " if draw.randrange(BLANKS) == 0 else cell


def split(folder: Path, records: int, bench: Path) -> dict[str, pa.Table]:
    """People of the bench's generator, in two parts; every value as text."""
    folder.mkdir(exist_ok=True)
    whole = folder / "people.csv"
    command = [sys.executable, "-m", "bench.people", str(whole), "--records", str(records), "--seed", "1"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(bench)}, stdout=subprocess.DEVNULL)
    with pyarrow.csv.open_csv(whole) as opened:
        kinds = {name: pa.string() for name in opened.schema.names}
    people = pyarrow.csv.read_csv(
        whole, convert_options=pyarrow.csv.ConvertOptions(column_types=kinds, strings_can_be_null=True),
    )
    draw = random.Random(1)
    first = pa.array([draw.random() < 0.6 for _ in range(people.num_rows)])
    return {"hospital": people.filter(first), "register": people.filter(pa.compute.invert(first))}
