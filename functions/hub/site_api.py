"""The hub: pages for a studio's people, below /hub, and pages of mailed links. They show what the flows return."""

from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from hub import home, messages, page, sign_in, sign_up
from hub.clients import exports, imports, listed, record
from hub.consent import evidence, join, join_page, lists, opt_outs, overview
from hub.settings import account, notifications, people
from hub.site import Page, go_to, notice, site
from hub.texting import texts
from longcode.aws.telemetry import begin_request, logger
from longcode.errors import RequestError, TooManyRequests

PAGES = (
    *(account, exports, imports, listed, record, home, messages, notifications, people, sign_in, sign_up, texts),
    *(evidence, join, join_page, lists, opt_outs, overview),
)
"""The modules whose pages the site has: importing one adds them."""

_BROKEN = "Something failed on our side. Please check whether it took effect before you try again."


@site.get("/hub")
def show_root() -> Page:
    """Go to the home page, or to the sign-in."""
    return go_to("home")


@site.get("/hub/assets/<name>")
def show_asset(name: str) -> Page:
    """Return a style sheet, script or picture."""
    return page.asset(name) or _nothing_here()


@site.not_found
def absent(_error: NotFoundError) -> Page:
    """Return the page for an address without one."""
    return _nothing_here()


@site.exception_handler(RequestError)
def refused(error: RequestError) -> Page:
    """Return the page for a refusal that no form shows."""
    answer = notice("This cannot be done", error.detail, error.status)
    if isinstance(error, TooManyRequests):
        answer.headers = {**answer.headers, "Retry-After": str(error.retry_after_seconds)}
    return answer


@site.exception_handler(Exception)
def broken(_error: Exception) -> Page:
    """Return the page after a fault of ours."""
    logger.exception("broken")
    return notice("This did not work", _BROKEN, 500)


def _nothing_here() -> Page:
    return notice("Not found", "There is no page at this address.", 404)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    begin_request(event["requestContext"].get("requestId"))
    return site.resolve({**event, "path": unquote(event["path"])}, context)  # API Gateway passes it on encoded
