"""Ready-made triggers: each opens the form filled in."""

from msgspec import Struct

from longcode.triggers.sentences import sentence
from longcode.triggers.trigger import DateOf, RecordKind, Timing, Trigger


class Suggestion(Struct, frozen=True, kw_only=True):
    """A ready-made trigger with the title by which the list offers it."""

    key: str
    title: str
    trigger: Trigger


ALL = (
    Suggestion(
        key="reminder",
        title="Remind of a session",
        trigger=Trigger(
            account="",
            name="Session reminder",
            watches=RecordKind.SESSION,
            statuses=("confirmed", "scheduled"),
            timing=Timing(days=-1, of=DateOf.SESSION_DATE, at="10:00"),
            body="Hi {{client.first_name|there}}, see you on {{session.date}} at {{session.time|the agreed time}}!",
            sms_else_call=True,
        ),
    ),
    Suggestion(
        key="pickup",
        title="An order is ready to pick up",
        trigger=Trigger(
            account="",
            name="Ready to pick up",
            watches=RecordKind.PRODUCTION,
            statuses=("ready_for_pickup",),
            body="Hi {{client.first_name|there}}, your pictures are ready to pick up. See you soon!",
            sms_else_call=True,
        ),
    ),
    Suggestion(
        key="thanks",
        title="Thank you after a session",
        trigger=Trigger(
            account="",
            name="Thank you",
            watches=RecordKind.SESSION,
            statuses=("completed",),
            timing=Timing(days=1, of=DateOf.SESSION_DATE, at="11:00"),
            body="Hi {{client.first_name|there}}, thank you for coming! It was a pleasure to photograph you.",
        ),
    ),
)


def of_key(key: str) -> Trigger | None:
    """Return the suggestion with a key, or None."""
    return next((each.trigger for each in ALL if each.key == key), None)


def examples() -> dict[str, str]:
    """Return the suggestions as sentences, by key."""
    return {each.key: sentence(each.trigger) for each in ALL}
