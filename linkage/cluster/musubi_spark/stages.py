"""The stages of a run, each written to files before the next begins, so that nothing is ever computed from a guess.

records -> values -> keys -> blocks (with exact pair counts) -> pairs. What a stage must keep is counted on both sides of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from musubi_spark import reading
from musubi_spark.kernel import Refused, on_executor, write_stream

#: What the kernel's `keys` gives.
KEYS_SCHEMA = "row long, source int, rule int, kind int, key long"
RECEIPT, ON, REFINE = 0, 1, 2
#: What the kernel's `pairs` gives.
PAIRS_SCHEMA = (
    "part int, left long, right long, rule int, bits int, seen long, new long, earlier long, kept long, sum long, scores array<long>"
)


@dataclass
class Run:
    """What all stages know."""

    spark: SparkSession
    plan: dict
    #: Where stages are written; every executor must reach it by this name.
    work: str
    #: Processor cores that a task may use.
    threads: int
    #: The archive that holds the kernel and its files, once it is sent.
    archive: str = ""

    def write(self, name: str, frame: DataFrame) -> DataFrame:
        """Writes a stage and gives it as read back."""
        path = f"{self.work}/{name}"
        frame.write.mode("error").parquet(path)
        return self.spark.read.schema(frame.schema).parquet(path)

    @property
    def raw(self) -> list[str]:
        """The raw columns' names."""
        return [f"r{number}" for number in range(len(self.plan["raw"]))]


def read_records(run: Run, files: list[tuple[str, str]], id_column: str) -> DataFrame:
    """All records of the files, `(source, path)`, with a number each in the order of source and id, shorter ids first."""
    united = None
    for number, (source, path) in enumerate(files):
        frame = reading.read_file(run.spark, path, run.plan["raw"], id_column)
        named = frame.select(F.lit(source).alias("name"), F.lit(number).alias("source"), "id", *run.raw)
        united = named if united is None else united.unionByName(named)
    read = united.count()
    ordered = united.orderBy("name", F.octet_length("id"), "id").withColumn("row", F.monotonically_increasing_id())
    records = run.write("records", ordered.select("row", "source", "id", *run.raw))
    told = records.agg(
        F.count("*").alias("all"), F.count_distinct("row").alias("rows"), F.count_distinct("source", "id").alias("names"),
        F.count_if(reading.not_text(["id", *run.raw])).alias("not_text"),
    ).first()
    if told["not_text"]:
        raise ValueError(f"{told['not_text']} records hold what is no UTF-8 text")
    if told["names"] != read and told["all"] == read:
        raise ValueError(f"{read - told['names']} records have no id, or that of another record of their file")
    refuse_unless("records", {"read": read, "written": told["all"], "numbered": told["rows"]})
    return records


def count_values(run: Run, records: DataFrame, folder: Path) -> list[str]:
    """How many records hold each distinct value, for all that the plan asks for; gives the files."""
    for values in run.plan["values"]:
        raw = [f"r{number}" for number in values["raw"]]
        source = F.col("source") if values["by_source"] else F.lit(0)
        counted = records.groupBy(source.alias("source"), *raw).agg(F.count("*").alias("count"))
        table = counted.toArrow().sort_by([(name, "ascending") for name in ("source", *raw)])
        schema = pa.schema([("source", pa.int32()), *((name, pa.string()) for name in raw), ("count", pa.int64())])
        write_stream(folder / values["file"], table.select(schema.names).cast(schema))
    return [values["file"] for values in run.plan["values"]]


def find_keys(run: Run, records: DataFrame, expected: int) -> DataFrame:
    """Every record's blocking keys, with a receipt for each record that says how many it has."""
    asked = records.select("row", "source", *run.raw)
    keys = run.write("keys", asked.mapInArrow(on_executor("keys", run.archive, run.threads), KEYS_SCHEMA))
    receipt = F.col("kind") == RECEIPT
    told = keys.agg(
        F.count_if(receipt).alias("receipts"),
        F.count_distinct(F.when(receipt, F.col("row"))).alias("records"),
        F.coalesce(F.sum(F.when(receipt, F.col("key"))), F.lit(0)).alias("promised"),
        F.count_if(~receipt).alias("keys"),
    ).first()
    refuse_unless("records that gave their keys", {"read": expected, "receipts": told["receipts"], "records": told["records"]})
    refuse_unless("keys", {"promised": told["promised"], "written": told["keys"]})
    return keys


def sized(run: Run, entries: DataFrame, by: list[str]) -> DataFrame:
    """Records and pairs of each block, exactly."""
    counted = entries.groupBy(*by, "source").agg(F.count("*").alias("of_source"))
    grouped = counted.groupBy(*by).agg(F.sum("of_source").alias("n"), F.sum(pairs_among("of_source")).alias("within"))
    left_out = F.col("within") if run.plan["across_sources"] else F.lit(0)
    return grouped.withColumn("pairs", pairs_among("n") - left_out).drop("within")


