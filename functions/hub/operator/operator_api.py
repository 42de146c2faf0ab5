"""The operator's pages of the hub, a function of their own: off unless the deployment lists operators' addresses."""

from typing import Any

from hub.error_pages import resolve
from hub.operator import accounts, changes, money, overview, sign_in
from longcode.aws.telemetry import logger

PAGES = (sign_in, overview, accounts, money, changes)
"""The modules whose pages the site has: importing one adds them."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return resolve(event, context)
