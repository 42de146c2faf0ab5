"""The page of consent: the number of clients by how they agreed to texts, and the clients for whom it is unknown."""

from functools import partial

from pydantic import ValidationError

from clients import api, forms
from hub.consent import wording
from hub.site import Page, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from longcode import errors
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.aws.at_once import at_once
from longcode.clients import lists
from longcode.clients.permission import ConsentMeans, Via, Writer
from longcode.errors import RequestError
from longcode.months import local_day, time_zone
from longcode.phone import in_words
from longcode.template import full_name

_ROWS = 40
_SECONDS = 4.0
_AT_FIRST = 0.1  # seconds: how long the page waits for the survey of the clients that older releases wrote
_FIELDS = {"means": "means", "given_on": "day", "taken_by": "name"}


@site.get("/hub/consent")
@page_of_studio
def show_consent(account: Account) -> Page:
    """Show the number of clients by means of consent, and the clients of one of the means, at first the unknown."""
    return _page(account, site.current_event.query_string_parameters or {}, seconds=_AT_FIRST)


@site.post("/hub/consent")
@form_of_studio
def say_how(account: Account, fields: dict[str, str]) -> Page:
    """Record how the chosen clients agreed; or continue the survey of the clients that older releases wrote."""
    if fields.get("do") == "survey":
        return _page(account, {}, seconds=_SECONDS)
    ids = [fields[f"id_{row}"] for row in range(_ROWS) if fields.get(f"id_{row}")]
    now, writer = aws_clients.now(), Writer(via=Via.HUB, person=name_of_person())
    try:
        consent = forms.consent_of(_form(fields, bool(ids)), now)
    except RequestError as refusal:
        return _page(account, fields, seconds=_AT_FIRST, wrong=refusal)
    done = at_once(*(partial(api.say_consent, account.id, one, consent, writer, now) for one in ids))
    return go_to(f"consent?said={sum(done)}")


def _form(fields: dict[str, str], is_for_some: bool) -> forms.ConsentForm:
    """Return the form that the API takes; raise `RequestError` that names the field."""
    if not is_for_some:
        raise RequestError("Choose one or more clients.", field="means")
    if not fields.get("means"):
        raise RequestError("Choose how they agreed.", field="means")
    given = {"means": fields["means"], "given_on": fields.get("given_on") or None}
    try:
        return forms.ConsentForm.model_validate(
            given | {"taken_by": fields.get("taken_by", "").strip() or None}, strict=False
        )
    except ValidationError as error:
        raise errors.form_refusal(error.errors()[0], _FIELDS) from error


def _page(account: Account, given: dict[str, str], *, seconds: float, wrong: RequestError | None = None) -> Page:
    now, cursor = aws_clients.now(), given.get("after") or None
    asked = given.get("of", "")
    of = ConsentMeans(asked) if asked in {*ConsentMeans} else ConsentMeans.UNKNOWN
    is_done, looked_at = lists.survey(account.id, now, seconds)
    if not is_done:
        return show("clients/survey", account, at="consent", kept={}, looked_at=looked_at)
    (listed, next_cursor), *counts = at_once(
        lambda: lists.page_of_means(account.id, of, _ROWS, cursor),
        *(partial(lists.count, account.id, means) for means in ConsentMeans),
    )
    rows = [
        {
            "id": client.id,
            "name": full_name(client.first_name, client.last_name) or "No name",
            "phones": [in_words(phone.number, account.country_code) for phone in client.phones],
            "digits": [phone.number.removeprefix("+") for phone in client.phones],
        }
        for client in listed
    ]
    return show(
        "consent/overview",
        account,
        wrong.status if wrong else 200,
        counts=dict(zip(ConsentMeans, counts, strict=True)),
        total=sum(counts),
        means=wording.MEANS,
        of=of,
        rows=rows,
        more=next_cursor,
        is_first=cursor is None,
        typed=given,
        today=local_day(now, time_zone(account.time_zone)).isoformat(),
        me_name=name_of_person() or "",
        said=given.get("said", ""),
        wrong=wrong,
    )
