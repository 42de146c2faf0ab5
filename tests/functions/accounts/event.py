"""The events that Lambda brings, as it writes them."""

import json
from pathlib import Path
from typing import Any

_EVENTS = Path(__file__).parents[2] / "events"


def event(name: str) -> Any:
    """Read an event."""
    return json.loads((_EVENTS / f"{name}.json").read_text())
