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


def row(name: str, one: dict[str, Any], tie_kinds: list[str]) -> Row:
    """A line of the table."""
    across, within = one["across"], one["within"]
    merged = [f"{one['relatives_merged'].get(tie, 0)} of {one['relatives'].get(tie, 0)}" for tie in tie_kinds]
    return (name, f"{across['f1']:.5f}", f"{across['precision']:.5f}", f"{across['recall']:.5f}", f"{within['f1']:.5f}", *merged)


def tables(results: list[dict[str, Any]]) -> str:
    """One line a variant and a world."""
    ties = ["identical_twin", "fraternal_twin", "sibling_donor"]
    heading: Row = ("", "F1 across sources", "precision", "recall", "F1 within", *(f"{tie.replace('_', ' ')}s merged" for tie in ties))
    rows = [heading]
    for result in results:
        seed = result["seed"]
        for name, one in result["ours"].items():
            rows.append(row(f"seed {seed}: ours, {name.replace('_', ' ')}", one, ties))
        if "splink" in result:
            splink = result["splink"]
            rows.append(row(f"seed {seed}: Splink, best at {splink['best_bits']} bits", splink, ties))
    return text_table(rows)


def main() -> None:
    """Measures, prints the table, and writes the JSON beside the data."""
    chosen = options()
    chosen.data.mkdir(parents=True, exist_ok=True)
    programs = (built("fixtures", "generate"), built("musubi", "link_world"))
    results = []
    for at in range(chosen.seeds):
        results.append(one_world(chosen, programs, at))
        print(tables(results[-1:]), flush=True)
    file = chosen.data / f"transplant-{chosen.persons}-{chosen.seed}-{chosen.seeds}.json"
    file.write_text(json.dumps(results, indent=1) + "\n")
    print(f"all figures: {file}")


if __name__ == "__main__":
    main()
