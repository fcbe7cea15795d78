"""How Musubi is run, and its files in the form that the benchmarks compare."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

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
    return [str(program()), "link-files", "--model", str(model), str(file), "--out", str(out / "linked"), "--id-column", "record_id"]


def variables() -> dict[str, str]:
    """Two threads, as the rival."""
    return {"RAYON_NUM_THREADS": "2"}


def convert(out: Path) -> None:
    """Copies `clusters.csv` and `pairs.parquet` to the columns that `bench.accuracy` reads."""
    script = (
        "import duckdb, sys; linked, out = sys.argv[1:3]; "
        "duckdb.execute(f\"copy (select record::integer as record, dense_rank() over (order by cluster) as cluster "
        "from read_csv('{linked}/clusters.csv')) to '{out}/clusters.parquet' (format parquet)\")"
    )
    subprocess.run([environment.python(), "-c", script, str(out / "linked"), str(out)], check=True)
    report = out / "linked" / "report.json"
    if report.exists():
        shutil.copy(report, out / "report.json")
