"""Reads the sample events of events/, and the log lines of a test."""

import json
from pathlib import Path
from typing import Any

import pytest

from longcode.aws.telemetry import logger

_EVENTS = Path(__file__).parents[2] / "events"


def sample_event(name: str) -> Any:
    """Return the sample event with this name."""
    return json.loads((_EVENTS / f"{name}.json").read_text())


def log_lines(caplog: pytest.LogCaptureFixture) -> str:
    """Return all log lines as they are formatted, with extra fields and tracebacks."""
    return "\n".join(logger.registered_formatter.format(record) for record in caplog.records)
