"""What a stage gave, tampered with before it is read: each fault must be refused and leave no output."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet

from musubi_spark import link, stages
from musubi_spark.kernel import Refused, read_stream

if TYPE_CHECKING:
    from musubi_spark.trial import Trial

#: A fault: the stage, what is done to it, and what became of it.
Fault = tuple[str, str, str]
ACCEPTED = "ACCEPTED"


def part_files(folder: Path) -> list[Path]:
    """A stage's files that hold rows."""
    return sorted(path for path in folder.glob("part-*") if pyarrow.parquet.read_metadata(path).num_rows > 0)


def twice(folder: Path) -> None:
    """A task's output, there twice."""
    file = part_files(folder)[0]
    shutil.copy(file, file.with_name(file.name.replace("part-", "part-9")))


def gone(folder: Path) -> None:
    """A task's output, lost."""
    part_files(folder)[-1].unlink()


def rewrite(file: Path, table: pa.Table) -> None:
    pyarrow.parquet.write_table(table, file)
    # Spark's check sum of the file as it was.
    file.with_name(f".{file.name}.crc").unlink(missing_ok=True)


def cut(folder: Path) -> None:
    """A task's output without its first row."""
    file = part_files(folder)[0]
    rewrite(file, pyarrow.parquet.read_table(file).slice(1))


def cut_end(folder: Path) -> None:
    """A task's output without its last row."""
    file = part_files(folder)[0]
    table = pyarrow.parquet.read_table(file)
    rewrite(file, table.slice(0, table.num_rows - 1))


def altered(folder: Path) -> None:
    """The last bit of a weight, turned."""
    file = part_files(folder)[0]
    table = pyarrow.parquet.read_table(file)
    bits = table["bits"].to_pylist()
    bits[0] ^= 1
    place = table.schema.get_field_index("bits")
    rewrite(file, table.set_column(place, "bits", pa.array(bits, pa.int32())))


#: Each stage, and what is done to it between its being written and its being read.
FAULTS: list[tuple[str, Callable[[Path], None]]] = [
    ("records", twice), ("records", gone), ("records", cut), ("keys", twice), ("keys", gone), ("keys", cut),
    ("blocks", twice), ("blocks", gone), ("blocks", cut),
]
#: What is done to that which the executors gave in the end.
RETURNED_FAULTS = [twice, gone, cut, cut_end, altered]


def named(fault: Callable) -> str:
    return fault.__doc__.lower().rstrip(".")


def of_returned(trial: Trial, work: Path) -> list[Fault]:
    """Holds what the executors gave in the last run against its counts, whole and tampered with."""
    records = trial.spark.read.parquet(str(work / "records"))
    told = read_stream(trial.driver / "expected.arrow")
    expected = dict(zip(told["part"].to_pylist(), told["pairs"].to_pylist(), strict=True))
    schema = trial.spark.read.parquet(str(work / "returned")).schema
    # Untouched it is accepted, or this proves nothing.
    link.conclude(trial.arguments, records, trial.spark.read.schema(schema).parquet(str(work / "returned")), expected, trial.driver)
    made = []
    for fault in RETURNED_FAULTS:
        folder = work / f"returned-{fault.__name__}"
        shutil.copytree(work / "returned", folder)
        fault(folder)
        try:
            link.conclude(trial.arguments, records, trial.spark.read.schema(schema).parquet(str(folder)), expected, trial.driver)
            outcome = ACCEPTED
        except Refused as refused:
            outcome = f"refused: {refused}"
        made.append(("pairs", named(fault), outcome))
    return made


def of_stages(trial: Trial) -> list[Fault]:
    """Runs in each of which a stage's files are tampered with once they are written."""
    made = []
    honest = stages.Run.write
    for stage, fault in FAULTS:
        def write(run: stages.Run, name: str, frame: object, stage: str = stage, fault: Callable = fault) -> object:
            written = honest(run, name, frame)
            if name != stage:
                return written
            fault(Path(run.work) / name)
            return run.spark.read.schema(written.schema).parquet(f"{run.work}/{name}")

        stages.Run.write = write
        out = trial.folder / f"out-{trial.runs + 1}"
        try:
            trial.run()
            outcome = ACCEPTED
        except Refused as refused:
            outcome = f"refused: {refused}"
        finally:
            stages.Run.write = honest
        if out.exists():
            outcome = f"{ACCEPTED}: {outcome}, and there is output"
        made.append((stage, named(fault), outcome))
        trial.forget()
    return made


def table(faults: list[Fault]) -> str:
    """All faults, as Markdown; then how many were refused."""
    lines = ["| stage | fault | outcome |", "|---|---|---|"]
    lines += [f"| {stage} | {name} | {outcome} |" for stage, name, outcome in faults]
    refused = sum(outcome.startswith("refused") for *_, outcome in faults)
    return "\n".join([*lines, "", f"faults: {len(faults)}, refused {refused}"])
