"""Which shared number an account gets for a phone, and when it has none."""

from datetime import UTC, datetime, timedelta
from hashlib import blake2s

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.message import Message, MessageKind, MessageState
from longcode.messages.compose import draft
from longcode.numbers.conversations import (
    EVEN_THEN,
    LIVE,
    MOST_AN_HOUR,
    Conversations,
    NumberChoice,
    TextRefusal,
    free_number,
    last_text_without,
    with_reply,
    with_text,
    without,
)
from longcode.numbers.routing import REACH, LastText

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
PHONE = "+12125550123"
ONE, TWO, THREE = SHARED = "+15555550100", "+15555550101", "+15555550102"


def choice(*shared: str, key: str = "", parked: tuple[str, ...] = ()) -> NumberChoice:
    return NumberChoice(
        shared=shared or SHARED, parked=parked, rank=lambda number: blake2s(f"{key}{number}".encode()).hexdigest()
    )


def text(account: str, at: datetime = NOW, message_id: str = "m", number: str = "") -> LastText:
    return LastText(account=account, phone=PHONE, number=number, message_id=message_id, at=at)


def conversations(*texts: LastText) -> Conversations:
    return Conversations(phone=PHONE, texts=texts)


def after(known: Conversations, sent: LastText, *shared: str) -> tuple[Conversations, str]:
    taken = with_text(known, sent, 10, choice(*shared))
    assert not isinstance(taken, TextRefusal)
    return taken


def test_a_first_text_gets_a_number_that_no_other_account_has_for_the_phone() -> None:
    known = conversations(text("b", number=ONE), text("c", number=THREE))

    assert free_number(known, "a", choice(), NOW) == TWO


def test_an_account_keeps_its_number_after_months_of_silence() -> None:
    known = conversations(text("a", number=TWO))

    assert free_number(known, "a", choice(), NOW + 12 * LIVE) == TWO


def test_an_account_whose_number_another_has_by_now_gets_another() -> None:
    known = conversations(text("a", NOW - LIVE, number=ONE), text("b", number=ONE))

    assert free_number(known, "a", choice(ONE, TWO), NOW) == TWO
    assert free_number(known, "a", choice(ONE), NOW) is None


def test_a_number_is_taken_until_thirty_days_after_the_last_text_or_reply() -> None:
    known = conversations(text("b", NOW, number=ONE))
    replied = with_reply(known, "b", ONE, NOW + timedelta(days=10))

    def free(some: Conversations, at: datetime) -> bool:
        return free_number(some, "a", choice(ONE), at) == ONE

    assert (free(known, NOW + LIVE - HOUR), free(known, NOW + LIVE)) == (False, True)
    assert (free(replied, NOW + LIVE), free(replied, NOW + LIVE + timedelta(days=10))) == (False, True)


def test_a_newcomer_without_a_free_number_is_refused_and_changes_nothing() -> None:
    known = conversations(text("b", number=ONE), text("c", number=TWO))

    assert with_text(known, text("a"), 10, choice(ONE, TWO)) is TextRefusal.NO_SHARED_NUMBER


def test_a_number_over_which_nobody_can_be_meant_is_preferred() -> None:
    known = conversations(text("b", NOW - LIVE, number=ONE), text("c", NOW - REACH, number=TWO))

    assert {free_number(known, "a", choice(ONE, TWO, key=key), NOW) for key in "abcdef"} == {TWO}


def test_the_number_of_the_phones_start_is_preferred_to_others() -> None:
    known = replace(conversations(text("a", number=ONE)), blocked=frozenset({ONE}), opted_in_over=THREE)

    assert free_number(known, "a", choice(), NOW) == THREE


def test_a_number_that_the_carrier_blocks_for_the_phone_is_used_only_if_it_blocks_each() -> None:
    some = Conversations(phone=PHONE, blocked=frozenset({ONE, TWO}))
    each = Conversations(phone=PHONE, blocked=frozenset(SHARED))

    assert free_number(some, "a", choice(), NOW) == THREE
    assert free_number(each, "a", choice(), NOW) in SHARED


def test_a_parked_number_is_given_to_nobody_new_while_another_is_free() -> None:
    assert free_number(conversations(), "a", choice(ONE, TWO, parked=(ONE,)), NOW) == TWO
    assert free_number(conversations(text("a", number=ONE)), "a", choice(ONE, TWO, parked=(ONE,)), NOW) == ONE


def test_equal_numbers_are_ranked_by_the_secret_alone() -> None:
    chosen = [free_number(conversations(), "a", choice(key=f"{index}"), NOW) for index in range(300)]

    assert all(70 < chosen.count(number) < 130 for number in SHARED)


def test_a_sticky_sender_of_an_older_release_is_kept_and_avoided_by_others() -> None:
    known = Conversations(phone=PHONE, numbers={"a": ONE})

    assert free_number(known, "a", choice(), NOW) == ONE
    assert all(free_number(known, "b", choice(key=f"{key}"), NOW) != ONE for key in range(20))


def test_the_hour_of_an_account_counts_over_all_its_numbers() -> None:
    known, first = after(conversations(), text("a", NOW, "m0"))
    moved, second = after(replace(known, blocked=frozenset({first})), text("a", NOW, "m1"))

    assert first != second
    assert with_text(moved, text("a", NOW, "m2"), 2, choice()) is TextRefusal.TOO_MANY_TO_PHONE
    assert not isinstance(with_text(moved, text("a", NOW + HOUR, "m2"), 2, choice()), TextRefusal)


