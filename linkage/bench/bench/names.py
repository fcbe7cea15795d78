"""Names put together from syllables, their frequencies by Zipf's law, and what goes wrong when they are typed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

BEGINNINGS = ("b", "br", "c", "ch", "d", "dr", "f", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "r", "s", "sh", "st", "t", "tr", "v", "w", "")
VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
ENDINGS = ("", "", "", "n", "r", "l", "s", "m", "t", "ck", "nd")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
#: Neighbours on a keyboard, by row.
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", DIGITS)


@dataclass
class Pool:
    """Distinct values, the likelier ones first."""

    names: list[str]
    cumulated: np.ndarray

    def draw(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Places in `names`, by their chances."""
        return np.searchsorted(self.cumulated, random.random(count), side="right").astype(np.int32)

    def array(self) -> pa.Array:
        """The values."""
        return pa.array(self.names, pa.string())


def zipf(count: int, offset: float) -> Pool:
    """Chances in proportion to 1 / (rank + offset), of values without names."""
    weights = 1.0 / (np.arange(count) + offset)
    cumulated = np.cumsum(weights / weights.sum())
    cumulated[-1] = 1.0
    return Pool([""] * count, cumulated)


def named(random: np.random.Generator, count: int, offset: float, syllables: tuple[int, ...]) -> Pool:
    """So many names of so many syllables, each once."""
    names: dict[str, None] = {}
    while len(names) < count:
        parts = int(random.choice(syllables))
        picks = random.integers(0, 10_000, 2 * parts + 1)
        name = "".join(BEGINNINGS[picks[2 * at] % len(BEGINNINGS)] + VOWELS[picks[2 * at + 1] % len(VOWELS)] for at in range(parts))
        name += ENDINGS[picks[-1] % len(ENDINGS)]
        if 3 <= len(name) <= 14:
            names[name] = None
    pool = zipf(count, offset)
    pool.names = list(names)
    return pool


def given_names(random: np.random.Generator) -> Pool:
    """3,000; two persons share one with a chance of about 1 in 250."""
    return named(random, 3_000, 7, (2, 2, 3))


def surnames(random: np.random.Generator) -> Pool:
    """60,000; two persons share one with a chance of about 1 in 2,500."""
    return named(random, 60_000, 44, (2, 2, 3))


def city_names(random: np.random.Generator) -> Pool:
    """400."""
    return named(random, 400, 4, (2, 3))


def postcodes(count: int) -> pa.Array:
    """So many postcodes, such as `BK07 4TR`, each once."""
    letters = "ABCDEFGHJKLMNPRSTUVWXY"
    base = len(letters)

    def code(number: int) -> str:
        # Neighbouring numbers get unlike codes: a factor that has no divisor in common with the modulus.
        number = number * 48_271 % 234_256_000
        number, last = divmod(number, base)
        number, middle = divmod(number, base)
        number, digit = divmod(number, 10)
        number, tens = divmod(number, 100)
        first, second = divmod(number, base)
        return f"{letters[first]}{letters[second]}{tens:02d} {digit}{letters[middle]}{letters[last]}"

    return pa.array([code(number) for number in range(count)])


def short_form(name: str) -> str:
    """What friends call one of that name."""
    return name[:3] + ("y" if name[2:3] not in "aeiou" else "")


def typed_wrongly(text: str, random: np.random.Generator) -> str:
    """The text with one letter exchanged with its neighbour, left out, doubled or mistaken."""
    where, what, which = (int(number) for number in random.integers(0, 1 << 30, 3))
    at = where % len(text)
    match what % 4:
        case 0 if at + 1 < len(text):
            return text[:at] + text[at + 1] + text[at] + text[at + 2:]
        case 1 if len(text) > 2:
            return text[:at] + text[at + 1:]
        case 2:
            return text[:at] + text[at] + text[at:]
        case _:
            return text[:at] + mistaken(text[at], which) + text[at + 1:]


def mistaken(letter: str, which: int) -> str:
    """Another key beside the one that was meant."""
    for row in ROWS:
        at = row.find(letter.lower())
        if at >= 0:
            other = row[max(at - 1, 0)] if which % 2 and at > 0 else row[(at + 1) % len(row)]
            return other.upper() if letter.isupper() else other
    return LETTERS[which % len(LETTERS)]
