"""The phones of an import's row: refuse a cell with several numbers, and put each number into its place."""

import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from longcode.clients.client import Phone
from longcode.errors import BadPhone

LONGEST_NUMBER = 40
"""The most characters that a number may be typed with."""

_BETWEEN_NUMBERS = re.compile(r"[,;/|&\n]|\s(?:or|and|oder|und|ou|et|o|y|e)\s", re.IGNORECASE)
_AS_AMOUNT = re.compile(r"\+?\d{1,3}(?:,\d{3}){2,}")
_FEWEST_DIGITS = 7  # a number without its area code has seven


class PhoneChange(Struct, frozen=True):
    """What a row says about one of a client's phones; a field is None if the row says nothing about it.

    `phone` is False if the row removes it. `sms` is whether its box is ticked.
    """

    phone: Phone | bool | None
    sms: bool | None


def check_one_number(text: str) -> None:
    """Raise `BadPhone` for several numbers, and for one with commas between its digits."""
    if _AS_AMOUNT.fullmatch(text.strip()):
        raise BadPhone("This phone number has commas, as spreadsheets write amounts. Write it without them.")
    parts = _BETWEEN_NUMBERS.split(text)
    numbers = [part for part in parts if sum(map(str.isdigit, part)) >= _FEWEST_DIGITS]
    if len(numbers) > 1:
        raise BadPhone("This is more than one phone number. Write each on its own, in a file as phone and phone_2.")


def phones_after_row(phones: tuple[Phone, ...], cells: Mapping[int, PhoneChange]) -> tuple[Phone, ...]:
    """Return a client's phones after a row; `cells` maps a place in the record to what the row says of it.

    A number that the record has already keeps its box and label unless the row says otherwise, wherever it stood, and
    how it was entered if the row has it in E.164, as our own lists do. A new one is ticked unless the row says
    otherwise.
    """
    known = {phone.number: phone for phone in phones}
    given = {cell.phone.number for cell in cells.values() if isinstance(cell.phone, Phone)}
    after: dict[str, Phone] = {}
    for index in range(max(len(phones), *(place + 1 for place in cells), 0)):
        cell = cells.get(index, PhoneChange(None, None))
        if isinstance(cell.phone, Phone):
            kept = known.get(cell.phone.number)
            phone = _kept(kept, cell.phone) if kept else cell.phone
        elif cell.phone is False or index >= len(phones) or phones[index].number in given:
            continue
        else:
            phone = phones[index]
        if cell.sms is not None:
            phone = replace(phone, sms=cell.sms)
        twin = after.get(phone.number)
        after[phone.number] = replace(twin, sms=twin.sms and phone.sms) if twin else phone
    return tuple(after.values())


def _kept(kept: Phone, given: Phone) -> Phone:
    entered = kept.entered if given.entered == kept.number else given.entered
    return replace(kept, entered=entered)
