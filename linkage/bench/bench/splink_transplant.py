"""A Splink model of the evidence of the transplant model, over the subjects of `bench.transplant_data`.

Identifiers, event days and lots have the m and u of our model file, for random pairs hardly ever show them; all else Splink trains.
"""

from __future__ import annotations

import logging

import duckdb
import numpy as np
import pyarrow as pa
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.internals.blocking_rule_creator import BlockingRuleCreator
from splink.internals.comparison_creator import ComparisonCreator
from splink.internals.comparison_level_creator import ComparisonLevelCreator

SHARE = "list_has_any({0}_l, {0}_r)"


def rare(column: str) -> ComparisonLevelCreator:
    """Equal first values, by how rare they are: Splink weighs rarity only where a comparison has such a level."""
    return cll.ExactMatchLevel(column, term_frequency_adjustments=True)


def level(sql: str, name: str, m: float | None = None, u: float | None = None) -> ComparisonLevelCreator:
    """A level; with m and u it is not trained."""
    made = cll.CustomLevel(sql, label_for_charts=name)
    if m is not None:
        made = made.configure(m_probability=m, u_probability=u, fix_m_probability=True, fix_u_probability=True)
    return made


def comparison(name: str, missing: str, *levels: ComparisonLevelCreator) -> ComparisonCreator:
    """A comparison that says nothing when one of them misses the column."""
    null = cll.CustomLevel(f"{missing}_l is null or {missing}_r is null", label_for_charts="missing").configure(is_null_level=True)
    return cl.CustomComparison(output_column_name=name, comparison_levels=[null, *levels])


def ids() -> ComparisonCreator:
    """A number that one holds of the other, or both of a third; alone it says less than with birth date or sex."""
    named = "(list_contains(ids_l, own_id_r) or list_contains(ids_r, own_id_l) or " + SHARE.format("ids") + ")"
    born = SHARE.format("births")
    null = cll.CustomLevel("ids_l is null and ids_r is null", label_for_charts="missing").configure(is_null_level=True)
    unknown = cll.CustomLevel(
        f"not coalesce({named}, false) and not coalesce(list_has_any(id_registries_l, id_registries_r), false) "
        "and not coalesce(list_contains(id_registries_l, source_r), false) and not coalesce(list_contains(id_registries_r, source_l), false)",
        label_for_charts="nothing to compare").configure(is_null_level=True)
    return cl.CustomComparison(output_column_name="ids", comparison_levels=[
        null, unknown,
        level(f"{named} and {born}", "birth date agrees", 0.5, 1e-7),
        level(f"{named} and sex_l = sex_r", "sex agrees", 0.03, 1e-6),
        level(named, "unchecked", 0.01, 2e-4),
        cll.ElseLevel().configure(m_probability=0.1, u_probability=0.999, fix_m_probability=True, fix_u_probability=True),
    ])


