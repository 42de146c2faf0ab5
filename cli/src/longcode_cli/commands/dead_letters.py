"""`longcode dead-letters`: look at jobs that failed five times, send them back to their queues, or drop one."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from longcode_cli import logs
from longcode_cli.command import Context
from longcode_cli.dead_queue import MOST, DeadQueue, Letter
from longcode_cli.errors import Refused, Unreachable
from longcode_cli.output import Columns, Phones, Words, day_and_time, masked
from longcode_cli.progress import progress
from longcode_cli.values import DryRun, Yes

_TRIED_WITHIN = timedelta(hours=12)  # five times, with the visibility of the slowest queue between
_TRIED = "5 times"  # by each RedrivePolicy of template.yaml

app = typer.Typer(
    no_args_is_help=True, help="Look at jobs that failed five times, send them back to their queues, or drop one."
)

Queue = Annotated[
    str, typer.Argument(metavar="QUEUE", help="The queue that the job was on, such as SendQueue or send.")
]
Id = Annotated[str | None, typer.Argument(metavar="ID", help="The job's id, as `show` has it.")]


@app.command("list")
def list_queues(context: Context) -> None:
    """List the queues whose jobs have failed, with how many there are of which kind and of whom."""
    with DeadQueue(context.obj.deployment).opened() as letters:
        by_queue: dict[str, list[Letter]] = {}
        for letter in letters:
            by_queue.setdefault(letter.queue, []).append(letter)
        items = [_summary(queue, of_it) for queue, of_it in sorted(by_queue.items())]
        if len(letters) == MOST:
            typer.echo(f"Only {MOST:,} dead letters were looked at. There may be more.", err=True)
    columns: Columns = {
        "queue": "queue",
        "jobs": "jobs",
        "oldest": lambda item: f"{day_and_time(item['oldest'])} ({_age(item['oldest'])})",
        "kinds": lambda item: ", ".join(f"{count} {kind}" for kind, count in item["kinds"].items()),
        "accounts": lambda item: ", ".join(f"{account} ({count})" for account, count in item["accounts"].items()),
    }
    context.obj.output.items(items, columns, "There are no dead letters.")


@app.command()
def show(context: Context, queue: Queue, job: Id = None, phones: Phones = False, words: Words = False) -> None:
    """Show a queue's failed jobs, or one of them: what it had to do, for whom, and how often it was tried."""
    with DeadQueue(context.obj.deployment).opened() as letters:
        chosen = _chosen(letters, _name(context, queue), job)
        items = [_shown(letter, phones=phones, words=words) for letter in chosen]
    if job:
        [item], [letter] = items, chosen
        item |= _last_error(context, letter)
        facts = {**item, "sent_at": day_and_time(item["sent_at"]), "does": _in_words(item["does"])}
        context.obj.output.facts(item, {name.replace("_", " "): fact for name, fact in facts.items()})
        return
    columns: Columns = {
        "id": "id",
        "kind": "kind",
        "account": "account",
        "sent": lambda item: day_and_time(item["sent_at"]),
        "does": lambda item: _in_words(item["does"]),
        **({"phone": "phone"} if any(item["phone"] for item in items) else {}),
        **({"words": "words"} if words else {}),
    }
    context.obj.output.items(items, columns, f"{_name(context, queue)} has no dead letters.")


