"""Quiet hours: bulk and automatic texts wait for the recipient's morning."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.settings import SOURCE_ROOT, settings
from longcode.clients import store as clients
from longcode.clients.client import Client, quiet_zone
from longcode.message import HoldReason, Message, MessageState
from longcode.messages import compose
from longcode.messages import store as messages
from longcode.quiet_hours import file as quiet_file
from longcode.quiet_hours import quiet_hours
from longcode.quiet_hours.quiet_hours import Opening, Rules
from longcode.windows import LONGEST_VALIDITY


@cache
def quiet_rules() -> Rules:
    """Return the operator's quiet hours, from infra/quiet_hours.json, which the build puts beside the code."""
    return quiet_file.read((SOURCE_ROOT / settings().quiet_hours_file).read_bytes())


def with_send_time(message: Message, account: Account, client: Client | None) -> Message:
    """Return a bulk or automatic text with its time: as wanted, or when the recipient's quiet hours end."""
    wanted_at = message.send_at or message.created_at
    if not account.quiet_hours:
        return replace(message, valid_until=wanted_at + LONGEST_VALIDITY)
    return compose.after_quiet_hours(message, _opening(message.phone, account, client, wanted_at))


def held_until(phone: str, account: Account, client: Client | None, at: datetime) -> datetime | None:
    """Return until when a bulk text that is to be sent at an instant would be held; None if it would not be held."""
    opens_at = _opening(phone, account, client, at).opens_at if account.quiet_hours else at
    return opens_at if opens_at > at else None


def held_in_place(phone: str, account: Account, zone: str | None, at: datetime) -> datetime | None:
    """Return the same as `held_until`, of a phone whose quiet hours are those of a zone, if that is known."""
    opens_at = quiet_hours.opening(quiet_rules(), phone, at, zone=zone).opens_at if account.quiet_hours else at
    return opens_at if opens_at > at else None


def place_of(phone: str, account: Account, client: Client | None) -> tuple[str, str | None]:
    """Return a name for what the quiet hours of a phone depend on, which is equal for equal hours, and the zone.

    The zone is that of the client's record or of the studio, None if it is derived from the phone.
    """
    zone = quiet_zone(account, client)
    return quiet_hours.name_of_places(quiet_rules(), phone, zone), zone


def all_held_until(texts: Sequence[Message]) -> datetime | None:
    """Return when the first of some texts can be sent, if all are held; None if one is not held or expires first."""
    earliest = min(texts, key=lambda message: message.due_at or message.created_at)
    return earliest.due_at if earliest.held and earliest.due_at != earliest.valid_until else None


def hold(message: Message, now: datetime) -> None:
    """Hold a text that a worker got after the recipient's quiet hours had begun, until they end."""
    account = accounts.get_or_raise(message.account)
    client = clients.get(message.account, message.client_id) if message.client_id else None
    opening = _opening(message.phone, account, client, now)
    until = min(opening.opens_at, message.valid_until or opening.opens_at)
    messages.reschedule(
        message, MessageState.QUEUED, until, held=HoldReason.QUIET_HOURS, quiet_from=opening.closes_at
    )


def _opening(phone: str, account: Account, client: Client | None, at: datetime) -> Opening:
    return quiet_hours.opening(quiet_rules(), phone, at, zone=quiet_zone(account, client))
