"""Registers of persons: of voters in two years, of two censuses ten years apart, of two Japanese hospitals."""

from __future__ import annotations

import datetime
import random

from .words import Pool, mistyped, pool, sometimes

Row = dict[str, str]


def voters(dice: random.Random, persons: int = 4_000) -> tuple[list[Row], list[Row]]:
    """The same register two years apart: typing errors, marriages, moves, ages that grow, several marks of nothing."""
    given, surname = pool(dice, 600, 3.0, (2, 2, 3)), pool(dice, 6_000, 6.0)
    streets, towns = pool(dice, 800, 8.0, (2, 3), (" st", " rd", " ave", " ln")), pool(dice, 80, 2.0, (2, 3))
    early: list[Row] = []
    late: list[Row] = []
    for person in range(persons):
        town = towns.draw(dice)
        row = {
            "person": str(person), "given_name": given.draw(dice).upper(), "middle_name": given.draw(dice).upper() if sometimes(dice, 0.8) else "",
            "family_name": surname.draw(dice).upper(), "gender": dice.choice(["MALE", "FEMALE"]), "age": str(min(95, max(18, int(dice.gauss(47, 18))))),
            "street": f"{dice.randrange(1, 4_000)} {streets.draw(dice)}".upper(), "suburb": town.upper(), "postcode": str(20_000 + 7 * towns.words.index(town)),
        }
        if sometimes(dice, 0.8):
            early.append({"id": f"{dice.randrange(10**9)}", **_registered(dice, row)})
        if sometimes(dice, 0.8):
            moved = {**row, "age": str(int(row["age"]) + 2)}
            if sometimes(dice, 0.12):
                moved["street"] = f"{dice.randrange(1, 4_000)} {streets.draw(dice)}".upper()
            if row["gender"] == "FEMALE" and sometimes(dice, 0.06):
                moved["family_name"] = surname.draw(dice).upper()
            late.append({"id": f"{dice.randrange(10**9)}", **_registered(dice, moved)})
    dice.shuffle(early)
    dice.shuffle(late)
    return early, late


def _registered(dice: random.Random, row: Row) -> Row:
    copy = dict(row)
    for column in ("given_name", "family_name", "street", "suburb"):
        if sometimes(dice, 0.06):
            copy[column] = mistyped(dice, copy[column]).upper()
    if sometimes(dice, 0.25):
        copy["middle_name"] = copy["middle_name"][:1]
    for column, mark in (("gender", "UNK"), ("suburb", "NULL"), ("postcode", "?"), ("middle_name", "N/A"), ("age", "-")):
        if sometimes(dice, 0.03):
            copy[column] = mark
    return copy


def decades(dice: random.Random, households: int = 1_800) -> tuple[list[Row], list[Row]]:
    """Two censuses ten years apart: everybody ten years older, some moved, daughters married, children born."""
    given, surname = pool(dice, 260, 2.0, (2, 2, 3)), pool(dice, 1_800, 4.0)
    parishes, streets, trades = pool(dice, 90, 3.0, (2, 3)), pool(dice, 400, 6.0, (2, 3), (" street", " lane")), pool(dice, 90, 2.0, (2, 3))
    first: list[Row] = []
    second: list[Row] = []
    person = 0
    for household in range(households):
        family, parish, before = surname.draw(dice), parishes.draw(dice), parishes.draw(dice)
        here, there = f"{dice.randrange(1, 120)} {streets.draw(dice)}", f"{dice.randrange(1, 120)} {streets.draw(dice)}"
        moved = sometimes(dice, 0.4)
        for member in range(dice.choice([1, 2, 3, 4, 5, 6, 7])):
            sex = dice.choice("MF") if member > 1 else "MF"[member]
            age = dice.randrange(24, 60) if member < 2 else dice.randrange(22)
            row = {
                "person": str(person), "household": f"H{household}", "first_name": given.draw(dice), "last_name": family, "sex": sex, "age": str(age),
                "place_of_birth": before if member < 2 else parish, "occupation": trades.draw(dice) if age > 14 else "", "address": here, "parish": parish,
            }
            if not sometimes(dice, 0.1):
                first.append({"id": f"a{len(first)}", **_counted(dice, row)})
            later = {**row, "age": str(age + 10), "household": f"G{household + 17}", "address": there if moved else here}
            if sex == "F" and 12 <= age <= 24 and sometimes(dice, 0.4):
                later |= {"last_name": surname.draw(dice), "household": f"G{households + person}", "parish": parishes.draw(dice), "address": there}
            if not sometimes(dice, 0.25):
                second.append({"id": f"b{len(second)}", **_counted(dice, later)})
            person += 1
    dice.shuffle(first)
    dice.shuffle(second)
    return first, second


