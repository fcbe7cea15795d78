"""The FEBRL sets: our proposed model at the threshold that it chooses without labels, our best threshold, and Splink's best."""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

from bench import environment, ours
from bench.measure import measured
from bench.tables import Row, estimates, text_table

#: The files of each set; two are linked one to one.
SETS = {"FEBRL 1": ["febrl1"], "FEBRL 2": ["febrl2"], "FEBRL 3": ["febrl3"], "FEBRL 4, no SSN, 1:1": ["febrl4a", "febrl4b"]}
#: Probabilities at which ours is linked again, to see how good the chosen threshold is.
THRESHOLDS = (0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)


def proposed(musubi: str, files: list[Path], out: Path) -> Path:
    """The model that `musubi model new` proposes; it does not look at the truth."""
    command = [musubi, "model", "new", *map(str, files), "--id-column", "rec_id", "--truth-column", "entity", "--out", str(out), "--force"]
    measured(command, out.with_suffix(".log"))
    return out


def linked(musubi: str, model: Path, files: list[Path], out: Path, threshold: float | None = None) -> dict[str, Any]:
    """What a run of ours reports."""
    command = [musubi, "link-files", "--model", str(model), *map(str, files), "--out", str(out), "--id-column", "rec_id",
               "--truth-column", "entity", "--force"]
    command += ["--one-to-one", "--link-only"] if len(files) > 1 else []
    command += ["--threshold", str(threshold)] if threshold is not None else []
    measured(command, out.with_suffix(".log"))
    return json.loads((out / "report.json").read_text())


def splink(files: list[Path]) -> dict[str, Any]:
    """Splink's best."""
    done = subprocess.run(environment.command("splink_febrl", *files), env=environment.variables(), check=True, capture_output=True)
    return json.loads(done.stdout)


def one_set(name: str, data: Path, model: Path | None, with_splink: bool) -> dict[str, Any]:
    """All figures of a set."""
    musubi = str(ours.program())
    files = [data / f"{stem}.csv" for stem in SETS[name]]
    model = model or proposed(musubi, files, data / f"{SETS[name][0]}.toml")
    out = data / f"{SETS[name][0]}-out"
    chosen = linked(musubi, model, files, out)
    others = {threshold: linked(musubi, model, files, out, threshold)["accuracy"]["f1"] for threshold in THRESHOLDS}
    result: dict[str, Any] = {"name": name, "chosen": chosen, "by_threshold": others}
    if with_splink:
        result["splink"] = splink(files)
    return result


def row(result: dict[str, Any]) -> Row:
    """A line of the table."""
    accuracy = result["chosen"]["accuracy"]
    best = max(result["by_threshold"].values())
    rival = result.get("splink")
    return (result["name"], f"{accuracy['f1']:.5f}", *estimates(result["chosen"]), f"{max(best, accuracy['f1']):.5f}",
            f"{rival['best']['f1']:.5f}" if rival else "")


def main() -> None:
    """Measures, prints the table, and writes the JSON beside the data."""
    parser = argparse.ArgumentParser(prog="linkage/bench/febrl", description=__doc__)
    parser.add_argument("--data", type=Path, default=environment.HOME / "data", help="folder for data and results")
    parser.add_argument("--model", type=Path, help="a model file for all sets in place of the proposed ones")
    parser.add_argument("--without-splink", action="store_true")
    chosen = parser.parse_args()
    data = chosen.data / "febrl"
    data.mkdir(parents=True, exist_ok=True)
    measured(environment.command("febrl_data", data), data / "febrl_data.log", environment.variables())
    results = [one_set(name, data, chosen.model, not chosen.without_splink) for name in SETS]
    (data / "result.json").write_text(json.dumps(results, indent=1) + "\n")
    heading: Row = ("", "F1, chosen without labels", "precision, estimated", "recall, estimated", "our best F1", "Splink's best F1")
    print(text_table([heading, *map(row, results)]))
    print(f"all figures: {data / 'result.json'}")


if __name__ == "__main__":
    main()
