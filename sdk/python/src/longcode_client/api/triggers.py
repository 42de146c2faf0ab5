"""Texts that are sent automatically when something happens.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from longcode_client.api.shared import RecordKind
from longcode_client.calls import Calls, in_path, new_key
from longcode_client.items import Items


class CallTask(TypedDict):
    """A task to call a client who has no number for the text of a trigger, or did not get that of a `broadcast`.

    `done_by` and `note` are those of a call that was made.
    """

    id: str
    at: str
    client_id: str
    phones: list[str]
    text: str
    trigger: str | None
    kind: RecordKind | None
    record_id: str | None
    date: str | None
    broadcast: str | None
    done_at: str | None
    done_by: str | None
    note: str | None


class CancelForm(TypedDict):
    """The planned text to cancel, as `GET /upcoming` names it."""

    kind: RecordKind
    record_id: str
    trigger: str
    date: str


# The dates of a record that a trigger can count its days from.
DateOf = Literal["session_date", "due_date"]


class DoneForm(TypedDict, total=False):
    """What to note about a call that was made."""

    note: str | None


class EventForm(TypedDict):
    """The complete state of a record of the studio after an event; `at` is when it happened, if not now."""

    kind: RecordKind
    id: str
    client_id: NotRequired[str | None]
    status: NotRequired[str | None]
    type: NotRequired[str | None]
    session_date: NotRequired[str | None]
    session_time: NotRequired[str | None]
    due_date: NotRequired[str | None]
    values: NotRequired[dict[str, str]]
    cancelled: NotRequired[bool]
    at: NotRequired[str | None]


class EventResult(TypedDict):
    """The texts that an event plans.

    `newest` is false if an event that happened later was received first: then this one changes nothing.
    """

    id: str
    kind: RecordKind
    record_id: str
    newest: bool
    planned: list[PlannedText]
    not_planned: list[UnplannedTrigger]


class KnownPlan(TypedDict):
    """What became of some of the records that were reported before a trigger was written.

    `next_cursor` is the cursor for the rest of them.
    """

    looked_at: int
    planned: int
    next_cursor: str | None


class PlannedText(TypedDict):
    """A text that a trigger will send, unless something changes; `date` is the record's date that it refers to."""

    trigger: str
    date: str
    fires_at: str


class ShownTrigger(TypedDict):
    """A trigger with its rule as a sentence for people."""

    account: str
    name: str
    watches: RecordKind
    statuses: NotRequired[list[str]]
    types: NotRequired[list[str]]
    keyword: NotRequired[str | None]
    timing: NotRequired[Timing | None]
    to: NotRequired[TextTo]
    staff_phone: NotRequired[str | None]
    template: NotRequired[str | None]
    body: NotRequired[str | None]
    sms_else_call: NotRequired[bool]
    enabled: NotRequired[bool]
    last_fired_at: NotRequired[str | None]
    sentence: str


# The recipient of a trigger's texts.
TextTo = Literal["client", "staff"]


class Timing(TypedDict):
    """Days before (negative) or after a date of the record, at a time of the studio's zone such as "09:00"."""

    days: int
    of: DateOf
    at: str


class TimingForm(TypedDict):
    """Days before (negative) or after a date of the record, at a time of the studio's zone."""

    days: int
    of: DateOf
    at: str


class TriggerForm(TypedDict):
    """A trigger: the records that it watches, and whom it texts, what and when.

    Without a `timing`, the text is sent immediately after the record's status or type has changed.
    """

    watches: RecordKind
    statuses: NotRequired[list[str]]
    types: NotRequired[list[str]]
    keyword: NotRequired[str | None]
    timing: NotRequired[TimingForm | None]
    to: NotRequired[TextTo]
    staff_phone: NotRequired[str | None]
    template: NotRequired[str | None]
    body: NotRequired[str | None]
    sms_else_call: NotRequired[bool]
    enabled: NotRequired[bool]


