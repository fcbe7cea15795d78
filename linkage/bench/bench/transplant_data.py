"""The subjects of a synthetic transplant world as columns that Splink can compare: what `link_world` told, made regular.

HLA is reduced to first fields, antigens of serology included, so that typings of all resolutions meet; events keep their day and
kind; every date is also told by its parts, for slips.
"""

from __future__ import annotations

import datetime
import itertools
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

#: Antigens whose number is not the first field of their alleles, by locus.
ANTIGENS = {
    "A": {9: 24, 10: 26, 19: 33, 28: 68, 203: 2, 210: 2, 2403: 24},
    "B": {5: 52, 12: 44, 60: 40, 61: 40, 16: 39, 17: 58, 21: 50, 22: 54, 64: 14, 65: 14, 3901: 39, 3902: 39, 5102: 51, 5103: 51}
    | dict.fromkeys((62, 63, 70, 71, 72, 75, 76, 77), 15),
    "C": {9: 3, 10: 3},
    "DRB1": {2: 15, 3: 3, 17: 3, 18: 3, 5: 12, 6: 14, 103: 1},
}
#: The loci that nearly every typing has.
LOCI = ("A", "B", "DRB1")

SCHEMA = pa.schema([
    ("subject", pa.int32()), ("source", pa.string()), ("own_id", pa.string()), ("person", pa.int32()),
    *[(name, pa.list_(pa.string())) for name in (
        "births", "births_swapped", "births_month", "births_day", "births_year", "initials", "initials_first", "prefectures",
        "diseases", "facilities", "ids", "known_ids", "id_registries",
        "births_ordered", "days", "days_after", "event_months", "loci", "genotypes", "alleles", "lots")],
    *[(name, pa.string()) for name in ("birth", "sex", "initial", "disease", "facility", "prefecture", "abo", "genotype")],
    ("diagnosed", pa.date32()), ("died", pa.date32()),
])


def first_field(allele: str) -> tuple[str, int] | None:
    """`A:A*24:02`, `A:A24` and `DRB1:DR4` as locus and first field."""
    locus, told = allele.split(":", 1)
    molecular = "*" in told or ":" in told
    digits = re.search(r"\d+", told.split("*")[-1] if molecular else re.sub(r"^[A-Za-z]+", "", told))
    if digits is None:
        return None
    number = int(digits.group())
    return locus, number if molecular else ANTIGENS.get(locus, {}).get(number, number)


def typing(alleles: Iterable[str]) -> tuple[list[str], str | None]:
    """A typing's genotype by locus, such as `A:24-26`, and of the three loci together."""
    fields: dict[str, set[int]] = {}
    for locus, number in filter(None, map(first_field, alleles)):
        fields.setdefault(locus, set()).add(number)
    loci = {locus: f"{locus}:{min(numbers)}-{max(numbers)}" for locus, numbers in fields.items()}
    whole = " ".join(loci[locus] for locus in LOCI) if all(locus in loci for locus in LOCI) else None
    return list(loci.values()), whole


def distinct(values: Iterable[str | None]) -> list[str] | None:
    """The values that there are, each once; none when there is none, so that a comparison takes it for missing."""
    found = sorted({value for value in values if value})
    return found or None


def swapped(date: str) -> str | None:
    """The date with day and month exchanged, where that is another date."""
    year, month, day = date.split("-")
    return f"{year}-{day}-{month}" if int(day) <= 12 and day != month else None


def ordered(date: str) -> str | None:
    """The date with the lesser of day and month first, where they could be exchanged."""
    year, month, day = date.split("-")
    return f"{year}-{min(month, day)}-{max(month, day)}" if int(day) <= 12 else None


def next_day(event: str) -> str:
    """The same kind of event a day later."""
    kind, date = event.split(":", 1)
    return f"{kind}:{datetime.date.fromisoformat(date).toordinal() + 1}"


def numbered(event: str) -> str:
    """An event with its day as a number, as `next_day` gives it."""
    kind, date = event.split(":", 1)
    return f"{kind}:{datetime.date.fromisoformat(date).toordinal()}"


def row(number: int, told: dict[str, Any], person: int) -> dict[str, Any]:
    """One subject."""
    own_id = f"{told['source']}:{told['record_key']}"
    births = [date for date in told["births"] if date]
    full = [date for date in births if len(date) == 10]
    events = told["events"] + told["mentions"]
    days = [event for event in events if len(event.split(":")[1]) == 10]
    typed = [typing(alleles) for alleles in told["typings"]]
    genotypes = distinct(whole for _, whole in typed)
    diagnosed = [date for date in told["diagnosis_dates"] if len(date) == 10]
    died = [date for date in told["deaths"] if len(date) == 10]

    def first(values: list[str] | None) -> str | None:
        return values[0] if values else None

    return {
        "subject": number, "source": told["source"], "own_id": own_id, "person": person,
        "births": distinct(full), "births_swapped": distinct(map(swapped, full)), "births_month": distinct(date[:7] for date in births if len(date) > 4),
        "births_day": distinct(date[5:] for date in full), "births_year": distinct(date[:4] for date in births),
        "birth": first(full), "sex": first(told["sexes"]), "initials": distinct(told["initials"]), "initial": first(told["initials"]),
        "initials_first": distinct(letter for name in told["initials"] for letter in (name[0], name[-1])),
        "prefectures": distinct(told["prefectures"]), "prefecture": first(told["prefectures"]), "abo": first(told["abo"]),
        "diseases": distinct(told["diseases"]), "disease": first(told["diseases"]),
        "facilities": distinct(told["facilities"]), "facility": first(told["facilities"]),
        "ids": distinct(told["ids"]), "known_ids": distinct([*told["ids"], own_id]),
        "id_registries": distinct(name.split(":", 1)[0] for name in told["ids"]), "births_ordered": distinct(map(ordered, full)),
        "days": distinct(map(numbered, days)), "days_after": distinct(map(next_day, days)),
        "event_months": distinct(event[: event.index(":") + 8] for event in events if len(event) > event.index(":") + 7),
        "loci": distinct(itertools.chain.from_iterable(loci for loci, _ in typed)), "genotypes": genotypes,
        "genotype": first(genotypes), "alleles": distinct(itertools.chain.from_iterable(told["typings"])), "lots": distinct(told["lots"]),
        "diagnosed": datetime.date.fromisoformat(diagnosed[0]) if diagnosed else None,
        "died": datetime.date.fromisoformat(died[-1]) if died else None,
    }


def subjects(file: Path, persons: dict[tuple[str, str], int]) -> pa.Table:
    """All subjects of `subjects.ndjson` that the truth knows."""
    rows = []
    with file.open() as lines:
        for line in lines:
            told = json.loads(line)
            person = persons.get((told["source"], told["record_key"]))
            if person is not None:
                rows.append(row(len(rows), told, person))
    return pa.Table.from_pylist(rows, schema=SCHEMA)
