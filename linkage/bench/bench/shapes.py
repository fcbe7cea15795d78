"""Files of many shapes, each linked by the model that is proposed for it: F1 at the threshold chosen without labels, the best
F1 of the same weights, and what the rules of blocking find of the true pairs. `linkage/engine/examples/shapes.rs` measures."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from bench import environment


def program() -> Path:
    """The release build of the example that measures."""
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "linkage", "--example", "shapes"], cwd=environment.ROOT, check=True, stdout=sys.stderr)
    return Path(os.environ.get("CARGO_TARGET_DIR", environment.ROOT / "target")) / "release" / "examples" / "shapes"


def main() -> None:
    """Makes the sets and prints the table; the proposed models stay beside the sets, in `models`."""
    parser = argparse.ArgumentParser(prog="linkage/bench/shapes", description=__doc__)
    parser.add_argument("sets", nargs="*", help="names of sets; all when none is given")
    parser.add_argument("--data", type=Path, default=environment.HOME / "data", help="folder for data and models")
    parser.add_argument("--seed", default="1", help="of the made-up sets")
    parser.add_argument("--files", type=Path, help="a folder with sets of your own, each with a column `truth`, in place of made-up ones")
    chosen = parser.parse_args()
    folder = chosen.files or chosen.data / "shapes" / chosen.seed
    if not chosen.files:
        subprocess.run([sys.executable, "-m", "datasets", str(folder), chosen.seed], cwd=environment.HOME, check=True)
    subprocess.run([program(), folder, *chosen.sets], check=True)


if __name__ == "__main__":
    main()
