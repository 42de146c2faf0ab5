"""Which shared number an account gets for a phone, and when it has none."""

from datetime import UTC, datetime, timedelta
from hashlib import blake2s

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.numbers.conversations import (
    EVEN_THEN,
    LIVE,
    MOST_AN_HOUR,
    Conversations,
    NumberChoice,
    TextRefusal,
    free_number,
    with_gone_text,
    with_reply,
    with_text,
    without_text,
)
from longcode.numbers.routing import REACH, EarlierText, LastText

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


def talk(*days: float) -> Conversations:
    """Return a conversation with a text on each of these days: "m0", "m1" and so on."""
    known = conversations()
    for index, day in enumerate(days):
        known, _ = after(known, text("b", NOW + timedelta(days=day), f"m{index}"), ONE)
    return known


def last_of(known: Conversations) -> tuple[str, float]:
    """Return the id of the only conversation's last text, and its day."""
    [one] = known.texts
    return one.message_id, (one.at - NOW) / timedelta(days=1)


def test_a_conversation_whose_only_text_failed_frees_its_number() -> None:
    assert free_number(without_text(talk(0), "b", "m0"), "a", choice(ONE), NOW) == ONE


def test_after_a_text_that_failed_the_one_before_it_is_the_last_again() -> None:
    known = talk(0, 10, 11)

    assert last_of(known) == ("m2", 11)
    assert last_of(without_text(known, "b", "m2")) == ("m1", 10)
    assert last_of(without_text(without_text(known, "b", "m1"), "b", "m2")) == ("m0", 0)
    assert last_of(without_text(without_text(known, "b", "m2"), "b", "m1")) == ("m0", 0)


def test_a_text_that_failed_ends_nothing_of_other_accounts_or_of_a_conversation_with_a_reply() -> None:
    replied = with_reply(talk(0), "b", ONE, NOW + HOUR)

    assert without_text(talk(0), "a", "m0") == talk(0)
    assert without_text(talk(0), "b", "m7") == talk(0)
    assert without_text(replied, "b", "m0") == replied


def test_a_text_that_was_delivered_after_all_is_in_its_conversation_again() -> None:
    known = talk(0, 1)
    delivered = text("b", NOW + timedelta(days=1), "m1", ONE)

    ended = without_text(without_text(known, "b", "m1"), "b", "m0")

    assert last_of(with_gone_text(ended, delivered)) == ("m1", 1)
    assert last_of(with_gone_text(without_text(known, "b", "m1"), delivered)) == ("m1", 1)
    resumed = with_gone_text(without_text(known, "b", "m0"), text("b", NOW, "m0", ONE))
    assert last_of(without_text(resumed, "b", "m1")) == ("m0", 0)


def test_the_newest_text_beyond_the_time_of_receipts_and_twenty_others_are_remembered() -> None:
    known = talk(0, 1, 2, *(10 + day / 25 for day in range(30)))
    [one] = known.texts

    assert one.earlier is not None
    assert [text.message_id for text in one.earlier] == ["m2", *(f"m{index}" for index in range(12, 32))]


def test_texts_that_an_older_release_did_not_keep_may_have_gone() -> None:
    older = replace(text("b", NOW, "m1", ONE), since=NOW - 24 * HOUR)

    known, _ = after(conversations(older), text("b", NOW + HOUR, "m2"), ONE)

    assert last_of(without_text(conversations(older), "b", "m1")) == ("", -1)
    assert last_of(without_text(without_text(known, "b", "m1"), "b", "m2")) == ("", -1)
    assert without_text(conversations(text("b", NOW, "m1", ONE)), "b", "m1").texts == ()


@given(st.lists(st.tuples(st.sampled_from(["text", "fails", "gone"]), st.integers(0, 9)), max_size=30), st.data())
def test_a_conversation_is_as_if_its_failed_texts_had_never_been_sent(
    acts: list[tuple[str, int]], data: st.DataObject
) -> None:
    known, standing, failed, now = conversations(), dict[str, datetime](), dict[str, datetime](), NOW
    for index, (act, pick) in enumerate(acts):
        now += timedelta(hours=1, minutes=data.draw(st.integers(0, 300)))
        if act == "text":
            known, _ = after(known, text("b", now, f"m{index}"), ONE)
            standing[f"m{index}"] = now
        elif act == "fails" and standing:
            message_id = sorted(standing)[pick % len(standing)]
            known = without_text(known, "b", message_id)
            failed[message_id] = standing.pop(message_id)
        elif act == "gone" and failed:
            message_id = sorted(failed)[pick % len(failed)]
            standing[message_id] = failed.pop(message_id)
            known = with_gone_text(known, text("b", standing[message_id], message_id, ONE))

        newest = max(standing, key=lambda one: standing[one], default=None)
        assert [one.message_id for one in known.texts] == ([newest] if newest else [])
        assert all(isinstance(one, EarlierText) for of in known.texts for one in of.earlier or ())


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
