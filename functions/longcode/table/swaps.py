"""Conditional writes in one call, each by itself: BatchWriteItem knows no conditions, a transaction costs double."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from longcode.aws.clients import client
from longcode.table.codec import Attributes, to_wire
from longcode.table.keys import Key
from longcode.table.writes import table

_AT_ONCE = 25
_MET = ("ConditionalCheckFailed", "DuplicateItem")


@dataclass(frozen=True, slots=True)
class Swap:
    """Write an item where one stands with the values `before`, or where none stands if there are none.

    Of an item that stands, the attributes `gone` are removed.
    """

    key: Key
    item: Attributes
    before: Attributes = field(default_factory=dict)
    gone: tuple[str, ...] = ()


def each(swaps: Sequence[Swap]) -> list[Swap]:
    """Make the writes, and give those that met something else. Another reason to fail raises `ClientError`."""
    met: list[Swap] = []
    for start in range(0, len(swaps), _AT_ONCE):
        some = swaps[start : start + _AT_ONCE]
        answer = client("dynamodb").batch_execute_statement(Statements=[_statement(swap) for swap in some])
        for swap, response in zip(some, answer["Responses"], strict=True):
            error = response.get("Error")
            if error and error["Code"] not in _MET:
                raise ClientError({"Error": error}, "BatchExecuteStatement")
            if error:
                met.append(swap)
    return met


def _statement(swap: Swap) -> dict[str, Any]:
    """Spell a swap in PartiQL. Only names stand in the text, and all of them are ours; values are parameters."""
    if swap.before:
        values = [*swap.item.values(), *swap.key, *swap.before.values()]
        sets, where = _equal(swap.item, ", "), _equal((*swap.key._fields, *swap.before), " AND ")
        removes = f" REMOVE {', '.join(map(_quoted, swap.gone))}" if swap.gone else ""
        text = f'UPDATE "{table()}" SET {sets}{removes} WHERE {where}'  # noqa: S608
    else:
        written = {**swap.key._asdict(), **swap.item}
        values = list(written.values())
        members = ", ".join(f"'{name}': ?" for name in written)
        text = f'INSERT INTO "{table()}" VALUE {{{members}}}'
    return {"Statement": text, "Parameters": [to_wire({"value": value})["value"] for value in values]}


def _equal(names: Any, between: str) -> str:
    return between.join(f"{_quoted(name)}=?" for name in names)


def _quoted(name: str) -> str:
    return f'"{name}"'
