"""POST /signup and GET /plans, open to all; and the mailed link that confirms a change of plan."""

import html
from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from pydantic import Field

from longcode import jobs, plans
from longcode.account import Product, check_edition
from longcode.aws import clock, queues, web
from longcode.aws.settings import plan_list, settings
from longcode.aws.telemetry import logger
from longcode.errors import NotFound, UnknownPlan
from longcode.table import accounts, confirmations
from longcode.table.store import ConditionFailed

_TOO_LATE = "This link is used or too old. Fill in the form again for a new one."

app = web.resolver()


class SignUp(web.Body):
    """The form on the web (facts S12); filled in again with a known address, it changes the plan (S13)."""

    studio_name: Annotated[str, Field(min_length=1, max_length=100)]
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+$")]
    product: Product
    edition: Annotated[str, Field(min_length=1, max_length=40)]
    plan: str
    country_code: web.CountryCode = "1"


@app.get("/plans")
def list_plans() -> dict[str, list[plans.Plan]]:
    """List the plans that a studio can choose."""
    return {"items": list(plan_list().values())}


@app.post("/signup")
def sign_up(form: SignUp) -> Response[dict[str, str]]:
    """Take the form. The answer and the work are the same whether or not the address is known."""
    check_edition(form.edition)
    if form.plan not in plan_list():
        raise UnknownPlan(f"There is no plan {form.plan!r}.", field="plan")
    request = app.current_event.request_context.request_id
    fields = form.model_dump() | {"email": form.email.casefold()}
    queues.put(settings().sign_up_queue_url, [jobs.SignUp(id=str(request), **fields)])
    return Response(
        202, "application/json", {"detail": "Thank you. Please read the mail that we send to this address."}
    )


@app.get("/signup/confirm/<token>")
def show_change(token: str) -> Response[str]:
    """Show what the link confirms. Mail scanners follow links, so it takes a click to change the plan."""
    waiting = confirmations.find(token, clock.now())
    if waiting is None:
        return _page(404, f"<p>{_TOO_LATE}</p>")
    plan = html.escape(plan_list()[waiting.plan].title)
    return _page(200, f'<p>Change to the plan {plan}?</p><form method="post"><button>Change the plan</button></form>')


@app.post("/signup/confirm/<token>")
def confirm_change(token: str) -> Response[str]:
    """Change the plan, once."""
    plan, month = take(token, clock.now())
    return _page(200, f"<p>Your plan is now {html.escape(plan.title)}. It counts from {month}.</p>")


def take(token: str, now: datetime) -> tuple[plans.Plan, str]:
    """Carry out a confirmed change; gives the plan and the first month that it counts for."""
    waiting = confirmations.find(token, now)
    account = accounts.get(waiting.account) if waiting else None
    if waiting is None or account is None:
        raise NotFound(_TOO_LATE)
    try:
        accounts.change_plan(account, plans.Change(now, waiting.plan), confirmations.using(token))
    except ConditionFailed as failed:
        raise NotFound(_TOO_LATE) from failed
    return plan_list()[waiting.plan], plans.counts_from(now)


def _page(status: int, content: str) -> Response[str]:
    document = f"<!doctype html><html lang=en><meta charset=utf-8><title>Longcode</title>{content}</html>"
    return Response(status, "text/html; charset=utf-8", document)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
