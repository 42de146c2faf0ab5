"""The phones of a row: several numbers in a cell, and the place of each number in the client's record."""

import pytest

from longcode.clients.client import Phone
from longcode.clients.phone_cells import PhoneChange, check_one_number, phones_after_row
from longcode.errors import BadPhone


def phone(last: int, *, sms: bool = True, label: str | None = None) -> Phone:
    return Phone(number=f"+1212555010{last}", entered=f"555010{last}", sms=sms, label=label)


A, B, C = phone(1), phone(2, sms=False, label="home"), phone(3)


@pytest.mark.parametrize(
    ("cells", "after"),
    [
        ({}, (A, B)),
        ({0: PhoneChange(C, None)}, (C, B)),
        ({1: PhoneChange(C, None)}, (A, C)),
        ({2: PhoneChange(C, None)}, (A, B, C)),
        ({4: PhoneChange(C, None)}, (A, B, C)),
        ({0: PhoneChange(False, None)}, (B,)),
        ({0: PhoneChange(False, None), 1: PhoneChange(False, False)}, ()),
        ({3: PhoneChange(False, False)}, (A, B)),
        ({0: PhoneChange(None, False)}, (phone(1, sms=False), B)),
        ({1: PhoneChange(None, True)}, (A, phone(2, label="home"))),
        ({2: PhoneChange(None, True)}, (A, B)),
        ({1: PhoneChange(phone(2), None)}, (A, B)),
        ({0: PhoneChange(phone(2), None)}, (B,)),
        ({0: PhoneChange(phone(2), None), 1: PhoneChange(phone(1), None)}, (B, A)),
        ({1: PhoneChange(phone(1), None)}, (A,)),
        ({0: PhoneChange(C, True), 1: PhoneChange(C, False)}, (phone(3, sms=False),)),
    ],
)
def test_a_row_changes_the_phones_at_its_places(cells: dict[int, PhoneChange], after: tuple[Phone, ...]) -> None:
    assert phones_after_row((A, B), cells) == after


@pytest.mark.parametrize(
    "cell",
    [
        "2125550123, 2125550199",
        "2125550123; 2125550199",
        "2125550123;2125550199;2125550188",
        "+1 (212) 555-0123 / +1 (212) 555-0199",
        "212.555.0123\n212.555.0199",
        "212-555-0123 & 212-555-0199",
        "212-555-0123 or 212-555-0199",
        "0412 345 678 oder 0412 345 679",
        "555-0123, 555-0199",
        "2125550123|2125550199",
    ],
)
def test_a_cell_with_several_numbers_is_refused_by_name(cell: str) -> None:
    with pytest.raises(BadPhone, match="more than one phone number"):
        check_one_number(cell)


@pytest.mark.parametrize("cell", ["2,125,550,123", " 12,125,550,123 ", "+12,125,550,123"])
def test_a_number_that_is_written_as_an_amount_is_refused_by_name(cell: str) -> None:
    with pytest.raises(BadPhone, match="commas"):
        check_one_number(cell)


@pytest.mark.parametrize(
    "cell",
    ["2125550123", "(212) 555-0123", "030/12345678", "+49 (0) 30 / 1234567", "212-555-0123, ext. 4", "12", "", "n/a"],
)
def test_any_other_cell_is_left_to_the_reader_of_numbers(cell: str) -> None:
    check_one_number(cell)
