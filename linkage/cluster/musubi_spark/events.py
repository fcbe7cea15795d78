"""What Spark itself wrote down of a run: its event log, read as it grows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

#: How Spark tells that a task went down with its executor.
LOST = "ExecutorLostFailure"


@dataclass
class Told:
    """What happened since the log was last read."""

    #: Executor of each task that was lost with it.
    lost: list[str] = field(default_factory=list)
    #: Tasks that ended well.
    ended: int = 0
    #: Attempts of a Spark stage beyond its first.
    repeated: int = 0


class EventLog:
    """The log of one application; each reading goes on where the last one ended."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.offset = folder, 0

    def read(self) -> Told:
        """To be called when nothing runs and the listeners have heard everything."""
        told = Told()
        [path] = [file for file in self.folder.iterdir() if not file.name.endswith(".crc")]
        with path.open("rb") as file:
            file.seek(self.offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self.offset += len(line)
                note(told, json.loads(line))
        return told


def note(told: Told, event: dict) -> None:
    """Counts one event."""
    if event["Event"] == "SparkListenerTaskEnd":
        reason = event["Task End Reason"]["Reason"]
        told.ended += reason == "Success"
        if reason == LOST:
            told.lost.append(event["Task Info"]["Executor ID"])
    elif event["Event"] == "SparkListenerStageSubmitted":
        told.repeated += event["Stage Info"]["Stage Attempt ID"] > 0
