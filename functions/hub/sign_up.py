"""The sign-up page: the plans side by side, and the form. It needs no session."""

from pydantic import ValidationError

from accounts import signup_api
from hub import page
from hub.site import ANOTHER_SITE, Page, address_of_request, fields_of_request, notice, show, site
from longcode.accounts.account import ENTITLED_EDITIONS, TEXTING_NOT_ENABLED
from longcode.aws import clients
from longcode.errors import RequestError
from longcode.jobs import Product

_NAMES = {"studio_name": "name of the studio", "email": "mail address", "country_code": "country code"}
_FIRST = {"product": Product.SPECTRA.value, "edition": ENTITLED_EDITIONS[0], "country_code": "1"}


@site.get("/hub/sign-up")
def show_sign_up() -> Page:
    """Show the plans on offer, and the form."""
    plan = (site.current_event.query_string_parameters or {}).get("plan", "")
    return _page({"plan": plan})


@site.post("/hub/sign-up")
def sign_up() -> Page:
    """Have the form acted on: a mail goes to its address."""
    event = site.current_event
    if not page.is_of_this_site(event.headers):
        return notice("Not signed up", ANOTHER_SITE, 403)
    typed = fields_of_request()
    request = str(event.request_context.request_id)
    try:
        accepted = signup_api.accept(_form(typed), request, address_of_request(), clients.now())
    except RequestError as refusal:
        return _page(typed, refusal)
    return notice("Look at your mail", accepted.detail, 200)


def _form(typed: dict[str, str]) -> signup_api.SignUp:
    """Return the form that the API takes; raise `RequestError` that names the first bad field."""
    names = ("studio_name", "email", "product", "edition", "plan", "country_code")
    try:
        return signup_api.SignUp(**{name: typed.get(name, "").strip() for name in names})  # type: ignore[arg-type]
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0])
        said = str(fault["msg"]).removeprefix("Value error, ")
        raise RequestError(f"Please check the {_NAMES.get(name, name)}: {said}.", field=name) from error


def _page(typed: dict[str, str], wrong: RequestError | None = None) -> Page:
    offered = list(signup_api.on_offer(clients.now()).values())
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
