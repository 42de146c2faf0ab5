import pytest

from longcode.accounts import store as accounts
from longcode.numbers import store as numbers
from tests.support.fakes import NOW, studio

pytestmark = pytest.mark.usefixtures("aws")

OURS, OTHER = "+15555550177", "+15555550178"


def test_dedicated_numbers_are_listed_with_those_that_were_given_up() -> None:
    fox, wattle = studio(), studio("10000002")
    numbers.dedicate(fox, OURS, NOW)
    numbers.dedicate(wattle, OTHER, NOW)
    numbers.dedicate(accounts.get_or_raise(wattle.id), None, NOW)

    assert numbers.all_dedicated() == [OURS, OTHER]
    assert numbers.dedicated_owner(OTHER) is None


def test_without_dedicated_numbers_the_list_is_empty() -> None:
    assert numbers.all_dedicated() == []
