"""A Splink model of the same comparisons and blocking rules as one of our model files."""

from __future__ import annotations

import re
from typing import Any

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import SettingsCreator, block_on
from splink.internals.blocking_rule_creator import BlockingRuleCreator
from splink.internals.comparison_creator import ComparisonCreator
from splink.internals.comparison_level_creator import ComparisonLevelCreator

Model = dict[str, Any]


def settings(model: Model) -> SettingsCreator:
    """The settings that score a model's candidates with the least work: nothing is retained but ids and weights."""
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[comparison(one) for one in model["comparison"]],
        blocking_rules_to_generate_predictions=[rule(one["on"]) for one in model["block"]],
        unique_id_column_name="record_id",
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


def training_rules(model: Model) -> list[BlockingRuleCreator]:
    """The rules that the model learns from."""
    return [rule(one["on"]) for one in model["block"] if one.get("train")]


def rule(on: list[str]) -> BlockingRuleCreator:
    """A blocking rule on columns and functions of columns."""
    return block_on(*[expression(key) for key in on])


def expression(key: str) -> str:
    """One element of `on` as DuckDB says it."""
    found = re.fullmatch(r"(\w+)\((\w+)(?:, *(\d+))?\)", key)
    match found and found.groups():
        case None:
            return key
        case ("year", column, None):
            return f"year({column})"
        case ("prefix", column, length):
            return f"substr({column}, 1, {length})"
    raise ValueError(f"no SQL for the blocking key `{key}`")


def comparison(one: Model) -> ComparisonCreator:
    """A comparison with the levels of ours, and one before them for missing values."""
    column = one["column"]
    levels: list[ComparisonLevelCreator] = [cll.NullLevel(column)]
    levels += [level(one["kind"], column, each) for each in one["level"]]
    return cl.CustomComparison(output_column_name=one["name"].replace(" ", "_"), comparison_levels=levels)


def level(kind: str, column: str, settings: Model) -> ComparisonLevelCreator:
    """One level."""
    when = settings["when"]
    test, value = (when, None) if isinstance(when, str) else next(iter(when.items()))
    left, right = f"{column}_l", f"{column}_r"
    match kind, test:
        case _, "same":
            return cll.ExactMatchLevel(column, term_frequency_adjustments=settings.get("rarity", False))
        case _, "otherwise":
            return cll.ElseLevel()
        case "jaro_winkler", "at_least":
            return cll.JaroWinklerLevel(column, value)
        case "date", "swapped":
            sql = f"year({left}) = year({right}) and month({left}) = day({right}) and day({left}) = month({right})"
        case "date", "within":
            sql = f"abs({left} - {right}) <= {int(value)}"
        case "date", "years_off":
            years = ", ".join(str(year) for year in value)
            sql = (f"month({left}) = month({right}) and day({left}) = day({right})"
                   f" and abs(year({left}) - year({right})) in ({years})")
        case "date", "same_year":
            sql = f"year({left}) = year({right})"
        case _:
            raise ValueError(f"no Splink level for `{test}` of kind `{kind}`")
    return cll.CustomLevel(sql, label_for_charts=settings["name"])
