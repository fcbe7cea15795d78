"""A trial on a scheduler and two executors: the same bits as on one machine, executors killed, results tampered with.

    python -m musubi_spark.trial --records 50000 --kills 20
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet
from pyspark.sql import SparkSession

from musubi_spark import link, stages
from musubi_spark.kernel import KERNEL, Refused, on_driver, read_stream
from musubi_spark.standalone import Standalone

HERE = Path(__file__).resolve().parent.parent
#: A run that takes so many times as long as an undisturbed one hangs.
HANGS_AFTER = 12
#: Runs for each kill: one that is over before its moment is run again with another.
RUNS_PER_KILL_MAX = 3
#: An executor that died is replaced within this time.
REPLACED_S_MAX = 120


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--small", type=int, default=5_000, help="records of the runs that are tampered with or lose an executor")
    parser.add_argument("--seed", type=int, default=None, help="of the kills; drawn and printed when not given")
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--kernel", type=Path, default=HERE / KERNEL)
    parser.add_argument("--model", type=Path, default=HERE / "trial.toml")
    parser.add_argument("--musubi", type=Path, default=None, help="the command, to compare with `musubi link-files` too")
    return parser.parse_args()


class Trial:
    """One cluster, one pair of files, many runs."""

    def __init__(self, options: argparse.Namespace, folder: Path, cluster: Standalone) -> None:
        self.options, self.folder, self.cluster = options, folder, cluster
        self.files = make_files(folder, options.records)
        self.small_files = make_files(folder / "small", options.small)
        self.spark = start_session(cluster)
        self.runs = 0

    def run(self, watch: link.Stopwatch | None = None) -> tuple[Path, Path, dict]:
        """One run in folders of its own; gives its output, its work, and its report."""
        self.runs += 1
        out, work = self.folder / f"out-{self.runs}", self.folder / f"work-{self.runs}"
        arguments = [
            *map(str, self.files), "--model", str(self.options.model), "--id-column", "record_id", "--out", str(out),
            "--work", str(work), "--kernel", str(self.options.kernel), "--parts", str(self.options.parts), "--keep-work",
        ]
        self.arguments, self.driver = link.parse_arguments(arguments), self.folder / f"driver-{self.runs}"
        self.driver.mkdir()
        return out, work, link.link(self.arguments, self.spark, self.driver, watch)

    def forget(self) -> None:
        """Removes what the last run left, but for what the driver sent: a new executor asks for all that was ever sent."""
        for name in ("out", "work"):
            shutil.rmtree(self.folder / f"{name}-{self.runs}", ignore_errors=True)

    def wait_for_executors(self) -> None:
        """Until every worker has an executor again."""
        end = time.monotonic() + REPLACED_S_MAX
        status = self.spark.sparkContext._jsc.sc().statusTracker()
        # The driver counts itself.
        while len(status.getExecutorInfos()) < self.cluster.count + 1 or len(self.cluster.executors()) < self.cluster.count:
            if time.monotonic() > end:
                raise TimeoutError("an executor that was killed was not replaced")
            time.sleep(0.2)


def make_files(folder: Path, records: int) -> list[Path]:
    """Made-up people in two files."""
    folder.mkdir(exist_ok=True)
    whole = folder / "people.csv"
    bench = HERE.parent / "bench"
    command = [sys.executable, "-m", "bench.people", str(whole), "--records", str(records), "--seed", "1"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(bench)})
    people = pyarrow.csv.read_csv(whole, convert_options=pyarrow.csv.ConvertOptions(
        column_types={name: pa.string() for name in pyarrow.csv.open_csv(whole).schema.names}, strings_can_be_null=True,
    ))
    draw = random.Random(1)
    first = pa.array([draw.random() < 0.6 for _ in range(people.num_rows)])
    parts = {"hospital": people.filter(first), "register": people.filter(pa.compute.invert(first))}
    for name, part in parts.items():
        pyarrow.csv.write_csv(part, folder / f"{name}.csv")
    return [folder / f"{name}.csv" for name in parts]


def start_session(cluster: Standalone) -> SparkSession:
    names = ("SPARK_LOCAL_IP", "PYSPARK_PYTHON", "JAVA_TOOL_OPTIONS")
    os.environ.update({name: cluster.environment[name] for name in names})
    settings = {
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
        "spark.executor.memory": "640m", "spark.executor.cores": "1", "spark.driver.memory": "1g",
        "spark.sql.shuffle.partitions": "2", "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": cluster.environment["SPARK_LOCAL_DIRS"],
        # Code made for each query pays where there is more data.
        "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }
    builder = SparkSession.builder.master(cluster.url).appName("trial")
    for name, value in {**settings, **link.SETTINGS, "spark.task.cpus": "1"}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def compare_with_one_machine(trial: Trial, out: Path, work: Path) -> dict:
    """The engine in one process over the same records: pairs, weights, probabilities, decisions, model, clusters."""
    folder = trial.folder / "local"
    folder.mkdir()
    shutil.copy(trial.options.model, folder / "model.toml")
    records = trial.spark.read.parquet(str(work / "records")).orderBy("row").toArrow()
    job = {"sources": [file.stem for file in trial.files], "records": records.num_rows}
    (folder / "job.json").write_text(json.dumps(job))
    told = json.loads(on_driver(trial.options.kernel, "local", folder, records))
    pairs = read_stream(folder / "pairs.arrow")
    ids = {row: (source, name) for row, source, name in zip(
        *(records[column].to_pylist() for column in ("row", "source", "id")), strict=True)}
    members: dict[int, set] = {}
    clusters = read_stream(folder / "clusters.arrow")
    for row, first in zip(clusters["row"].to_pylist(), clusters["first"].to_pylist(), strict=True):
        members.setdefault(first, set()).add((job["sources"][ids[row][0]], ids[row][1]))
    same = {
        "pairs, weights, probabilities, decisions": pairs.equals(pyarrow.parquet.read_table(out / "pairs.parquet")),
        "model": (folder / "settled.toml").read_text() == (out / "model.toml").read_text(),
        "clusters": {frozenset(names) for names in members.values()} == clusters_of(out / "clusters.csv"),
    }
    print(f"one machine: {pairs.num_rows} pairs, {len(members)} clusters of several; {told}")
    return same


def compare_with_command(trial: Trial, out: Path) -> bool:
    """`musubi link-files` over the same files: the same clusters."""
    folder = trial.folder / "command"
    command = [trial.options.musubi, "link-files", "--model", trial.options.model, "--id-column", "record_id"]
    subprocess.run([*command, "--out", folder, *trial.files], check=True, stdout=subprocess.DEVNULL)
    return clusters_of(folder / "clusters.csv") == clusters_of(out / "clusters.csv")


def clusters_of(path: Path) -> set[frozenset]:
    """The clusters of several records."""
    text = pyarrow.csv.ConvertOptions(column_types={name: pa.string() for name in ("file", "record", "cluster")})
    members: dict[str, set] = {}
    for row in pyarrow.csv.read_csv(path, convert_options=text).to_pylist():
        members.setdefault(row["cluster"], set()).add((Path(row["file"]).stem, row["record"]))
    return {frozenset(names) for names in members.values() if len(names) > 1}


def results(out: Path) -> tuple[pa.Table, str, str]:
    """All that a run says but its times."""
    return pyarrow.parquet.read_table(out / "pairs.parquet"), *((out / name).read_text() for name in ("clusters.csv", "model.toml"))


def kill_executors(trial: Trial, reference: Path, seconds: float) -> Counter:
    """Runs in each of which an executor dies at a random moment."""
    seed = trial.options.seed if trial.options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"kills: seed {seed}")
    draw, outcomes = random.Random(seed), Counter()
    wanted, slowest = results(reference), seconds
    struck = 0
    for number in range(1, RUNS_PER_KILL_MAX * trial.options.kills + 1):
        if struck >= trial.options.kills:
            break
        trial.wait_for_executors()
        watch, moment, start = link.Stopwatch(), draw.uniform(0.02, 0.95) * seconds, time.monotonic()
        victim = draw.randrange(trial.cluster.count)
        told: list[str] = []
        timers = [
            threading.Timer(moment, strike, (trial.cluster, victim, watch, told)),
            threading.Timer(HANGS_AFTER * slowest, hang, (trial.spark, told)),
        ]
        for timer in timers:
            timer.start()
        out = trial.folder / f"out-{trial.runs + 1}"
        try:
            trial.run(watch)
            outcome = "right" if results(out) == wanted else "WRONG"
            # The first runs warm the cluster up; a kill should fall into the run.
            seconds = min(seconds, time.monotonic() - start)
        except Exception as error:  # every kind of failure is told; only what it leaves behind counts
            outcome = "WRONG: output in spite of failure" if out.exists() else "clear failure"
            told.append(link.short(error))
        for timer in timers:
            timer.cancel()
        outcome = "HUNG" if "hung" in told else outcome
        hit = any(word.startswith("killed") for word in told)
        struck += hit
        outcomes[outcome if hit else f"{outcome}, over before the kill"] += 1
        print(f"kill {number}: {outcome}; at {moment:.1f} s: {'; '.join(told)}", flush=True)
        trial.forget()
    return outcomes


def strike(cluster: Standalone, victim: int, watch: link.Stopwatch, told: list[str]) -> None:
    """Kills an executor and notes in which stage."""
    executors = cluster.executors()
    if executors:
        cluster.kill(executors[victim % len(executors)])
        told.append(f"killed executor {victim} after {list(watch.laps) or 'nothing'}".replace("'", ""))


def hang(spark: SparkSession, told: list[str]) -> None:
    """Ends a run that will not end."""
    told.append("hung")
    spark.sparkContext.cancelAllJobs()


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


def tamper_with_returned(trial: Trial, work: Path) -> list[str]:
    """Holds what the executors gave in the last run against its counts, tampered with; gives the faults that were accepted."""
    records, accepted = trial.spark.read.parquet(str(work / "records")), []
    told = read_stream(trial.driver / "expected.arrow")
    expected = dict(zip(told["part"].to_pylist(), told["pairs"].to_pylist(), strict=True))
    schema = trial.spark.read.parquet(str(work / "returned")).schema
    for fault in [None, *RETURNED_FAULTS]:
        folder = work / f"returned-{fault.__name__ if fault else 'whole'}"
        shutil.copytree(work / "returned", folder)
        name = fault.__doc__.lower().rstrip(".") if fault else "none"
        if fault:
            fault(folder)
        try:
            link.conclude(trial.arguments, records, trial.spark.read.schema(schema).parquet(str(folder)), expected, trial.driver)
            outcome = "ACCEPTED" if fault else "accepted"
            accepted += [name] if fault else []
        except Refused as refused:
            outcome = f"refused: {refused}"
            accepted += [] if fault else ["the whole result was refused"]
        print(f"fault: returned, {name}: {outcome}", flush=True)
    return accepted


def tamper(trial: Trial) -> list[str]:
    """Each fault must be refused, and leave no output; gives those that were not."""
    accepted = []
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
            accepted.append(f"{stage} {fault.__name__}")
            outcome = "ACCEPTED"
        except Refused as refused:
            outcome = f"refused: {refused}"
        finally:
            stages.Run.write = honest
        if out.exists() and outcome != "ACCEPTED":
            accepted.append(f"{stage} {fault.__name__}: output in spite of it")
        print(f"fault: {stage}, {fault.__doc__.lower().rstrip('.')}: {outcome}", flush=True)
        trial.forget()
    return accepted


def main() -> int:
    options = parse_arguments()
    failures = []
    with tempfile.TemporaryDirectory(prefix="musubi-cluster-") as name, Standalone(Path(name) / "spark") as cluster:
        trial = Trial(options, Path(name), cluster)
        trial.wait_for_executors()
        print(f"scheduler {cluster.processes[0].pid}, executors {cluster.executors()}")
        start = time.monotonic()
        out, work, report = trial.run()
        seconds = time.monotonic() - start
        print(f"cluster: {json.dumps(report)}")
        for what, same in compare_with_one_machine(trial, out, work).items():
            print(f"same {what}: {same}")
            failures += [] if same else [what]
        if options.musubi:
            same = compare_with_command(trial, out)
            print(f"same clusters as the command's: {same}")
            failures += [] if same else ["the command's clusters"]
        failures += tamper_with_returned(trial, work)
        # From here on small files: what is tried is what happens between stages, again and again.
        if options.small != options.records:
            trial.files = trial.small_files
            start = time.monotonic()
            out, _, _ = trial.run()
            seconds = time.monotonic() - start
        print(f"undisturbed: {seconds:.1f} s", flush=True)
        outcomes = kill_executors(trial, out, seconds)
        print(f"kills: {dict(outcomes)}")
        failures += [outcome for outcome in outcomes if outcome.startswith(("WRONG", "HUNG"))]
        if sum(count for outcome, count in outcomes.items() if "over before" not in outcome) < options.kills:
            failures.append("too few runs lost an executor")
        failures += tamper(trial)
        trial.spark.stop()
    print(f"trial: {'FAILED: ' + ', '.join(failures) if failures else 'passed'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
