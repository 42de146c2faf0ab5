"""The price list: read once a minute by each process, and written only over the revision that was read."""

from pathlib import Path

import msgspec
import pytest

from bench.meter import counted_calls
from longcode.errors import NoPriceList
from longcode.plans import plans as lists
from longcode.plans import store as price_list
from longcode.plans.plans import PriceList
from longcode.table import keys, store
from longcode.table.writes import Delete
from tests.support.aws_calls import parallel_calls

pytestmark = pytest.mark.usefixtures("aws")

TEXT = (Path(__file__).parents[2] / "infra/plans.json").read_text()


def dearer(fee: int, plan: str = "starter") -> PriceList:
    """Return the operator's price list with a second version of a plan, from January."""
    file = msgspec.json.decode(TEXT)
    (changed,) = (one for one in file["plans"] if one["name"] == plan)
    second = {"version": 2, "from_month": "2027-01", "monthly_fee_micros": fee}
    changed["versions"].append(changed["versions"][0] | second)
    return lists.read_price_list(msgspec.json.encode(file))


def fee(month: str, seconds: float) -> int:
    return price_list.of_month(month, lambda: seconds)["starter"].monthly_fee_micros


def test_the_list_is_read_as_it_was_written() -> None:
    assert price_list.read_loaded() == (lists.read_price_list(TEXT), 1)
    assert price_list.of_month("2026-11") == lists.read_price_list(TEXT).of_month("2026-11")


def test_a_price_list_is_read_once_a_minute() -> None:
    price_list.clear_copy()
    before = fee("2027-01", 1000)
    price_list.write(dearer(6_000_000), 1)

    assert (before, fee("2027-01", 1059.9), fee("2027-01", 1060), fee("2026-12", 1060)) == (
        5_000_000,
        5_000_000,
        6_000_000,
        5_000_000,
    )


def test_a_warm_process_does_not_read_the_table() -> None:
    price_list.of_month("2026-11")

    with counted_calls("dynamodb") as calls:
        for _ in range(10):
            price_list.of_month("2026-11")

    assert calls == []


def test_a_plan_loaded_meanwhile_is_read_from_the_table() -> None:
    known = price_list.of_month("2026-11")
    file = msgspec.json.decode(TEXT)
    file["plans"].append({**file["plans"][0], "name": "tiny"})
    price_list.write(lists.read_price_list(msgspec.json.encode(file)), 1)

    assert "tiny" not in known
    assert known["tiny"].included_units == 100
    with pytest.raises(KeyError):
        known["gigantic"]


def test_a_missing_price_list_raises_an_error() -> None:
    store.write(Delete(keys.price_list()))
    price_list.clear_copy()

    with pytest.raises(NoPriceList, match=r"No plans are loaded: order plans\.load"):
        price_list.of_month("2026-11")


def test_of_parallel_writes_one_succeeds() -> None:
    with parallel_calls() as threads:
        written = list(threads.map(lambda more: price_list.write(dearer(6_000_000 + more), 1), range(4)))

    prices, revision = price_list.read_loaded()
    assert sum(written) == 1
    assert revision == 2
    assert prices
    assert prices.of_month("2027-01")["starter"].monthly_fee_micros == 6_000_000 + written.index(True)


def test_a_price_list_that_was_not_read_is_not_overwritten() -> None:
    assert not price_list.write(dearer(6_000_000), 0)
    assert price_list.read_loaded() == (lists.read_price_list(TEXT), 1)
