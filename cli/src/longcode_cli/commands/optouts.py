"""`longcode optouts`: write the history of opt-outs to a file, and record what a restored table has lost of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from longcode_cli.command import Context
from longcode_cli.errors import Failure
from longcode_cli.files import whole
from longcode_cli.output import printable_json
from longcode_cli.progress import progress
from longcode_cli.values import DryRun
from longcode_cli.values import phone as phone_of

app = typer.Typer(no_args_is_help=True, help="Export the history of opt-outs, and import what a restore has lost.")

_STEP = 400  # lines that an order records

Out = Annotated[Path | None, typer.Option("--out", help="The file to write, in place of standard output.")]
File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A file of `optouts export`.", exists=True, dir_okay=False)
]


@app.command()
def export(
    context: Context,
    phone: Annotated[
        str | None, typer.Option(help="Only the history of this phone: +12125550123.", parser=phone_of)
    ] = None,
    out: Out = None,
) -> None:
    """Write who opted out and in during the last five years, as JSON lines, with phones and words."""
    if out is None:
        for lines in _pages(context, phone):
            context.obj.output.console.file.write(printable_json(lines))
        return
    with progress("Events") as advance, whole(out) as file:
        count = 0
        for lines in _pages(context, phone):
            file.write(lines)
            count += lines.count("\n")
            advance(lines.count("\n"))
    context.obj.output.done({"file": str(out), "events": count}, f"{count:,} events are in {out}.")


@app.command("import")
def import_history(context: Context, file: File, dry_run: DryRun = False) -> None:
    """Record the events of an export that the history lacks. All lines are checked before one is recorded."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise Failure(f"{file} cannot be read: {error}") from error
    missing = sum(_steps(context, lines, "missing", dry_run=True))
    if dry_run:
        answer = {"imported": 0, "missing": missing}
        context.obj.output.done(answer, f"The history lacks {missing:,} of the events in {file}.")
        return
    imported = sum(_steps(context, lines, "imported", dry_run=False)) if missing else 0
    context.obj.output.done({"imported": imported}, f"{imported:,} events of {file} are recorded.")


def _pages(context: Context, phone: str | None) -> Iterator[str]:
    cursor = None
    while True:
        page = context.obj.deployment.order("optouts.export", phone=phone, cursor=cursor)
        yield page["lines"]
        if not (cursor := page["next_cursor"]):
            return


def _steps(context: Context, lines: list[str], counted: str, *, dry_run: bool) -> Iterator[int]:
    """Send the order for some lines at a time, after empty ones, so that a refusal names the line of the file."""
    title = "Lines checked" if dry_run else "Lines recorded"
    with progress(title, len(lines)) as advance:
        for start in range(0, len(lines), _STEP):
            some = lines[start : start + _STEP]
            numbered = "\n" * start + "\n".join(some)
            fields = {"lines": numbered, "dry_run": dry_run, "by": context.obj.by}
            yield int(context.obj.deployment.order("optouts.import", **fields)[counted])
            advance(len(some))
