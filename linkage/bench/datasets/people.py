"""Persons: with few fields, of history with several records each, and in households."""

from __future__ import annotations

import datetime
import random

from .words import Pool, mistyped, pool, sometimes

Row = dict[str, str]


def few_fields(dice: random.Random, persons: int = 9_000, doubles: int = 1_000) -> list[Row]:
    """Given names, surnames and a birth date in three columns; a tenth of the records are doubles with one error."""
    given, surname = pool(dice, 150, 3.0, (2, 2, 3)), pool(dice, 900, 4.0)
    rows = []
    for person in range(persons):
        row = {
            "fname_c1": given.draw(dice).upper(),
            "fname_c2": given.draw(dice).upper() if sometimes(dice, 0.02) else "",
            "lname_c1": surname.draw(dice).upper(),
            "lname_c2": surname.draw(dice).upper() if sometimes(dice, 0.01) else "",
            "by": str(min(2008, max(1915, int(dice.gauss(1965, 22))))),
            "bm": str(dice.randrange(1, 13)),
            "bd": str(dice.randrange(1, 29)),
            "person": str(person),
        }
        rows.append(row)
    for original in dice.sample(rows, doubles):
        double = dict(original)
        column = dice.choice(["fname_c1", "lname_c1", "by", "bm", "bd"])
        match column:
            case "by":
                double[column] = str(int(double[column]) + dice.choice([-10, -2, -1, 1, 2, 10]))
            case "bm":
                double[column] = str(dice.randrange(1, 13))
            case "bd":
                double[column] = str(dice.randrange(1, 29))
            case _:
                double[column] = mistyped(dice, double[column]).upper()
        rows.append(double)
    dice.shuffle(rows)
    return rows


def historical(dice: random.Random, persons: int = 5_000) -> list[Row]:
    """Known persons as several sources tell of them: whole name, parts of it, birth, place, postcode, occupation."""
    given, surname = pool(dice, 400, 2.0, (2, 2, 3)), pool(dice, 4_000, 6.0)
    places, jobs = pool(dice, 900, 4.0, (2, 3), ("", "ton", "ham", " upon tyne", "ford")), pool(dice, 120, 1.5, (2, 3))
    nicknames = {name: name[: max(3, len(name) // 2)] + "y" for name in given.words[::3]}
    codes = {place: f"{place[:2].upper()}{number % 90 + 1}" for number, place in enumerate(places.words)}
    rows = []
    for person in range(persons):
        first, last, middle = given.draw(dice), surname.draw(dice), given.draw(dice)
        born = datetime.date(1800, 1, 1) + datetime.timedelta(dice.randrange(45_000))
        place, job = places.draw(dice), jobs.draw(dice)
        postcode = f"{codes[place]} {dice.randrange(1, 10)}{dice.choice('abdefghj')}{dice.choice('abdefghj')}"
        for _ in range(1 + min(int(dice.expovariate(0.3)), 20)):
            rows.append(_told(dice, str(person), (first, middle, last), born, place, postcode, job, nicknames))
    dice.shuffle(rows)
    for number, row in enumerate(rows):
        row["unique_id"] = f"Q{number}"
    return rows


def _told(dice: random.Random, person: str, name: tuple[str, str, str], born: datetime.date, place: str, postcode: str, job: str, nicknames: dict[str, str]) -> Row:
    first, middle, last = name
    if sometimes(dice, 0.15):
        first = nicknames.get(first, first)
    if sometimes(dice, 0.12):
        first = mistyped(dice, first)
    if sometimes(dice, 0.12):
        last = mistyped(dice, last)
    if sometimes(dice, 0.02):
        first, last = last, first
    whole = f"{first} {middle} {last}" if sometimes(dice, 0.2) else f"{first} {last}"
    if sometimes(dice, 0.1):
        whole = f"{dice.choice(['sir', 'dr', 'rev.'])} {whole}"
    if sometimes(dice, 0.15):
        born = datetime.date(born.year, 1, 1)
    elif sometimes(dice, 0.08):
        born = born + datetime.timedelta(dice.choice([-365, 365, -1, 1, 30, 3650]))
    given = whole.split()
    return {
        "cluster": person,
        "full_name": whole,
        "first_name": given[1] if given[0] in ("sir", "dr", "rev.") else given[0],
        "surname": given[-1],
        "dob": "" if sometimes(dice, 0.1) else born.isoformat(),
        "birth_place": "" if sometimes(dice, 0.2) else mistyped(dice, place) if sometimes(dice, 0.05) else place,
        "postcode_fake": "" if sometimes(dice, 0.25) else mistyped(dice, postcode) if sometimes(dice, 0.15) else postcode,
        "gender": "" if sometimes(dice, 0.1) else ("female" if ord(name[0][0]) % 3 == 0 else "male"),
        "occupation": "" if sometimes(dice, 0.4) else job,
    }


def households(dice: random.Random, households_count: int = 6_000) -> tuple[list[Row], list[Row]]:
    """Two lists of a census and a register, in which families share surname and address."""
    given, surname, streets = pool(dice, 300, 3.0, (2, 2, 3)), pool(dice, 2_500, 5.0), pool(dice, 700, 8.0, (2, 3), (" street", " road", " lane"))
    towns = pool(dice, 60, 2.0, (2, 3))
    census: list[Row] = []
    register: list[Row] = []
    person = 0
    for _ in range(households_count):
        family, street, number, town = surname.draw(dice), streets.draw(dice), dice.randrange(1, 200), towns.draw(dice)
        for member in range(dice.choice([1, 1, 2, 2, 3, 4, 5])):
            year = dice.randrange(1930, 1975) if member < 2 else dice.randrange(1975, 2010)
            row = {
                "person": str(person),
                "forename": given.draw(dice),
                "surname": family,
                "sex": dice.choice("MF"),
                "year_of_birth": str(year),
                "house_number": str(number),
                "street": street,
                "town": town,
            }
            if not sometimes(dice, 0.15):
                census.append({"id": f"c{len(census)}", **_copied(dice, row, given)})
            if not sometimes(dice, 0.15):
                register.append({"id": f"r{len(register)}", **_copied(dice, row, given)})
            person += 1
    dice.shuffle(census)
    dice.shuffle(register)
    return census, register


def _copied(dice: random.Random, row: Row, given: Pool) -> Row:
    copy = dict(row)
    for column, chance in (("forename", 0.1), ("surname", 0.06), ("street", 0.08), ("town", 0.03)):
        if sometimes(dice, chance):
            copy[column] = mistyped(dice, copy[column])
    if sometimes(dice, 0.04):
        copy["forename"] = copy["forename"][0]
    if sometimes(dice, 0.08):
        copy["year_of_birth"] = str(int(copy["year_of_birth"]) + dice.choice([-1, 1, 1, 2, 10]))
    if sometimes(dice, 0.1):
        copy["house_number"], copy["street"] = str(dice.randrange(1, 200)), mistyped(dice, copy["street"])[::-1]
    for column, chance in (("forename", 0.01), ("sex", 0.02), ("year_of_birth", 0.05), ("house_number", 0.04), ("town", 0.03)):
        if sometimes(dice, chance):
            copy[column] = ""
    return copy
