"""Links the same made-up people with Splink and with Musubi, by the same rules and comparisons, and tells what each costs."""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import environment, ours
from bench.measure import Usage, measured
from bench.tables import rows_of, text_table

RIVALS = ("splink", "musubi")


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="linkage/bench/run", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rules", choices=("loose", "tight"), default="tight")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--only", choices=RIVALS, help="run one of them alone")
    parser.add_argument("--data", type=Path, default=environment.HOME / "data", help="folder for data and results")
    return parser.parse_args()


def people(data: Path, records: int, seed: int, ending: str) -> Path:
    """The file of people, made when it is not there."""
    file = data / f"people-{records}-{seed}.{ending}"
    if not file.exists():
        measured(environment.command("people", file, "--records", str(records), "--seed", str(seed)),
                 data / "people.log", environment.variables())
    return file


def model(data: Path, rules: str) -> Path:
    """The comparisons and the rules in one model file."""
    models = environment.HOME / "models"
    file = data / f"people-{rules}.toml"
    file.write_text((models / "people.toml").read_text() + (models / f"rules-{rules}.toml").read_text())
    return file


def link(rival: str, model_file: Path, file: Path, out: Path) -> Usage:
    """One run of one rival."""
    out.mkdir(parents=True, exist_ok=True)
    if rival == "splink":
        command = environment.command("splink_people", model_file, file, out)
        return measured(command, out / "log", environment.variables())
    return measured(ours.command(model_file, file, out), out / "log", ours.variables())


def told(module: str, *arguments: str | Path) -> dict[str, Any]:
    """What one of our modules prints as JSON."""
    done = subprocess.run(environment.command(module, *arguments), env=environment.variables(), check=True, capture_output=True)
    return json.loads(done.stdout)


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    """All rounds, interleaved, then the accuracy of the last."""
    chosen.data.mkdir(parents=True, exist_ok=True)
    file = people(chosen.data, chosen.records, chosen.seed, chosen.format)
    model_file = model(chosen.data, chosen.rules)
    rivals = [chosen.only] if chosen.only else list(RIVALS)
    outs = {rival: chosen.data / f"{rival}-{chosen.records}-{chosen.rules}" for rival in rivals}
    usages: dict[str, list[Usage]] = {rival: [] for rival in rivals}
    for number in range(chosen.rounds):
        for rival in rivals:
            usage = link(rival, model_file, file, outs[rival])
            print(f"round {number + 1}, {rival}: {usage.cpu:.2f} s CPU, {usage.wall:.2f} s, {usage.memory:.0f} MiB", flush=True)
            usages[rival].append(usage)
    pairs = told("candidates", model_file, file)["pairs"]
    result: dict[str, Any] = {
        "records": chosen.records, "format": chosen.format, "rules": chosen.rules, "seed": chosen.seed, "candidate_pairs": pairs,
        "machine": platform.platform(), "rivals": {},
    }
    for rival in rivals:
        result["rivals"][rival] = {
            "runs": [asdict(usage) for usage in usages[rival]],
            "cpu": statistics.median(usage.cpu for usage in usages[rival]),
            "wall": statistics.median(usage.wall for usage in usages[rival]),
            "memory": statistics.median(usage.memory for usage in usages[rival]),
            "accuracy": accuracy(rival, outs[rival], file),
            "phases": phases(outs[rival]) if rival == "splink" else ours.report(outs[rival]),
        }
    return result


def accuracy(rival: str, out: Path, file: Path) -> dict[str, Any]:
    """Precision, recall and F1; ours at our own threshold, Splink's at the best of all."""
    if rival == "musubi":
        ours.convert(out)
    return told("accuracy", out, file)


def phases(out: Path) -> dict[str, Any]:
    """The phases that a rival tells of."""
    file = out / "phases.json"
    return json.loads(file.read_text()) if file.exists() else {}


def main() -> None:
    """Measures, prints the table, and writes the JSON beside the data."""
    chosen = options()
    result = measure(chosen)
    file = chosen.data / f"result-{chosen.records}-{chosen.rules}-{chosen.format}.json"
    file.write_text(json.dumps(result, indent=1) + "\n")
    print(text_table(rows_of(result)))
    print(f"all figures: {file}")


if __name__ == "__main__":
    main()
