"""A small Spark cluster on this machine: a scheduler, and workers that each start an executor. Loopback only."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pyspark

#: How long a process may take to come up.
START_S_MAX = 120
MASTER, WORKER = "org.apache.spark.deploy.master.Master", "org.apache.spark.deploy.worker.Worker"
#: The class of an executor's process.
EXECUTOR = b"org.apache.spark.executor.CoarseGrainedExecutorBackend"
#: What stands before an executor's number in its command.
NUMBER = b"--executor-id"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Standalone:
    """Master and workers, each a process of its own; to be used in a `with`."""

    def __init__(self, folder: Path, workers: int = 2, cores: int = 1, memory: str = "1g") -> None:
        self.folder, self.cores, self.memory = folder, cores, memory
        self.environment = {
            **os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_HOME": str(Path(pyspark.__file__).parent),
            "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_DIRS": str(folder / "local"), "SPARK_DAEMON_MEMORY": "256m",
            # Executors are killed here again and again; by default the scheduler gives up after ten.
            "SPARK_MASTER_OPTS": "-Dspark.deploy.maxExecutorRetries=-1",
            # Several processes on one small machine: quick to start rather than fast in the end.
            "JAVA_TOOL_OPTIONS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
        }
        self.url = f"spark://127.0.0.1:{free_port()}"
        self.count = workers
        self.processes: list[subprocess.Popen] = []

    def __enter__(self) -> Standalone:
        self.folder.mkdir(parents=True, exist_ok=True)
        port = self.url.rsplit(":", 1)[1]
        self.start("master", MASTER, "--host", "127.0.0.1", "--port", port, "--webui-port", "0")
        self.wait_for("master", "I have been elected leader")
        for number in range(self.count):
            self.start(
                f"worker-{number}", WORKER, "--host", "127.0.0.1", "--cores", str(self.cores), "--memory", self.memory,
                "--webui-port", "0", "--work-dir", str(self.folder / f"worker-{number}"), self.url,
            )
        for number in range(self.count):
            self.wait_for(f"worker-{number}", "Successfully registered with master")
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()

    def start(self, name: str, *command: str) -> None:
        spark_class = Path(self.environment["SPARK_HOME"]) / "bin" / "spark-class"
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen([spark_class, *command], stdout=log, stderr=log, env=self.environment)
            )

    def wait_for(self, name: str, words: str) -> None:
        end = time.monotonic() + START_S_MAX
        while words not in (self.folder / f"{name}.log").read_text(errors="replace"):
            if time.monotonic() > end:
                raise TimeoutError(f"the {name} did not come up; see `{self.folder / name}.log`")
            time.sleep(0.2)

    def executors(self) -> dict[str, int]:
        """The executors' processes by Spark's number of the executor: children of our workers, and no others."""
        workers = {process.pid for process in self.processes[1:]}
        found = {}
        for process, parent in parents().items():
            if parent in workers and EXECUTOR in (words := command(process)):
                found[words[words.index(NUMBER) + 1].decode()] = process
        return found

    def abandon(self) -> None:
        """Ends this very process and the cluster, whatever they do."""
        stop_now([process.pid for process in self.processes] + list(self.executors().values()))
        shutil.rmtree(self.folder.parent, ignore_errors=True)
        os._exit(1)


def parents() -> dict[int, int]:
    """Every process that lives, and its parent."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            except OSError:
                continue
            if state != "Z":
                found[int(entry.name)] = int(parent)
    return found


def command(process: int) -> list[bytes]:
    """The words by which a process was started; none when it is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def descendants(process: int) -> list[int]:
    """The children of a process, and theirs."""
    children: dict[int, list[int]] = {}
    for child, parent in parents().items():
        children.setdefault(parent, []).append(child)
    found, at = [process], 0
    while at < len(found):
        found += children.get(found[at], [])
        at += 1
    return found[1:]


def is_alive(process: int) -> bool:
    return process in parents()


def stop_now(processes: list[int]) -> None:
    """As a machine that loses power."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
