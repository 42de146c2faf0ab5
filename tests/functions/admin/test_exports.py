"""The order invoices.export begins an export once, and again where it has stopped."""

from typing import Any

import pytest

from admin.ledger import Export, begin_export
from longcode.billing import store as invoices
from longcode.billing.invoice import compute_invoice
from longcode.errors import NotFound
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage
from tests.support.admin_orders import send_order
from tests.support.fakes import NOW, studio, take_queued
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")

PLAN = Plan("volume", "Volume", 250_000_000, 10_000, 27_500, PastLimit.CHARGE)


def issued() -> None:
    studio()
    invoices.issue(compute_invoice("10000001", "2026-11", PLAN, Usage()), NOW)


def test_an_invoice_without_an_export_is_exported_once() -> None:
    issued()
    order = Export(account="10000001", month="2026-11")

    answers = [begin_export(order, NOW, enabled=True) for _ in range(2)]

    assert [one["export"]["round"] for one in answers] == [1, 1]
    assert len(take_queued("export")) == 1


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"account": "10000001", "month": "2026-10"}, "month"),
        ({"account": "10000009", "month": "2026-11"}, "account"),
    ],
)
def test_a_missing_invoice_or_account_is_refused_by_its_field(order: dict[str, Any], field: str) -> None:
    issued()

    with pytest.raises(NotFound) as refused:
        begin_export(Export(**order), NOW, enabled=True)

    assert refused.value.field == field
    assert take_queued("export") == []


def test_an_export_without_the_parameter_is_refused() -> None:
    issued()

    answer = send_order(**sample_event("admin_invoices_export"))

    assert (answer["code"], answer["field"]) == ("not_wanted", None)