@app.command()
def replay(
    context: Context,
    queue: Queue,
    job: Id = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All of the queue's failed jobs.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Send one failed job of a queue back to it, or all of them. Do this when the cause is removed.

    A job may be done twice without harm. If this is interrupted, a job may be on both queues, and none is lost.
    """
    if every == bool(job):
        raise typer.BadParameter("Give the ID of a job, or --all.", param_hint="ID")
    dead, name = DeadQueue(context.obj.deployment), _name(context, queue)
    done = 0
    with dead.opened() as letters:
        chosen = _chosen(letters, name, job)
        if dry_run:
            context.obj.output.done(
                {"replayed": 0, "failed": len(chosen)}, f"{_jobs(chosen)} would be on {name} again."
            )
            return
        if every:
            context.obj.output.confirm(f"{_jobs(chosen)} failed. Send all back to {name}?", yes=yes)
        if any(letter.url is None for letter in chosen):
            raise Refused("It is not known which queue these jobs came from.", code="unknown_queue", field="queue")
        if chosen:
            _note(context, "replay", name, len(chosen), id=job)
        with progress("Jobs sent back", len(chosen)) as advance:
            for letter in chosen:
                dead.send_back(letter)
                done += 1
                advance(1)
    there_may_be_more = " There may be more: repeat the command." if every and len(letters) == MOST else ""
    said = f"{done} {'job is' if done == 1 else 'jobs are'} on {name} again.{there_may_be_more}"
    context.obj.output.done({"replayed": done}, said)


@app.command()
def drop(
    context: Context,
    queue: Queue,
    job: Annotated[str, typer.Argument(metavar="ID", help="The job's id, as `show` has it.")],
    reason: Annotated[str, typer.Option(help="Why, for the record of changes.")],
    yes: Yes = False,
) -> None:
    """Delete a failed job, so that it is never done, and record why."""
    dead, name = DeadQueue(context.obj.deployment), _name(context, queue)
    with dead.opened() as letters:
        [letter] = _chosen(letters, name, job)
        whose = f" of account {letter.account}" if letter.account else ""
        context.obj.output.confirm(f"Delete this job, a {letter.kind}{whose}? It is never done.", yes=yes)
        _note(context, "drop", name, 1, id=job, reason=reason, job_account=letter.account, kind=letter.kind)
        dead.delete(letter)
    context.obj.output.done({"dropped": job}, f"The job {job} is deleted, and the reason is recorded.")


def _jobs(letters: list[Letter]) -> str:
    return f"{len(letters):,} {'job' if len(letters) == 1 else 'jobs'}"


def _note(context: Context, done: str, queue: str, count: int, **fields: Any) -> None:
    """Record what is about to be done with dead letters, as the operator's other changes are."""
    given = {name: value for name, value in fields.items() if value is not None}
    context.obj.deployment.order("dead_letters.note", done=done, queue=queue, count=count, **given, by=context.obj.by)


def _name(context: Context, given: str) -> str:
    """Return the name in the template of a queue that is given as `SendQueue`, `send` or `opt-out`."""
    names = [*DeadQueue(context.obj.deployment).urls, "unknown"]
    wanted = given.replace("-", "").replace("_", "").lower().removesuffix("queue")
    found = [name for name in names if name.lower().removesuffix("queue") == wanted]
    if not found:
        raise typer.BadParameter(f"There is no queue {given!r}: {', '.join(names)}.", param_hint="QUEUE")
    return found[0]


def _chosen(letters: list[Letter], queue: str, job: str | None) -> list[Letter]:
    of_queue = [letter for letter in letters if letter.queue == queue]
    if job is None:
        return of_queue
    found = [letter for letter in of_queue if letter.id == job]
    if not found:
        raise Refused(f"There is no dead letter {job!r} of {queue}.", code="not_found", field="ID")
    return found[:1]


def _summary(queue: str, letters: list[Letter]) -> dict[str, Any]:
    return {
        "queue": queue,
        "jobs": len(letters),
        "oldest": letters[0].sent_at.isoformat(),
        "kinds": dict(Counter(letter.kind for letter in letters)),
        "accounts": dict(Counter(letter.account for letter in letters if letter.account).most_common(5)),
    }


def _shown(letter: Letter, *, phones: bool, words: bool) -> dict[str, Any]:
    return {
        "id": letter.id,
        "queue": letter.queue,
        "kind": letter.kind,
        "account": letter.account,
        "sent_at": letter.sent_at.isoformat(),
        "tried": _TRIED,
        "does": letter.facts,
        "phone": letter.phone if phones else masked(letter.phone),
        **({"words": letter.words} if words else {}),
    }


def _last_error(context: Context, letter: Letter) -> dict[str, Any]:
    """Return why a job failed the last time, as far as the log has it: the type of the error, and the function."""
    span = {"since": letter.sent_at, "until": letter.sent_at + _TRIED_WITHIN}
    try:
        failures = list(logs.lines(context.obj.deployment, ["sqs_message_id"], [letter.id], **span))
    except Unreachable as error:  # what else is known of the job is shown all the same
        return {"last_error": None, "log": str(error)}
    if not failures:
        return {"last_error": None, "log": "The log has nothing about it."}
    last = failures[-1]
    return {
        "last_error": f"{last.get('reason')} in {last.get('function_name')} at {day_and_time(last['at'])}",
        "log": None,
    }


def _in_words(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())


def _age(instant: str) -> str:
    hours, seconds = divmod(int((datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds()), 3600)
    return f"{hours // 24} d {hours % 24} h" if hours >= 24 else f"{hours} h {seconds // 60} min"  # noqa: PLR2004
