"""`longcode phones`: who texts a phone, its consent, its blocks at the carrier, and its hash in the logs."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from longcode_cli.command import Context
from longcode_cli.output import Columns, Phones, Words, day_and_time, discreet
from longcode_cli.values import phone as phone_of

app = typer.Typer(no_args_is_help=True, help="Show who texts a phone, its consent, and its blocks at the carrier.")

Phone = Annotated[
    str, typer.Argument(metavar="PHONE", help="A phone: +12125550123, or as people of the US write it.")
]


@app.command()
def show(context: Context, phone: Phone, *, phones: Phones = False, words: Words = False) -> None:
    """Show which accounts text a phone and over which numbers, its consents, and its opt-outs with history."""
    answer = context.obj.deployment.order("phones.show", phone=phone)
    shown, output = discreet(answer, phones=phones, words=words), context.obj.output
    output.facts(
        shown,
        {
            "phone": shown["phone"],
            "hash in the logs": shown["phone_hash"],
            "accounts": "\n".join(map(_account, shown["accounts"])) or "none knows it",
            "more accounts": shown["accounts_left_out"] or None,
            "consents": "\n".join(_consent(event) for one in shown["accounts"] for event in one["consents"])
            or "none",
            "opted out": "\n".join(map(_opt_out, shown["opt_outs"])) or "never",
            "blocked at the carrier": ", ".join(shown["blocked"]) or "for no number",
            "texted from": shown["opted_in_over"],
            "history": "\n".join(map(_event, shown["history"])) or "none",
            "older events": shown["history_left_out"] or None,
        },
    )


@app.command()
def blocked(context: Context, *, phones: Phones = False) -> None:
    """List the phones that the carrier blocks for some of your numbers although they texted START to another."""
    found = discreet(list(context.obj.deployment.items("numbers.list_blocked")), phones=phones)
    columns: Columns = {
        "phone": "phone",
        "blocked for": lambda item: ", ".join(item["blocked"]),
        "texted from": "opted_in_over",
    }
    context.obj.output.items(found, columns, "No phone is blocked.")


@app.command("hash")
def hash_phone(
    context: Context,
    phone: Annotated[
        str, typer.Argument(metavar="PHONE", help="With the country code: +12125550123.", parser=phone_of)
    ],
) -> None:
    """Return what stands for a phone, or for one of your numbers, in the logs."""
    answer = context.obj.deployment.order("phones.hash", phone=phone)
    context.obj.output.done(answer, answer["phone_hash"])


def _account(one: Mapping[str, Any]) -> str:
    talks = [
        f"last text {day_and_time(talk['last_text_at'])} over {talk['number']}"
        + (f", last reply noted {day_and_time(talk['replied_at'])}" if talk["replied_at"] else "")
        + (" (live)" if talk["is_live"] else "")
        for talk in one["conversations"]
    ]
    with_client = [f"client {', '.join(one['clients'])}"] if one["clients"] else []
    stopped = [f"would not go now: {one['stopped']['why']}"] if one["stopped"] else []
    return f"{one['account']} {one['account_name']}: {'; '.join([*talks, *with_client, *stopped])}"


def _opt_out(state: Mapping[str, Any]) -> str:
    since = f" since {day_and_time(state['since'])}" if state["since"] else ""
    asked = f"; the studio is asked since {day_and_time(state['asked_at'])}" if state["asked_at"] else ""
    return f"{_scope(state['scope'])}: {'out' if state['is_out'] else 'in'}{since}{asked}"


def _consent(event: Mapping[str, Any]) -> str:
    what = "texts allowed" if event["given"] else "texts no longer allowed"
    means = f" ({event['means'].replace('_', ' ')})" if event.get("means") else ""
    on = f" on {event['given_on']}" if event.get("given_on") else ""
    source = f", from {event['source']}" if event.get("source") else ""
    heard = f", heard by {event['taken_by']}" if event.get("taken_by") else ""
    who = event.get("person") or (f"key {event['key']}" if event.get("key") else event["via"].replace("_", " "))
    said = f": “{event['words']}”" if event.get("words") else ""
    whose = f"account {event['account']}, client {event['client_id']}"
    return f"{day_and_time(event['at'])} {whose}: {what}{means}{on}{source}{heard}, by {who}{said}"


def _event(event: Mapping[str, Any]) -> str:
    what = "may have opted out" if event.get("asks") else "out" if event["out"] else "in"
    number = f" over {event['number']}" if event.get("number") else ""
    by = f" by {event['by']}" if event.get("by") else ""
    said = f": “{event['words']}”" if "words" in event else ""
    return f"{day_and_time(event['at'])} {_scope(event['scope'])}: {what} ({event['means']}){number}{by}{said}"


def _scope(scope: str) -> str:
    return "all studios on the shared numbers" if scope == "shared" else scope.replace("-", " ", 1)
