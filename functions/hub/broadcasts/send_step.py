"""The last step of a broadcast: send it now or at a time, once, also if the form is sent twice."""

from datetime import datetime
from uuid import uuid4

from msgspec.structs import replace

from broadcasts import api, forms
from hub import form_data, words
from hub.broadcasts import totals, wizard
from hub.site import Page, form_of_studio, go_to, name_of_person, page_of_studio, show, site
from hub.texting import texts
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.broadcasts import drafts
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import LimitPolicy
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.clients.client import Audience
from longcode.errors import IdempotencyConflict, RepeatedBroadcast, RequestError
from longcode.messages import compose


@site.get("/hub/broadcasts/new/<draft_id>/go")
@page_of_studio
def show_go(account: Account, draft_id: str) -> Page:
    """Ask when a draft is to be sent."""
    return _step(account, wizard.existing(account, draft_id), site.current_event.query_string_parameters or {})


@site.post("/hub/broadcasts/new/<draft_id>/go")
@form_of_studio
def send(account: Account, fields: dict[str, str], draft_id: str) -> Page:
    """Create the broadcast of a draft; or only show which texts would wait at the chosen time."""
    broadcast_id = api.id_of_request(account.id, draft_id)
    draft = drafts.get(account.id, draft_id, aws_clients.now()) if form_data.ID.fullmatch(draft_id) else None
    if draft is None and broadcasts.get(account.id, broadcast_id):
        return go_to(f"broadcasts/{broadcast_id}")  # the form was sent twice
    draft = draft or wizard.existing(account, draft_id)
    if fields.get("preview"):
        return _step(account, draft, fields)
    try:
        drafts.check_unchanged(fields.get("seen", ""), draft.mark, draft)
        form = _form(account, draft, fields)
        api.create_broadcast(account.id, form, draft_id, aws_clients.now(), name_of_person())
    except IdempotencyConflict:  # it was sent, which was not noted, and changed after that: this is another one
        again = drafts.begin(replace(draft, id=uuid4().hex, version=0))
        drafts.delete(account.id, draft_id)
        return go_to(f"broadcasts/new/{again.id}/check")
    except RequestError as refusal:
        return _step(account, draft, fields, refusal)
    drafts.delete(account.id, draft_id)
    return go_to(f"broadcasts/{broadcast_id}")


@site.post("/hub/broadcasts/new/<draft_id>/when")
@form_of_studio
def show_when(account: Account, fields: dict[str, str], draft_id: str) -> Page:
    """Return which texts would wait at the time of a form, for the script of the page."""
    draft = wizard.existing(account, draft_id)
    added, at, wrong = _totals(account, draft, fields)
    limit, when = fields.get("limit", ""), _said(account, at)
    hours = account.quiet_hours
    return show("broadcasts/when", totals=added, when=when, wrong=wrong, quiet_hours=hours, limit=limit)


def _form(account: Account, draft: BroadcastDraft, fields: dict[str, str]) -> forms.NewBroadcast:
    at = texts.typed_time(account, fields.get("at", "")) if fields.get("when") == "at" else None
    if fields.get("when") == "at" and at is None:
        raise RequestError("Choose a day and a time.", field="send_at")
    # A broadcast has a template only while its words are the template's.
    is_template = draft.template and texts.template_body(account, draft.template).strip() == draft.body
    return forms.NewBroadcast(
        audience=_audience_form(draft.whom),
        body=None if is_template else draft.body,
        template=draft.template if is_template else None,
        values=draft.values,
        send_at=at,
        limit=LimitPolicy.PART if fields.get("limit") == LimitPolicy.PART else LimitPolicy.ALL,
        refuse_repeat="repeat" not in fields,
    )


def _audience_form(audience: Audience) -> forms.AudienceForm:
    return forms.AudienceForm(
        client_ids=list(audience.client_ids),
        tags=list(audience.tags),
        status=audience.status,
        search=audience.search,
        all=audience.everyone,
        except_client_ids=list(audience.except_client_ids),
        except_tags=list(audience.except_tags),
    )


def _totals(
    account: Account, draft: BroadcastDraft, fields: dict[str, str]
) -> tuple[totals.DraftTotals | None, datetime | None, str]:
    """Return the totals of a draft at the time of a form, None while they are computed; the time; why it is wrong."""
    check, now, at = drafts.check_of(draft), aws_clients.now(), None
    wrong = ""
    try:
        at = _time(account, fields, now)
    except RequestError as refusal:
        wrong = words.refusal(refusal, account, now)
    return (totals.of(account, check, at or now, now) if check and check.done else None), at, wrong


def _said(account: Account, at: datetime | None) -> str:
    return words.ahead(at, aws_clients.now(), account.time_zone) if at else ""


def _time(account: Account, fields: dict[str, str], now: datetime) -> datetime | None:
    if fields.get("when") != "at" or not fields.get("at"):
        return None
    return compose.check_time(texts.typed_time(account, fields["at"]), now)


def _step(account: Account, draft: BroadcastDraft, fields: dict[str, str], wrong: RequestError | None = None) -> Page:
    added, at, wrong_time = _totals(account, draft, fields)
    why = words.refusal(wrong, account, aws_clients.now()) if wrong else wrong_time
    if not wizard.is_written(account, draft):
        return go_to(f"broadcasts/new/{draft.id}/what")
    if added is None:
        return wizard.show_step("go", account, draft, template="adding", check=drafts.check_of(draft), why=why)
    is_repeat = isinstance(wrong, RepeatedBroadcast)
    return wizard.show_step(
        "go",
        account,
        draft,
        wrong.status if wrong else 200,
        typed={"when": "now", "at": "", "limit": ""} | fields,
        totals=added,
        goes=_said(account, at),
        repeats=wrong if is_repeat else None,
        wrong=None if is_repeat else wrong,
        why=wrong_time if is_repeat else why,
        seen=draft.mark,
    )
