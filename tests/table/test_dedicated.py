import pytest

from longcode.table import accounts, dedicated
from tests.fakes import NOW, studio

pytestmark = pytest.mark.usefixtures("aws")

OURS, OTHER = "+15555550177", "+15555550178"


def test_the_numbers_that_texts_may_still_come_to_are_listed_also_those_that_were_given_up() -> None:
    fox, wattle = studio(), studio("10000002")
    dedicated.give(fox, OURS, NOW)
    dedicated.give(wattle, OTHER, NOW)
    dedicated.give(accounts.need(wattle.id), None, NOW)

    assert dedicated.every() == [OURS, OTHER]
    assert dedicated.owner(OTHER) is None


def test_there_may_be_none() -> None:
    assert dedicated.every() == []
