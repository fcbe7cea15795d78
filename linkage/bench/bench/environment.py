"""The virtual environment with the rivals, made at first use from `requirements.txt` beside this package."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

#: The folder of the benchmarks.
HOME = Path(__file__).resolve().parent.parent
#: The root of the repository.
ROOT = HOME.parent.parent


def folder() -> Path:
    """Where the environment lies: `MUSUBI_BENCH_VENV`, or `venv` beside the benchmarks."""
    return Path(os.environ.get("MUSUBI_BENCH_VENV", HOME / "venv"))


def python() -> str:
    """The environment's interpreter, after installing what is missing."""
    place = folder()
    interpreter = place / "bin" / "python"
    requirements = HOME / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    mark = place / "installed"
    if not mark.exists() or mark.read_text() != wanted:
        print(f"installing {requirements.name} into {place}", file=sys.stderr)
        venv.create(place, with_pip=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", "--requirement", requirements], check=True)
        mark.write_text(wanted)
    return str(interpreter)


def command(module: str, *arguments: str | Path) -> list[str]:
    """The command that runs one of our modules in the environment."""
    return [python(), "-m", f"bench.{module}", *map(str, arguments)]


def variables() -> dict[str, str]:
    """What such a command needs to find our modules, and to keep to two threads as its rivals do."""
    return {"PYTHONPATH": str(HOME), "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
