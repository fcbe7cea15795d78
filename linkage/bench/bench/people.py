"""Made-up people with the errors of real registers, in one file (CSV or Parquet) with the truth in a column.

People live in households (one surname and postcode as a rule, parents and children a generation apart, now and then twins), their
names follow Zipf's law over names put together from syllables, and each is recorded one to four times, each time with its own
errors: typing errors, short forms, marriages, moves, dates with day and month exchanged or a year off, missing values.
The same options give the same bytes. Postcodes grow with the people, names and cities do not: as in a country.

    python -m bench.people OUT.csv --records 1000000 --seed 1
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from bench.names import Pool, city_names, given_names, postcodes, short_form, surnames, typed_wrongly, zipf

#: Chance that a person has 1, 2, 3 or 4 records.
RECORDS_OF_PERSON = (0.60, 0.22, 0.12, 0.06)
#: Chance that a household has 1 to 5 persons.
HOUSEHOLD_SIZES = (0.34, 0.30, 0.15, 0.14, 0.07)
#: Households of one postcode, on average.
HOUSEHOLDS_OF_POSTCODE = 12
#: Mail domains, made up, from frequent to rare.
DOMAINS = ("post.example", "mail.example", "kiko.example", "inbox.example", "work.example", "lane.example", "school.example")
#: Chance of each error in each record.
RATES = {
    "moved": 0.12, "surname changed": 0.025, "short form": 0.05, "names exchanged": 0.007, "other mail": 0.10,
    "day and month exchanged": 0.012, "year off": 0.010, "day off": 0.012, "first of January": 0.007,
}
#: Chance of a typing error, and of no value, in each column of each record.
TYPED_WRONGLY = {"given_name": 0.030, "surname": 0.035, "city": 0.010, "postcode": 0.020, "email": 0.020}
MISSING = {"given_name": 0.010, "surname": 0.005, "date_of_birth": 0.030, "city": 0.030, "postcode": 0.060, "email": 0.20}
#: Share of persons without any mail address.
WITHOUT_MAIL = 0.30

EPOCH = np.datetime64("1970-01-01")
NEWEST_BIRTH = np.datetime64("2024-12-31")


@dataclass
class People:
    """One row a person; the arrays index into pools."""

    household: np.ndarray
    given: np.ndarray
    surname: np.ndarray
    birth: np.ndarray  # days since 1970
    postcode: np.ndarray
    postcode_city: np.ndarray  # of each postcode


def draw_people(random: np.random.Generator, persons: int, given: Pool, family: Pool, cities: Pool) -> People:
    """Households, and the people in them."""
    households = persons  # more than are needed
    sizes = random.choice(len(HOUSEHOLD_SIZES), size=households, p=HOUSEHOLD_SIZES) + 1
    households = int(np.searchsorted(np.cumsum(sizes), persons)) + 1
    sizes = sizes[:households]
    household = np.repeat(np.arange(households, dtype=np.int32), sizes)[:persons]
    first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    place = np.arange(persons) - first[household]
    own_name = random.random(persons) < 0.15
    surname = np.where(own_name, family.draw(random, persons), family.draw(random, households)[household])
    postcode_count = max(1, households // HOUSEHOLDS_OF_POSTCODE)
    postcode = random.integers(0, postcode_count, households, dtype=np.int32)[household]
    return People(
        household, given.draw(random, persons), surname.astype(np.int32), draw_births(random, household, households, place),
        postcode, cities.draw(random, postcode_count),
    )


def draw_births(random: np.random.Generator, household: np.ndarray, households: int, place: np.ndarray) -> np.ndarray:
    """Days of birth: parents of about one age, children a generation later, a few of them twins."""
    persons = len(household)
    head = random.uniform(22, 90, households)[household]
    age = np.where(place < 2, head + random.normal(0, 3, persons), head - random.normal(30, 5, persons))
    age = np.where(age < 0, random.uniform(0, 60, persons), age)
    birth = (NEWEST_BIRTH - EPOCH).astype(int) - (age * 365.25).astype(np.int32)
    twins = np.flatnonzero((place >= 3) & (random.random(persons) < 0.02))
    birth[twins] = birth[twins - 1]
    return birth


def mails(random: np.random.Generator, people: People, given: Pool, family: Pool) -> tuple[pa.Array, np.ndarray]:
    """Two addresses a person, the second after all first ones, and who has none."""
    persons = len(people.given)
    number = pa.array(random.integers(0, 100, 2 * persons)).cast(pa.string())
    domain = pa.array(DOMAINS).take(pa.array(zipf(len(DOMAINS), 1).draw(random, 2 * persons)))
    names = [pool.array().take(pa.array(np.tile(index, 2))) for pool, index in ((given, people.given), (family, people.surname))]
    local = pc.binary_join_element_wise(*names, number, ".")
    return pc.binary_join_element_wise(local, domain, "@"), random.random(persons) < WITHOUT_MAIL


class Records:
    """The columns in the making: an index into a pool for each record, -1 where there is no value."""

    def __init__(self, random: np.random.Generator, count: int) -> None:
        self.random = random
        self.count = count

    def some(self, chance: float) -> np.ndarray:
        """The places of a random choice of records."""
        return np.flatnonzero(self.random.random(self.count) < chance)

    def text(self, name: str, index: np.ndarray, values: pa.Array) -> pa.Array:
        """The column's values, some of them typed wrongly or missing."""
        places = self.some(TYPED_WRONGLY[name])
        places = places[index[places] >= 0]
        wrong = [typed_wrongly(text, self.random) for text in values.take(pa.array(index[places])).to_pylist()]
        index = index.copy()
        index[places] = len(values) + np.arange(len(places))
        index[self.some(MISSING[name])] = -1
        values = pa.concat_arrays([values, pa.array(wrong, pa.string())])
        return values.take(pa.array(index, mask=index < 0))

    def births(self, days: np.ndarray) -> pa.Array:
        """Dates of birth with the slips of those who write them."""
        dates = days.astype("datetime64[D]")
        months = dates.astype("datetime64[M]")
        month, day = months.astype(int) % 12, (dates - months).astype(int)
        years = dates.astype("datetime64[Y]")

        def made(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
            start = (year.astype("datetime64[M]") + month.astype("timedelta64[M]")).astype("datetime64[D]")
            return start + np.minimum(day, 27).astype("timedelta64[D]")

        told = dates.copy()
        some = self.some(RATES["day and month exchanged"])
        some = some[day[some] < 12]
        told[some] = made(years[some], day[some], month[some])
        some = self.some(RATES["year off"])
        told[some] = made(years[some] + self.random.choice([-10, -1, 1, 10], len(some)), month[some], day[some])
        some = self.some(RATES["day off"])
        told[some] = told[some] + self.random.choice([-10, -1, 1, 10], len(some))
        some = self.some(RATES["first of January"])
        told[some] = years[some].astype("datetime64[D]")
        missing = np.zeros(self.count, dtype=bool)
        missing[self.some(MISSING["date_of_birth"])] = True
        return pa.array(np.minimum(told, NEWEST_BIRTH), mask=missing)


def record(random: np.random.Generator, people: People, count: int) -> tuple[Records, np.ndarray]:
    """Who stands in each record, in random order; every person at least once unless the records end before."""
    times = random.choice(len(RECORDS_OF_PERSON), size=len(people.given), p=RECORDS_OF_PERSON) + 1
    of_person = np.repeat(np.arange(len(people.given), dtype=np.int32), times)[:count]
    return Records(random, len(of_person)), of_person[random.permutation(len(of_person))]


def table(count: int, seed: int) -> pa.Table:
    """The whole file in memory: `record_id`, the columns of `MISSING`, `person_id`."""
    random = np.random.default_rng(seed)
    mean = float(np.dot(RECORDS_OF_PERSON, [1, 2, 3, 4]))
    persons = int(count / mean * 1.01) + 10
    given, family, cities = given_names(random), surnames(random), city_names(random)
    people = draw_people(random, persons, given, family, cities)
    addresses, without_mail = mails(random, people, given, family)
    records, who = record(random, people, count)
    count = records.count

    short = pa.array([short_form(name) for name in given.names])
    given_index, family_index = people.given[who], people.surname[who]
    some = records.some(RATES["short form"])
    given_index[some] += len(given.names)
    some = records.some(RATES["surname changed"])
    family_index[some] = family.draw(random, len(some))
    # One pool for both names, so that they can be exchanged.
    names = pa.concat_arrays([given.array(), short, family.array()])
    family_index = family_index + 2 * len(given.names)
    some = records.some(RATES["names exchanged"])
    given_index[some], family_index[some] = family_index[some], given_index[some]

    postcode_index = people.postcode[who]
    some = records.some(RATES["moved"])
    postcode_index[some] = random.integers(0, len(people.postcode_city), len(some))
    mail_index = np.where(without_mail[who], -1, who)
    some = records.some(RATES["other mail"])
    mail_index[some] = np.where(mail_index[some] < 0, -1, mail_index[some] + persons)

    return pa.table({
        "record_id": pa.array(np.arange(1, count + 1, dtype=np.int32)),
        "given_name": records.text("given_name", given_index, names),
        "surname": records.text("surname", family_index, names),
        "date_of_birth": records.births(people.birth[who]),
        "city": records.text("city", people.postcode_city[postcode_index], cities.array()),
        "postcode": records.text("postcode", postcode_index, postcodes(len(people.postcode_city))),
        "email": records.text("email", mail_index, addresses),
        "person_id": pa.array(who + 1),
    })


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description="Writes a file of made-up people, CSV or Parquet by its ending.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    partial = options.out.with_suffix(".partial")
    people_table = table(options.records, options.seed)
    if options.out.suffix == ".parquet":
        pyarrow.parquet.write_table(people_table, partial, compression="zstd")
    else:
        pyarrow.csv.write_csv(people_table, partial, pyarrow.csv.WriteOptions(quoting_style="needed"))
    partial.rename(options.out)


if __name__ == "__main__":
    main()
