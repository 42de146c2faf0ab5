"""What a function logged, as CloudWatch would show it."""

import pytest

from longcode.aws.telemetry import logger


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Give all lines with their extra fields and tracebacks."""
    return "\n".join(logger.registered_formatter.format(record) for record in caplog.records)
