"""The files as a run on one machine reads them: the same ids, the same text in every cell."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

#: Files that a reader takes for Parquet.
PARQUET = (".parquet", ".pq")
#: What stands between the elements of a list.
SEPARATOR = ";"
#: Whole numbers to which a column of floats is exact.
EXACT_MAX = 2**53
#: Kinds of Parquet columns that have one spelling, here and there.
PLAIN = (T.StringType, T.IntegralType, T.DecimalType, T.BooleanType, T.DateType)
#: What a decoder puts where it found no text.
NO_TEXT = "\ufffd"
#: Blanks around an id, as CSV cells and as values of Parquet lose them.
CSV_BLANKS, ALL_BLANKS = r"^[ \t\r\n]+|[ \t\r\n]+\z", r"(?U)^\s+|\s+\z"


def named_sources(files: list[str]) -> list[tuple[str, str]]:
    """A name for each file: its own without the ending, with a number where two have the same."""
    named: dict[str, str] = {}
    for file in files:
        if file in named.values():
            raise ValueError(f"`{file}` is given twice")
        stem = Path(file).stem
        name, number = stem, 2
        while name in named:
            name, number = f"{stem}-{number}", number + 1
        named[name] = file
    return list(named.items())


def read_file(spark: SparkSession, path: str, headings: list[list[str]], id_column: str) -> DataFrame:
    """`id, r0, r1, ...`: for each list of headings the first that the file has, as text."""
    parquet = is_parquet(path)
    frame = spark.read.parquet(path) if parquet else read_csv(spark, path)
    kinds = {field.name: field.dataType for field in frame.schema.fields}
    known = ", ".join(f"`{name}`" for name in frame.columns)
    if id_column not in kinds:
        raise ValueError(f"`{path}` has no column `{id_column}` for the records' ids; it has {known}")
    chosen = []
    for place, names in enumerate(headings):
        found = [name for name in names if name in kinds]
        if not found:
            raise ValueError(f"`{path}` has no heading `{'`, `'.join(names)}`, which the model names; it has {known}")
        chosen.append(text(path, found[0], kinds[found[0]]).alias(f"r{place}"))
    blanks = ALL_BLANKS if parquet else CSV_BLANKS
    record = F.regexp_replace(text(path, id_column, kinds[id_column]), blanks, "")
    return frame.select(F.nullif(record, F.lit("")).alias("id"), *chosen)


def is_parquet(path: str) -> bool:
    return path.lower().rstrip("/").endswith(PARQUET)


def read_csv(spark: SparkSession, path: str) -> DataFrame:
    """A CSV file whose malformed rows stop the run."""
    options = {
        "header": True, "quote": '"', "escape": '"', "multiLine": True, "mode": "FAILFAST", "encoding": "UTF-8",
        # By default a cell of more than so many characters, or a row of more than so many cells, is malformed.
        "maxCharsPerColumn": -1, "maxColumns": 1 << 16,
        # Else a quote that closes in the middle of a cell is taken for text.
        "unescapedQuoteHandling": "RAISE_ERROR",
    }
    return spark.read.options(**options).csv(path)


def text(path: str, name: str, kind: T.DataType) -> Column:
    """A column as text, whatever stands in its name."""
    column = F.col("`" + name.replace("`", "``") + "`")
    if isinstance(kind, T.ArrayType) and isinstance(kind.elementType, PLAIN):
        return F.array_join(column.cast("array<string>"), SEPARATOR)
    if isinstance(kind, T.FractionalType) and not isinstance(kind, T.DecimalType):
        # A whole number in a column of floats, as programs write integers with gaps.
        whole = (column == F.floor(column)) & (F.abs(column) < EXACT_MAX)
        return F.when(whole, column.cast("long").cast("string")).otherwise(column.cast("string"))
    if isinstance(kind, PLAIN):
        return column.cast("string")
    raise ValueError(f"`{path}`: column `{name}` of type {kind.simpleString()} cannot be read as text")


def not_text(columns: list[str]) -> Column:
    """Whether a record has bytes that were no text."""
    return F.coalesce(F.contains(F.concat_ws("", *columns), F.lit(NO_TEXT)), F.lit(False))
