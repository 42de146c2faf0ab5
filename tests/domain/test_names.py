"""A studio's name has no addresses, links or phone numbers."""

import pytest

from longcode import segments
from longcode.accounts.names import check_studio_name

GOOD = [
    "Foxglove Portraits",
    "Wattle & Light",
    "Studio 54",
    "90210 Photo",
    "St. John Pictures",
    "J.R. Smith",
    "A.B.C. Fotos",
    "Est. 1984",
    "Fox 1984-2024",
    "Fox 1984 – 2024",
    "No. 1, 2nd floor",
    "株式会社",
    "Zoë & Co. (NYC)",
    "3.5 Megapixels",
    "Fox \u2764\ufe0f Family",
    "Call of the Wild 24",
    "Ring Photo, 12 Main St.",
    "Est. 1984 in 90210",
    "Studio1984-2024",
]
BAD = [
    "ann@evil.example",
    "Ann \uff20 evil",
    "http://evil",
    "https://evil.example/x",
    "www.evil",
    "Prizes at evil.com",
    "evil.co/win",
    "evil。com",
    "évil.рф",
    "\uff45\uff56\uff49\uff4c\uff0e\uff43\uff4f\uff4d",
    "Call 2125550123",
    "Call +1 (212) 555-0123",
    "Call 212.555.0123",
    "Call 555 0123",
    "Call 212\u2013555\u20130123",
    "Call \uff12\uff11\uff12\uff15\uff15\uff15\uff10\uff11\uff12\uff13",
    "Call ٢١٢٥٥٥٠١٢٣",
    "2 1 2 5 5 5 0 1 2 3",
    "Fox 1984-2024 555",
    "Pay at 1.1.1.1/a",
    "evil.c0m",
    "evil\u2024com",
    "évil\u2024рф",
    "212o555o0123",
    "21l 555 oO12",
    "212a555a0123",
    "Text WIN to 38383",
    "call 911911",
    "TEL:911",
]


@pytest.mark.parametrize("name", GOOD)
def test_ordinary_names_are_accepted(name: str) -> None:
    assert check_studio_name(name) == name


@pytest.mark.parametrize("name", BAD)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must not contain"):
        check_studio_name(name)


def test_what_shows_nothing_hides_no_link_and_no_number() -> None:
    nothing = [chr(point) for point, plain in segments.look_alikes().items() if plain == ""]
    names = [name for each in nothing for name in (f"evil.{each}com", f"evil{each}.com", f"212{each}5550123")]

    accepted = [name for name in names if _is_accepted(name)]

    assert len(nothing) > 400
    assert accepted == []


def _is_accepted(name: str) -> bool:
    try:
        check_studio_name(name)
    except ValueError:
        return False
    return True
