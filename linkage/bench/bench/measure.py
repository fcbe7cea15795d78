"""What a process costs: CPU time of it and its children, wall time, peak memory.

Import nothing large here: a child inherits its parent's peak of resident memory until it has grown past it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Usage:
    """Seconds of CPU (user and system), seconds of wall time, MiB of peak resident memory."""

    cpu: float
    wall: float
    memory: float


class Failed(Exception):
    """A program ended with an error."""


def measured(command: list[str], log: Path, environment: dict[str, str] | None = None) -> Usage:
    """Runs a program to its end; its output goes to a file."""
    start = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})})
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"`{' '.join(command)}` ended with {process.returncode}:\n{log.read_text(errors='replace')[-4000:]}")
    return Usage(used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss / 1024)


class Phases:
    """CPU and wall seconds of this process's phases."""

    def __init__(self) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        self.told: dict[str, dict[str, float]] = {"start": {"cpu": used.ru_utime + used.ru_stime, "wall": 0.0}}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """What happens inside is told under that name."""
        before, start = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
        yield
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        self.told[name] = {"cpu": cpu, "wall": time.monotonic() - start}
