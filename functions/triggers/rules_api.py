"""The triggers API: write, show, list and delete triggers, the rules by which changes of records send texts."""

from typing import Annotated, Any

from longcode.web import account_resolver, fields
from longcode.web import resolver as web
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field, model_validator

from longcode import keywords
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, own_merge_fields
from longcode.aws import clients
from longcode.aws.telemetry import logger
from longcode.errors import NotFound, RequestError
from longcode.messages import compose
from longcode.numbers import choose as choose_number
from longcode.numbers import store as numbers
from longcode.phone import to_stored
from longcode.plans import room
from longcode.plans.bounds import Bounded
from longcode.triggers import store as triggers
from longcode.triggers.trigger import (
    MOST_TRIGGERS,
    DateOf,
    RecordKind,
    TextTo,
    Timing,
    Trigger,
    check_trigger,
    check_trigger_edition,
    record_word,
)

app = account_resolver.resolver()

RecordWords = Annotated[list[fields.Status], Field(max_length=50)]


class TimingForm(web.Body):
    """Days before (negative) or after a date of the record, at a time of the studio's zone."""

    days: Annotated[int, Field(ge=-366, le=366)]
    of: DateOf
    at: web.TimeOfDay


class TriggerForm(web.Body):
    """A trigger: the records that it watches, and whom it texts, what and when.

    Without a `timing`, the text is sent immediately after the record's status or type has changed.
    """

    watches: RecordKind
    statuses: RecordWords = []
    types: RecordWords = []
    keyword: Annotated[str | None, Field(max_length=30)] = None
    timing: TimingForm | None = None
    to: TextTo = TextTo.CLIENT
    staff_phone: Annotated[str | None, Field(max_length=40)] = None
    template: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    body: Annotated[str | None, Field(min_length=1, max_length=1600)] = None
    sms_else_call: bool = False
    enabled: bool = True

    @model_validator(mode="after")
    def has_one_text(self) -> "TriggerForm":
        """Refuse a trigger with no text or with two."""
        web.check_one_text(self.body, self.template)
        return self


@app.put("/triggers/<name>")
def put_trigger(name: fields.PathName, form: TriggerForm) -> Trigger:
    """Write a trigger. A text that it has planned keeps its time, and is checked against the new rule when due."""
    account = accounts.get_or_raise(web.caller(app))
    check_trigger_edition(account)
    trigger = _trigger_of_form(account, name, form)
    check_trigger(trigger, account.statuses, own_merge_fields(account))
    if trigger.template and accounts.get_template(account.id, trigger.template) is None:
        raise RequestError(f"There is no template {trigger.template!r}.", field="template")
    _put_below_limit(trigger, account)
    return trigger


@app.get("/triggers/<name>")
def show_trigger(name: fields.PathName) -> Trigger:
    """Show a trigger."""
    trigger = triggers.get(web.caller(app), name)
    if trigger is None:
        raise NotFound(f"There is no trigger {name!r}.")
    return trigger


@app.delete("/triggers/<name>", responses=web.responses({204: None}))
def delete_trigger(name: fields.PathName) -> Response[str]:
    """Delete a trigger; the texts that it has planned are not sent."""
    if not triggers.delete(web.caller(app), name):
        raise NotFound(f"There is no trigger {name!r}.")
    return Response(204, body="")


@app.get("/triggers")
def list_triggers(
    limit: web.Limit = 50, cursor: Annotated[str | None, Query(max_length=100)] = None
) -> web.Page[Trigger]:
    """List triggers by name."""
    return web.page_of(triggers.page(web.caller(app), cursor, limit + 1), limit, lambda trigger: trigger.name)


def _put_below_limit(trigger: Trigger, account: Account) -> None:
    """Write a trigger; raise `TooManyTriggers` at the limit. Parallel requests at the limit may all be refused."""
    changes, now = account.plan_changes, clients.now()
    most = min(room.most(Bounded.TRIGGERS, changes, now), MOST_TRIGGERS)
    existing = triggers.of_account(trigger.account)
    is_new = trigger.name not in existing
    if is_new and len(existing) >= most:
        raise room.refusal(Bounded.TRIGGERS, changes, now)
    triggers.put(trigger)
    if is_new and len(triggers.of_account(trigger.account)) > most:
        triggers.delete(trigger.account, trigger.name)
        raise room.refusal(Bounded.TRIGGERS, changes, now)


def _trigger_of_form(account: Account, name: str, form: TriggerForm) -> Trigger:
    return Trigger(
        account=account.id,
        name=name,
        watches=form.watches,
        statuses=tuple(dict.fromkeys(map(record_word, form.statuses))),
        types=tuple(dict.fromkeys(map(record_word, form.types))),
        keyword=None if form.keyword is None else keywords.fold(form.keyword),
        timing=Timing(days=form.timing.days, of=form.timing.of, at=form.timing.at) if form.timing else None,
        to=form.to,
        staff_phone=None if form.staff_phone is None else _staff_phone(form.staff_phone, account),
        template=form.template,
        body=form.body,
        sms_else_call=form.sms_else_call,
        enabled=form.enabled,
    )


def _staff_phone(entered: str, account: Account) -> str:
    try:
        phone = to_stored(entered, account.country_code)
        dedicated = numbers.dedicated_among([phone], clients.now())
        destinations = choose_number.destinations_of(account, dedicated)
        compose.recipients_of_number(phone, {}, blocked=False, destinations=destinations)
    except RequestError as error:
        error.field = "staff_phone"
        raise
    return phone


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
