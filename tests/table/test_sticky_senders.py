"""The shared number that each account gets for a phone, in the table."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from longcode.numbers import choose
from longcode.numbers import store as numbers
from longcode.numbers.conversations import LIVE, TextRefusal
from longcode.numbers.routing import LastText
from longcode.table import keys, store
from tests.support.aws_calls import parallel_calls, throttling
from tests.support.fakes import NOW

pytestmark = pytest.mark.usefixtures("aws")

PHONE = "+12125550123"
TWENTY = [f"+155555501{index:02}" for index in range(20)]
DAY = timedelta(days=1)


def take(account: str, shared: list[str] = TWENTY, *, day: int = 0, message_id: str = "m") -> LastText | TextRefusal:
    text = LastText(account=account, phone=PHONE, number="", message_id=message_id, at=NOW + day * DAY)
    choice = replace(choose.shared_choice(account, PHONE, ()), shared=shared)
    return numbers.take_number(text, 10, choice, numbers.conversations_with(PHONE))


def over(account: str, shared: list[str] = TWENTY, *, day: int = 0) -> str:
    taken = take(account, shared, day=day)
    assert isinstance(taken, LastText)
    return taken.number


def test_an_account_keeps_its_sticky_sender_for_a_phone() -> None:
    first = over("1")

    assert [over("1", day=day) for day in (0, 20, 90)] == [first] * 3


def test_twenty_accounts_that_text_a_phone_at_once_get_twenty_different_numbers() -> None:
    with parallel_calls() as threads:
        chosen = list(threads.map(lambda index: over(str(index)), range(20)))

    assert sorted(chosen) == TWENTY
    assert chosen == [over(str(index)) for index in range(20)]


def test_the_twenty_first_account_gets_no_number_until_a_conversation_has_been_silent_for_thirty_days() -> None:
    chosen = [over(str(index)) for index in range(20)]

    assert take("20", day=29) is TextRefusal.NO_SHARED_NUMBER
    assert over("20", day=31) in chosen


def test_a_reply_keeps_the_number_of_its_account() -> None:
    number = over("1", TWENTY[:1])

    numbers.note_reply(PHONE, "1", number, NOW + 20 * DAY)

    assert take("2", TWENTY[:1], day=45) is TextRefusal.NO_SHARED_NUMBER
    assert over("2", TWENTY[:1], day=51) == number


def test_a_second_reply_of_a_day_and_one_to_an_account_without_a_conversation_write_nothing() -> None:
    number = over("1")
    numbers.note_reply(PHONE, "1", number, NOW + 2 * DAY)
    before = store.get(keys.sticky_senders(PHONE))

    numbers.note_reply(PHONE, "1", number, NOW + 2.5 * DAY)
    numbers.note_reply(PHONE, "2", number, NOW + 9 * DAY)

    assert store.get(keys.sticky_senders(PHONE)) == before


def test_a_sticky_sender_that_is_no_longer_our_number_is_replaced() -> None:
    before = over("1", TWENTY[:2])
    others = [number for number in TWENTY[:3] if number != before]

    after = over("1", others)

    assert after in others
    assert over("1", others) == after
    assert [text.account for text in numbers.last_texts_to(PHONE, before)] == ["1"]


def test_texts_recorded_after_one_stale_read_are_limited() -> None:
    stale = numbers.conversations_with(PHONE)
    choice = choose.shared_choice("1", PHONE, ())
    texts = [LastText(account="1", phone=PHONE, number="", message_id=f"m{index}", at=NOW) for index in range(5)]

    taken = [numbers.take_number(text, 3, choice, stale) for text in texts]

    assert [isinstance(one, LastText) for one in taken] == [True, True, True, False, False]


def test_forty_workers_at_once_send_seven_texts_under_a_limit_of_seven() -> None:
    def taken(index: int) -> LastText | TextRefusal:
        text = LastText(account="1", phone=PHONE, number="", message_id=f"m{index}", at=NOW)
        return numbers.take_number(text, 7, choose.shared_choice("1", PHONE, ()), numbers.conversations_with(PHONE))

    with parallel_calls() as threads:
        outcomes = list(threads.map(taken, range(40)))

    assert outcomes.count(TextRefusal.TOO_MANY_TO_PHONE) == 33
    assert len(numbers.conversations_with(PHONE).texts[0].lately) == 7


def test_an_account_last_texted_a_phone_over_the_number_that_it_would_use_now() -> None:
    over("1", TWENTY[:1])

    assert numbers.last_texted("1", [PHONE, "+12125550124"], TWENTY[:1]) == {PHONE: NOW}
    assert numbers.last_texted("2", [PHONE], TWENTY[:1]) == {}
    assert numbers.last_texted("1", [PHONE], TWENTY[1:]) == {}


def test_accounts_that_texted_a_phone_are_found_over_shared_and_own_numbers() -> None:
    over("1")
    own = LastText(account="2", phone=PHONE, number="+15555550177", message_id="m", at=NOW - 2 * LIVE)
    numbers.record_text(own, 10)

    assert sorted(numbers.accounts_texting(PHONE)) == ["1", "2"]


@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem"])
def test_a_number_is_chosen_in_spite_of_a_throttled_call(operation: str) -> None:
    with throttling(operation, times=2) as throttled:
        chosen = over("1")

    assert len(throttled) == 2
    assert chosen in TWENTY
