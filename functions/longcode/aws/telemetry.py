"""Logs and metrics. A log line contains ids, never a body, a phone number or a password."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

logger = Logger(service="longcode")


def count(name: str) -> None:
    """Add one to a metric that an alarm of template.yaml watches."""
    service = {"service": "longcode"}
    with single_metric(name=name, unit=MetricUnit.Count, value=1, namespace="Longcode", default_dimensions=service):
        pass
