"""`longcode changes`: who changed what, when and from where, for a year."""

from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any

import typer

from longcode_cli.command import Context
from longcode_cli.output import Columns, day_and_time
from longcode_cli.values import instant

OneAccount = Annotated[
    str | None, typer.Option("--account", help="Only those of this account; without it, of all and of the service.")
]
From = Annotated[str | None, typer.Option("--from", help="From when on: a time, or a day.", parser=instant)]
Until = Annotated[str | None, typer.Option("--until", help="Until when: a time, or a day.", parser=instant)]
AtMost = Annotated[int, typer.Option(help="How many, the newest first.", min=1, max=100_000)]


def changes(
    context: Context, account: OneAccount = None, since: From = None, until: Until = None, at_most: AtMost = 200
) -> None:
    """List who changed what, the newest first: of one account, or of all and of the service."""
    limit = min(at_most, 200)
    pages = context.obj.deployment.items("changes.list", account=account, since=since, until=until, limit=limit)
    found = list(islice(pages, at_most))
    columns: Columns = {
        "time": lambda one: day_and_time(one["at"]),
        "account": lambda one: one["account"] or "the service",
        "by": _by,
        "what": _what,
        "how": lambda one: "\n".join(_detail(detail) for detail in one["details"]),
        "from": lambda one: one["actor"]["address"],
    }
    context.obj.output.items(found, columns, "No change is recorded.")


def _by(change: Mapping[str, Any]) -> str:
    actor = change["actor"]
    who = actor["name"] or (actor["who"] if actor["who"] != actor["way"] else "")
    return f"{who} ({actor['way']})" if who else str(actor["way"])


def _what(change: Mapping[str, Any]) -> str:
    kind = change["kind"] if change["kind"] != "order" else ""
    return " ".join(filter(None, [kind, change["about"], "(unfinished)" if change["unfinished"] else ""]))


def _detail(detail: Mapping[str, Any]) -> str:
    before, after = detail["before"], detail["after"]
    if before is None:
        return f"{detail['name']}: {after}" if after is not None else str(detail["name"])
    return f"{detail['name']}: {before} -> {after if after is not None else 'nothing'}"
