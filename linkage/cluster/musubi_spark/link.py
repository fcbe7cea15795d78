"""Links files on a Spark cluster: the same model file, the same pairs, weights and clusters as a run on one machine.

    python -m musubi_spark.link --model MODEL.toml --id-column ID A.csv [B.csv ...] --work SHARED --out DIR
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import shutil
import sys
import tempfile
import time
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from musubi_spark import reading, stages
from musubi_spark.kernel import KERNEL, KernelFailed, Refused, on_driver, pack, plan_of, read_stream, write_stream

#: Rounds of weighing: a second one is rare, a third is not known.
ROUNDS_MAX = 4
#: Exit codes: the result is refused; the run failed.
REFUSED, FAILED = 3, 1


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Links files on a Spark cluster.")
    parser.add_argument("files", nargs="+", metavar="FILE", help="CSV, or Parquet by its ending")
    parser.add_argument("--model", required=True, type=Path, help="the model file")
    parser.add_argument("--id-column", required=True, help="the heading of the records' ids")
    parser.add_argument("--out", required=True, type=Path, help="the folder to write to; it must not exist")
    parser.add_argument("--work", required=True, help="a new folder for the stages, which every executor reaches by this name")
    parser.add_argument("--threshold", type=float, default=None, help="link from this match probability on")
    parser.add_argument("--one-to-one", action="store_true", help="every file holds a person once")
    parser.add_argument("--link-only", action="store_true", help="look at pairs of records of two files only")
    parser.add_argument("--kernel", type=Path, default=Path(__file__).parent.parent / KERNEL, help="the kernel's binary")
    parser.add_argument("--master", default=None, help="the cluster, such as spark://host:7077; else as spark-submit says")
    parser.add_argument("--threads", type=int, default=1, help="cores that one task uses")
    parser.add_argument("--parts", type=int, default=None, help="parts to cut the pairs into")
    parser.add_argument("--pairs-per-part", type=int, default=50_000_000, help="where --parts is not given")
    parser.add_argument("--keep-work", action="store_true", help="leave the stages in place")
    return parser.parse_args(arguments)


def main() -> int:
    options = parse_arguments()
    if options.out.exists():
        print(f"link: `{options.out}` is there already", file=sys.stderr)
        return FAILED
    spark = session(options)
    try:
        with tempfile.TemporaryDirectory() as folder:
            report = link(options, spark, Path(folder))
        print(json.dumps(report))
        return 0
    except Refused as refused:
        print(f"link: refused: {refused}", file=sys.stderr)
        return REFUSED
    except (KernelFailed, PySparkException, Py4JJavaError, ValueError, OSError) as error:
        print(f"link: failed: {short(error)}", file=sys.stderr)
        return FAILED
    finally:
        spark.stop()


#: What of Spark's messages says something and can hold no value of a record.
TELLING = re.compile(
    r"linkage-kernel [^\n]*|\[[A-Z][A-Z0-9_.]+\]|ExecutorLostFailure|FetchFailed|Job \d+ cancelled|\b(?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error)\b"
)


def short(error: Exception) -> str:
    """An error in a line. Spark quotes malformed rows, so of its messages only their kind is passed on."""
    if not isinstance(error, (PySparkException, Py4JJavaError)):
        return str(error)
    told = dict.fromkeys(TELLING.findall(str(error)))
    return "Spark: " + ("; ".join(told) or type(error).__name__)


#: What a run needs of Spark whatever the cluster.
SETTINGS = {
    # Partitions stay as they were counted.
    "spark.sql.adaptive.enabled": "false",
    # A second copy of a slow task is a second answer.
    "spark.speculation": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


def session(options: argparse.Namespace) -> SparkSession:
    builder = SparkSession.builder.appName("musubi link-files")
    if options.master:
        builder = builder.master(options.master)
    for name, value in {**SETTINGS, "spark.task.cpus": str(options.threads)}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def link(options: argparse.Namespace, spark: SparkSession, folder: Path, watch: Stopwatch | None = None) -> dict:
    """All stages; writes `out` at the very end, or not at all."""
    watch = watch or Stopwatch()
    shutil.copy(options.model, folder / "model.toml")
    files = reading.named_sources(options.files)
    apply_options(options, folder, [name for name, _ in files])
    run = stages.Run(spark, plan_of(options.kernel, folder), options.work, options.threads)
    records = stages.read_records(run, files, options.id_column)
    count = records.count()
    (folder / "job.json").write_text(json.dumps({"sources": [name for name, _ in files], "records": count}))
    watch.lap("records")
    values = stages.count_values(run, records, folder)
    watch.lap("values")
    if not run.plan["trained"] or run.plan["decides"]:
        everything = records.orderBy("row").toArrow()
        if run.plan["decides"]:
            write_stream(folder / "all.arrow", everything)
        if not run.plan["trained"]:
            (folder / "model.toml").write_text(on_driver(options.kernel, "train", folder, everything))
        watch.lap("train")
    shutil.copy(options.kernel, folder / KERNEL)
    send(run, folder, values)
    keys = stages.find_keys(run, records, count)
    watch.lap("keys")
    blocks, entries = stages.make_blocks(run, keys)
    pairs = blocks.agg(F.coalesce(F.sum("pairs"), F.lit(0))).first()[0]
    if pairs > run.plan["pairs_max"]:
        raise ValueError(f"blocking gives {pairs} pairs, the model allows {run.plan['pairs_max']}")
    parts = options.parts or max(2 * spark.sparkContext.defaultParallelism, -(-pairs // options.pairs_per_part))
    parted, expected = stages.share_out(blocks, parts)
    oversized = stages.left_out(run, keys, blocks)
    watch.lap("blocks")
    for round_number in range(ROUNDS_MAX):
        name = "returned" if round_number == 0 else f"returned-{round_number}"
        returned = stages.score(run, records, entries, parted, parts, name)
        watch.lap("pairs")
        told = conclude(options, records, returned, expected, folder)
        watch.lap("conclude")
        if not told.get("again"):
            break
        # The data shows far more matches than the model expects: pairs that it left out may be likely.
        shutil.move(folder / "again.toml", folder / "model.toml")
        send(run, folder, values)
    else:
        raise KernelFailed("the prior does not come to rest")
    report = {
        "records": count, "pairs_counted": pairs, "parts": len(expected), **told, "oversized": oversized,
        "seconds": watch.laps,
    }
    write_out(options.out, folder, records, report, [name for name, _ in files])
    watch.lap("write")
    if not options.keep_work and "://" not in options.work:
        shutil.rmtree(options.work)
    return report


def apply_options(options: argparse.Namespace, folder: Path, sources: list[str]) -> None:
    """Makes the options part of the model: all that follows, and the model that is written, go by them."""
    if options.threshold is None and not options.one_to_one and not options.link_only:
        return
    chosen = {"threshold": options.threshold, "one_to_one": options.one_to_one, "link_only": options.link_only}
    (folder / "options.json").write_text(json.dumps({"sources": sources, **chosen}))
    (folder / "model.toml").write_text(on_driver(options.kernel, "settings", folder))


def send(run: stages.Run, folder: Path, values: list[str]) -> None:
    """Sends the executors what the kernel reads, and the kernel."""
    archive = pack(folder, ["model.toml", "job.json", KERNEL, *values])
    run.spark.sparkContext.addFile(str(archive))
    run.archive = archive.name


class Stopwatch:
    """Wall time by stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self.last = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name] = round(self.laps.get(name, 0.0) + now - self.last, 1)
        self.last = now
        print(f"link: {name} {self.laps[name]} s", file=sys.stderr, flush=True)


