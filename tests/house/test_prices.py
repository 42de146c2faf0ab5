"""Each price in infra/prices.json has its source; the file has its date, region and currency."""

import json
from datetime import date

from tests.support.source_reading import ROOT

FILE = json.loads((ROOT / "infra" / "prices.json").read_text())


def test_the_prices_have_their_date_and_their_region() -> None:
    assert date.fromisoformat(FILE["as_of"]) >= date(2026, 11, 24)
    assert (FILE["region"], FILE["currency"]) == ("us-east-1", "USD")


def test_every_price_is_positive_has_a_quantity_and_names_its_source() -> None:
    assert [name for name, price in FILE["prices"].items() if price["dollars"] <= 0 or price["per"] < 1] == []
    assert [name for name, price in FILE["prices"].items() if "pricing" not in price["source"]] == []
