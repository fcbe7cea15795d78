"""A trial on a scheduler and two executors: the same bits as on one machine, results tampered with, executors killed.

    python -m musubi_spark.trial --records 50000 --kills 20
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from pyspark.sql import SparkSession

from musubi_spark import faults, kills, link, made, same
from musubi_spark.events import EventLog, Told
from musubi_spark.kernel import KERNEL
from musubi_spark.standalone import Standalone

HERE = Path(__file__).resolve().parent.parent
#: An executor that died is replaced within this time.
REPLACED_S_MAX = 600
#: What is tried, in this order.
SAME, FAULTS, KILLS = "same", "faults", "kills"
#: Runs with options, beside one with none: each against `link-files` with the same.
OPTIONED = (["--one-to-one", "--threshold", "0.9"], ["--link-only"])
#: What makes a model choose its threshold from the data.
DECIDES = "\n[decision]\n"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=(SAME, FAULTS, KILLS), action="append", help="try nothing but this")
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--small", type=int, default=5_000, help="records of the runs with options, with a fault, or with a kill")
    parser.add_argument("--seed", type=int, default=None, help="of the kills; drawn and printed when not given")
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--kernel", type=Path, default=HERE / KERNEL)
    parser.add_argument("--model", type=Path, default=HERE / "trial.toml")
    parser.add_argument("--link-files", type=Path, required=True, help="the example `link` of the crate `link-files`")
    return parser.parse_args()


class Trial:
    """One cluster, many runs."""

    def __init__(self, options: argparse.Namespace, folder: Path, cluster: Standalone) -> None:
        self.options, self.folder, self.cluster = options, folder, cluster
        self.files: list[Path] = []
        self.model: Path = options.model
        self.runs = 0
        logged = folder / "events"
        logged.mkdir()
        self.spark, self.log = start_session(cluster, logged), EventLog(logged)

    def run(self, watch: link.Stopwatch | None = None, *asked: str) -> tuple[Path, Path, dict]:
        """One run in folders of its own; gives its output, its work, and its report."""
        self.runs += 1
        out, work = self.folder / f"out-{self.runs}", self.folder / f"work-{self.runs}"
        arguments = [
            *map(str, self.files), "--model", str(self.model), "--id-column", "record_id", "--out", str(out),
            "--work", str(work), "--kernel", str(self.options.kernel), "--parts", str(self.options.parts), "--keep-work", *asked,
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

    def busy_executors(self) -> list[str]:
        """The numbers of the executors that have a task at this moment."""
        seen = self.spark.sparkContext._jsc.sc().statusStore().executorList(True)
        each = [seen.apply(place) for place in range(seen.size())]
        return [executor.id() for executor in each if executor.activeTasks() > 0]

    def events(self) -> Told:
        """What Spark wrote down since this was last asked."""
        self.spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
        return self.log.read()


def start_session(cluster: Standalone, logged: Path) -> SparkSession:
    names = ("SPARK_LOCAL_IP", "PYSPARK_PYTHON", "JAVA_TOOL_OPTIONS")
    os.environ.update({name: cluster.environment[name] for name in names})
    settings = {
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
        "spark.executor.memory": "640m", "spark.executor.cores": "1", "spark.driver.memory": "1g",
        "spark.sql.shuffle.partitions": "2", "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": cluster.environment["SPARK_LOCAL_DIRS"],
        # Code made for each query pays where there is more data.
        "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        # What the trial knows of tasks, it knows from these two: which run now, and which were lost.
        "spark.ui.liveUpdate.period": "0",
        "spark.eventLog.enabled": "true", "spark.eventLog.dir": logged.as_uri(), "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
        # The machine may be busy with other things: what is slow is not dead.
        "spark.network.timeout": "600s", "spark.executor.heartbeatInterval": "60s",
    }
    builder = SparkSession.builder.master(cluster.url).appName("trial")
    for name, value in {**settings, **link.SETTINGS, "spark.task.cpus": "1"}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


class Comparisons:
    """Runs on the cluster, each held against `link-files`; the first against one process of the engine as well."""

    def __init__(self, trial: Trial) -> None:
        self.trial, self.rows = trial, []

    def make(self, name: str, process: bool, *asked: str) -> Path:
        out, work, report = self.trial.run(None, *asked)
        print(f"run: {name}: {json.dumps(report)}", flush=True)
        if process:
            self.rows += [(name, "one process", compared) for compared in same.with_one_process(self.trial, out, work)]
        self.rows += [(name, "link-files", compared) for compared in same.with_command(self.trial, out, list(asked))]
        return out

    def all(self) -> None:
        trial, options, bench = self.trial, self.trial.options, HERE.parent / "bench"
        trial.files = made.make_files(trial.folder / "people", options.records, bench)
        out = self.make(f"{options.records:,} records, CSV", True)
        trial.model = out / "model.toml"
        self.make(f"{options.records:,} records, CSV, settled model", False)
        trial.model = options.model
        trial.files = made.make_awkward_files(trial.folder / "awkward", options.small, bench)
        self.make(f"{options.small:,} records, awkward CSV and Parquet", False)
        for asked in OPTIONED:
            self.make(f"{options.small:,} records, `{' '.join(asked)}`", False, *asked)
        trial.model = trial.folder / "decides.toml"
        trial.model.write_text(options.model.read_text() + DECIDES)
        self.make(f"{options.small:,} records, `[decision]`", False)
        trial.model = options.model


def try_same(trial: Trial) -> list[str]:
    """Gives what differs."""
    comparisons = Comparisons(trial)
    try:
        comparisons.all()
    finally:  # also when somebody interrupts it
        print(f"\n{same.table(comparisons.rows)}\n", flush=True)
    return [f"{run}, {against}: {compared[0]}" for run, against, compared in comparisons.rows if not compared[2]]


def use_small_files(trial: Trial) -> tuple[Path, Path, dict[str, float]]:
    """An undisturbed run on small files: what is tried now is what happens between stages, again and again."""
    trial.files = made.make_files(trial.folder / "small", trial.options.small, HERE.parent / "bench")
    out, work, report = trial.run()
    print(f"undisturbed: {json.dumps(report)}", flush=True)
    return out, work, report["seconds"]


def try_faults(trial: Trial) -> list[str]:
    """Gives the faults that were not refused."""
    _, work, _ = use_small_files(trial)
    found = [*faults.of_returned(trial, work), *faults.of_stages(trial)]
    print(f"\n{faults.table(found)}\n", flush=True)
    return [f"{stage}, {name}: {outcome}" for stage, name, outcome in found if not outcome.startswith("refused")]


def try_kills(trial: Trial) -> list[str]:
    """Gives the runs that were wrong or hung."""
    seed = trial.options.seed if trial.options.seed is not None else random.SystemRandom().randrange(1 << 32)
    # Twice: the first run also starts everything up, and says nothing of how long a stage takes.
    use_small_files(trial)
    out, _, seconds = use_small_files(trial)
    wanted = kills.digest(out)
    print(f"kills: seed {seed}, undisturbed {sum(seconds.values()):.1f} s, result {wanted}", flush=True)
    done = []
    try:
        for kill in kills.Killer(trial, wanted, seconds, seed).all(trial.options.kills):
            done.append(kill)
            print(f"kill: {kill}", flush=True)
    finally:  # also when somebody interrupts it
        print(f"\n{kills.table(done)}\n", flush=True)
    failures = [f"{kill.stage}: {kill.outcome}" for kill in done if kill.outcome not in (kills.RIGHT, kills.FAILED)]
    if sum(kill.struck for kill in done) < trial.options.kills:
        failures.append("too few kills struck")
    return failures


def main() -> int:
    options = parse_arguments()
    failures = []
    with tempfile.TemporaryDirectory(prefix="musubi-cluster-") as name, Standalone(Path(name) / "spark") as cluster:
        trial = Trial(options, Path(name), cluster)
        trial.wait_for_executors()
        print(f"scheduler {cluster.processes[0].pid}, executors {list(cluster.executors().values())}", flush=True)
        for what, attempt in ((SAME, try_same), (FAULTS, try_faults), (KILLS, try_kills)):
            if not options.only or what in options.only:
                failures += attempt(trial)
        trial.spark.stop()
    print(f"trial: {'FAILED: ' + '; '.join(failures) if failures else 'passed'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
