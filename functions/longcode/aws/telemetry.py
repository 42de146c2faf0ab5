"""Logs and metrics. A log line contains ids, never a body, a phone number or a password."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

logger = Logger(service="longcode")

Origin = Mapping[str, str | None]
"""Where a job comes from: the `request_id` that it began with, and the invocation that it was `enqueued_by`."""
ORIGIN = ("request_id", "enqueued_by")
_REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def count(name: str) -> None:
    """Add one to a metric that an alarm of template.yaml watches."""
    service = {"service": "longcode"}
    with single_metric(name=name, unit=MetricUnit.Count, value=1, namespace="Longcode", default_dimensions=service):
        pass


def begin_request(request_id: str | None) -> None:
    """Have all log lines of this invocation contain the id of its API request, in place of the request before."""
    # A caller may set the id (API Gateway: `$context.requestId`), so one of another form is not logged.
    is_ours = request_id is not None and _REQUEST_ID.fullmatch(request_id)
    logger.append_keys(request_id=request_id if is_ours else None)


@contextmanager
def job_from(origin: Origin) -> Iterator[None]:
    """Have the log lines of the block's job, in this thread, contain where the job comes from."""
    logger.thread_safe_append_keys(**origin)
    try:
        yield
    finally:
        logger.thread_safe_remove_keys(ORIGIN)


def origin_of_new_jobs() -> dict[str, str]:
    """Return where a job comes from that is enqueued now.

    The request is that of the job or API call that is being handled; otherwise it is this invocation, if any.
    """
    keys = {**logger.get_current_keys(), **logger.thread_safe_get_current_keys()}
    invocation = keys.get("function_request_id")
    origin = {"request_id": keys.get("request_id") or invocation, "enqueued_by": invocation}
    return {name: str(value) for name, value in origin.items() if value}
