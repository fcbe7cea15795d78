"""Tables of figures for people."""

from __future__ import annotations

from typing import Any

Row = tuple[str, ...]


def text_table(rows: list[Row]) -> str:
    """A Markdown table; the first row is its heading, all columns but the first are set right."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]

    def line(row: Row) -> str:
        cells = [cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths, strict=True))]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join("-" * (width + 2) if at == 0 else "-" * (width + 1) + ":" for at, width in enumerate(widths)) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def estimates(report: dict[str, Any]) -> tuple[str, str]:
    """Precision and recall as they are, each with the interval that the run estimated without labels."""
    cells = []
    for name in ("precision", "recall"):
        true = report["accuracy"][name]
        found = [one[name] for one in report.get("estimates", []) if one.get(name)]
        interval = ", ".join(f"{one['low']:.4f} to {one['high']:.4f}" for one in found if one.get("low") is not None)
        cells.append(f"{true:.5f} ({interval or 'none'})")
    return cells[0], cells[1]


def rows_of(result: dict[str, Any]) -> list[Row]:
    """The figures of `bench.run`, each rival a column, and how many times better we are."""
    rivals = result["rivals"]
    pairs = result["candidate_pairs"]
    title = f"{result['records']:,} records, {result['rules']} rules, {pairs:,} pairs, {result['format']}"

    def both(name: str, figure: Any, form: str, ratio: bool = True) -> Row:
        values = {rival: figure(told) for rival, told in rivals.items()}
        cells = [form.format(value) for value in values.values()]
        if len(values) < 2:
            return (name, *cells)
        best = values["splink"] / values["musubi"] if ratio else None
        return (name, *cells, f"{best:.1f}" if best is not None else "")

    heading = (title, *rivals, "ratio") if len(rivals) > 1 else (title, *rivals)
    rows = [
        heading,
        both("CPU time, s", lambda told: told["cpu"], "{:.2f}"),
        both("wall time, s", lambda told: told["wall"], "{:.2f}"),
        both("peak memory, MiB", lambda told: told["memory"], "{:,.0f}"),
        both("scored pairs a second of CPU time", lambda told: pairs / told["cpu"], "{:,.0f}", ratio=False),
        both("F1 over clusters, as run", lambda told: told["accuracy"]["clusters"]["f1"], "{:.4f}", ratio=False),
        both("precision", lambda told: told["accuracy"]["clusters"]["precision"], "{:.4f}", ratio=False),
        both("recall", lambda told: told["accuracy"]["clusters"]["recall"], "{:.4f}", ratio=False),
        both("F1 at the best threshold", lambda told: told["accuracy"]["best"]["f1"], "{:.4f}", ratio=False),
    ]
    if "musubi" in rivals:
        seconds = rivals["musubi"]["phases"]["timing"]["seconds"]
        blank = [""] * (len(rivals) - 1)
        rows += [(f"of our wall time: {name}", *blank, f"{told:.2f}", *blank) for name, told in seconds.items()]
    for name in rivals.get("splink", {}).get("phases", {}):
        cell = f"{rivals['splink']['phases'][name]['cpu']:.2f}"
        rows.append((f"of Splink's CPU time: {name}", cell, *[""] * (len(heading) - 2)))
    return rows
