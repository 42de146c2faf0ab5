"""The words of the page of changes."""

from collections.abc import Mapping

from longcode.changes.change import Actor, ChangeKind, RecordedChange, Way

WITH_PASSWORD = "Somebody with the account's password"  # noqa: S105
WITHOUT_NAME = {
    Way.LINK: "Somebody with a mailed link",
    Way.OPERATOR: "Longcode's staff",
    Way.SERVICE: "Longcode by itself",
}
KINDS = {
    ChangeKind.SETTINGS: "Settings",
    ChangeKind.WEBHOOK_SECRET: "Webhook secret",
    ChangeKind.PLAN: "Plan",
    ChangeKind.PASSWORD: "Password",
    ChangeKind.KEY_MADE: "API key made",
    ChangeKind.KEY_ENDED: "API key ended",
    ChangeKind.ADDRESS_ASKED: "Email address asked for",
    ChangeKind.ADDRESS: "Email address",
    ChangeKind.PERSON_ADDED: "Person added",
    ChangeKind.PERSON_REMOVED: "Person removed",
    ChangeKind.SESSION_ENDED: "Signed out",
    ChangeKind.TEMPLATE_WRITTEN: "Template written",
    ChangeKind.TEMPLATE_RENAMED: "Template renamed",
    ChangeKind.TEMPLATE_DELETED: "Template deleted",
    ChangeKind.TRIGGER_WRITTEN: "Trigger written",
    ChangeKind.TRIGGER_SWITCHED: "Trigger switched on or off",
    ChangeKind.TRIGGER_DELETED: "Trigger deleted",
    ChangeKind.JOIN_PAGE: "Join page",
    ChangeKind.OPT_OUT: "Opt-out recorded",
    ChangeKind.OPT_OUT_ANSWER: "Possible opt-out answered",
    ChangeKind.IMPORT: "Import",
    ChangeKind.TAGS: "Tags of many clients",
    ChangeKind.EXPORT: "File taken out",
    ChangeKind.STOPPED: "Account stopped",
    ChangeKind.CLOSED: "Account closed",
    ChangeKind.ORDER: "Done by Longcode's staff",
}
"""The name of each kind, for the filter."""

_SENTENCES = {
    ChangeKind.SETTINGS: "Changed settings",
    ChangeKind.WEBHOOK_SECRET: "Made a new webhook secret",
    ChangeKind.PLAN: "Changed the plan",
    ChangeKind.PASSWORD: "Made a new password",
    ChangeKind.KEY_MADE: "Made the API key {}",
    ChangeKind.KEY_ENDED: "Ended the API key {}",
    ChangeKind.ADDRESS_ASKED: "Asked for another email address of the account",
    ChangeKind.ADDRESS: "Changed the email address of the account",
    ChangeKind.PERSON_ADDED: "Added {}, who can sign in",
    ChangeKind.PERSON_REMOVED: "Removed {}, who can no longer sign in",
    ChangeKind.SESSION_ENDED: "Signed {} out",
    ChangeKind.TEMPLATE_WRITTEN: "Wrote the template {}",
    ChangeKind.TEMPLATE_RENAMED: "Renamed the template {}",
    ChangeKind.TEMPLATE_DELETED: "Deleted the template {}",
    ChangeKind.TRIGGER_WRITTEN: "Wrote the trigger {}",
    ChangeKind.TRIGGER_SWITCHED: "Switched the trigger {}",
    ChangeKind.TRIGGER_DELETED: "Deleted the trigger {}",
    ChangeKind.JOIN_PAGE: "Changed the join page",
    ChangeKind.OPT_OUT: "Recorded the opt-out of the phone {}",
    ChangeKind.OPT_OUT_ANSWER: "Answered whether the phone {} was opted out",
    ChangeKind.IMPORT: "Began to import {}",
    ChangeKind.TAGS: "Changed the tag {} of many clients",
    ChangeKind.EXPORT: "Took out the file {}",
    ChangeKind.STOPPED: "Stopped the account",
    ChangeKind.CLOSED: "Closed the account",
}
_WITHOUT_ABOUT = {
    ChangeKind.SESSION_ENDED: WITH_PASSWORD.lower(),
    ChangeKind.IMPORT: "a file that software sent",
}
"""What stands for a thing without a name of its own."""

