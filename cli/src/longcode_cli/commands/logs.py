"""`longcode logs`: the lines of the functions' log about a text, an account or a phone."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from longcode_cli.command import Context
from longcode_cli.logs import lines
from longcode_cli.output import Columns
from longcode_cli.progress import progress
from longcode_cli.values import Account, instant

app = typer.Typer(no_args_is_help=True, help="Show the log's lines about a text, an account or a phone.")

TextId = Annotated[str, typer.Argument(metavar="ID", help="A text's id.")]
Phone = Annotated[str, typer.Argument(metavar="PHONE", help="A phone in E.164, for example +12125550123.")]
Since = Annotated[
    str | None,
    typer.Option(help="From when on: a time, or a day. Without it, of the last seven days.", parser=instant),
]
Until = Annotated[str | None, typer.Option(help="Until when: a time, or a day.", parser=instant)]

_DAYS = timedelta(days=7)
_ID = re.compile(r"[A-Za-z0-9._:#+-]{1,200}")  # what cannot end the quotes of a filter pattern
# What is in each line and says nothing about the text, or is in a column of its own.
_LEFT_OUT = {
    "at",
    "cold_start",
    "function_arn",
    "function_memory_size",
    "function_name",
    "function_request_id",
    "level",
    "location",
    "message",
    "service",
    "timestamp",
    "xray_trace_id",
}


@app.command()
def text(context: Context, text_id: TextId, since: Since = None, until: Until = None) -> None:
    """Show what was logged about a text: when it ended badly, became uncertain or was parked, and failures."""
    _show(context, ("message_id", "id"), text_id, since, until)


@app.command()
def account(context: Context, account: Account, since: Since = None, until: Until = None) -> None:
    """Show what was logged about an account."""
    _show(context, ("account",), account, since, until)


@app.command()
def phone(context: Context, phone: Phone, since: Since = None, until: Until = None) -> None:
    """Show what was logged about texts to a phone, or from one of your numbers. The log has only a hash of it."""
    hashed = context.obj.deployment.order("phones.hash", phone=phone)["phone_hash"]
    _show(context, ("phone_hash", "number_hash"), hashed, since, until)


def _show(context: Context, names: tuple[str, ...], value: str, since: str | None, until: str | None) -> None:
    if not _ID.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is no id: it has other characters than those of ids.")
    found = []
    with progress("Lines found") as advance:
        begin = datetime.fromisoformat(since) if since else _DAYS
        end = datetime.fromisoformat(until) if until else None
        for line in lines(context.obj.deployment, names, [value], since=begin, until=end):
            found.append(line)
            advance(1)
    stack = context.obj.deployment.stack
    columns: Columns = {
        "time": lambda line: line["at"].replace("T", " ").removesuffix("Z"),
        "function": lambda line: _function(line, stack),
        "level": "level",
        "message": "message",
        "more": _more,
    }
    begun = f"since {since}" if since else "in the last seven days"
    context.obj.output.items(found, columns, f"The log has no line about it {begun}.")


def _function(line: Mapping[str, Any], stack: str) -> str:
    """Return a function's name in the template, without the stack's name before it and the ending of AWS's."""
    name = str(line.get("function_name", "")).removeprefix(f"{stack}-")
    return re.sub(r"-[A-Za-z0-9]{12,13}\Z", "", name)


def _more(line: Mapping[str, Any]) -> str:
    return " ".join(
        f"{name}={value}" for name, value in line.items() if name not in _LEFT_OUT and value not in (None, "")
    )
