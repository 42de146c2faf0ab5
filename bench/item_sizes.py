"""How large DynamoDB takes an item to be (developer guide, "Item sizes and formats")."""

from typing import Any

_KILOBYTE = 1024
Wire = dict[str, Any]


def started(size: int, kilobytes: int = 1) -> int:
    """Count the started blocks of a size in bytes; even nothing is one."""
    return max(1, -(-size // (kilobytes * _KILOBYTE)))


def size(item: Wire) -> int:
    """Give the size of an item in bytes."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Wire) -> int:
    [(kind, held)] = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return (len(held) + 1) // 2 + 1
        case "SS":
            return 3 + sum(len(one.encode()) for one in held)
        case "L":
            return 3 + sum(1 + _value_size(one) for one in held)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(one) for name, one in held.items())
        case _:
            return 1
