"""Products of two shops, publications of two catalogues, restaurants of two guides, songs of several collections."""

from __future__ import annotations

import random

from .words import Pool, mistyped, pool, sometimes

Row = dict[str, str]


def products(dice: random.Random, shared: int = 1_000) -> tuple[list[Row], list[Row]]:
    """Two shops' lists: titles with maker and model number among other words, a description and a price that one may lack."""
    makers, kinds = pool(dice, 60, 2.0, (2, 3)), pool(dice, 90, 2.0, (2, 3))
    features, colours = pool(dice, 500, 5.0), Pool(["black", "white", "silver", "red", "blue", "titanium"], 1.0)
    left: list[Row] = []
    right: list[Row] = []
    series: dict[str, str] = {}
    for product in range(shared + shared // 4):
        maker, kind = makers.draw(dice), kinds.draw(dice)
        family = series.setdefault(maker + kind, "".join(dice.choice("abcdefghklmnprstvx") for _ in range(dice.choice([2, 3]))))
        model = f"{family}{dice.choice(['', '-'])}{dice.randrange(100, 9999)}{dice.choice(['', '', 'b', 's', 'bk'])}".upper()
        words, colour = features.many(dice, dice.randrange(2, 6)), colours.draw(dice)
        price = round(dice.lognormvariate(5, 1.1), 2)
        if product < shared or sometimes(dice, 0.5):
            left.append({
                "id": str(10_000 + 7 * product % 9_973), "item": str(product),
                "name": f"{maker.title()} {colour.title()} {' '.join(words).title()} {kind.title()} - {model}",
                "description": "" if sometimes(dice, 0.4) else f"{maker} {kind} {model} with {' '.join(features.many(dice, 6))} {colour} {' '.join(words)}",
                "price": "" if sometimes(dice, 0.55) else f"${price:,.2f}",
            })
        if product < shared or sometimes(dice, 0.5):
            plain = model.replace("-", "") if sometimes(dice, 0.3) else model
            kept = [word for word in words if sometimes(dice, 0.6)]
            title = [maker.title(), *([] if sometimes(dice, 0.2) else [plain]), *kept, kind.title(), *([colour.title()] if sometimes(dice, 0.5) else [])]
            right.append({
                "id": str(200_000 + product * 13), "item": str(product),
                "name": " ".join(title),
                "description": "" if sometimes(dice, 0.45) else " ".join(features.many(dice, 8) + [kind, plain]),
                "price": "" if sometimes(dice, 0.35) else f"${price * dice.uniform(0.85, 1.1):.2f}",
            })
    dice.shuffle(left)
    dice.shuffle(right)
    return left, right


def publications(dice: random.Random, papers: int = 2_600) -> tuple[list[Row], list[Row]]:
    """A clean catalogue, and one read by machines that holds some papers several times."""
    words, given, surname = pool(dice, 2_500, 12.0), pool(dice, 200, 2.0, (2, 2)), pool(dice, 1_800, 6.0)
    venues = {f"International Conference on {word.title()}": word[:3].upper() for word in pool(dice, 12, 2.0).words}
    clean: list[Row] = []
    rough: list[Row] = []
    for paper in range(papers):
        title = " ".join(words.many(dice, dice.randrange(4, 11)))
        authors = [(given.draw(dice), surname.draw(dice)) for _ in range(dice.choice([1, 2, 2, 3, 3, 4, 5]))]
        venue, year = dice.choice(list(venues)), str(dice.randrange(1994, 2004))
        if sometimes(dice, 0.9):
            clean.append({
                "id": f"conf/{paper}", "paper": str(paper), "title": title.capitalize(),
                "authors": ", ".join(f"{first} {last}".title() for first, last in authors), "venue": venue, "year": year,
            })
        for _ in range(dice.choice([0, 1, 1, 1, 2, 3])):
            kept = " ".join(mistyped(dice, word) if sometimes(dice, 0.04) else word for word in title.split())
            if sometimes(dice, 0.1):
                kept = " ".join(kept.split()[:5]) + " ..."
            told = authors[: 3] if sometimes(dice, 0.2) else authors
            rough.append({
                "id": f"x{len(rough)}", "paper": str(paper), "title": kept,
                "authors": ", ".join(f"{first[0]} {last}".upper() for first, last in told),
                "venue": "" if sometimes(dice, 0.25) else venues[venue] if sometimes(dice, 0.6) else f"Proceedings of the {venue}",
                "year": "" if sometimes(dice, 0.4) else str(int(year) + (1 if sometimes(dice, 0.05) else 0)),
            })
    dice.shuffle(clean)
    dice.shuffle(rough)
    return clean, rough


def restaurants(dice: random.Random, places: int = 750, doubles: int = 112) -> list[Row]:
    """One list put together of two guides: name, address, city, telephone, kitchen."""
    names, streets = pool(dice, 700, 6.0, (2, 3)), pool(dice, 200, 3.0, (2, 3))
    cities = Pool(["los angeles", "new york", "san francisco", "atlanta", "las vegas", "santa monica", "brooklyn"], 0.8)
    kitchens, kinds = Pool(["american", "italian", "french", "japanese", "mexican", "seafood", "delis"], 1.0), ("cafe", "grill", "house", "restaurant", "")
    rows: list[Row] = []
    for place in range(places):
        name = f"{' '.join(names.many(dice, dice.choice([1, 1, 2])))} {dice.choice(kinds)}".strip()
        area = f"{dice.choice([213, 310, 212, 415, 404, 702, 718])}"
        number = f"{dice.randrange(200, 999)}", f"{dice.randrange(10_000):04d}"
        address, city, kitchen = (dice.randrange(1, 12_000), streets.draw(dice)), cities.draw(dice), kitchens.draw(dice)
        rows.append({"name": name, "addr": f"{address[0]} {address[1]} st.", "city": city, "phone": f"{area}/{number[0]}-{number[1]}", "type": kitchen, "place": str(place)})
        if place < doubles:
            other = name.replace(" restaurant", "") if sometimes(dice, 0.5) else f"{name} of {city}" if sometimes(dice, 0.15) else name
            street = address[1] if not sometimes(dice, 0.15) else mistyped(dice, address[1])
            phone = f"{area}-{number[0]}-{number[1]}" if not sometimes(dice, 0.12) else f"{area}-{number[0]}-{dice.randrange(10_000):04d}"
            rows.append({
                "name": mistyped(dice, other) if sometimes(dice, 0.15) else other,
                "addr": f"{address[0]} {dice.choice(['', '', 'w. ', 's. '])}{street} {dice.choice(['st.', 'street', 'ave.', ''])}".strip(),
                "city": cities.draw(dice) if sometimes(dice, 0.15) else city,
                "phone": phone, "type": kitchens.draw(dice) if sometimes(dice, 0.5) else kitchen, "place": str(place),
            })
    dice.shuffle(rows)
    for number, row in enumerate(rows):
        row["id"] = str(number + 1)
    return rows


def songs(dice: random.Random, count: int = 5_000) -> list[Row]:
    """Songs as five collections write them: number, title, length in several units, artist, album, year, language."""
    words, names = pool(dice, 2_000, 8.0), pool(dice, 1_200, 5.0)
    artists = [" ".join(names.many(dice, dice.choice([1, 2, 2]))) for _ in range(900)]
    albums: dict[str, list[str]] = {}
    rows: list[Row] = []
    for song in range(count):
        artist = artists[min(int(dice.expovariate(0.006)), 899)]
        album = dice.choice(albums.setdefault(artist, [" ".join(words.many(dice, dice.randrange(1, 4))) for _ in range(3)]))
        title, seconds, year = " ".join(words.many(dice, dice.randrange(1, 6))), dice.randrange(120, 420), dice.randrange(1965, 2015)
        number, language = dice.randrange(1, 18), dice.choice(["English", "English", "English", "French", "German", "Spanish"])
        for _ in range(dice.choice([1, 1, 1, 2, 3, 4])):
            told = mistyped(dice, title) if sometimes(dice, 0.12) else title
            match dice.randrange(4):
                case 0:
                    told = f"{artist} - {told}"
                case 1:
                    told = f"{number:03d}-{told}"
            rows.append({
                "song": str(song), "number": "" if sometimes(dice, 0.1) else str(number), "title": told,
                "length": dice.choice([str(seconds), f"{seconds // 60}m {seconds % 60:02d}sec", f"{seconds / 60:.3f}"]) if not sometimes(dice, 0.1) else "unk.",
                "artist": "" if sometimes(dice, 0.08) else mistyped(dice, artist) if sometimes(dice, 0.08) else artist,
                "album": mistyped(dice, album) if sometimes(dice, 0.1) else f"{album} ({year})" if sometimes(dice, 0.1) else album,
                "year": "" if sometimes(dice, 0.25) else f"'{year % 100:02d}" if sometimes(dice, 0.1) else str(year),
                "language": "" if sometimes(dice, 0.2) else language[:3] if sometimes(dice, 0.2) else language,
            })
    dice.shuffle(rows)
    for number, row in enumerate(rows):
        row["id"] = f"s{number}"
    return rows
