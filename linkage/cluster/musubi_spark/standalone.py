"""A small Spark cluster on this machine: a scheduler, and workers that each start an executor. Loopback only."""

from __future__ import annotations

import os
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
EXECUTOR = b"CoarseGrainedExecutorBackend"


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

    def executors(self) -> list[int]:
        """The executors' processes: children of our workers, and no others."""
        workers = {process.pid for process in self.processes[1:]}
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if parent in workers and EXECUTOR in command:
                found.append(int(entry.name))
        return sorted(found)

    @staticmethod
    def kill(process: int) -> None:
        """As a machine that loses power."""
        os.kill(process, signal.SIGKILL)
