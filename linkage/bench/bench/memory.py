"""Links made-up people within a bound on memory, and tells what was really taken: memory of the process's own, and files that are
mapped into it, which the system may drop whenever it needs their place.

Where control groups can be made (Linux, as root), the run is put into one that may hold little more than the bound, files
included: beyond it the system ends the process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import time
from pathlib import Path
from typing import Any

from bench import environment, ours
from bench.run import model, people

#: What a control group may hold beyond the bound.
SLACK = 1.1
#: Seconds between two looks.
LOOK_EVERY_S = 0.05
GROUP = Path("/sys/fs/cgroup/memory/musubi-bench")
UNITS = {"MiB": 1 << 20, "GiB": 1 << 30}


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="linkage/bench/memory", description=__doc__)
    parser.add_argument("--records", type=int, default=20_000_000, help="in all files together")
    parser.add_argument("--files", type=int, default=4, help="each drawn with a seed of its own")
    parser.add_argument("--memory", help="a bound such as 4GiB; none when not given")
    parser.add_argument("--rules", choices=("loose", "tight"), default="tight")
    parser.add_argument("--data", type=Path, default=environment.HOME / "data", help="folder for data and results")
    return parser.parse_args()


def confined(bound: int | None) -> bool:
    """Whether a control group for the run could be made."""
    try:
        GROUP.mkdir(exist_ok=True)
        limit = -1 if bound is None else int(bound * SLACK)
        (GROUP / "memory.limit_in_bytes").write_text(str(limit))
    except OSError:
        return False
    return True


def enter() -> None:
    """Called in the new process before the program."""
    (GROUP / "cgroup.procs").write_text(str(os.getpid()))


def watched(command: list[str], log: Path, bound: int | None) -> dict[str, Any]:
    """Runs the command; gives its CPU seconds and its peaks in MiB."""
    inside = confined(bound)
    begun, own, mapped = time.monotonic(), 0, 0
    environ = os.environ | ours.variables()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environ, preexec_fn=enter if inside else None)
        while process.poll() is None:
            now = resident(process.pid)
            own, mapped = max(own, now.get("RssAnon", 0)), max(mapped, now.get("RssFile", 0) + now.get("RssShmem", 0))
            time.sleep(LOOK_EVERY_S)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"`link-files` ended with {process.returncode}; see {log}")
    return {"confined": inside, "cpu": used.ru_utime + used.ru_stime, "wall": time.monotonic() - begun,
            "own_mib": own / 1024, "mapped_mib": mapped / 1024}


def resident(process: int) -> dict[str, int]:
    """What of a process lies in memory, in KiB, by kind."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return {}
    return {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith("Rss")}


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    """One run."""
    chosen.data.mkdir(parents=True, exist_ok=True)
    each = chosen.records // chosen.files
    files = [people(chosen.data, each, seed, "csv") for seed in range(1, chosen.files + 1)]
    out = chosen.data / f"memory-{chosen.records}-{chosen.rules}-{chosen.memory or 'free'}"
    out.mkdir(exist_ok=True)
    command = [ours.program(), "link-files", "--model", model(chosen.data, chosen.rules), *files,
               "--out", out / "linked", "--id-column", "record_id", "--force"]
    command += ["--memory", chosen.memory] if chosen.memory else []
    bound = int(chosen.memory[:-3]) * UNITS[chosen.memory[-3:]] if chosen.memory else None
    seen = watched([str(part) for part in command], out / "log", bound)
    told = ours.report(out)
    return seen | {"records": told["counts"]["records"], "candidate_pairs": told["counts"]["candidate_pairs"],
                   "links": told["counts"]["links"], "on_disk_mib": told["timing"]["on_disk_bytes"] / 2**20}


def main() -> None:
    """Measures and prints."""
    chosen = options()
    result = measure(chosen)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
