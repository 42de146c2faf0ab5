"""The sign-up page, with the plans side by side, and the pages of the links that its mails have. None has a session.

Mail scanners follow links, so only the button on a link's page does something. A form of another site has to know the
token in the link, and whoever knows it may press the button: so no page looks where its form was posted from.
"""

from pydantic import ValidationError

from accounts import mailed_links, signup_api
from hub import page
from hub.site import (
    ANOTHER_SITE,
    Page,
    actor_by_link,
    address_of_request,
    ask,
    fields_of_request,
    notice,
    show,
    site,
)
from longcode.accounts import sign_ups
from longcode.accounts.account import ENTITLED_EDITIONS, TEXTING_NOT_ENABLED
from longcode.accounts.sign_ups import WaitingSignUp
from longcode.aws import clients
from longcode.billing.invoice import money
from longcode.errors import RequestError, form_refusal
from longcode.jobs import Product
from longcode.plans import plans
from longcode.plans import store as price_list

_NAMES = {"studio_name": "name of the studio", "email": "email address", "country_code": "country code"}
_TOO_LATE = "This link was used already, or it is too old. Fill in the form again to get a new one."
_NOT_YOURS = "If you did not fill in the form, you don't need to do anything: close this page."
_FIRST = {"product": Product.SPECTRA.value, "edition": ENTITLED_EDITIONS[0], "country_code": "1"}


@site.get("/hub/sign-up")
def show_sign_up() -> Page:
    """Show the plans on offer, and the form."""
    plan = (site.current_event.query_string_parameters or {}).get("plan", "")
    return _page({"plan": plan})


@site.post("/hub/sign-up")
def sign_up() -> Page:
    """Queue the form: a mail goes to its address."""
    event = site.current_event
    if not page.is_of_this_site(event.headers):
        return notice("Not signed up", ANOTHER_SITE, 403)
    typed = fields_of_request()
    request = str(event.request_context.request_id)
    try:
        accepted = signup_api.accept(_form(typed), request, address_of_request(), clients.now())
    except RequestError as refusal:
        return _page(typed, refusal)
    return notice("Look at your mail", f"You entered {typed.get('email', '').strip()}. {accepted.detail}", 200)


def _form(typed: dict[str, str]) -> signup_api.SignUp:
    """Return the form that the API takes; raise `RequestError` that names the first bad field."""
    names = ("studio_name", "email", "product", "edition", "plan", "country_code")
    try:
        return signup_api.SignUp(**{name: typed.get(name, "").strip() for name in names})  # type: ignore[arg-type]
    except ValidationError as error:
        raise form_refusal(error.errors()[0], _NAMES) from error


def _page(typed: dict[str, str], wrong: RequestError | None = None) -> Page:
    offered = list(price_list.on_offer(clients.now()).values())
    return show(
        "sign_up",
        status=wrong.status if wrong else 200,
        plans=offered,
        products=list(Product),
        editions=ENTITLED_EDITIONS,
        typed=_FIRST | {"plan": offered[0].name if offered else ""} | {k: v for k, v in typed.items() if v},
        wrong=wrong,
        not_enabled=TEXTING_NOT_ENABLED,
    )


@site.get("/signup/address/<token>")
def show_form(token: str) -> Page:
    """Show what the form of a link says."""
    sign_up = sign_ups.find(token, clients.now())
    return _form_page(sign_up) if sign_up else _too_late()


@site.post("/signup/address/<token>")
def confirm_form(token: str) -> Page:
    """Open the account of the form that the page showed; if it was filled in again meanwhile, show the new one."""
    now = clients.now()
    sign_up = sign_ups.find(token, now)
    if sign_up is None:
        return _too_late()
    if sign_up.form.id != fields_of_request().get("form"):
        return _form_page(sign_up, "The form was filled in again meanwhile. Please look at it again.")
    mailed_links.open_account(sign_up, now)
    return notice("Thank you", "Your account number comes by mail within a few minutes.", 200, go_on=None)


@site.get("/signup/confirm/<token>")
def show_change_of_plan(token: str) -> Page:
    """Show which change of plan a link confirms."""
    asked = mailed_links.plan_question(token, clients.now())
    if asked is None:
        return _too_late()
    facts = {
        "Studio": asked.account.name,
        "Account": asked.account.id,
        "Plan now": plan_in_words(asked.present) if asked.present else "none",
        "New plan": plan_in_words(asked.chosen),
    }
    return ask("Change the plan?", facts, plans.change_deadline_sentence(asked.month), "Change the plan", _NOT_YOURS)


@site.post("/signup/confirm/<token>")
def confirm_change_of_plan(token: str) -> Page:
    """Change the plan."""
    now = clients.now()
    changed = mailed_links.change_plan(token, now, actor_by_link())
    if changed is None:
        return _too_late()
    plan, month = changed
    sentence = f"Your plan is now {plan.title}. {plans.change_effect_sentences(month, now)}"
    return notice("The plan is changed", sentence, 200, go_on=None)


def _form_page(sign_up: WaitingSignUp, note: str = "") -> Page:
    form = sign_up.form
    plan = price_list.on_offer(clients.now()).get(form.plan)
    facts = {
        "Email address": form.email,
        "Studio": form.studio_name,
        "Software": f"{form.product.capitalize()}, {form.edition.capitalize()}",
        "Plan": plan_in_words(plan) if plan else form.plan,
        "Country code": f"+{form.country_code}",
    }
    sentence = "If this is not what you want, fill in the form again: this link then shows the new one."
    return ask("Open the account?", facts, sentence, "Open the account", _NOT_YOURS, note=note, form=form.id)


def plan_in_words(plan: plans.Plan) -> str:
    """Return a plan with its price: `Medium, $35.00 a month`."""
    return f"{plan.title}, {money(plan.monthly_fee_micros, plan.currency)} a month"


def _too_late() -> Page:
    return notice("This link does not work", _TOO_LATE, 404, go_on=None)
