"""`longcode plans`: the loaded price list, what a file would change in it, and the loading of a file."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from longcode_cli.command import Context
from longcode_cli.errors import Failure, Refused
from longcode_cli.output import Columns
from longcode_cli.values import DryRun, Yes, money

app = typer.Typer(no_args_is_help=True, help="Show the price list, compare it with a file, and load a file.")

File = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A price list such as infra/plans.json.")
]
_PRICES = {"monthly_fee_micros": "fee", "unit_price_micros": "price of a unit"}


@app.command()
def show(context: Context) -> None:
    """Show the loaded price list, with all versions of each plan."""
    loaded = context.obj.deployment.order("plans.show")["file"]
    currency = loaded["currency"] if loaded else ""
    context.obj.output.items(
        [{"plan": name, **terms} for (name, _), terms in _versions(loaded).items()],
        _columns(currency),
        "No price list is loaded: nobody can sign up or send. Load one: longcode plans load infra/plans.json",
    )


@app.command()
def diff(context: Context, file: File) -> None:
    """Show what a file would add, or where it differs from what is loaded; ends with 1 if it would be refused."""
    deployment = context.obj.deployment
    text = _read(file)
    try:
        added = deployment.order("plans.load", file=text, dry_run=True, by=context.obj.by)["added"]
    except Refused as refused:
        _show_differences(context, deployment.order("plans.show")["file"], text)
        raise Refused(f"It would be refused. {refused}", code=refused.code, field=refused.field) from None
    context.obj.output.items(
        added, _columns(json.loads(text)["currency"]), "Nothing would be added: the file is what is loaded."
    )


@app.command()
def load(context: Context, file: File, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Load a file: its new versions are added, all or none; what is loaded cannot be changed any more."""
    order, text = context.obj.deployment.order, _read(file)
    answer = order("plans.load", file=text, dry_run=True, by=context.obj.by)
    names = ", ".join(f"{version['plan']} {version['version']}" for version in answer["added"])
    if not names or dry_run:
        nothing = "Nothing to add: the file is what is loaded."
        context.obj.output.done(answer, f"Would add: {names}." if names else nothing)
        return
    context.obj.output.confirm(f"Add {names}? What is loaded cannot be changed any more.", yes=yes)
    answer = order("plans.load", file=text, by=context.obj.by)
    context.obj.output.done(answer, f"Added: {names}.")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} cannot be read: {error}") from error


def _show_differences(context: Context, loaded: Any, text: str) -> None:
    """Print where a file that is refused differs from the loaded list; nothing if it is no price list at all."""
    try:
        rows = list(_differences(_versions(loaded), _versions(json.loads(text))))
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    columns: Columns = {name: name for name in ("plan", "version", "field", "loaded", "file")}
    if rows and not context.obj.output.json:
        context.obj.output.items(rows, columns, "")


def _differences(
    loaded: Mapping[tuple[str, int], Mapping[str, Any]], given: Mapping[tuple[str, int], Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    for name, version in dict.fromkeys([*loaded, *given]):
        before, after = loaded.get((name, version)), given.get((name, version))
        row = {"plan": name, "version": version}
        if before is None or after is None:
            there = {
                "loaded": "missing" if before is None else "there",
                "file": "missing" if after is None else "there",
            }
            yield {**row, "field": "all", **there}
            continue
        for field in dict.fromkeys([*before, *after]):
            if before.get(field) != after.get(field):
                yield {**row, "field": field, "loaded": _shown(field, before), "file": _shown(field, after)}


def _shown(field: str, terms: Mapping[str, Any]) -> object:
    return money(terms.get(field)) if field in _PRICES else terms.get(field)


def _versions(prices: Any) -> dict[tuple[str, int], dict[str, Any]]:
    """Return all versions in a price list by plan and number; none without a list."""
    plans = prices["plans"] if prices else ()
    return {(plan["name"], terms["version"]): terms for plan in plans for terms in plan["versions"]}


def _columns(currency: str) -> Columns:
    return {
        "plan": "plan",
        "version": "version",
        "from": "from_month",
        "title": "title",
        "monthly fee": lambda terms: money(terms["monthly_fee_micros"], currency),
        "units": lambda terms: f"{terms['included_units']:,}",
        "price of a unit": lambda terms: money(terms["unit_price_micros"], currency),
        "past the units": "past_limit",
        "on offer": lambda terms: "yes" if terms.get("on_offer", True) else "no",
    }
