"""GET /plans, GET /panel and POST /signup, without a password; and POST /accounts, with a partner key."""

from datetime import datetime
from typing import Annotated, Any

from longcode.web import fields
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from pydantic import Field

from accounts import partner_accounts
from accounts.partner_accounts import StudioOfPartner
from longcode import jobs
from longcode.accounts import attempts, sign_ups
from longcode.accounts.account import TEXTING_NOT_ENABLED, check_edition
from longcode.accounts.credential_limits import CredentialLimits
from longcode.accounts.names import LONGEST_ADDRESS, MAIL_ADDRESS
from longcode.aws import clients, queues
from longcode.aws.telemetry import logger
from longcode.errors import TooManyForms, Unauthorized, UnknownPlan
from longcode.jobs import Product
from longcode.partners import store as partners
from longcode.partners.store import PartnerKey
from longcode.plans import plans
from longcode.plans import store as price_list

app = web.resolver()
limits = CredentialLimits()


class SignUp(web.Body):
    """The sign-up form (facts S12). With an account's email address, it asks for a change of plan (facts S13)."""

    studio_name: fields.StudioName
    email: Annotated[str, Field(max_length=LONGEST_ADDRESS, pattern=MAIL_ADDRESS)]
    product: Product
    edition: Annotated[str, Field(min_length=1, max_length=40)]
    plan: fields.PlanName
    country_code: fields.CountryCode = "1"


class SignUpAccepted(web.Answer):
    """The response, which is the same for known and unknown addresses."""

    detail: str = "Thank you. Please read the mail that we send to this address, at most one an hour."


class NewAccount(SignUp):
    """A studio for which a partner, such as a hosted product, opens an account. `studio_id` is the partner's own."""

    studio_id: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:@-]+$")]


class OpenedAccount(web.Answer):
    """An account of a partner's studio. `key` is its API key, null from a day after the account was opened.

    `email_confirmed` says whether the studio has used the link that was mailed to it; before, it gets no other mail.
    """

    account: str
    key: str | None
    email_confirmed: bool


class NoAccount(web.Answer):
    """The Services panel without an account (facts S33)."""

    enabled: bool = False
    message: str = TEXTING_NOT_ENABLED


@app.get("/plans")
def list_plans() -> dict[str, list[plans.Plan]]:
    """List the plans that a studio can choose."""
    return {"items": list(price_list.on_offer(clients.now()).values())}


@app.get("/panel")
def show_panel() -> NoAccount:
    """Show the Services panel without an account. With an account, use `GET /usage`."""
    return NoAccount()


@app.post("/signup", responses=web.responses({202: SignUpAccepted}))
def sign_up(form: SignUp) -> Response[SignUpAccepted]:
    """Sign up, or ask for a change of plan. Response and duration do not show whether the email address is known."""
    request = app.current_event.request_context.request_id
    return Response(202, web.JSON, accept(form, str(request), web.source_address(app), clients.now()))


@app.post("/accounts", responses=web.responses({200: OpenedAccount, 201: OpenedAccount}))
def open_account(form: NewAccount) -> Response[OpenedAccount]:
    """Open an account with a partner key. The studio's software can text with number and API key at once.

    A repeated request with the same `studio_id` opens no further account, and is answered with 200. Until the studio
    has confirmed its address, a repeated request with another `email` mails the link there.
    """
    now = clients.now()
    key, secret = _partner(now)
    filled_in = form.model_dump() | {"email": form.email.casefold()}
    opened = partner_accounts.open_account(key, secret, StudioOfPartner(**filled_in), now)
    shown = OpenedAccount(account=opened.account.id, key=opened.key, email_confirmed=bool(opened.account.email))
    return Response(201 if opened.is_new else 200, web.JSON, shown)


def _partner(now: datetime) -> tuple[PartnerKey, str]:
    """Return the partner key of the request, and its secret; raise `Unauthorized` if it is not right."""
    authorization, source = web.header(app, "authorization") or "", attempts.source(web.source_address(app))
    scheme, _, secret = authorization.partition(" ")
    if not limits.refuses(authorization, source, now):
        key = partners.with_secret(secret, now) if scheme.casefold() == "bearer" else None
        if key:
            limits.note_right(authorization, now)
            return key, secret
        limits.note_wrong(authorization, source, now)
    raise Unauthorized("This needs the header Authorization: Bearer, with a partner key that is in force.")


def accept(form: SignUp, form_id: str, address: str, now: datetime) -> SignUpAccepted:
    """Queue a form that came from an internet address; raise `RequestError` if it is refused."""
    check_edition(form.edition)
    if form.plan not in price_list.on_offer(now):
        raise UnknownPlan(f"There is no plan {form.plan!r}.", field="plan")
    if not sign_ups.count_form(attempts.source(address), now):
        raise TooManyForms(sign_ups.TOO_MANY_FORMS)
    filled_in = form.model_dump() | {"email": form.email.casefold()}
    queues.send(jobs.OpenAccount(id=form_id, **filled_in))
    return SignUpAccepted()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
