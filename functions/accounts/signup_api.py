"""GET /plans, GET /panel and POST /signup, without a password; and the pages of mailed links."""

import html
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from longcode.web import fields
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from msgspec.structs import replace
from pydantic import Field

from longcode import jobs
from longcode.accounts import attempts, owner_notices, password_links, passwords, sign_ups
from longcode.accounts import store as accounts
from longcode.accounts.account import TEXTING_NOT_ENABLED, NoticeKind, check_edition, check_open
from longcode.accounts.names import MAIL_ADDRESS
from longcode.accounts.sign_ups import WaitingSignUp
from longcode.aws import clients, queues
from longcode.aws.telemetry import logger
from longcode.errors import RequestError, TooManyForms, UnknownPlan
from longcode.jobs import Product
from longcode.plans import plans
from longcode.plans import store as price_list
from longcode.table.store import ConditionFailed

_TOO_LATE = "This link was used already, or it is too old. Fill in the form again to get a new one."
# Whoever has the page's URL can change the plan, so it must not reach other sites, caches or frames.
_PAGE_HEADERS: dict[str, str | list[str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

app = web.resolver(web.JSON, web.FORM)  # a browser posts the button as a form


class SignUp(web.Body):
    """The sign-up form (facts S12). With the mail address of an account, it asks for a change of plan (facts S13)."""

    studio_name: fields.StudioName
    email: Annotated[str, Field(max_length=254, pattern=MAIL_ADDRESS)]
    product: Product
    edition: Annotated[str, Field(min_length=1, max_length=40)]
    plan: fields.PlanName
    country_code: fields.CountryCode = "1"


class SignUpAccepted(web.Answer):
    """The response, which is the same for known and unknown addresses."""

    detail: str = "Thank you. Please read the mail that we send to this address, at most one an hour."


class NoAccount(web.Answer):
    """The Services panel without an account (facts S33)."""

    enabled: bool = False
    message: str = TEXTING_NOT_ENABLED


@app.get("/plans")
def list_plans() -> dict[str, list[plans.Plan]]:
    """List the plans that a studio can choose."""
    return {"items": list(on_offer(clients.now()).values())}


@app.get("/panel")
def show_panel() -> NoAccount:
    """Show the Services panel without an account. With an account, use `GET /usage`."""
    return NoAccount()


@app.post("/signup", responses=web.responses({202: SignUpAccepted}))
def sign_up(form: SignUp) -> Response[SignUpAccepted]:
    """Sign up, or ask for a change of plan. Response and duration do not show whether the mail address is known."""
    request = app.current_event.request_context.request_id
    return Response(202, web.JSON, accept(form, str(request), web.source_address(app), clients.now()))


@app.get("/signup/address/<token>")
def show_sign_up(token: str) -> Response[str]:
    """Show what the form says. Mail scanners follow links, so only the button on the page opens the account."""
    sign_up = sign_ups.find(token, clients.now())
    return _sign_up_page(sign_up) if sign_up else _too_late()


@app.post("/signup/address/<token>")
def confirm_address(token: str, form: Annotated[str, Query(max_length=100)] = "") -> Response[str]:
    """Open the account of the form that the page showed; a link works once.

    If the form was filled in again meanwhile, show what it says now.
    """
    now = clients.now()
    sign_up = sign_ups.find(token, now)
    if sign_up is None:
        return _too_late()
    if sign_up.form.id != form:
        return _sign_up_page(sign_up, "<p>The form was filled in again meanwhile.</p>")
    if sign_up.form.plan not in on_offer(now):
        return _refused(UnknownPlan("This plan is no longer offered; please fill in the form again."))
    # Sent before the link is used up: a click that is lost in between can be repeated, and the job acts once.
    queues.send(replace(sign_up.form, address_confirmed=True))
    sign_ups.mark_used(sign_up, now)
    return _page(200, "<p>Thank you. Your account number comes by mail within a few minutes.</p>")


@app.get("/signup/confirm/<token>")
def show_change(token: str) -> Response[str]:
    """Show what the link confirms. Mail scanners follow links, so only the button on the page changes the plan."""
    now = clients.now()
    confirmation = accounts.find_confirmation(token, now)
    account = accounts.get(confirmation.account) if confirmation else None
    if confirmation is None or account is None:
        return _too_late()
    month = plans.first_month_of_change(plans.time_of_change(account.plan_changes, now))
    prices = price_list.of_month(month)
    try:
        check_open(account)
        plans.new_change(confirmation.plan, account.plan_changes, prices, now)
    except RequestError as refusal:
        return _refused(refusal)
    title = html.escape(prices[confirmation.plan].title)
    return _page(
        200,
        f"<p>Change to the plan {title}? {plans.change_deadline_sentence(month)}</p>"
        '<form method="post"><button>Change the plan</button></form>',
    )


@app.post("/signup/confirm/<token>")
def confirm_change(token: str) -> Response[str]:
    """Change the plan; a link works once."""
    now = clients.now()
    try:
        changed = change_plan(token, now)
    except RequestError as refusal:
        return _refused(refusal)
    if changed is None:
        return _too_late()
    plan, month = changed
    return _page(
        200, f"<p>Your plan is now {html.escape(plan.title)}. {plans.change_effect_sentences(month, now)}</p>"
    )


def change_plan(token: str, now: datetime) -> tuple[plans.Plan, str] | None:
    """Change to the plan of a link's token; return the plan and the month from which it counts.

    Returns None for a link that was used or is too old. The change is dated now, not when the form was filled in, and
    is tried again if another change is written meanwhile. Raise `PlanNotOffered`, `TooManyChanges` or
    `AccountClosed`, after which the link can be used again.
    """
    while (confirmation := accounts.find_confirmation(token, now)) and (
        account := accounts.get(confirmation.account)
    ):
        check_open(account)
        prices = price_list.of_month(plans.first_month_of_change(plans.time_of_change(account.plan_changes, now)))
        change = plans.new_change(confirmation.plan, account.plan_changes, prices, now)
        try:
            if change:
                account = accounts.change_plan(account, change, accounts.use_confirmation_write(token))
            else:
                accounts.use_confirmation(token)
        except ConditionFailed:
            continue
        return prices[confirmation.plan], plans.changes_by_first_month(account.plan_changes)[-1][1]
    return None


@app.get("/password/<token>")
def show_password_link(token: str) -> Response[str]:
    """Show whose password the link makes. Mail scanners follow links, so only the button on the page makes it."""
    link = password_links.find(token, clients.now())
    account = accounts.get(link.account) if link else None
    if account is None:
        return _page(404, f"<p>{password_links.LINK_ENDED}</p>")
    if accounts.password_hash(account.id) is None:
        question, button = (
            f"Show the password of the account {account.id}? It is shown only once.",
            "Show the password",
        )
    else:
        question = f"Make a new password for the account {account.id}? The one that it has no longer works then."
        button = "Make a new password"
    return _page(200, f'<p>{question}</p><form method="post"><button>{button}</button></form>')


@app.post("/password/<token>")
def set_password(token: str) -> Response[str]:
    """Make a new password and show it, once; the old one works for up to a minute more. A link works once."""
    now = clients.now()
    link = password_links.find(token, now)
    if link is None:
        return _page(404, f"<p>{password_links.LINK_ENDED}</p>")
    password = passwords.generate()
    had_one = accounts.password_hash(link.account) is not None
    notices = [owner_notices.new(link.account, NoticeKind.PASSWORD, now)] if had_one else []
    try:
        accounts.set_password(link.account, passwords.hash_of(password), password_links.use(link), *notices)
    except ConditionFailed:
        return _page(404, f"<p>{password_links.LINK_ENDED}</p>")
    return _page(
        200,
        f"<p>Account number: {link.account}</p><p>Password: {password}</p>"
        "<p>Please enter both in your studio software now: this page cannot be shown again.</p>",
    )


def accept(form: SignUp, form_id: str, address: str, now: datetime) -> SignUpAccepted:
    """Have a form acted on that came from an internet address; raise `RequestError` if it is refused."""
    check_edition(form.edition)
    if form.plan not in on_offer(now):
        raise UnknownPlan(f"There is no plan {form.plan!r}.", field="plan")
    if not sign_ups.count_form(attempts.source(address), now):
        raise TooManyForms(sign_ups.TOO_MANY_FORMS)
    filled_in = form.model_dump() | {"email": form.email.casefold()}
    queues.send(jobs.OpenAccount(id=form_id, **filled_in))
    return SignUpAccepted()


def _sign_up_page(sign_up: WaitingSignUp, note: str = "") -> Response[str]:
    form = sign_up.form
    plan = on_offer(clients.now()).get(form.plan)
    said = {
        "Studio": form.studio_name,
        "Software": f"{form.product}, {form.edition}",
        "Plan": plan.title if plan else form.plan,
        "Country code": f"+{form.country_code}",
    }
    rows = "".join(f"<p>{name}: {html.escape(value)}</p>" for name, value in said.items())
    return _page(
        200,
        f"{note}<p>The sign-up form for {html.escape(form.email)} says:</p>{rows}"
        "<p>If this is not what you want, fill in the form again: this link then shows the new one.</p>"
        f'<form method="post" action="?form={quote(form.id, safe="")}"><button>Open the account</button></form>',
    )


def on_offer(now: datetime) -> dict[str, plans.Plan]:
    """Return the plans that a studio can choose, by name, in the order in which they are offered."""
    prices = price_list.of_month(plans.first_month_of_change(now))
    return {name: plan for name, plan in prices.items() if plan.on_offer}


def _too_late() -> Response[str]:
    return _page(404, f"<p>{_TOO_LATE}</p>")


def _refused(refusal: RequestError) -> Response[str]:
    return _page(refusal.status, f"<p>{html.escape(refusal.detail)}</p>")


def _page(status: int, content: str) -> Response[str]:
    document = f"<!doctype html><html lang=en><meta charset=utf-8><title>Longcode</title>{content}</html>"
    return Response(status, "text/html; charset=utf-8", document, _PAGE_HEADERS)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
