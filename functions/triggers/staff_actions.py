"""What staff do with planned texts and calls: cancel a text, and mark a call as made."""

from datetime import datetime, timedelta

from msgspec.structs import asdict, replace

from longcode.accounts import store as accounts
from longcode.errors import NotFound, TooLate
from longcode.triggers import call_tasks
from longcode.triggers import store as triggers
from longcode.triggers.facts import read_facts
from longcode.triggers.planning import Call, OccurrenceState, cancelled_occurrence
from triggers import forecast
from triggers.forms import CallTask, CancelForm, Upcoming

NO_PLANNED_TEXT = "There is no such planned text."


def cancel_planned(account_id: str, form: CancelForm, now: datetime, by: str | None = None) -> Upcoming:
    """Cancel a planned text; do nothing if it will not be sent anyway. Raise `NotFound`, or `TooLate` if it was sent.

    `by` is the name of the person who cancels it in the hub.
    """
    account = accounts.get_or_raise(account_id)
    while planned := triggers.get_occurrence(account_id, form.kind, form.record_id, form.trigger, form.date):
        [facts] = read_facts(account, [planned], now)
        if facts.sent or planned.state is OccurrenceState.DONE:
            raise TooLate("This text was sent: it cannot be cancelled any more.")
        if planned.state is not OccurrenceState.PLANNED or triggers.cancel(planned, by, now):
            after = (
                planned if planned.state is not OccurrenceState.PLANNED else cancelled_occurrence(planned, by, now)
            )
            return forecast.shown(replace(facts, occurrence=after), now)
    raise NotFound(NO_PLANNED_TEXT)


def finish_call(account_id: str, call_id: str, note: str | None, now: datetime, by: str | None = None) -> Call:
    """Mark a call task as done, once: repeated, it is returned as it was done first. Raise `NotFound`.

    `by` is the name of the person who called. If the account keeps its messages for fewer days, so is the task.
    """
    call = call_tasks.get_call(account_id, call_id)
    if call is None:
        raise NotFound(f"There is no call {call_id!r}.")
    if call.done_at:
        return call
    days = accounts.get_or_raise(account_id).retention_days
    kept = min(triggers.CALL_KEPT, timedelta(days=days)) if days else triggers.CALL_KEPT
    done = replace(call, done_at=now, done_by=by, note=note or None)
    if call_tasks.finish_call(done, now, kept):
        return done
    return finish_call(account_id, call_id, note, now, by)  # somebody else has finished or deleted it meanwhile


def shown_call(call: Call) -> CallTask:
    """Return a call task as the API shows it."""
    return CallTask.model_validate(asdict(call) | {"date": call.day})
