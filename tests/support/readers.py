"""The events that Lambda brings, as it writes them."""

import json
from pathlib import Path
from typing import Any

import pytest

from longcode.aws.telemetry import logger

_EVENTS = Path(__file__).parents[1] / "events"


def event(name: str) -> Any:
    """Read an event."""
    return json.loads((_EVENTS / f"{name}.json").read_text())


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Give all lines with their extra fields and tracebacks."""
    return "\n".join(logger.registered_formatter.format(record) for record in caplog.records)