# The condition that keeps a trigger from texting for a record.
UnmetCondition = Literal[
    "trigger_deleted", "trigger_disabled", "cancelled", "conditions_not_met", "no_date", "no_client"
]


class UnplannedTrigger(TypedDict):
    """A trigger that watches this kind of record and sends nothing, and the reason."""

    trigger: str
    reason: UnmetCondition | Literal["sent", "too_late", "cancelled_by_staff"]
    why: str


class Upcoming(TypedDict):
    """A text that a trigger has planned, and whether it would be sent as things are now.

    Its conditions are checked again at `fires_at`, and again at `goes_at` if quiet hours hold it until then.
    """

    trigger: str
    kind: RecordKind
    record_id: str
    date: str
    fires_at: str
    goes_at: str | None
    will_go: bool
    why: str
    reason: str | None
    to: TextTo | None
    client_id: str | None
    phones: list[str]
    text: str | None
    cancelled_by: str | None


class TriggersApi(Calls):
    """Texts that are sent automatically when something happens."""

    def list_calls(
        self, *, done: bool | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Items[CallTask]:
        """List the calls to make, oldest first, or with `done=true` those that were made, newest first, for 90
        days.
        """
        return self._items("/calls", {"done": done, "limit": limit}, "cursor", cursor)

    def delete_call(self, call_id: str) -> None:
        """Delete a call from the list, such as one that the studio's software has picked up."""
        self._call("DELETE", f"/calls/{in_path(call_id)}", repeatable=True)

    def put_call_done(self, call_id: str, body: DoneForm) -> CallTask:
        """Mark a call as made, with a note.

        The first note stays.
        """
        answer: CallTask = self._call("PUT", f"/calls/{in_path(call_id)}/done", body=body, repeatable=True).json()
        return answer

    def post_event(self, body: EventForm, *, idempotency_key: str | None = None) -> EventResult:
        """Report what happened to a session, an order and so on.

        The same Idempotency-Key reports it once.
        """
        answer: EventResult = self._call("POST", "/events", body=body, key=idempotency_key or new_key()).json()
        return answer

    def list_triggers(self, *, limit: int | None = None, cursor: str | None = None) -> Items[ShownTrigger]:
        """List triggers by name."""
        return self._items("/triggers", {"limit": limit}, "cursor", cursor)

    def show_trigger(self, name: str) -> ShownTrigger:
        """Show a trigger."""
        answer: ShownTrigger = self._call("GET", f"/triggers/{in_path(name)}", repeatable=True).json()
        return answer

    def put_trigger(self, name: str, body: TriggerForm) -> ShownTrigger:
        """Write a trigger.

        A text that it has planned keeps its time, and is checked against the new rule when due.
        """
        answer: ShownTrigger = self._call("PUT", f"/triggers/{in_path(name)}", body=body, repeatable=True).json()
        return answer

    def delete_trigger(self, name: str) -> None:
        """Delete a trigger.

        The texts that it has planned are not sent.
        """
        self._call("DELETE", f"/triggers/{in_path(name)}", repeatable=True)

    def plan_trigger(self, name: str, *, cursor: str | None = None) -> KnownPlan:
        """Schedule a trigger's texts for the records that were reported before.

        Repeat with `next_cursor` until null.

        Only a trigger with a `timing` plans; without it, a text is sent when a status changes. A changed time
        counts.
        """
        answer: KnownPlan = self._call("POST", f"/triggers/{in_path(name)}/plan", query={"cursor": cursor}).json()
        return answer

    def list_upcoming(self, *, limit: int | None = None, cursor: str | None = None) -> Items[Upcoming]:
        """List planned and dropped texts of triggers with the reason, by time.

        Each stays for a day after its time.
        """
        return self._items("/upcoming", {"limit": limit}, "cursor", cursor)

    def cancel_upcoming(self, body: CancelForm) -> Upcoming:
        """Cancel a planned text.

        It is not sent for this record and date, whatever events follow.
        """
        answer: Upcoming = self._call("POST", "/upcoming/cancel", body=body).json()
        return answer
