"""The indexes of `bench/quick_aws.py`: sorted lists of places, which lag behind nothing."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bench.item_sizes import Wire

_MEGABYTE = 1_000_000
Place = tuple[str, str, str]
"""A sort key, and the key of the item that has it."""


@dataclass
class Lists:
    """The places of each partition of each index."""

    indexes: list[Wire]
    places: dict[tuple[str, str], list[Place]] = field(default_factory=lambda: defaultdict(list))

    def move(self, old: Wire, new: Wire) -> None:
        """Take an item from where it was listed to where it is listed now; either may be nothing."""
        for index in self.indexes:
            before, after = _listed(index, old), _listed(index, new)
            if before == after:
                continue
            if before:
                places = self.places[index["IndexName"], before[0]]
                del places[bisect_left(places, before[1])]
            if after:
                insort(self.places[index["IndexName"], after[0]], after[1])

    def query(self, asked: Wire, items: Mapping[str, Mapping[str, Wire]], holds: Callable[[Wire], bool]) -> Wire:
        """Answer a query of an index: its items as far as they are projected, a megabyte or the limit at most."""
        index = next(one for one in self.indexes if one["IndexName"] == asked["IndexName"])
        names = _projected(index)
        told: list[Wire] = []
        seen, size, last = 0, 0, None
        for place in self._walked(asked):
            if seen == asked.get("Limit") or size > _MEGABYTE:
                return {"Items": told, "Count": len(told), "LastEvaluatedKey": last}
            found = items[place[1]][place[2]]
            entry = {name: found[name] for name in names if name in found}
            if holds(entry):
                told.append(entry)
            seen, size, last = seen + 1, size + len(str(entry)) // 2, {name: found[name] for name in _keys(index)}
        return {"Items": told, "Count": len(told)}

    def _walked(self, asked: Wire) -> Iterator[Place]:
        values, names = asked["ExpressionAttributeValues"], asked["ExpressionAttributeNames"]
        places = self.places[asked["IndexName"], values[":partition"]["S"]]
        before, between = values[":before"]["S"], "BETWEEN" in asked["KeyConditionExpression"]
        end = (bisect_right if between else bisect_left)(places, before, key=_sort)
        start = bisect_left(places, values[":after"]["S"], key=_sort) if between else 0
        forward = asked.get("ScanIndexForward", True)
        if key := asked.get("ExclusiveStartKey"):
            last = (key[names["#sort"]]["S"], key["pk"]["S"], key["sk"]["S"])
            start, end = (bisect_right(places, last), end) if forward else (start, bisect_left(places, last))
        steps = range(start, end) if forward else range(end - 1, start - 1, -1)
        return (places[at] for at in steps)


def _listed(index: Wire, item: Wire) -> tuple[str, Place] | None:
    partition, sort = (part["AttributeName"] for part in index["KeySchema"])
    if partition not in item or sort not in item:
        return None
    return item[partition]["S"], (item[sort]["S"], item["pk"]["S"], item["sk"]["S"])


def _keys(index: Wire) -> list[str]:
    return ["pk", "sk", *(part["AttributeName"] for part in index["KeySchema"])]


def _projected(index: Wire) -> list[str]:
    return [*_keys(index), *index["Projection"].get("NonKeyAttributes", [])]


def _sort(place: Place) -> str:
    return place[0]
