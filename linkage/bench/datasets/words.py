"""Made-up words, their frequencies by Zipf's law, and what goes wrong when they are written."""

from __future__ import annotations

import bisect
import itertools
import random

BEGINNINGS = ("b", "br", "d", "f", "g", "gr", "h", "k", "kr", "l", "m", "n", "p", "r", "s", "sch", "st", "t", "v", "w", "z", "")
VOWELS = ("a", "e", "i", "o", "u", "ei", "au", "ie")
ENDINGS = ("", "n", "r", "l", "s", "m", "t", "ck", "rt", "nn", "ng")
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "0123456789")


class Pool:
    """Distinct words, the likelier ones first: chances in proportion to 1 / (rank + offset)."""

    def __init__(self, words: list[str], offset: float) -> None:
        self.words = words
        self.cumulated = list(itertools.accumulate(1.0 / (rank + offset) for rank in range(len(words))))

    def draw(self, dice: random.Random) -> str:
        """One of them."""
        return self.words[bisect.bisect(self.cumulated, dice.random() * self.cumulated[-1])]

    def many(self, dice: random.Random, count: int) -> list[str]:
        """Some different ones, in the order drawn."""
        drawn: dict[str, None] = {}
        while len(drawn) < count:
            drawn[self.draw(dice)] = None
        return list(drawn)


def pool(dice: random.Random, count: int, offset: float, syllables: tuple[int, ...] = (1, 2, 2, 3), suffixes: tuple[str, ...] = ("",)) -> Pool:
    """So many made-up words."""
    words: dict[str, None] = {}
    while len(words) < count:
        parts = dice.choice(syllables)
        word = "".join(dice.choice(BEGINNINGS) + dice.choice(VOWELS) for _ in range(parts)) + dice.choice(ENDINGS)
        if 3 <= len(word) <= 14:
            words[word + dice.choice(suffixes)] = None
    return Pool(list(words), offset)


def mistyped(dice: random.Random, text: str) -> str:
    """The text with one error of typing: another letter, one too few, one too many, two exchanged."""
    if len(text) < 2:
        return text
    at = dice.randrange(len(text))
    match dice.randrange(4):
        case 0:
            row = next((row for row in ROWS if text[at].lower() in row), ROWS[0])
            return text[:at] + dice.choice(row) + text[at + 1 :]
        case 1:
            return text[:at] + text[at + 1 :]
        case 2:
            return text[:at] + dice.choice(dice.choice(ROWS[:3])) + text[at:]
        case _:
            at = min(at, len(text) - 2)
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def sometimes(dice: random.Random, chance: float) -> bool:
    """True with that chance."""
    return dice.random() < chance
