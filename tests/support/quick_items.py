"""Values and items of moto's DynamoDB: created, copied, measured and written out with less work than in moto."""

from typing import Any

from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.utilities import dynamo_to_dict

MAX_ITEM_BYTES = 405_000  # moto's own limit, see LimitedSizeDict
_slow_cast_value: Any = vars(DynamoType)["cast_value"].fget
_slow_size = DynamoType.size


def init_value(value: DynamoType, given: DynamoType | dict[str, Any]) -> None:
    """Create a value of one that is there already or of its JSON."""
    kind, content = (given.type, given.value) if isinstance(given, DynamoType) else next(iter(given.items()))
    if kind == "L":
        content = [DynamoType(part) for part in content]
    elif kind == "M":
        content = {name: DynamoType(part) for name, part in content.items()}
    value.type, value.value = kind, content


def cast_value(value: DynamoType) -> Any:
    """Return what a value is in Python."""
    return value.value if value.type == "S" else _slow_cast_value(value)


def copy_value(value: DynamoType) -> DynamoType:
    """Return a copy of a value."""
    copied: DynamoType = object.__new__(DynamoType)
    copied.type = value.type
    content = value.value
    if type(content) is list:
        content = [copy_value(part) if isinstance(part, DynamoType) else part for part in content]
    elif type(content) is dict:
        content = {name: copy_value(part) for name, part in content.items()}
    copied.value = content
    return copied


def size_of_value(value: DynamoType) -> int:
    """Return how many bytes a value counts."""
    content = value.value
    return len(content) if type(content) is str and content.isascii() else _slow_size(value)


def init_item(item: Item, hash_key: DynamoType, range_key: DynamoType, attrs: dict[str, Any]) -> None:
    """Create an item, and measure it once instead of once for each attribute."""
    item.hash_key, item.range_key = hash_key, range_key
    item.attrs = limited({name: DynamoType(value) for name, value in attrs.items()})
    if item.size() > MAX_ITEM_BYTES:
        raise ItemSizeTooLarge


def copy_item(item: Item, _memo: dict[int, Any]) -> Item:
    """Return a copy of an item and of its values."""
    copied: Item = object.__new__(Item)
    copied.hash_key = copy_value(item.hash_key)
    copied.range_key = copy_value(item.range_key) if item.range_key else None
    copied.attrs = limited({name: copy_value(value) for name, value in item.attrs.items()})
    return copied


def limited(attributes: dict[str, DynamoType]) -> LimitedSizeDict:
    """Return a LimitedSizeDict of attributes that were measured before."""
    measured = LimitedSizeDict()
    dict.update(measured, attributes)
    return measured


def plain(result: Any) -> Any:
    """Return what moto's `dynamo_to_dict` returns: a result without moto's own types."""
    kind = type(result)
    if kind is str:
        return result
    if kind is DynamoType and result.type not in ("B", "BS"):
        return {result.type: plain(result.value)}
    if kind in (dict, LimitedSizeDict):
        return {name: plain(part) for name, part in result.items()}
    if kind is list:
        return [plain(part) for part in result]
    return plain(result.to_json()) if kind is Item else dynamo_to_dict(result)
