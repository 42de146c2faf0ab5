"""The words for what a studio's records can be, as its settings and its triggers name them."""

from typing import Annotated

from pydantic import AfterValidator, Field

from longcode.record import RecordKind, word


def _a_word(status: str) -> str:
    if not word(status):
        raise ValueError("is empty")
    return status


def of_records(statuses: dict[RecordKind, list[str]] | None) -> dict[RecordKind, list[str]] | None:
    """Refuse statuses of a keyword, which has none."""
    if statuses and RecordKind.KEYWORD in statuses:
        raise ValueError("a keyword has no status")
    return statuses


Status = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(_a_word)]
Statuses = Annotated[list[Status], Field(min_length=1, max_length=50)]
