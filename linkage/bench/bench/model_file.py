"""Our model files as the bench reads them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def read_model(path: Path) -> dict[str, Any]:
    """The model as a dictionary."""
    return tomllib.loads(path.read_text())
