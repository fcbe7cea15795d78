"""Names of companies and of places, and tracks of five collections in one file or in five."""

from __future__ import annotations

import random

from .words import mistyped, pool, sometimes

Row = dict[str, str]


def companies(dice: random.Random, count: int = 3_000) -> tuple[list[Row], list[Row]]:
    """Two lists of companies whose headings differ: legal forms, abbreviations, towns, years."""
    names, towns = pool(dice, 1_600, 5.0, (2, 3)), pool(dice, 70, 2.0, (2, 3))
    trades, forms = ["Trading", "Technologies", "Group", "Industries", "Partners", "Insurance", "Motors", "Foods"], ["Inc.", "Corp", "Ltd.", "LLC", "GmbH", "AG", "PLC", "Incorporated", "Limited"]
    left: list[Row] = []
    right: list[Row] = []
    for company in range(count):
        words = [word.title() for word in names.many(dice, dice.choice([1, 1, 2]))] + ([dice.choice(trades)] if sometimes(dice, 0.7) else [])
        town, year, form = towns.draw(dice).title(), dice.randrange(1890, 2020), dice.choice(forms)
        if sometimes(dice, 0.75):
            left.append({"id": f"c{company}", "company": str(company), "name": " ".join([*words, form]), "city": town, "founded": str(year) if sometimes(dice, 0.7) else "unknown"})
        if sometimes(dice, 0.75):
            told = [mistyped(dice, word) if sometimes(dice, 0.05) else word for word in words] + ([form if sometimes(dice, 0.5) else dice.choice(forms)] if sometimes(dice, 0.6) else [])
            right.append({"id": f"k{7 * company % 9_001}", "company": str(company), "organisation": " ".join(told).upper() if sometimes(dice, 0.4) else " ".join(told),
                          "location": towns.draw(dice).title() if sometimes(dice, 0.1) else town, "since": str(year + dice.choice([0, 0, 0, 1])) if sometimes(dice, 0.6) else "n/a"})
    dice.shuffle(left)
    dice.shuffle(right)
    return left, right


def gazetteer(dice: random.Random, count: int = 1_500) -> list[Row]:
    """Settlements of three gazetteers in one file: many of one name, coordinates that differ a little."""
    names, rows = pool(dice, 900, 4.0), []
    for place in range(count):
        name, north, east = names.draw(dice).title(), dice.uniform(30, 60), dice.uniform(-120, 20)
        country = dice.choice(["Spain", "France", "Canada", "Ireland", "Norway"])
        for gazetteer in dice.sample(["geo", "wiki", "news"], dice.choice([1, 2, 2, 3])):
            told = mistyped(dice, name) if sometimes(dice, 0.06) else name
            rows.append({
                "place": str(place), "source": gazetteer, "label": f"{told} ({country})" if gazetteer == "news" else told,
                "latitude": f"{north + dice.gauss(0, 0.02):.4f}", "longitude": f"{east + dice.gauss(0, 0.02):.4f}",
                "population": "" if sometimes(dice, 0.4) else str(int(dice.uniform(0.95, 1.05) * 1_000 * (1 + place % 89))),
            })
    dice.shuffle(rows)
    for number, row in enumerate(rows):
        row["id"] = f"g{number}"
    return rows


def tracks(dice: random.Random, count: int = 3_000) -> list[Row]:
    """Tracks that five collections, named by a column, hold at most once each."""
    words, names = pool(dice, 1_600, 6.0), pool(dice, 900, 4.0)
    artists, rows = [" ".join(names.many(dice, dice.choice([1, 2, 2]))).title() for _ in range(800)], []
    for track in range(count):
        artist = artists[min(int(dice.expovariate(0.008)), 799)]
        title, album = " ".join(words.many(dice, dice.randrange(1, 6))).title(), f"{artist.split()[0]} {dice.choice(words.words[:40])}".title()
        seconds, year, number = dice.randrange(100, 400), dice.randrange(1960, 2015), dice.randrange(1, 20)
        for source in dice.sample(range(1, 6), dice.choice([1, 1, 2, 2, 3, 5])):
            length = [str(seconds * 1_000), f"{seconds // 60}:{seconds % 60:02d}", f"{seconds / 60:.2f}", f"{seconds}", "unk."][source - 1]
            told = [title, f"{artist} - {title}", f"{number:02d} {title}", title.upper(), f"{title} [{album}]" if sometimes(dice, 0.3) else title][source - 1]
            rows.append({
                "track": str(track), "source": str(source), "number": str(number) if sometimes(dice, 0.85) else "", "title": mistyped(dice, told) if sometimes(dice, 0.15) else told,
                "length": length, "artist": "" if source == 3 and sometimes(dice, 0.4) else mistyped(dice, artist) if sometimes(dice, 0.1) else artist,
                "album": "null" if sometimes(dice, 0.08) else mistyped(dice, album) if sometimes(dice, 0.1) else album,
                "year": "null" if sometimes(dice, 0.2) else str(year) if source != 2 else f"{year % 100:02d}",
            })
    dice.shuffle(rows)
    for number, row in enumerate(rows):
        row["id"] = f"t{number}"
    return rows