def _counted(dice: random.Random, row: Row) -> Row:
    copy = dict(row)
    for column, chance in (("first_name", 0.12), ("last_name", 0.1), ("place_of_birth", 0.08), ("address", 0.05)):
        if sometimes(dice, chance):
            copy[column] = mistyped(dice, copy[column])
    if sometimes(dice, 0.15):
        copy["age"] = str(max(0, int(copy["age"]) + dice.choice([-2, -1, -1, 1, 1, 3])))
    for column, chance in (("place_of_birth", 0.06), ("occupation", 0.2), ("age", 0.02)):
        if sometimes(dice, chance):
            copy[column] = dice.choice(["", "unknown"])
    return copy


#: Surnames and given names with their readings; halves of the commonest.
SURNAMES = {"佐藤": "さとう", "鈴木": "すずき", "高橋": "たかはし", "田中": "たなか", "渡辺": "わたなべ", "伊藤": "いとう", "山本": "やまもと", "中村": "なかむら",
            "斎藤": "さいとう", "加藤": "かとう", "吉田": "よしだ", "山田": "やまだ", "松本": "まつもと", "井上": "いのうえ", "木村": "きむら", "清水": "しみず",
            "阿部": "あべ", "森": "もり", "池田": "いけだ", "橋本": "はしもと", "石川": "いしかわ", "前田": "まえだ", "藤田": "ふじた", "岡田": "おかだ"}
GIVEN = {"太郎": "たろう", "健": "けん", "翔太": "しょうた", "大輔": "だいすけ", "直樹": "なおき", "浩": "ひろし", "博": "ひろし", "隆": "たかし", "花子": "はなこ",
         "美咲": "みさき", "陽子": "ようこ", "洋子": "ようこ", "恵": "めぐみ", "久美子": "くみこ", "幸子": "さちこ", "愛": "あい", "京子": "きょうこ", "由美": "ゆみ"}
VARIANTS = {"斎藤": "斉藤", "渡辺": "渡邊", "高橋": "髙橋"}


def patients(dice: random.Random, persons: int = 2_500) -> tuple[list[Row], list[Row]]:
    """Two Japanese hospitals: kanji with variants, kana of two kinds, years of the era or not, addresses in other widths."""
    surname, given = Pool(list(SURNAMES), 3.0), Pool(list(GIVEN), 4.0)
    towns, wards = Pool(["本町", "栄町", "緑町", "旭町", "中央", "東町", "西町", "桜台"], 3.0), Pool(["千葉県市川市", "東京都港区", "大阪府堺市", "愛知県豊橋市"], 1.0)
    left: list[Row] = []
    right: list[Row] = []
    for person in range(persons):
        names, born = (surname.draw(dice), given.draw(dice)), datetime.date(1932, 1, 1) + datetime.timedelta(dice.randrange(27_000))
        home, phone = f"{wards.draw(dice)}{towns.draw(dice)}{dice.randrange(1, 9)}-{dice.randrange(1, 40)}", f"0{dice.randrange(30, 99)}-{dice.randrange(100, 999)}-{dice.randrange(10_000):04d}"
        sex, told = dice.choice("男女"), born + datetime.timedelta(dice.choice([-1, 1, 365, 30]) if sometimes(dice, 0.05) else 0)
        if sometimes(dice, 0.75):
            reading = f"{SURNAMES[names[0]]}　{GIVEN[names[1]]}"
            left.append({"id": str(dice.randrange(10**7)), "person": str(person), "氏名": "　".join(names), "ふりがな": reading, "性別": sex, "生年月日": _era(told),
                         "住所": home if sometimes(dice, 0.9) else "不明", "電話": phone if sometimes(dice, 0.7) else ""})
        if sometimes(dice, 0.75):
            family = VARIANTS.get(names[0], names[0]) if sometimes(dice, 0.5) else names[0]
            reading = "".join(chr(ord(letter) + 0x60) for letter in SURNAMES[names[0]] + GIVEN[names[1]])
            right.append({"id": f"P{dice.randrange(10**7)}", "person": str(person), "患者氏名": f"{family} {names[1]}", "カナ": mistyped(dice, reading) if sometimes(dice, 0.05) else reading,
                          "性別": "MF"["男女".index(sex)], "生年月日": born.strftime("%Y%m%d"), "住所": home.replace("-", "－") if sometimes(dice, 0.8) else "", "電話番号": phone.replace("-", "") if sometimes(dice, 0.6) else ""})
    return left, right


def _era(date: datetime.date) -> str:
    return f"S{date.year - 1925}.{date.month}.{date.day}" if date < datetime.date(1989, 1, 8) else f"H{date.year - 1988}.{date.month}.{date.day}"
