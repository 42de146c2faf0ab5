"""The pages for what does not work, and how both functions of the hub answer a request."""

from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from hub.site import Page, notice, site
from longcode.aws.settings import settings
from longcode.aws.telemetry import begin_request, logger
from longcode.errors import RequestError, TooManyRequests

_BROKEN = "Something failed on our side. Please check whether it took effect before you try again."


@site.not_found
def absent(_error: NotFoundError) -> Page:
    """Return the page for an address without one."""
    return nothing_here()


@site.exception_handler(RequestError)
def refused(error: RequestError) -> Page:
    """Return the page for a refusal that no form shows."""
    answer = notice("This cannot be done", error.detail, error.status, go_on=_home())
    if isinstance(error, TooManyRequests):
        answer.headers = {**answer.headers, "Retry-After": str(error.retry_after_seconds)}
    return answer


@site.exception_handler(Exception)
def broken(_error: Exception) -> Page:
    """Return the page after a fault of ours."""
    logger.exception("broken")
    return notice("This did not work", _BROKEN, 500, go_on=_home())


def nothing_here() -> Page:
    """Return the page for an address without one."""
    return notice("Not found", "There is no page at this address.", 404, go_on=_home())


def _home() -> str:
    """Return where to go on: an operator has no home among a studio's pages."""
    is_operators = site.current_event.path.startswith("/hub/operator/") and settings().operator_addresses
    return "operator/overview" if is_operators else "home"


def resolve(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the answer to an event of API Gateway, which passes a path on encoded."""
    begin_request(event["requestContext"].get("requestId"))
    return site.resolve({**event, "path": unquote(event["path"])}, context)