_CHANGED = {ChangeKind.SETTINGS, ChangeKind.JOIN_PAGE, ChangeKind.TEMPLATE_WRITTEN, ChangeKind.TRIGGER_WRITTEN}
"""The kinds whose details are of values that a thing had and has."""

_ORDERS = {
    "accounts.approve": "Approved the account",
    "accounts.set_ceiling": "Set the most units a day",
    "accounts.suspend": "Stopped the account",
    "accounts.restore": "Let the account send again",
    "accounts.close": "Closed the account",
    "accounts.reopen": "Opened the account again",
    "accounts.change_address": "Mailed a link that confirms another email address",
    "passwords.link": "Mailed a link for a new password",
    "passwords.end": "Ended the password and all API keys",
    "sessions.link": "Mailed a link to sign in",
    "numbers.assign": "Changed the number of the account",
    "months.close": "Billed a month",
    "months.repair": "Corrected what was counted in a month",
    "invoices.mark_paid": "Marked an invoice as paid",
    "invoices.resend": "Mailed an invoice again",
    "invoices.credit": "Gave a credit",
    "invoices.export": "Sent an invoice to the books",
    "replies.hand_over": "Gave the studio a reply that had reached nobody",
    "replies.move": "Moved a reply to the studio that it was for",
}
"""What the operator's orders about an account do."""

_NAMES = {
    "webhook_url": "webhook address",
    "delivery": "replies reach your software by",
    "allowed_countries": "countries",
    "client_fields": "own fields",
    "create_clients": "a text to a new number makes a client",
    "on_uncertain": "a text that may not have arrived",
    "quiet_hours": "quiet hours",
    "quiet_zone": "time zone of quiet hours",
    "retention_days": "days that words are kept",
    "smart_encoding": "plain characters for fancy ones",
    "texts_an_hour": "texts an hour to one phone",
    "id": "id",
    "body": "words",
    "code": "address",
    "of": "what",
    "shown": "the page",
    "sms_else_call": "call if there is no number for texts",
    "staff_phone": "phone of the staff",
    "on": "day",
}


def what(change: RecordedChange) -> str:
    """Return what was done, as a sentence."""
    if change.kind is ChangeKind.ORDER:
        return _ORDERS.get(change.about, "Changed something of the account")
    return _SENTENCES[change.kind].format(change.about or _WITHOUT_ABOUT.get(change.kind, ""))


def details(change: RecordedChange) -> list[str]:
    """Return each part of a change, with its values where they are kept."""
    return [_detail(each.name, each.before, each.after, change.kind) for each in change.details]


def who(actor: Actor, keys: Mapping[str, str]) -> str:
    """Return who made a change. A studio does not learn who of the operator's staff it was."""
    match actor.way:
        case Way.HUB:
            return actor.name or WITH_PASSWORD
        case Way.API if actor.who == "password":
            return "Software with the account's password"
        case Way.API:
            return f"Software with the API key {keys.get(actor.who) or f'lck_{actor.who}'}"
        case _:
            return WITHOUT_NAME[actor.way]


def whence(actor: Actor) -> str:
    """Return from where a change was made: the browser and the internet address, as far as they are known."""
    return ", ".join(part for part in (actor.browser, actor.address) if part)


def _detail(name: str, before: str | None, after: str | None, kind: ChangeKind) -> str:
    called = _NAMES.get(name, name.replace("_", " "))
    if kind in _CHANGED and before is None and after is None:
        return f"{called} changed"
    if before is None or after is None:
        if kind in _CHANGED:
            return f"{called}: {before or 'none'} → {after or 'none'}"
        return f"{called}: {before or after or 'none'}"
    return f"{called}: {before} → {after}"
