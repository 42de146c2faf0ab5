"""`longcode texts`: find a text, show its life and why it did not go, and who got that of a broadcast."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from longcode_cli.command import Context
from longcode_cli.output import Columns, Phones, Words, day_and_time, discreet
from longcode_cli.progress import progress
from longcode_cli.values import Account as OfAccount
from longcode_cli.values import instant

app = typer.Typer(no_args_is_help=True, help="Find a text, show why it did not go, and who got a broadcast.")

_ONE_OF = "A message's id, the carrier's id (SM…), or a phone in any spelling."
What = Annotated[str, typer.Argument(metavar="WHAT", help=f"{_ONE_OF} With --account or --from, it can be left out.")]
Account = Annotated[str | None, typer.Option(help="An account's number: look only there.")]
From = Annotated[str | None, typer.Option("--from", help="Accepted from when on: a time, or a day.", parser=instant)]
Until = Annotated[str | None, typer.Option("--until", help="Accepted until when: a time, or a day.", parser=instant)]
Limit = Annotated[int, typer.Option(min=1, max=100, help="How many at most, the newest first.")]
_ADD_WORDS = {"words": "body"}


def _whose(item: Mapping[str, Any]) -> str:
    """Return the account with its name, or that the service wrote the text: it answers STOP and HELP."""
    if item["account"] == "longcode":
        return "the service"
    return f"{item['account']} {item['account_name'] or ''}".strip()


_CELLS: Columns = {
    "at": lambda item: day_and_time(item["at"]),
    "account": _whose,
    "message": "message_id",
    "phone": "phone",
    "state": lambda item: "reply" if item.get("direction") == "in" else item["state"],
    "why": lambda item: f"{item['why']} {item['help']}".strip(),
}


_LEFT_OUT: Columns = {
    "no text at": _CELLS["at"],
    "account": lambda item: f"{item['account']} {item['account_name']}",
    "of": "by",
    "why": _CELLS["why"],
}


@app.command()
def find(
    context: Context,
    what: What = "",
    *,
    since: From = None,
    until: Until = None,
    account: Account = None,
    limit: Limit = 20,
    phones: Phones = False,
    words: Words = False,
) -> None:
    """Find texts and replies of all accounts, the newest first, each with what became of it and why.

    For a phone also the texts that it did not get because a broadcast left it out, or a trigger dropped its text.
    """
    answer = _search(context, what=what, account=account, since=since, until=until, limit=limit)
    shown, output = discreet(answer, phones=phones, words=words), context.obj.output
    if output.json:
        output.done(shown, "")
        return
    if answer["is_unattributed"]:
        output.done(answer, "This is an unattributed reply: `longcode unattributed list` shows it.")
        return
    output.items(shown["items"], {**_CELLS, **(_ADD_WORDS if words else {})}, "No text was found.")
    if shown["left_out"]:
        output.items(shown["left_out"], _LEFT_OUT, "")
    for sentence in _notes(answer):
        output.done(answer, sentence)


def _search(context: Context, limit: int, **fields: object) -> dict[str, Any]:
    """Send the order, and where all accounts are searched, page by page until the last of them."""
    order = context.obj.deployment.order
    pages = [order("texts.find", limit=limit, **fields)]
    with progress("Pages of accounts searched") as advance:
        while after := pages[-1]["next_cursor"]:
            pages.append(order("texts.find", limit=limit, after=after, **fields))
            advance(1)
    found = sorted((item for page in pages for item in page["items"]), key=lambda item: str(item["at"]), reverse=True)
    ends = [page["looked_back_to"] for page in pages if page["looked_back_to"]]
    if len(found) > limit:
        ends.append(found[limit - 1]["at"])
    return {**pages[0], "items": found[:limit], "looked_back_to": max(ends, default=None), "next_cursor": None}


@app.command("broadcasts")
def list_broadcasts(context: Context, account: OfAccount, *, words: Words = False, limit: Limit = 20) -> None:
    """List the newest broadcasts of an account, with how many texts each has."""
    found = context.obj.deployment.order("broadcasts.list", account=account, limit=limit)["items"]
    columns: Columns = {
        "created": lambda one: day_and_time(one["at"]),
        "broadcast": "id",
        "by": "by",
        "state": lambda one: f"{one['state']}{', paused' if one['paused'] else ''}",
        "texts": lambda one: f"{one['texts']:,}",
        "left out": lambda one: f"{one['left_out']:,}",
        "why": "detail",
        **(_ADD_WORDS if words else {}),
    }
    context.obj.output.items(discreet(found, words=words), columns, f"Account {account} has no broadcasts.")


@app.command()
def recipients(
    context: Context,
    account: OfAccount,
    broadcast: Annotated[str, typer.Argument(metavar="BROADCAST", help="Its id, from `longcode texts broadcasts`.")],
    *,
    not_reached: Annotated[bool, typer.Option("--not-reached", help="Only those whom no text reached.")] = False,
    phones: Phones = False,
) -> None:
    """List who got the text of a broadcast, with what became of it, and then whom it left out, and why."""
    of_broadcast, items = {"account": account, "broadcast": broadcast}, context.obj.deployment.items
    found: list[dict[str, Any]] = []
    with progress("Recipients") as advance:
        for item in items("broadcasts.recipients", **of_broadcast, not_reached=not_reached):
            found.append(item)
            advance(1)
        for item in items("broadcasts.left_out", **of_broadcast):
            found.append({**item, "state": "left out", "message_id": None, "at": None})
            advance(1)
    columns: Columns = {"client": "client_id", **{name: _CELLS[name] for name in ("phone", "state", "at", "message")}}
    shown = discreet(found, phones=phones)
    context.obj.output.items(shown, {**columns, "why": _CELLS["why"]}, "Nobody got it yet.")


@app.command()
def show(
    context: Context,
    text: Annotated[str, typer.Argument(metavar="ID", help="A message's id, or the carrier's (SM…).")],
    *,
    account: Account = None,
    phones: Phones = False,
    words: Words = False,
) -> None:
    """Show the life of a text: why it did not go and what would help, then each step, its cost and its webhooks."""
    answer = context.obj.deployment.order("texts.show", id=text, account=account)
    shown, output = discreet(answer, phones=phones, words=words), context.obj.output
    if output.json:
        output.done(shown, "")
        return
    output.done(shown, f"{shown['why']} {shown['help']}".strip())
    output.facts(shown, _facts(shown))


def _facts(shown: Mapping[str, Any]) -> dict[str, object]:
    text = shown["text"]
    return {
        "account": _whose(shown),
        "message": shown["message_id"],
        "state": "reply" if text["direction"] == "in" else text["state"],
        "from": shown["from"],
        "phone": text["phone"],
        "client": text.get("client_id"),
        "our number": shown["number"],
        "words": text.get("body"),
        "cost": shown["cost"],
        "quota": shown["quota"],
        "carrier": shown["carrier"],
        "until": shown["waits"],
        "may be for": ", ".join(text.get("candidates", ())) or None,
        "steps": "\n".join(f"{day_and_time(step['at'])} {step['what']}" for step in shown["steps"]),
        "said": "\n".join(
            f"{day_and_time(one['at'])} “{one['words']}”" for one in shown["opt_outs"] if "words" in one
        )
        or None,
        "webhooks": "\n".join(map(_webhook, shown["webhooks"])) or "none",
    }


def _webhook(one: Mapping[str, Any]) -> str:
    about = f" {one['about']}" if one["about"] else ""
    error = f", {one['error']}" if one["error"] else ""
    following = f", next attempt {day_and_time(one['next_at'])}" if one["next_at"] else ""
    return f"{one['event']}{about}: {one['state']} after {one['attempts']} attempts{error}{following}"


def _notes(answer: Mapping[str, Any]) -> list[str]:
    """Return what else is to say of a search by phone: what would stop a text now, and what was not looked at."""
    notes = [
        f"A text of account {one['account']} would not go now. {stopped['why']} {stopped['help']}".strip()
        for one in answer["accounts"]
        if (stopped := one["stopped"])
    ]
    if answer["phone"] and not answer["accounts"]:
        notes.append(
            "No account talked with this phone or has a client with it. A text to a bare number that never reached it"
            " is found with --account."
        )
    if answer["accounts_left_out"]:
        notes.append(f"{answer['accounts_left_out']} more accounts know this phone: give --account.")
    if answer["looked_back_to"]:
        notes.append(f"There may be older ones, from before {day_and_time(answer['looked_back_to'])}: give --until.")
    return notes
