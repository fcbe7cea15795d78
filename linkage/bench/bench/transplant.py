"""Synthetic transplant worlds: our model at its own threshold, with and without each kind of evidence, beside Splink at its best."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import environment
from bench.measure import measured
from bench.tables import Row, text_table


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="linkage/bench/transplant", description=__doc__)
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many worlds, each with the next seed")
    parser.add_argument("--splink-seeds", type=int, default=1, help="in how many of them Splink runs too")
    parser.add_argument("--ablation-seeds", type=int, default=1, help="in how many of them evidence is taken away")
    parser.add_argument("--data", type=Path, default=environment.HOME / "data", help="folder for worlds and results")
    parser.add_argument("--keep", action="store_true", help="keep the worlds")
    return parser.parse_args()


def built(package: str, example: str) -> str:
    """A release build of an example program: the one that the variable of its name tells of (`LINK_WORLD`), or built by cargo."""
    if known := os.environ.get(example.upper()):
        return known
    target = Path(os.environ.get("CARGO_TARGET_DIR", environment.ROOT / "target"))
    command = ["cargo", "build", "--release", "--quiet", "-p", package, "--example", example]
    subprocess.run(command, cwd=environment.ROOT, check=True, stdout=sys.stderr)
    return str(target / "release" / "examples" / example)


def judged(world: Path, linked: Path, who: str) -> dict[str, Any]:
    """What `bench.judge_world` says."""
    done = subprocess.run(environment.command("judge_world", world, linked, who), env=os.environ | environment.variables(),
                          check=True, capture_output=True)
    return json.loads(done.stdout)


def one_world(chosen: argparse.Namespace, programs: tuple[str, str], at: int) -> dict[str, Any]:
    """Makes a world, links it by all that was asked for, judges."""
    generate, link = programs
    seed = chosen.seed + at
    world = chosen.data / f"world-{chosen.persons}-{seed}"
    linked = world.with_name(world.name + "-linked")
    measured([generate, str(world), str(chosen.persons), str(seed)], chosen.data / "generate.log")
    shutil.rmtree(linked, ignore_errors=True)
    variants = [] if at < chosen.ablation_seeds else ["full"]
    usage = measured([link, str(world), str(linked), *variants], chosen.data / "link_world.log", {"RAYON_NUM_THREADS": "2"})
    result: dict[str, Any] = {"seed": seed, "cpu": usage.cpu, "memory": usage.memory, "ours": judged(world, linked, "ours")}
    if at < chosen.splink_seeds:
        result["splink"] = judged(world, linked, "splink")
    if not chosen.keep:
        shutil.rmtree(world)
        shutil.rmtree(linked)
    return result


TIES = ("identical_twin", "fraternal_twin", "sibling_donor")


def row(name: str, one: dict[str, Any]) -> Row:
    """A line of the table of accuracy."""
    across, within = one["across"], one["within"]
    merged = [f"{one['relatives_merged'].get(tie, 0)} of {one['relatives'].get(tie, 0)}" for tie in TIES]
    return (name, f"{across['f1']:.5f}", f"{across['precision']:.5f}", f"{across['recall']:.5f}", f"{within['f1']:.5f}", *merged)


def accuracy_table(results: list[dict[str, Any]]) -> str:
    """One line a variant and a world."""
    merged = [f"{tie.replace('_', ' ')}s merged" for tie in TIES]
    rows: list[Row] = [("", "F1 across sources", "precision", "recall", "F1 within", *merged)]
    for result in results:
        seed = result["seed"]
        for name, one in sorted(result["ours"].items()):
            rows.append(row(f"seed {seed}: ours, {name.replace('_', ' ')}", one))
        if "splink" in result:
            rows.append(row(f"seed {seed}: Splink, best at {result['splink']['best_bits']} bits", result["splink"]))
    return text_table(rows)


def estimated(figure: dict[str, float], real: float, held: bool) -> str:
    """An estimate beside the truth."""
    return f"{figure['value']:.5f} [{figure['low']:.5f}, {figure['high']:.5f}], {real:.5f}{'' if held else ' OUTSIDE'}"


def estimate_table(results: list[dict[str, Any]]) -> str:
    """What the runs said of themselves, with intervals, and the truth after it."""
    rows: list[Row] = [("", "precision", "recall")]
    for result in results:
        full = result["ours"]["full"]
        for kind, name in (("across", "across sources"), ("within", "within one")):
            told, real, held = full["run"]["estimate"][kind], full[kind], full["holds"][kind]
            rows.append((f"seed {result['seed']}: {name}",
                         *(estimated(told[figure], real[figure], held[figure]) for figure in ("precision", "recall"))))
    return text_table(rows)


def summary(results: list[dict[str, Any]]) -> str:
    """All worlds in some lines."""
    full = [result["ours"]["full"] for result in results]
    f1 = [one["across"]["f1"] for one in full]
    lines = [f"{len(full)} worlds: F1 across sources {min(f1):.5f} to {max(f1):.5f}, mean {sum(f1) / len(f1):.5f}"]
    for tie in TIES:
        merged, there = (sum(one[figure].get(tie, 0) for one in full) for figure in ("relatives_merged", "relatives"))
        lines.append(f"{tie.replace('_', ' ')}s merged: {merged} of {there}")
    for kind in ("across", "within"):
        held = [f"{figure} {sum(one['holds'][kind][figure] for one in full)} of {len(full)}" for figure in ("precision", "recall")]
        lines.append(f"truth within the estimated interval, {kind}: {', '.join(held)}")
    for result in results:
        if "splink" in result:
            ours, theirs = (1 - result["ours"]["full"]["across"]["f1"], 1 - result["splink"]["across"]["f1"])
            lines.append(f"seed {result['seed']}: errors (1 - F1 across sources) are {ours / max(theirs, 1e-12):.3f} of Splink's at its best threshold")
    return "\n".join(lines)


def main() -> None:
    """Measures, prints the table, and writes the JSON beside the data."""
    chosen = options()
    chosen.data.mkdir(parents=True, exist_ok=True)
    programs = (built("fixtures", "generate"), built("transplant", "link_world"))
    results = []
    for at in range(chosen.seeds):
        results.append(one_world(chosen, programs, at))
        print(accuracy_table(results[-1:]), estimate_table(results[-1:]), sep="\n\n", flush=True)
        print(json.dumps(results[-1]["ours"]["full"]["errors"], indent=1), flush=True)
    print(summary(results))
    file = chosen.data / f"transplant-{chosen.persons}-{chosen.seed}-{chosen.seeds}.json"
    file.write_text(json.dumps(results, indent=1) + "\n")
    print(f"all figures: {file}")


if __name__ == "__main__":
    main()