def conclude(
    options: argparse.Namespace, records: DataFrame, returned: DataFrame, expected: dict[int, int], folder: Path,
) -> dict:
    """Checks what came back against what was counted, and clusters."""
    parts = pa.table({"part": pa.array(expected.keys(), pa.int32()), "pairs": pa.array(expected.values(), pa.int64())})
    write_stream(folder / "expected.arrow", parts)
    write_stream(folder / "returned.arrow", returned.toArrow())
    ends = returned.where("seen is null").select(F.explode(F.array("left", "right")).alias("row")).distinct()
    write_stream(folder / "linked.arrow", records.join(ends, "row", "left_semi").orderBy("row").toArrow())
    return json.loads(on_driver(options.kernel, "conclude", folder))


def write_out(out: Path, folder: Path, records: DataFrame, report: dict, sources: list[str]) -> None:
    """Writes the results beside their place and moves them there whole."""
    beside = out.with_name(f".{out.name}.{uuid.uuid4().hex}")
    beside.mkdir(parents=True)
    pyarrow.parquet.write_table(read_stream(folder / "pairs.arrow"), beside / "pairs.parquet")
    shutil.copy(folder / "settled.toml", beside / "model.toml")
    written = write_clusters(beside / "clusters.csv", read_stream(folder / "clusters.arrow"), records, sources)
    stages.refuse_unless("records in clusters", {"read": report["records"], "written": written})
    (beside / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    beside.rename(out)


def write_clusters(path: Path, clusters: pa.Table, records: DataFrame, sources: list[str]) -> int:
    """`file,record,cluster`: clusters count from 1 by their first record in the order of file and id, shorter ids first; gives the lines."""
    first_of = dict(zip(clusters["row"].to_pylist(), clusters["first"].to_pylist(), strict=True))
    numbers: dict[int, int] = {}
    lines = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", "record", "cluster"))
        for record in records.select("row", "source", "id").orderBy("row").toLocalIterator(prefetchPartitions=True):
            first = first_of.get(record["row"], record["row"])
            number = numbers.setdefault(first, len(numbers) + 1)
            writer.writerow((sources[record["source"]], record["id"], number))
            lines += 1
    return lines


if __name__ == "__main__":
    sys.exit(main())
