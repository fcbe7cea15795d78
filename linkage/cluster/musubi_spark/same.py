"""A run on the cluster held against one process of the engine, and against `link-files` on the same files."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet

from musubi_spark.kernel import on_driver, read_stream

if TYPE_CHECKING:
    from musubi_spark.trial import Trial

#: What is compared of a pair, apart from its two records.
OF_PAIR = ("weight", "probability", "rule", "decision", "reason")
#: The options of a run, and how `link-files` is told of them.
OPTIONS = {"--one-to-one": "ONE_TO_ONE", "--link-only": "LINK_ONLY", "--threshold": "THRESHOLD"}

#: What was compared, how many of it there are, and whether it is the same.
Compared = tuple[str, int, bool]


def with_one_process(trial: Trial, out: Path, work: Path) -> list[Compared]:
    """The engine in one process over the same records."""
    folder = trial.folder / f"local-{trial.runs}"
    folder.mkdir()
    shutil.copy(trial.arguments.model, folder / "model.toml")
    records = trial.spark.read.parquet(str(work / "records")).orderBy("row").toArrow()
    job = {"sources": [file.stem for file in trial.files], "records": records.num_rows}
    (folder / "job.json").write_text(json.dumps(job))
    on_driver(trial.options.kernel, "local", folder, records)
    pairs = read_stream(folder / "pairs.arrow")
    ids = {row: (source, name) for row, source, name in zip(
        *(records[column].to_pylist() for column in ("row", "source", "id")), strict=True)}
    members: dict[int, set] = {}
    clusters = read_stream(folder / "clusters.arrow")
    for row, first in zip(clusters["row"].to_pylist(), clusters["first"].to_pylist(), strict=True):
        members.setdefault(first, set()).add((job["sources"][ids[row][0]], ids[row][1]))
    return [
        ("pairs with weights", pairs.num_rows, pairs.equals(pyarrow.parquet.read_table(out / "pairs.parquet"))),
        ("clusters of several", len(members), {frozenset(names) for names in members.values()} == several(clusters_of(out))),
        ("model", 1, (folder / "settled.toml").read_text() == (out / "model.toml").read_text()),
    ]


def with_command(trial: Trial, out: Path, options: list[str]) -> list[Compared]:
    """`link-files` over the same files by the same model and options."""
    folder = trial.folder / f"command-{trial.runs}"
    told = {OPTIONS[name]: value for name, value in zip(options, [*options[1:], ""], strict=False) if name in OPTIONS}
    command = [trial.options.link_files, trial.arguments.model, folder, *trial.files]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "ID_COLUMN": "record_id", **told})
    here, there = clusters_of(out), clusters_of(folder)
    pairs = pairs_of(folder)
    model = (folder / "model.trained.toml").read_text()
    return [
        ("pairs with weights", len(pairs), pairs == pairs_of(out)),
        ("records with the numbers of their clusters", len(there), here == there),
        ("clusters of several", len(several(there)), several(here) == several(there)),
        ("model", 1, model == (out / "model.toml").read_text()),
    ]


def clusters_of(folder: Path) -> dict[tuple[str, str], str]:
    """Each record's cluster."""
    with (folder / "clusters.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {(row["file"], row["record"]): row["cluster"] for row in rows}
    if len(found) < len(rows):
        raise ValueError(f"a record stands twice in `{folder}/clusters.csv`")
    return found


def several(clusters: dict[tuple[str, str], str]) -> set[frozenset]:
    """The clusters of several records, whatever their numbers."""
    members: dict[str, set] = {}
    for record, cluster in clusters.items():
        members.setdefault(cluster, set()).add(record)
    return {frozenset(names) for names in members.values() if len(names) > 1}


def pairs_of(folder: Path) -> dict[frozenset, tuple]:
    """Each pair's weight and probability, to the bit, with its rule and what was decided; whichever record is the left one."""
    table = pyarrow.parquet.read_table(folder / "pairs.parquet")
    for name in ("weight", "probability"):
        bits = table[name].combine_chunks().cast(pa.float32()).view(pa.int32())
        table = table.set_column(table.schema.get_field_index(name), name, bits)
    columns = {name: table[name].to_pylist() for name in table.column_names}
    left = zip(columns["file_left"], columns["record_left"], strict=True)
    right = zip(columns["file_right"], columns["record_right"], strict=True)
    keys = [frozenset(pair) for pair in zip(left, right, strict=True)]
    found = dict(zip(keys, zip(*(columns[name] for name in OF_PAIR), strict=True), strict=True))
    if len(found) < len(keys):
        raise ValueError(f"a pair stands twice in `{folder}/pairs.parquet`")
    return found


def table(rows: list[tuple[str, str, Compared]]) -> str:
    """All comparisons, as Markdown."""
    lines = ["| run on the cluster | held against | what | how many | same |", "|---|---|---|---|---|"]
    for run, against, (what, count, same) in rows:
        lines.append(f"| {run} | {against} | {what} | {count:,} | {'yes' if same else 'NO'} |")
    return "\n".join(lines)
