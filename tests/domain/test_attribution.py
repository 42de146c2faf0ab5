from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.numbers.routing import (
    REACH,
    Attribution,
    AttributionRule,
    LastText,
    Unclear,
    attribute,
    client_of_reply,
)

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def last_text(account: str, minute: int = 0) -> LastText:
    return LastText(
        account=account,
        phone="+12125550123",
        number="+15555550100",
        message_id=f"message-{account}",
        at=NOW + timedelta(minutes=minute),
    )


# The table has one last text of each account.
histories = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 9), min_size=1).map(
    lambda minutes: [last_text(account, minute) for account, minute in minutes.items()]
)


def test_a_reply_from_a_phone_that_no_account_texted_is_unattributed() -> None:
    assert attribute([], LATER) is None


def test_the_only_account_that_texted_gets_the_reply() -> None:
    decision = attribute([last_text("a", 1)], LATER)

    assert isinstance(decision, Attribution)
    assert (decision.rule, decision.account, decision.candidates) == (AttributionRule.LAST_TEXTED, "a", ())


def test_a_reply_that_several_accounts_can_have_asked_for_is_unclear() -> None:
    assert attribute([last_text("a", 1), last_text("b", 3), last_text("c", 2)], LATER) == Unclear(("b", "c", "a"))


def test_texts_sent_after_the_reply_arrived_are_ignored() -> None:
    decision = attribute([last_text("a", 1), last_text("b", 5)], NOW + timedelta(minutes=2))

    assert isinstance(decision, Attribution)
    assert (decision.account, decision.candidates) == ("a", ("b",))


def test_a_text_of_the_same_minute_may_have_been_before_the_reply() -> None:
    assert attribute([last_text("a", 1), last_text("b", 3)], NOW + timedelta(minutes=2)) == Unclear(("b", "a"))


def test_an_earlier_text_of_a_conversation_that_goes_on_can_be_meant() -> None:
    texts = [last_text("a", 1), replace(last_text("b", 50), since=NOW)]

    assert attribute(texts, NOW + timedelta(minutes=2)) == Unclear(("b", "a"))


def test_a_reply_older_than_every_last_text_is_for_any_of_them() -> None:
    assert attribute([last_text("a", 2), last_text("b", 3)], NOW) == Unclear(("b", "a"))


def test_a_reply_that_waited_in_a_queue_is_not_for_an_account_whose_conversation_began_after_it_came() -> None:
    newcomer = replace(last_text("a", 10), since=NOW + timedelta(minutes=10))

    assert attribute([newcomer], NOW) is None


def test_a_conversation_without_a_word_for_sixty_days_is_not_meant_while_another_can_be() -> None:
    old, new = last_text("a"), replace(last_text("b"), at=NOW + REACH - timedelta(hours=1))
    replied = replace(old, replied_at=NOW + timedelta(days=5))

    at_last, after_it = NOW + REACH - timedelta(minutes=1), NOW + REACH

    assert attribute([old, new], at_last) == Unclear(("b", "a"))
    decision = attribute([old, new], after_it)
    assert isinstance(decision, Attribution)
    assert decision.account == "b"
    assert attribute([replied, new], after_it) == Unclear(("b", "a"))


def test_a_reply_after_a_year_goes_to_the_only_account_that_ever_texted() -> None:
    decision = attribute([last_text("a")], NOW + timedelta(days=365))

    assert isinstance(decision, Attribution)
    assert decision.account == "a"
    assert isinstance(attribute([last_text("a"), last_text("b")], NOW + timedelta(days=365)), Unclear)


def test_the_carriers_reference_chooses_among_the_texts_of_the_only_account() -> None:
    older = replace(last_text("a", 1), message_id="older", client_id="c1")

    decision = attribute([last_text("a", 2)], LATER, answered=older)

    assert isinstance(decision, Attribution)
    assert (decision.rule, decision.account, decision.candidates) == (AttributionRule.CARRIER_REFERENCE, "a", ())
    assert (decision.answers, decision.client_id) == ("older", "c1")


def test_the_carriers_reference_does_not_choose_between_accounts() -> None:
    texts = [last_text("a", 2), last_text("b", 3)]

    assert attribute(texts, LATER, answered=last_text("a", 1)) == Unclear(("b", "a"))
    assert attribute(texts, LATER, answered=last_text("b", 3)) == Unclear(("b", "a"))
    assert attribute(texts[:1], LATER, answered=last_text("b", 1)) == Unclear(("a", "b"))
    assert attribute(texts[:1], LATER, answered=last_text("a", 1), owner="b") == Unclear(("b", "a"))


def test_a_reply_to_a_dedicated_number_goes_to_its_owner_even_if_it_never_texted_the_phone() -> None:
    never = attribute([], LATER, owner="b")
    after_another = attribute([last_text("a", 1)], NOW + 2 * REACH, owner="b")

    assert isinstance(never, Attribution)
    assert isinstance(after_another, Attribution)
    assert (never.rule, never.account, never.answers, never.candidates) == (
        AttributionRule.DEDICATED_NUMBER,
        "b",
        None,
        (),
    )
    assert (after_another.account, after_another.answers, after_another.candidates) == ("b", None, ("a",))


def test_a_reply_to_a_dedicated_number_over_which_another_account_texted_lately_can_be_for_both() -> None:
    assert attribute([last_text("a", 1)], LATER, owner="b") == Unclear(("b", "a"))
    assert attribute([last_text("a", 3), last_text("b", 1)], LATER, owner="b") == Unclear(("b", "a"))


def test_a_reply_to_a_dedicated_number_answers_the_owners_newest_text() -> None:
    decision = attribute([replace(last_text("a", 3), at=NOW - 2 * REACH), last_text("b", 1)], LATER, owner="b")

    assert isinstance(decision, Attribution)
    assert (decision.account, decision.answers) == ("b", "message-b")


def test_a_late_reply_answers_the_text_that_was_last_when_it_came() -> None:
    earlier = {
        "first": int(NOW.timestamp()),
        "second": int(NOW.timestamp()) + 240,
        "message-a": int(LATER.timestamp()),
    }
    busy = replace(last_text("a", 60), lately=earlier, client_id="c1")

    decision = attribute([busy], NOW + timedelta(minutes=5))

    assert isinstance(decision, Attribution)
    assert (decision.account, decision.answers, decision.client_id) == ("a", "second", None)


@given(histories)
def test_a_reply_goes_to_an_account_only_if_it_alone_texted(texts: list[LastText]) -> None:
    decision = attribute(texts, LATER)

    if len(texts) == 1:
        assert isinstance(decision, Attribution)
        assert (decision.account, decision.answers) == (texts[0].account, texts[0].message_id)
    else:
        assert isinstance(decision, Unclear)
        assert sorted(decision.candidates) == sorted(text.account for text in texts)


@given(histories, st.data())
def test_the_order_of_last_texts_does_not_matter(texts: list[LastText], data: st.DataObject) -> None:
    assert attribute(data.draw(st.permutations(texts)), LATER) == attribute(texts, LATER)


@given(st.none() | st.sampled_from("abc"), st.dictionaries(st.sampled_from("abc"), st.booleans()))
def test_a_reply_is_linked_only_to_a_client_who_has_the_phone(texted: str | None, having: dict[str, bool]) -> None:
    linked = client_of_reply(texted, having)

    assert linked is None or linked in having
    assert linked == texted or texted not in having
