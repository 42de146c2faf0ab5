from datetime import UTC, datetime

from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.jobs import Product
from longcode.numbers.routing import our_numbers
from longcode.plans.plans import PlanChange

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
ONE, TWO, OWN = "+15555550100", "+15555550101", "+15555550177"
STUDIO = Account(
    id="a",
    name="Foxglove",
    email="a@studio.example",
    product=Product.SPECTRA,
    edition="standard",
    created_at=NOW,
    plan_changes=(PlanChange(NOW, "medium"),),
)


def test_our_numbers_are_the_shared_ones_and_the_accounts_own() -> None:
    assert our_numbers(STUDIO, [ONE, TWO]) == (ONE, TWO)
    assert our_numbers(replace(STUDIO, number=OWN), [ONE, TWO]) == (ONE, TWO, OWN)
