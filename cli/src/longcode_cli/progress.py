"""Shows, at a terminal, how far long work is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show on standard error how many are done until the block ends; what is yielded adds to them.

    The number of all is shown if it is known.
    """
    console = Console(stderr=True)
    of_all = f" of {total:,}" if total is not None else ""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn(f"{{task.completed:,}}{of_all}"))
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as shown:
        task = shown.add_task(title, total=total)
        yield lambda done: shown.advance(task, done)
