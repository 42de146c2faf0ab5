"""A studio's name has no addresses, links or phone numbers."""

import pytest

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
]


@pytest.mark.parametrize("name", GOOD)
def test_ordinary_names_are_accepted(name: str) -> None:
    assert check_studio_name(name) == name


@pytest.mark.parametrize("name", BAD)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must not contain"):
        check_studio_name(name)
