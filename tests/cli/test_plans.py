"""`longcode plans`: the loaded list, what a file would change, and loading it."""

import json
from pathlib import Path
from typing import Any

import pytest

from longcode.plans import store as price_list
from tests.support.operator import longcode
from tests.support.source_reading import ROOT

pytestmark = pytest.mark.usefixtures("aws")

PLANS = ROOT / "infra" / "plans.json"


@pytest.fixture
def plans() -> dict[str, Any]:
    """The price list that is loaded."""
    read: dict[str, Any] = json.loads(PLANS.read_text())
    return read


def written(folder: Path, prices: object) -> str:
    file = folder / "plans.json"
    file.write_text(json.dumps(prices))
    return str(file)


def with_version(plans: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a list whose first plan has one more version, from 2027."""
    first = plans["plans"][0]
    last = first["versions"][-1]
    new = {**last, "version": last["version"] + 1, "from_month": "2027-01", **changes}
    return {**plans, "plans": [{**first, "versions": [*first["versions"], new]}, *plans["plans"][1:]]}


def test_the_loaded_list_is_shown_with_amounts_as_money() -> None:
    printed = longcode("plans", "show").printed

    assert "medium 1 2026-01 Medium 35.00 USD 1,000 0.04 USD charge yes" in printed


def test_a_file_that_is_loaded_adds_nothing() -> None:
    ended = longcode("plans", "diff", str(PLANS))

    assert (ended.exit_code, ended.printed) == (0, "Nothing would be added: the file is what is loaded.")


def test_a_new_version_is_shown_before_it_is_loaded(plans: dict[str, Any], tmp_path: Path) -> None:
    name = plans["plans"][0]["name"]
    version = plans["plans"][0]["versions"][-1]["version"] + 1
    file = written(tmp_path, with_version(plans, monthly_fee_micros=19_500_000))

    shown = longcode("plans", "diff", file)
    tried = longcode("plans", "load", file, "--dry-run")
    before = price_list.of_month("2027-01")[name].version
    unasked, loaded = longcode("plans", "load", file), longcode("plans", "load", file, "--yes")

    assert f"{name} {version} 2027-01" in shown.printed
    assert "19.50 USD" in shown.printed
    assert (tried.printed, loaded.printed) == (f"Would add: {name} {version}.", f"Added: {name} {version}.")
    assert (unasked.exit_code, "--yes" in unasked.printed) == (2, True)
    assert (before, price_list.read_loaded()[0].plans[0].versions[-1].version) == (version - 1, version)  # type: ignore[union-attr]


def test_a_changed_version_is_refused_with_its_fields_in_a_table(plans: dict[str, Any], tmp_path: Path) -> None:
    first = plans["plans"][0]
    fee = first["versions"][0]["monthly_fee_micros"]
    first["versions"][0]["monthly_fee_micros"] = fee + 1_000_000

    ended = longcode("plans", "diff", written(tmp_path, plans))

    assert ended.exit_code == 1
    assert f"{first['name']} 1 monthly_fee_micros" in ended.printed
    assert f"({first['name']}.1.monthly_fee_micros)" in ended.printed


@pytest.mark.parametrize("text", ["", "{", "[]", '{"currency": "USD", "plans": [{"name": "x"}]}'])
def test_a_file_that_is_no_price_list_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plans.json"
    file.write_text(text)

    ended = [longcode("plans", do, str(file)) for do in ("diff", "load")]

    assert [one.exit_code for one in ended] == [1, 1]
    assert all("The plans cannot be read" in one.printed for one in ended)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture.json").write_bytes(b"\xff\xfe\x00")

    missing = longcode("plans", "load", str(tmp_path / "none.json"))
    binary = longcode("plans", "load", str(tmp_path / "picture.json"))

    assert (missing.exit_code, binary.exit_code) == (2, 1)
    assert "cannot be read" in binary.printed
