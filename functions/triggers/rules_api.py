"""The triggers API: write, show, list and delete triggers, the rules by which changes of records send texts."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from longcode.web import account_resolver, fields
from longcode.web import resolver as web
from longcode.web.actor import actor
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from msgspec.structs import asdict, replace
from pydantic import Field, model_validator

from longcode import keywords, months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, own_merge_fields
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.aws.telemetry import logger
from longcode.changes import store as changes
from longcode.changes.change import Actor, ChangeKind, Detail, differences
from longcode.errors import NotFound, RequestError
from longcode.messages import compose
from longcode.numbers import choose as choose_number
from longcode.numbers import store as numbers
from longcode.phone import to_stored
from longcode.plans import room
from longcode.plans.bounds import Bounded
from longcode.table.writes import Delete
from longcode.templates import store as template_store
from longcode.triggers import store as triggers
from longcode.triggers.sentences import sentence
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

_RECORDS_AT_ONCE = 50

_UNSHOWN = {"body", "staff_phone", "timing"}

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


class ShownTrigger(Trigger, frozen=True, kw_only=True):
    """A trigger with its rule as a sentence for people."""

    sentence: str


class KnownPlan(web.Answer):
    """What became of some of the records that were reported before a trigger was written.

    `next_cursor` is the cursor for the rest of them.
    """

    looked_at: int
    planned: int
    next_cursor: str | None


@app.put("/triggers/<name>")
def put_trigger(name: fields.PathName, form: TriggerForm) -> ShownTrigger:
    """Write a trigger. A text that it has planned keeps its time, and is checked against the new rule when due."""
    return _shown(write(accounts.get_or_raise(web.caller(app)), name, form, actor(app)))


@app.post("/triggers/<name>/plan")
def plan_trigger(name: fields.PathName, cursor: Annotated[str | None, Query(max_length=100)] = None) -> KnownPlan:
    """Schedule a trigger's texts for the records that were reported before; repeat with `next_cursor` until null.

    Only a trigger with a `timing` plans; without it, a text is sent when a status changes. A changed time counts.
    """
    account = accounts.get_or_raise(web.caller(app))
    trigger = existing(account.id, name)
    check_trigger_edition(account)
    return plan_known(account, trigger, cursor, clients.now())


@app.get("/triggers/<name>")
def show_trigger(name: fields.PathName) -> ShownTrigger:
    """Show a trigger."""
    return _shown(existing(web.caller(app), name))


@app.delete("/triggers/<name>", responses=web.responses({204: None}))
def delete_trigger(name: fields.PathName) -> Response[str]:
    """Delete a trigger; the texts that it has planned are not sent."""
    if not delete(web.caller(app), name, clients.now(), actor(app)):
        raise NotFound(f"There is no trigger {name!r}.")
    return Response(204, body="")


@app.get("/triggers")
def list_triggers(
    limit: web.Limit = 50, cursor: Annotated[str | None, Query(max_length=100)] = None
) -> web.Page[ShownTrigger]:
    """List triggers by name."""
    page = map(_shown, triggers.page(web.caller(app), cursor, limit + 1))
    return web.page_of(list(page), limit, lambda trigger: trigger.name)


def existing(account_id: str, name: str) -> Trigger:
    """Return a trigger; raise `NotFound`."""
    trigger = triggers.get(account_id, name)
    if trigger is None:
        raise NotFound(f"There is no trigger {name!r}.")
    return trigger


def write(account: Account, name: str, form: TriggerForm, by: Actor) -> Trigger:
    """Write a trigger, and return it; raise `RequestError` with the field for a rule that could never text."""
    check_trigger_edition(account)
    trigger = trigger_of_form(account, name, form)
    _put_below_limit(trigger, account, by)
    return trigger


def switch(account: Account, name: str, by: Actor, *, enabled: bool) -> Trigger:
    """Switch a trigger on or off, and return it; raise `NotFound`."""
    check_trigger_edition(account)
    trigger = existing(account.id, name)
    if trigger.enabled != enabled:
        details = differences({"enabled": trigger.enabled}, {"enabled": enabled})
        kind = ChangeKind.TRIGGER_SWITCHED
        record = changes.new(account.id, kind, clients.now(), by, about=name, details=details)
        triggers.set_enabled(trigger, record, enabled=enabled)
    return existing(account.id, name)


def delete(account_id: str, name: str, now: datetime, by: Actor) -> bool:
    """Delete a trigger; return whether it existed."""
    record = changes.new(account_id, ChangeKind.TRIGGER_DELETED, now, by, about=name)
    return triggers.delete(account_id, name, record)


def plan_known(account: Account, trigger: Trigger, after: str | None, now: datetime) -> KnownPlan:
    """Plan a trigger's texts for some of the records that were reported before, of the ids after one."""
    if not trigger.timing or not trigger.enabled:
        return KnownPlan(looked_at=0, planned=0, next_cursor=None)
    zone = months.time_zone(account.time_zone)
    found = triggers.record_page(account.id, trigger.watches, after, _RECORDS_AT_ONCE + 1)
    records = found[:_RECORDS_AT_ONCE]
    planned = (
        at_once(*(partial(triggers.plan_record, trigger, record, zone, now) for record in records)) if records else []
    )
    more = len(found) > len(records)
    return KnownPlan(looked_at=len(records), planned=sum(planned), next_cursor=records[-1].id if more else None)


def trigger_of_form(account: Account, name: str, form: TriggerForm) -> Trigger:
    """Return the trigger that a form describes; raise `RequestError` with the field for one that could never text."""
    trigger = _read_form(account, name, form)
    check_trigger(trigger, account.statuses, own_merge_fields(account))
    if trigger.template and template_store.get_template(account.id, trigger.template) is None:
        raise RequestError(f"There is no template {trigger.template!r}.", field="template")
    return trigger


def in_place_of(trigger: Trigger, before: Trigger) -> Trigger:
    """Return a trigger as it is stored in place of the one with its name."""
    return replace(trigger, last_fired_at=before.last_fired_at)


def _shown(trigger: Trigger) -> ShownTrigger:
    return ShownTrigger(**asdict(trigger), sentence=sentence(trigger))


def _put_below_limit(trigger: Trigger, account: Account, by: Actor) -> None:
    """Write a trigger; raise `TooManyTriggers` at the limit. Parallel requests at the limit may all be refused."""
    plan_changes, now = account.plan_changes, clients.now()
    most = min(room.most(Bounded.TRIGGERS, plan_changes, now), MOST_TRIGGERS)
    existing = triggers.of_account(trigger.account)
    before = existing.get(trigger.name)
    if before is None and len(existing) >= most:
        raise room.refusal(Bounded.TRIGGERS, plan_changes, now)
    if before:
        trigger = in_place_of(trigger, before)
    if trigger == before:
        return
    record = changes.new(
        account.id, ChangeKind.TRIGGER_WRITTEN, now, by, about=trigger.name, details=_details(before, trigger)
    )
    triggers.put(trigger, record)
    if before is None and len(triggers.of_account(trigger.account)) > most:
        triggers.delete(trigger.account, trigger.name, Delete(record.key))
        raise room.refusal(Bounded.TRIGGERS, plan_changes, now)


def _details(before: Trigger | None, after: Trigger) -> list[Detail]:
    """Return what is changed of a trigger's rule, without the words of its text and the phone of the staff."""
    old = asdict(before) if before else {}
    return differences(old, asdict(after), _UNSHOWN) if before else []


def _read_form(account: Account, name: str, form: TriggerForm) -> Trigger:
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