def pairs_among(records: str) -> Column:
    """Pairs of so many records, in whole numbers."""
    return F.shiftright(F.col(records) * (F.col(records) - 1), 1)


def size_max(run: Run) -> Column:
    """The largest block of a row's rule."""
    return F.element_at(F.array(*(F.lit(rule["size_max"]) for rule in run.plan["rules"])), F.col("rule") + 1)


def make_blocks(run: Run, keys: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The blocks of all rules, those too large split by their refining keys; and the records of each block.

    Gives `(block, rule, key, refined, refine, n, pairs)` and `(row, source, rule, key, refined, refine)`.
    """
    whole = [F.lit(False).alias("refined"), F.lit(0).cast("long").alias("refine")]
    on = keys.where(F.col("kind") == ON).select("row", "source", "rule", "key", *whole)
    sizes = sized(run, on, ["rule", "key"]).withColumn("size_max", size_max(run))
    entries = on
    if any(rule["refines"] for rule in run.plan["rules"]):
        large = sizes.where(F.col("n") > F.col("size_max")).select("rule", "key")
        splits = keys.where(F.col("kind") == REFINE).select("row", "rule", F.col("key").alias("refine"))
        of_large = on.drop("refined", "refine").join(large, ["rule", "key"], "left_semi")
        refined = of_large.join(splits, ["row", "rule"]).withColumn("refined", F.lit(True))
        entries = on.unionByName(refined.select(on.columns))
    by = ["rule", "key", "refined", "refine"]
    fitting = sized(run, entries, by).where((F.col("n").between(2, size_max(run))) & (F.col("pairs") > 0))
    blocks = run.write("blocks", fitting.withColumn("block", F.monotonically_increasing_id()))
    counts = [F.count("*").alias("blocks"), F.coalesce(F.sum("pairs"), F.lit(0)).alias("pairs")]
    # Counted anew from the keys, since all that follows rests on these figures.
    counted, written = fitting.agg(*counts).first(), blocks.agg(*counts, F.count_distinct("block").alias("numbers")).first()
    refuse_unless("blocks", {"counted": counted["blocks"], "written": written["blocks"], "numbered": written["numbers"]})
    refuse_unless("pairs of all blocks", {"counted": counted["pairs"], "written": written["pairs"]})
    return blocks, entries


def left_out(run: Run, keys: DataFrame, blocks: DataFrame) -> list[dict]:
    """Each rule's blocks above its maximum, and the pairs of theirs that no part of them gives."""
    on = keys.where(F.col("kind") == ON)
    sizes = sized(run, on, ["rule", "key"]).where(F.col("n") > size_max(run))
    split = blocks.where("refined").groupBy("rule", "key").agg(F.sum("pairs").alias("kept"))
    pairs = F.greatest(F.col("pairs") - F.coalesce("kept", F.lit(0)), F.lit(0))
    told = sizes.join(split, ["rule", "key"], "left").groupBy("rule")
    rows = told.agg(F.count("*").alias("blocks"), F.sum(pairs).alias("pairs")).orderBy("rule").collect()
    names = [rule["name"] for rule in run.plan["rules"]]
    return [{"rule": names[row["rule"]], "oversized_blocks": row["blocks"], "pairs_left_out": row["pairs"]} for row in rows]


def share_out(blocks: DataFrame, parts: int) -> tuple[DataFrame, dict[int, int]]:
    """Gives each block a part, and the exact number of pairs of each part."""
    parted = blocks.withColumn("part", F.pmod(F.xxhash64("rule", "key", "refined", "refine"), F.lit(parts)).cast("int"))
    expected = {row["part"]: row["pairs"] for row in parted.groupBy("part").agg(F.sum("pairs").alias("pairs")).collect()}
    return parted, expected


def score(
    run: Run, records: DataFrame, entries: DataFrame, blocks: DataFrame, parts: int, name: str,
) -> DataFrame:
    """Sends each part's records through the kernel; gives scored pairs and a tally for each part.

    A record travels once to each part that holds a block of it, with all its blocks, so that a pair shows by itself whether
    an earlier rule gives it.
    """
    by = ["rule", "key", "refined", "refine"]
    placed = entries.join(blocks.select(*by, "block", "part"), by)
    lists = placed.groupBy("row").agg(F.collect_list(F.struct("rule", "block", "part")).alias("all"))
    each = lists.select("row", "all", F.explode(F.array_distinct(F.col("all.part"))).alias("part"))
    sent = each.join(records, "row").select(
        "part", "row", "source", *run.raw, F.col("all.rule").alias("rules"), F.col("all.block").alias("blocks"),
        F.col("all.part").alias("parts"),
    )
    dealt = sent.repartitionById(parts, "part").sortWithinPartitions("part", "row")
    return run.write(name, dealt.mapInArrow(on_executor("pairs", run.archive, run.threads), PAIRS_SCHEMA))


def refuse_unless(what: str, counts: dict[str, int]) -> None:
    """Stops the run when counts that must be the same are not."""
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        raise Refused(f"{what}: {told}")