def test_a_text_that_is_tried_again_is_counted_once_and_keeps_its_number() -> None:
    known, number = after(conversations(), text("a", NOW, "m0"))

    again = with_text(known, text("a", NOW + HOUR / 2, "m0"), 1, choice(key="other"))

    assert not isinstance(again, TextRefusal)
    assert again[1] == number
    assert (again[0].texts[0].since, len(again[0].texts)) == (NOW, 1)


def test_all_accounts_together_have_an_hourly_limit_to_a_phone() -> None:
    many = [f"+1555555{index:04}" for index in range(MOST_AN_HOUR)]
    known = conversations()
    for index in range(MOST_AN_HOUR):
        known, _ = after(known, text(f"{index % 10}", NOW, f"m{index}"), *many)

    assert with_text(known, text("x", NOW, "x"), 10, choice(*many)) is TextRefusal.NO_SHARED_NUMBER
    assert not isinstance(with_text(known, text("x", NOW + HOUR, "x"), 10, choice(*many)), TextRefusal)


def test_others_cannot_use_up_the_hour_of_an_account_that_talks_with_the_phone_already() -> None:
    known, mine = after(conversations(), text("a", NOW - 2 * HOUR, "first"))
    for index in range(MOST_AN_HOUR):
        taken = with_text(known, text(f"attacker-{index % 2}", NOW, f"m{index}"), 20, choice())
        assert not isinstance(taken, TextRefusal)
        known, _ = taken

    for index in range(EVEN_THEN):
        known, number = after(known, text("a", NOW, f"mine-{index}"))
        assert number == mine
    assert with_text(known, text("a", NOW, "beyond"), 10, choice()) is TextRefusal.NO_SHARED_NUMBER
    assert with_text(known, text("attacker-0", NOW, "y"), 50, choice()) is TextRefusal.NO_SHARED_NUMBER


def test_texts_that_a_wrong_clock_dated_ahead_are_not_counted_for_ever() -> None:
    many = [f"+1555555{index:04}" for index in range(MOST_AN_HOUR)]
    known = conversations()
    for index in range(MOST_AN_HOUR):
        known, _ = after(known, text(f"{index % 10}", NOW + LIVE, f"m{index}"), *many)

    assert not isinstance(with_text(known, text("x", NOW, "x"), 10, choice(*many)), TextRefusal)


def test_a_conversation_that_ends_frees_its_number() -> None:
    known, number = after(conversations(), text("b"), ONE)

    assert free_number(without(known, "b", number, None), "a", choice(ONE), NOW) == ONE


def test_conversations_beyond_the_newest_twenty_are_kept_while_a_reply_can_mean_them() -> None:
    known = conversations()
    for index in range(40):
        known, _ = after(known, text(f"{index}", NOW + index * LIVE), ONE)

    assert [len(known.texts), known.texts[0].account] == [20, "39"]


taken = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from(SHARED), st.integers(0, 90)), max_size=8)


@given(taken, st.sets(st.sampled_from(SHARED)))
def test_a_chosen_number_is_never_another_accounts_live_one_and_is_chosen_again(
    before: list[tuple[str, str, int]], blocked: set[str]
) -> None:
    texts = {(name, number): text(name, NOW - timedelta(days=days), number=number) for name, number, days in before}
    known = replace(conversations(*texts.values()), blocked=frozenset(blocked))

    taken = with_text(known, text("a"), 10, choice())

    live = {one.number for one in known.texts if one.account != "a" and one.at > NOW - LIVE}
    if isinstance(taken, TextRefusal):
        assert set(SHARED) - (blocked if blocked != set(SHARED) else set()) <= live
    else:
        assert taken[1] not in live
        assert free_number(taken[0], "a", choice(key="other"), NOW + HOUR) == taken[1]


def sent(message_id: str, state: MessageState, minutes: int = 0) -> Message:
    at = NOW + timedelta(minutes=minutes)
    message = draft(
        account="a",
        message_id=message_id,
        kind=MessageKind.INDIVIDUAL,
        phone=PHONE,
        number=ONE,
        body="Hello",
        now=at,
    )
    return replace(message, state=state, claimed_at=at)


FAILED = sent("m2", MessageState.FAILED, minutes=2)
LAST = replace(text("a", NOW + timedelta(minutes=2), "m2", ONE), since=NOW, lately={"m1": 0, "m2": 120})


def test_a_conversation_ends_if_no_other_text_of_it_reached_the_phone() -> None:
    assert last_text_without(FAILED, LAST, [FAILED, sent("m1", MessageState.UNDELIVERED)]) is None


def test_the_text_before_takes_the_place_of_one_that_did_not_reach_the_phone() -> None:
    before = last_text_without(
        FAILED, LAST, [FAILED, sent("m0", MessageState.SENT), sent("m1", MessageState.SENT, 1)]
    )

    assert before == replace(LAST, message_id="m1", at=NOW + timedelta(minutes=1))


def test_a_conversation_stays_as_it_is_while_another_text_of_it_may_go_or_is_its_last() -> None:
    newer = replace(LAST, message_id="m3", lately={"m2": 120, "m3": 180})

    assert last_text_without(FAILED, LAST, [FAILED, sent("m1", MessageState.QUEUED, 1)]) is LAST
    assert last_text_without(FAILED, newer, [FAILED, sent("m3", MessageState.SENT, 3)]) is newer
