"""Executors killed while they work, again and again; what became of each run, as a table."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet

from musubi_spark import link
from musubi_spark.standalone import descendants, is_alive, stop_now

if TYPE_CHECKING:
    from musubi_spark.trial import Trial

#: The stages in which an executor is killed, in turn.
STAGES = ("records", "values", "train", "keys", "blocks", "pairs", "conclude", "write")
#: What is killed, in turn: the executor alone, or with its Python workers and kernels, as a machine that loses power.
WAYS = ("executor", "executor and its children")
#: A run hangs when it takes so many times as long as an undisturbed one, and no less than so many seconds.
HANGS_AFTER, HANGS_AFTER_S_MIN = 20, 900
#: A run that cannot even be cancelled within this time ends the trial.
CANCELLED_S_MAX = 300
#: Runs for each kill: one in which no task was lost does not count, and is made again.
RUNS_PER_KILL_MAX = 6
#: How much of an undisturbed stage may pass before the blow; it falls when next a task runs.
DELAY_SHARE_MAX = 0.9
#: How often it is looked whether a task runs.
LOOK_S = 0.005
#: A process whose executor died ends within this time.
ORPHANS_S_MAX = 120
#: Outcomes.
RIGHT, FAILED, WRONG, HUNG = "right", "clear failure", "WRONG", "HUNG"


class Watch(link.Stopwatch):
    """Knows the stage that a run is in, and when it began."""

    def __init__(self) -> None:
        super().__init__()
        self.stage, self.over, self.began = STAGES[0], False, time.monotonic()

    def lap(self, name: str) -> None:
        super().lap(name)
        following = STAGES.index(name) + 1
        self.stage = STAGES[following] if following < len(STAGES) else ""
        self.began = time.monotonic()


@dataclass
class Kill:
    """One kill, and what came of it."""

    stage: str
    way: str
    #: Share of the stage that passes before the blow.
    delay: float
    #: The executor's number, once it is dead, and the moment after the run's beginning.
    executor: str = ""
    moment: float = 0.0
    #: Processes that died with it or should.
    family: list[int] = field(default_factory=list)
    #: Tasks that Spark's event log says were lost with this executor, and Spark stages that it says were tried again.
    lost: int = 0
    repeated: int = 0
    outcome: str = ""
    #: What was said, or the result's digest.
    told: str = ""

    @property
    def struck(self) -> bool:
        """Whether an executor died that had a task to do."""
        return bool(self.executor) and self.lost > 0


def digest(out: Path) -> str:
    """A short SHA-256 over all that a run says but its times: pairs with weights, clusters, model."""
    seen = hashlib.sha256()
    pairs = pyarrow.parquet.read_table(out / "pairs.parquet").combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pairs.schema) as writer:
        writer.write_table(pairs)
    for part in (sink.getvalue(), (out / "clusters.csv").read_bytes(), (out / "model.toml").read_bytes()):
        seen.update(hashlib.sha256(part).digest())
    return seen.hexdigest()[:16]


class Killer:
    """Makes kills until as many struck as were asked for."""

    def __init__(self, trial: Trial, wanted: str, undisturbed: dict[str, float], seed: int) -> None:
        self.trial, self.wanted, self.undisturbed = trial, wanted, undisturbed
        self.draw = random.Random(seed)
        self.hangs_after = max(HANGS_AFTER * sum(undisturbed.values()), HANGS_AFTER_S_MIN)

    def all(self, count: int) -> Iterator[Kill]:
        """Every run that was made, whether its kill struck or not."""
        struck, missed = 0, 0
        for _ in range(RUNS_PER_KILL_MAX * count):
            if struck == count:
                return
            # One in which no task was lost is made again in the same stage, earlier: a stage may end on the driver alone.
            # In two rounds every stage meets both ways.
            way = WAYS[(struck + struck // len(STAGES)) % len(WAYS)]
            kill = Kill(STAGES[struck % len(STAGES)], way, self.draw.uniform(0, DELAY_SHARE_MAX) / 4**missed)
            self.one(kill)
            struck, missed = struck + kill.struck, 0 if kill.struck else missed + 1
            yield kill

    def one(self, kill: Kill) -> None:
        """One run, disturbed."""
        trial, watch = self.trial, Watch()
        trial.wait_for_executors()
        trial.events()
        striking = threading.Thread(target=self.strike, args=(kill, watch))
        hung = threading.Event()
        timers = [
            threading.Timer(self.hangs_after, self.cancel, (hung,)),
            threading.Timer(self.hangs_after + CANCELLED_S_MAX, self.give_up, (kill,)),
        ]
        for thread in (striking, *timers):
            thread.daemon = True
            thread.start()
        try:
            self.run(kill, watch)
        finally:
            for timer in timers:
                timer.cancel()
            watch.over = True
        striking.join()
        if hung.is_set():
            kill.outcome = HUNG
        told = trial.events()
        kill.lost, kill.repeated = told.lost.count(kill.executor), told.repeated
        self.look_for_orphans(kill)
        trial.forget()

    def run(self, kill: Kill, watch: Watch) -> None:
        """The run itself, and what became of it."""
        out = self.trial.folder / f"out-{self.trial.runs + 1}"
        try:
            self.trial.run(watch)
            kill.told = digest(out)
            kill.outcome = RIGHT if kill.told == self.wanted else WRONG
        except Exception as error:  # every kind of failure is told; only what it leaves behind counts
            kill.outcome = WRONG if out.exists() else FAILED
            kill.told = one_line(link.short(error) or type(error).__name__)

    def strike(self, kill: Kill, watch: Watch) -> None:
        """Waits for the stage, lets some of it pass, and kills an executor that has a task at that moment."""
        start = watch.began
        while watch.stage != kill.stage:
            if watch.over or kill.stage in watch.laps:
                return
            time.sleep(LOOK_S)
        time.sleep(kill.delay * self.undisturbed[kill.stage])
        while watch.stage == kill.stage and not watch.over:
            executors = self.trial.cluster.executors()
            busy = [number for number in self.trial.busy_executors() if number in executors]
            if busy:
                number = self.draw.choice(sorted(busy))
                kill.family = descendants(executors[number])
                stop_now([executors[number], *(kill.family if kill.way == WAYS[1] else [])])
                kill.executor, kill.moment = number, time.monotonic() - start
                return
            time.sleep(LOOK_S)

    def cancel(self, hung: threading.Event) -> None:
        """Ends a run that will not end."""
        hung.set()
        self.trial.spark.sparkContext.cancelAllJobs()

    def give_up(self, kill: Kill) -> None:
        """Ends the trial when not even that helps."""
        print(f"trial: FAILED: a run hung after {kill.way} was killed in {kill.stage}, and could not be cancelled", flush=True)
        self.trial.cluster.abandon()

    def look_for_orphans(self, kill: Kill) -> None:
        """The Python workers and kernels of a dead executor must end by themselves."""
        end = time.monotonic() + ORPHANS_S_MAX
        while any(map(is_alive, kill.family)) and time.monotonic() < end:
            time.sleep(0.1)
        if left := [process for process in kill.family if is_alive(process)]:
            kill.outcome, kill.told = WRONG, f"processes {left} of the dead executor still run; {kill.told}"
            stop_now(left)


def one_line(text: str) -> str:
    """As it may stand in a table."""
    return " ".join(text.replace("|", "/").split())


HEADINGS = (
    "kill", "stage", "killed", "executor", "at s", "tasks lost", "stages tried again", "outcome", "result (SHA-256) or what was said",
)


def table(kills: list[Kill]) -> str:
    """The kills that struck, as Markdown; then what they come to."""
    struck = [kill for kill in kills if kill.struck]
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    for number, kill in enumerate(struck, 1):
        figures = (kill.executor, f"{kill.moment:.1f}", kill.lost, kill.repeated)
        rows.append((number, kill.stage, kill.way, *figures, kill.outcome, kill.told))
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join([*lines, "", summary(struck), missed([kill for kill in kills if not kill.struck])])


def counted(kills: list[Kill]) -> Counter:
    return Counter(kill.outcome for kill in kills)


def summary(struck: list[Kill]) -> str:
    """N right, M failed clearly, none wrong, none hung."""
    by_stage = Counter(kill.stage for kill in struck)
    stages = ", ".join(f"{stage} {by_stage[stage]}" for stage in STAGES if by_stage[stage])
    outcomes = ", ".join(f"{counted(struck)[outcome]} {outcome}" for outcome in (RIGHT, FAILED, WRONG, HUNG))
    return f"kills that struck: {len(struck)} ({stages}): {outcomes}"


def missed(others: list[Kill]) -> str:
    """Runs that do not count as kills; that they ended right counts all the same."""
    return f"runs in which no task was lost, made again: {len(others)}: {dict(counted(others))}"
