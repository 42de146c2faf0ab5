"""`longcode parked` and `longcode stuck`: what waits for the operator, and what the sweeper does not get done."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from longcode_cli.command import Context
from longcode_cli.commands.month import open_entries
from longcode_cli.deployment import Deployment
from longcode_cli.errors import Unreachable
from longcode_cli.logs import lines
from longcode_cli.output import Columns, day_and_time
from longcode_cli.progress import progress
from longcode_cli.values import DryRun, Yes, month

app = typer.Typer(no_args_is_help=True, help="Look at parked texts, numbers and invoices, and release texts.")

Number = Annotated[str | None, typer.Option(help="Only the texts from this one of your numbers.")]
OfMonth = Annotated[
    str | None, typer.Option("--month", help="The month of the invoices. Without it, the last one.", parser=month)
]
AtMost = Annotated[int | None, typer.Option(help="Only so many, those that expire first.", min=1)]
Minutes = Annotated[int, typer.Option(help="How long overdue.", min=1, max=1440)]

_MONTHS_IN = ZoneInfo("America/Chicago")
_LOOKED_BACK = timedelta(minutes=15)
_STEP = 500  # parked texts that an order releases
_MANY = 500  # items of a sweep: what it acts on of one shard at most
_KINDS = {
    "message": "text",
    "allowance": "usage notices",
    "owner-notice": "mail to the owner",
    "inbox-end": "mails about replies",
    "attempts": "mail about wrong passwords",
    "retention": "deletion of old words",
    "occurrence": "planned text",
    "delivery": "webhook",
}
"""The types of items in words; the others are words."""


@app.command("list")
def list_parked(context: Context, number: Number = None, of_month: OfMonth = None) -> None:
    """List the parked texts by number, account and reason, the parked numbers, and the parked invoices of a month."""
    found = context.obj.deployment.order("texts.count_parked", number=number)
    billed = of_month or _last_month()
    entries = [] if number else [one for one in open_entries(context, billed) if one["state"] == "parked"]
    output = context.obj.output
    if output.json:
        output.facts({**found, "month": billed, "invoices": entries}, {})
        return
    texts: Columns = {
        "number": "number",
        "account": "account",
        "texts": lambda one: f"{one['texts']:,}",
        "why": lambda one: f"{one['reason']} ({one['code']})" if one["code"] else "its number is parked",
        "the oldest": lambda one: day_and_time(one["oldest_at"]),
        "the first expires": lambda one: day_and_time(one["first_expires_at"]),
    }
    output.items(found["items"], texts, "No text is parked.")
    if found["items"]:
        output.done({}, f"Parked texts: {sum(one['texts'] for one in found['items']):,}.")
    if not found["complete"]:
        output.done({}, "There may be more: only the first 20,000 items that wait were looked at.")
    numbers: Columns = {
        "parked number": "number",
        "since": lambda one: day_and_time(one["at"]),
        "why": lambda one: f"{one['reason']} ({one['code']})",
    }
    if found["numbers"]:
        output.items(found["numbers"], numbers, "")
    if not number:
        invoices: Columns = {"parked invoice": "month", "account": "account"}
        output.items(entries, invoices, f"No invoice of {billed} is parked.")


@app.command()
def release(
    context: Context,
    number: Number = None,
    at_most: AtMost = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Send parked texts again, once the carrier's reason is removed: all, or those from one number."""
    fields = {"number": number, "at_most": at_most, "dry_run": True, "by": context.obj.by}
    counted = context.obj.deployment.order("texts.release", **fields)
    if dry_run:
        context.obj.output.done(counted, f"{counted['released']:,} texts would be sent again.")
        return
    parked = int(counted["released"])
    which = f"{parked:,} parked texts" + (f" from {number}" if number else "")
    context.obj.output.confirm(f"Send {which} again? The carrier may refuse them again.", yes=yes)
    released = 0
    with progress("Texts released", parked) as advance:
        # At least one order: it lets texts go from the numbers again. No more than were counted: a text that the
        # carrier refuses meanwhile is parked again.
        while step := _release(context, number, min(_STEP, parked - released)):
            released += step
            advance(step)
            if released >= parked:
                break
    context.obj.output.done({"released": released}, f"{released:,} texts are queued to be sent again.")


def _release(context: Context, number: str | None, at_most: int) -> int:
    answer = context.obj.deployment.order("texts.release", number=number, at_most=at_most, by=context.obj.by)
    return int(answer["released"])


