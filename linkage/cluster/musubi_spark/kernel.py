"""The kernel as a process: on the driver with files, on an executor between two streams of Arrow batches."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
from pyspark import SparkFiles, cloudpickle

#: The kernel's file name, on the driver and wherever Spark copies it to.
KERNEL = "linkage-kernel"
#: The exit code by which the kernel refuses what came in or came back.
REFUSED = 3
#: How much of what the kernel says is passed on.
MESSAGE_MAX = 2_000

# Executors have Python and pyarrow, and need not have this package.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


class Refused(Exception):
    """What came back is not what was counted beforehand: nothing of it is used."""


class KernelFailed(Exception):
    """The kernel stopped for another reason."""


def on_driver(kernel: Path, mode: str, folder: Path, batches: pa.Table | None = None) -> str:
    """Runs a mode over the folder's files, with `batches` on its standard input; gives what it prints."""
    with tempfile.TemporaryFile() as stream:
        if batches is not None:
            with pa.ipc.new_stream(stream, batches.schema) as writer:
                writer.write_table(batches)
            stream.seek(0)
        done = subprocess.run([kernel, mode, folder], stdin=stream, capture_output=True, check=False)
    if done.returncode != 0:
        raise failure(done.returncode, done.stderr)
    return done.stdout.decode()


def failure(code: int, said: bytes) -> Exception:
    """What an exit code means."""
    message = said.decode(errors="replace")[-MESSAGE_MAX:].strip() or f"the kernel ended with {code}"
    return Refused(message) if code == REFUSED else KernelFailed(message)


def pack(folder: Path, names: list[str]) -> Path:
    """An archive of these files, to be sent to the executors; its name is its run's alone."""
    archive = folder / f"musubi-{uuid.uuid4().hex}.tar"
    with tarfile.open(archive, "w") as tar:
        for name in names:
            tar.add(folder / name, arcname=name)
    return archive


def unpacked(archive: str) -> str:
    """The folder of an archive's files on this executor, unpacked by the first task that wants it."""
    folder = SparkFiles.get(archive) + ".unpacked"
    if not os.path.isdir(folder):
        beside = tempfile.mkdtemp(dir=os.path.dirname(folder))
        with tarfile.open(SparkFiles.get(archive)) as tar:
            tar.extractall(beside, filter="data")
        os.chmod(os.path.join(beside, KERNEL), 0o755)
        try:
            os.rename(beside, folder)
        except OSError:  # another task was faster
            shutil.rmtree(beside)
    return folder


def on_executor(
    mode: str, archive: str, threads: int,
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function for `mapInArrow`: a partition's batches go into the kernel, and its batches come out.

    A kernel that does not end with 0 fails the task, whatever it has written: Spark then tries the task again, and keeps
    the output of a task that ended well alone.
    """

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        first = next(batches, None)
        if first is None:
            return
        folder = unpacked(archive)
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                [os.path.join(folder, KERNEL), mode, folder],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
                env={**os.environ, "RAYON_NUM_THREADS": str(threads)},
            )
            feeding = Feeding(process, first, batches)
            broken: Exception | None = None
            whole = False
            try:
                yield from pa.ipc.open_stream(process.stdout)
                whole = True
            except pa.ArrowInvalid as error:
                broken = error
            finally:
                if not whole and broken is None:  # Spark gives the task up
                    process.kill()
            process.stdout.close()
            feeding.join()
            code = process.wait()
            said.seek(0)
            if code != 0 or broken is not None:
                raise failure(code, said.read()) from broken
            if feeding.failure is not None:
                raise feeding.failure

    return run


class Feeding(threading.Thread):
    """Writes batches into a process, so that its output can be read meanwhile."""

    def __init__(self, process: subprocess.Popen, first: pa.RecordBatch, batches: Iterator[pa.RecordBatch]) -> None:
        super().__init__(daemon=True)
        self.process, self.first, self.batches = process, first, batches
        self.failure: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            with pa.ipc.new_stream(self.process.stdin, self.first.schema) as writer:
                writer.write_batch(self.first)
                for batch in self.batches:
                    writer.write_batch(batch)
        except Exception as error:  # told by the thread that waits for this one
            self.failure = error
            # Never let half of the input look like all of it.
            self.process.kill()
        finally:
            try:
                self.process.stdin.close()
            except OSError:
                pass


def write_stream(path: Path, table: pa.Table) -> None:
    """Writes a table as the kernel reads it."""
    with path.open("wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


def read_stream(path: Path) -> pa.Table:
    """Reads a table as the kernel writes it."""
    with path.open("rb") as file:
        return pa.ipc.open_stream(file).read_all()


def plan_of(kernel: Path, folder: Path) -> dict:
    """What the folder's model needs of the files."""
    return json.loads(on_driver(kernel, "plan", folder))
