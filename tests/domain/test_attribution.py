from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.numbers.routing import AttributionRule, LastText, attribute, client_of_reply

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


def test_the_last_account_to_text_gets_the_reply_and_the_others_are_candidates_newest_first() -> None:
    decision = attribute([last_text("a", 1), last_text("b", 3), last_text("c", 2)], LATER)

    assert decision
    assert (decision.rule, decision.account, decision.candidates) == (AttributionRule.LAST_TEXTED, "b", ("c", "a"))


def test_texts_sent_after_the_reply_arrived_are_ignored() -> None:
    decision = attribute([last_text("a", 1), last_text("b", 3)], NOW + timedelta(minutes=2))

    assert decision
    assert (decision.account, decision.candidates) == ("a", ("b",))


def test_a_reply_older_than_every_last_text_goes_to_the_newest() -> None:
    decision = attribute([last_text("a", 1), last_text("b", 3)], NOW)

    assert decision
    assert decision.account == "b"


def test_the_carriers_reference_decides_before_the_last_text() -> None:
    older = replace(last_text("a", 1), message_id="older", client_id="c1")

    decision = attribute([last_text("a", 2), last_text("b", 3)], LATER, answered=older)

    assert decision
    assert (decision.rule, decision.account, decision.candidates) == (AttributionRule.CARRIER_REFERENCE, "a", ("b",))
    assert (decision.answers, decision.client_id) == ("older", "c1")


def test_the_carriers_reference_decides_before_the_numbers_owner() -> None:
    decision = attribute([last_text("a", 1)], LATER, answered=last_text("a", 1), owner="b")

    assert decision
    assert (decision.rule, decision.account, decision.candidates) == (AttributionRule.CARRIER_REFERENCE, "a", ("b",))


def test_a_reply_to_a_dedicated_number_goes_to_its_owner_even_if_it_never_texted_the_phone() -> None:
    never = attribute([], LATER, owner="b")
    beside_another = attribute([last_text("a", 1)], LATER, owner="b")

    assert never
    assert beside_another
    assert (never.rule, never.account, never.answers, never.candidates) == (
        AttributionRule.DEDICATED_NUMBER,
        "b",
        None,
        (),
    )
    assert (beside_another.account, beside_another.answers, beside_another.candidates) == ("b", None, ("a",))


def test_a_reply_to_a_dedicated_number_answers_the_owners_newest_text() -> None:
    decision = attribute([last_text("a", 3), last_text("b", 1)], LATER, owner="b")

    assert decision
    assert (decision.account, decision.answers) == ("b", "message-b")


def test_a_late_reply_answers_the_text_that_was_last_when_it_came() -> None:
    earlier = {
        "first": int(NOW.timestamp()),
        "second": int(NOW.timestamp()) + 240,
        "message-a": int(LATER.timestamp()),
    }
    busy = replace(last_text("a", 60), lately=earlier, client_id="c1")

    decision = attribute([busy, last_text("b", 3)], NOW + timedelta(minutes=5))

    assert decision
    assert (decision.account, decision.answers, decision.client_id) == ("a", "second", None)


@given(histories)
def test_a_reply_goes_to_an_account_that_texted_and_none_texted_later(texts: list[LastText]) -> None:
    decision = attribute(texts, LATER)

    assert decision
    [chosen] = [text for text in texts if text.account == decision.account]
    assert max(text.at for text in texts) == chosen.at
    assert decision.answers == chosen.message_id


@given(histories, st.data())
def test_the_order_of_last_texts_does_not_matter(texts: list[LastText], data: st.DataObject) -> None:
    assert attribute(data.draw(st.permutations(texts)), LATER) == attribute(texts, LATER)


@given(histories)
def test_the_candidates_are_all_other_accounts(texts: list[LastText]) -> None:
    decision = attribute(texts, LATER)

    assert decision
    assert sorted([decision.account, *decision.candidates]) == sorted(text.account for text in texts)


@given(st.none() | st.sampled_from("abc"), st.dictionaries(st.sampled_from("abc"), st.booleans()))
def test_a_reply_is_linked_only_to_a_client_who_has_the_phone(texted: str | None, having: dict[str, bool]) -> None:
    linked = client_of_reply(texted, having)

    assert linked is None or linked in having
    assert linked == texted or texted not in having
