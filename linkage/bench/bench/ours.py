"""How Musubi is run, and its files in the form that the benchmarks compare."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import environment


def program() -> Path:
    """The release build of `musubi`: `MUSUBI`, or built by cargo."""
    if known := os.environ.get("MUSUBI"):
        return Path(known)
    target = Path(os.environ.get("CARGO_TARGET_DIR", environment.ROOT / "target"))
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "musubi"], cwd=environment.ROOT, check=True, stdout=sys.stderr)
    return target / "release" / "musubi"


def command(model: Path, file: Path, out: Path) -> list[str]:
    """The command that links a file of people."""
    return [str(program()), "link-files", "--model", str(model), str(file), "--out", str(out / "linked"), "--id-column", "record_id", "--force"]


def report(out: Path) -> dict[str, Any]:
    """What the run told of itself."""
    return json.loads((out / "linked" / "report.json").read_text())


def variables() -> dict[str, str]:
    """Two threads, as the rival."""
    return {"RAYON_NUM_THREADS": "2"}


def convert(out: Path) -> None:
    """Copies `clusters.csv` and `pairs.parquet` to the columns that `bench.accuracy` reads."""
    linked = out / "linked"
    selects = {
        "clusters": f"select record::integer as record, cluster from read_csv('{linked}/clusters.csv')",
        "pairs": f"select record_left::integer as l, record_right::integer as r, weight as bits from '{linked}/pairs.parquet'",
    }
    for name, select in selects.items():
        copy = f"copy ({select}) to '{out}/{name}.parquet' (format parquet)"
        subprocess.run([environment.python(), "-c", f"import duckdb; duckdb.execute({copy!r})"], check=True)
