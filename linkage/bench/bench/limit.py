"""What memory alone costs on this machine: the floor beneath any engine that looks at one record of a pair at random.

`python -m bench.limit` prints bytes a second of a copy, and nanoseconds to take one row of 64 bytes, the codes of a record in one line of
the cache, from tables of several sizes at random places. Rows in order, as blocks of one key give them, cost what the copy costs.
"""

from __future__ import annotations

import time

import numpy as np

ROW_BYTES = 64
TAKEN = 4_000_000
ROUNDS = 3


def seconds(work: object) -> float:
    """The least of some rounds."""
    least = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        work()  # type: ignore[operator]
        least = min(least, time.process_time() - start)
    return least


def main() -> None:
    """Measures and prints."""
    random = np.random.default_rng(1)
    large = np.ones(256 << 20, dtype=np.uint8)
    target = np.empty_like(large)
    copied = seconds(lambda: np.copyto(target, large))
    print(f"copy: {2 * len(large) / copied / 1e9:.1f} GB/s read and written")
    for rows in (10_000, 100_000, 1_000_000, 5_000_000):
        table = np.ones((rows, ROW_BYTES // 8), dtype=np.int64)
        places = random.integers(0, rows, TAKEN)
        out = np.empty((TAKEN, ROW_BYTES // 8), dtype=np.int64)
        at_random = seconds(lambda: np.take(table, places, axis=0, out=out, mode="clip"))
        places.sort()
        in_order = seconds(lambda: np.take(table, places, axis=0, out=out, mode="clip"))
        print(f"{rows:,} rows ({rows * ROW_BYTES >> 20} MiB): {at_random / TAKEN * 1e9:.1f} ns a row at random, {in_order / TAKEN * 1e9:.1f} ns in order")


if __name__ == "__main__":
    main()
