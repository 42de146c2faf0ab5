"""The hub: pages for a studio's people, below /hub, and pages of mailed links. They show what the flows return."""

from typing import Any

from hub import home, messages, page, sign_in, sign_up
from hub.automatic import calls, rules, triggers, upcoming
from hub.broadcasts import audience_step, check_step, progress, results, send_step, text_step
from hub.broadcasts import listed as broadcasts
from hub.clients import exports, imports, listed, record
from hub.consent import evidence, join_page_settings, list_export, list_import, opt_outs, overview, public_join_page
from hub.error_pages import nothing_here, resolve
from hub.plan import invoices, plans, sheet, usage
from hub.settings import account, export, history, hours, keys, notifications, people, sending, webhooks
from hub.site import Page, go_to, site
from hub.templating import editor, own_fields
from hub.templating import listed as templates
from hub.texting import texts
from longcode.aws.telemetry import logger

PAGES = (
    *(home, messages, sign_in, sign_up, texts),
    *(exports, imports, listed, record),
    *(evidence, join_page_settings, list_export, list_import, opt_outs, overview, public_join_page),
    *(broadcasts, audience_step, text_step, check_step, send_step, progress, results),
    *(editor, own_fields, templates),
    *(calls, rules, triggers, upcoming),
    *(invoices, plans, sheet, usage),
    *(account, export, history, hours, keys, notifications, people, sending, webhooks),
)
"""The modules whose pages the site has: importing one adds them."""


@site.get("/hub")
def show_root() -> Page:
    """Go to the home page, or to the sign-in."""
    return go_to("home")


@site.get("/hub/assets/<name>")
def show_asset(name: str) -> Page:
    """Return a style sheet, script or picture."""
    return page.asset(name) or nothing_here()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return resolve(event, context)
