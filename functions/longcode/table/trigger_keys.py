"""The keys of triggers, of the studio's records and events, of what triggers plan, and of call tasks."""

from datetime import date

from longcode.table.keys import Key


def trigger(account: str, name: str = "") -> Key:
    """A trigger, by its name."""
    return Key(f"account#{account}", f"trigger#{name}")


def event(account: str, event_id: str) -> Key:
    """An event that the studio's software reported under one Idempotency-Key, and the response to it."""
    return Key(f"account#{account}", f"event#{event_id}")


def record(account: str, kind: str, record_id: str) -> Key:
    """The latest reported state of a studio's record: a session, an order and so on."""
    return Key(f"account#{account}", f"record#{kind}#{record_id}")


def occurrence(account: str, kind: str, record_id: str, trigger: str, day: date) -> Key:
    """The only text or call task of a trigger for a record and a date."""
    return Key(f"account#{account}", f"occurrence#{kind}#{record_id}#{trigger}#{day}")


def occurrences(account: str, kind: str, record_id: str) -> Key:
    """The prefix of a record's occurrences."""
    return Key(f"account#{account}", f"occurrence#{kind}#{record_id}#")


def call_task(account: str, call_id: str = "") -> Key:
    """A phone-call task for staff; its id begins with its time."""
    return Key(f"account#{account}", f"call#{call_id}")


def done_call(account: str, call_id: str) -> Key:
    """A phone-call task that is done."""
    return Key(f"account#{account}", f"done-call#{call_id}")


def upcoming(account: str) -> str:
    """Return the list of the texts that an account's triggers will send, in the order of time."""
    return f"account#{account}#upcoming"


def dropped(account: str) -> str:
    """Return the list of the texts that an account's triggers had planned and dropped, in the order of time."""
    return f"account#{account}#dropped"


def done_calls(account: str) -> str:
    """Return the list of an account's call tasks that are done, in the order of time."""
    return f"account#{account}#calls-done"