def comparisons() -> list[ComparisonCreator]:
    """All evidence."""
    shared_days = "len(list_intersect(days_l, days_r))"
    return [
        ids(),
        comparison(
            "events", "event_months",
            level(f"{shared_days} >= 2", "several days", 0.25, 1e-6),
            level(f"{shared_days} >= 1", "same day", 0.5, 2e-4),
            level("list_has_any(days_l, days_after_r) or list_has_any(days_after_l, days_r)", "a day off"),
            level(SHARE.format("event_months"), "same month"),
            cll.ElseLevel()),
        comparison(
            "birth_date", "births_year",
            rare("birth"), level(SHARE.format("births"), "same, of several"),
            level(SHARE.format("births_month"), "month"),
            level("list_has_any(births_l, births_swapped_r)", "swapped"),
            level(SHARE.format("births_day"), "another year"),
            level(SHARE.format("births_year"), "same year"),
            cll.ElseLevel()),
        cl.CustomComparison(output_column_name="sex", comparison_levels=[cll.NullLevel("sex"), cll.ExactMatchLevel("sex"), cll.ElseLevel()]),
        comparison(
            "hla", "loci",
            rare("genotype"), level(SHARE.format("genotypes"), "same genotype, of several"),
            level("len(list_intersect(loci_l, loci_r)) >= 3", "three loci"),
            level("len(list_intersect(loci_l, loci_r)) = 2", "two loci"),
            level("len(list_intersect(loci_l, loci_r)) = 1", "one locus"),
            cll.ElseLevel()),
        comparison("initials", "initials", rare("initial"), level(SHARE.format("initials"), "same, of several"),
                   level(SHARE.format("initials_first"), "a letter"), cll.ElseLevel()),
        cl.CustomComparison(output_column_name="abo", comparison_levels=[
            cll.NullLevel("abo"), cll.ExactMatchLevel("abo", term_frequency_adjustments=True), cll.ElseLevel()]),
        comparison("disease", "diseases", rare("disease"), level(SHARE.format("diseases"), "same, of several"), cll.ElseLevel()),
        comparison("diagnosis", "diagnosed", level("diagnosed_l = diagnosed_r", "same day"),
                   level("abs(diagnosed_l - diagnosed_r) <= 31", "a month"), level("abs(diagnosed_l - diagnosed_r) <= 366", "a year"),
                   cll.ElseLevel()),
        comparison("death", "died", level("died_l = died_r", "same day", 0.9, 2e-4),
                   level("abs(died_l - died_r) <= 7", "a week", 0.09, 0.003), cll.ElseLevel()),
        comparison("facility", "facilities", rare("facility"), level(SHARE.format("facilities"), "same, of several"), cll.ElseLevel()),
        comparison("prefecture", "prefectures", rare("prefecture"), level(SHARE.format("prefectures"), "same, of several"), cll.ElseLevel()),
        comparison("lot", "lots", level(SHARE.format("lots"), "same", 0.9, 1e-5), cll.ElseLevel()),
    ]


def rules() -> list[BlockingRuleCreator]:
    """The rules of our model file, as far as Splink can say them."""
    def on(*columns: str, explode: tuple[str, ...] = ()) -> BlockingRuleCreator:
        return block_on(*columns, arrays_to_explode=list(explode))

    return [
        on("known_ids", explode=("known_ids",)),
        on("lots", explode=("lots",)),
        on("births", "sex", explode=("births",)),
        on("days", "births_year", explode=("days", "births_year")),
        on("days", "loci", explode=("days", "loci")),
        on("births_ordered", "sex", explode=("births_ordered",)),
        on("births_month", "loci", "sex", explode=("births_month", "loci")),
        on("births_day", "genotypes", explode=("births_day", "genotypes")),
        on("genotypes", "sex", explode=("genotypes",)),
        on("diagnosed", "births_year", explode=("births_year",)),
        on("died", "sex"),
        on("days", "facilities", explode=("days", "facilities")),
        on("births", "facilities", explode=("births", "facilities")),
    ]


def predicted(subjects: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left and right subject of each scored pair, and its match weight in bits, the prior within."""
    sql = duckdb.connect()
    sql.execute("set threads = 2")
    sql.register("told", subjects)
    sql.execute("create table subjects as select * exclude person from told")
    settings = SettingsCreator(
        link_type="dedupe_only", comparisons=comparisons(), blocking_rules_to_generate_predictions=rules(),
        unique_id_column_name="subject", retain_matching_columns=False, max_iterations=50,
        # One pair of records in about 1.4 subjects: what the truth of such worlds is, given to Splink for nothing.
        probability_two_random_records_match=1.4 / len(subjects))
    linker = Linker(DuckDBAPI(sql).register("subjects"), settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1, min_count_per_level=None)
    for rule in (block_on("birth", "sex"), block_on("genotype"), block_on("diagnosed", "disease"), block_on("birth", "genotype")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_weight=-5)
    found = sql.sql(f"select subject_l as l, subject_r as r, match_weight as bits from {pairs.physical_name}").fetchnumpy()
    return found["l"], found["r"], found["bits"].astype(float)
