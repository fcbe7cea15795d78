"""A good Splink model of the FEBRL sets, and its best F1 over all thresholds, which only the truth tells.

`python -m bench.splink_febrl FILE [FILE]` prints JSON: one file is de-duplicated, two are linked one to one.
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path

import duckdb
import numpy as np
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.internals.comparison_creator import ComparisonCreator

from bench.accuracy import Accuracy, accuracy, best, components

#: Thresholds in bits at which F1 is taken.
BITS = tuple(bits / 2 for bits in range(-20, 81))


def text(column: str, *other: str, rarity: bool = True) -> ComparisonCreator:
    """Short words: equal, in a neighbouring column, alike by Jaro-Winkler."""
    levels = [cll.NullLevel(column), cll.ExactMatchLevel(column, term_frequency_adjustments=rarity)]
    levels += [cll.CustomLevel(f"{column}_l = {one}_r or {one}_l = {column}_r", label_for_charts=f"in {one}") for one in other]
    levels += [cll.JaroWinklerLevel(column, 0.92), cll.JaroWinklerLevel(column, 0.8), cll.ElseLevel()]
    return cl.CustomComparison(output_column_name=column, comparison_levels=levels)


def digits(column: str, rarity: bool = False) -> ComparisonCreator:
    """Numbers as text: equal, one or two keys apart."""
    levels = [
        cll.NullLevel(column), cll.ExactMatchLevel(column, term_frequency_adjustments=rarity),
        cll.DamerauLevenshteinLevel(column, 1), cll.DamerauLevenshteinLevel(column, 2), cll.ElseLevel(),
    ]
    return cl.CustomComparison(output_column_name=column, comparison_levels=levels)


def settings(link: bool, with_number: bool) -> SettingsCreator:
    """All columns, by rules so loose that hardly a true pair is outside."""
    comparisons = [
        text("given_name", "surname"), text("surname", "given_name"), digits("date_of_birth"), digits("street_number"),
        text("address_1", "address_2"), text("address_2", "address_1"), text("suburb"), digits("postcode", rarity=True),
        text("state", rarity=False),
    ]
    columns = ["given_name", "surname", "date_of_birth", "postcode", "suburb", "address_1", "address_2"]
    if with_number:
        comparisons.append(digits("soc_sec_id"))
        columns.append("soc_sec_id")
    rules = [block_on(column) for column in columns]
    rules += ["l.given_name = r.surname", "l.surname = r.given_name"]
    return SettingsCreator(
        link_type="link_only" if link else "dedupe_only", comparisons=comparisons, blocking_rules_to_generate_predictions=rules,
        unique_id_column_name="rec_id", max_iterations=50, em_convergence=1e-5,
    )


def predicted(files: list[Path]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Left and right places of each scored pair, its weight in bits, and the entity of each record."""
    sql = duckdb.connect()
    sql.execute("set threads = 2")
    api = DuckDBAPI(sql)
    tables = []
    for at, file in enumerate(files):
        sql.execute(f"create table t{at} as select * exclude entity from read_csv('{file}', all_varchar = true)")
        tables.append(api.register(f"t{at}"))
    read = ", ".join(f"'{file}'" for file in files)
    truth = sql.sql(f"select rec_id, entity::integer as entity from read_csv([{read}], all_varchar = true, union_by_name = true)").fetchnumpy()
    with_number = "soc_sec_id" in files[0].read_text().split("\n", 1)[0]
    linker = Linker(tables if len(tables) > 1 else tables[0], settings(len(files) > 1, with_number), log_level=logging.ERROR)
    sure = [block_on("given_name", "surname", "date_of_birth"), block_on("surname", "date_of_birth", "postcode")]
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1, min_count_per_level=None)
    for rule in (block_on("date_of_birth"), block_on("surname", "given_name"), block_on("postcode", "suburb")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict()
    found = sql.sql(f"select rec_id_l as l, rec_id_r as r, match_weight as bits from {pairs.physical_name}").fetchnumpy()
    place = {name: at for at, name in enumerate(truth["rec_id"])}
    left, right = (np.array([place[name] for name in found[side]]) for side in ("l", "r"))
    return left, right, found["bits"].astype(float), truth["entity"].astype(np.int64)


def one_to_one(left: np.ndarray, right: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """The places of the pairs that are left when each record keeps its best partner, taken from the best pair down."""
    taken: set[int] = set()
    kept = []
    for at in np.argsort(-bits, kind="stable"):
        if left[at] not in taken and right[at] not in taken:
            taken |= {int(left[at]), int(right[at])}
            kept.append(at)
    return np.array(kept)


def main(files: list[Path]) -> dict[str, object]:
    """Splink's best."""
    left, right, bits, entity = predicted(files)
    if len(files) > 1:
        kept = one_to_one(left, right, bits)
        left, right, bits = left[kept], right[kept], bits[kept]
    found: dict[float, Accuracy] = {}
    for threshold in BITS:
        some = bits >= threshold
        found[threshold] = accuracy(components(left[some], right[some], len(entity)), entity)
    at, most = best(found)
    return {"best_bits": at, "best": asdict(most), "at_0.95": asdict(found[4.5]), "by_bits": {str(one): found[one].f1 for one in BITS}}


if __name__ == "__main__":
    print(json.dumps(main([Path(argument) for argument in sys.argv[1:]])))