def stuck(context: Context, minutes: Minutes = 5) -> None:
    """List what is overdue, why, and what would help; ends with 1 if something is."""
    deployment = context.obj.deployment
    found = deployment.order("due.list_overdue", minutes=minutes)
    if found["items"]:
        _explain(found["items"], deployment)
    columns: Columns = {
        "what": _what,
        "account": "account",
        "id": lambda item: item.get("id") or item.get("month"),
        "overdue": lambda item: _duration(item["overdue_seconds"]),
        "why": "why",
        "what helps": "what_helps",
    }
    context.obj.output.items(found["items"], columns, f"Nothing has been due for more than {minutes} minutes.")
    if not found["complete"] and not context.obj.output.json:
        context.obj.output.done({}, "There is more: these are those that wait longest.")
    if not context.obj.output.json:
        _mention_parked(context)
    if found["items"]:
        raise typer.Exit(1)


def _mention_parked(context: Context) -> None:
    """Print how many texts are parked, or wait for the carrier: they are not overdue, and yet have not gone."""
    parked = context.obj.deployment.order("texts.count_parked")
    texts = sum(one["texts"] for one in parked["items"])
    if texts or parked["numbers"]:
        more = "" if parked["complete"] else " or more"
        said = f"Parked texts: {texts:,}{more}. `longcode parked list` says why, and what the carrier needs."
        context.obj.output.done({}, said)
    if parked["unanswered"]:
        said = f"Texts about which the carrier has not answered: {parked['unanswered']:,}. Each is looked up there."
        context.obj.output.done({}, said)
    if parked["tried_again"]:
        said = f"Texts that the carrier has not taken yet: {parked['tried_again']:,}. Each is tried again by itself."
        context.obj.output.done({}, said)


def _explain(items: Sequence[dict[str, Any]], deployment: Deployment) -> None:
    """Add to overdue items why they are, and what helps."""
    try:
        sweeps, reasons = _sweeps(deployment)
    except Unreachable as error:  # what is overdue is known, whether or not the operator may read the log
        for item in items:
            item["why"], item["what_helps"] = str(error), "The log has what the sweeper does."
        return
    for item in items:
        item["why"], item["what_helps"] = _explained(item, sweeps, reasons)


def _sweeps(deployment: Deployment) -> tuple[list[dict[str, Any]], Mapping[str, str]]:
    """Return the sweeps of the last quarter of an hour, and why items failed in them, by id or else by type.

    Raise `Unreachable` if the log cannot be read.
    """
    found = list(lines(deployment, ["message"], ["swept", "not swept"], since=_LOOKED_BACK))
    reasons = {str(one.get("id") or one.get("type")): str(one.get("reason")) for one in found if "reason" in one}
    return [one for one in found if one["message"] == "swept"], reasons


def _explained(
    item: Mapping[str, Any], sweeps: Sequence[Mapping[str, Any]], reasons: Mapping[str, str]
) -> tuple[str, str]:
    """Return why an item is overdue, and what helps."""
    reason = reasons.get(str(item.get("id") or item["type"]))
    look = f"`longcode logs account {item['account']}`" if item.get("account") else "`longcode doctor`"
    if not item["readable"]:
        return "It cannot be read.", f"{look} shows the error. A newer release may have written it."
    if not sweeps:
        return "The sweeper has not run for a quarter of an hour.", "Look at its schedule and at the parameter Hold."
    if reason:
        return (
            f"The sweeper fails on it every minute: {reason}.",
            f"{look} shows more. It goes on when that is mended.",
        )
    done = int(sweeps[-1]["items"])
    last = f"The last sweep, {day_and_time(sweeps[-1]['at'])}, acted on {done:,} items, and not on this one."
    more = "More is due than a sweep gets done. " if done >= _MANY else ""
    return last, f"{more}Look again in two minutes."


def _what(item: Mapping[str, Any]) -> str:
    words = _KINDS.get(item["type"], item["type"])
    return " ".join(str(part) for part in (words, item.get("state"), item.get("held")) if part)


def _duration(seconds: int) -> str:
    minutes = seconds // 60
    hours, days = minutes // 60, minutes // 1440
    return f"{days} days" if days > 1 else f"{hours} h" if hours > 1 else f"{minutes} min"


def _last_month() -> str:
    first = datetime.now(_MONTHS_IN).replace(day=1)
    return f"{first - timedelta(days=1):%Y-%m}"
