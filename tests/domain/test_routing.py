from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.jobs import Product
from longcode.numbers.routing import fixed_number, initial_sticky_senders, our_numbers, sticky_number
from longcode.plans.plans import PlanChange

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
PHONE = "+12125550123"
ONE, TWO, THREE, OWN = "+15555550100", "+15555550101", "+15555550102", "+15555550177"
STUDIO = Account(
    id="a",
    name="Foxglove",
    email="a@studio.example",
    product=Product.SPECTRA,
    edition="standard",
    created_at=NOW,
    plan_changes=(PlanChange(NOW, "medium"),),
)

shared = st.lists(st.sampled_from([ONE, TWO, THREE]), min_size=1, max_size=3, unique=True)
taken = st.dictionaries(st.sampled_from("bcde"), st.sampled_from([ONE, TWO, THREE]))


def test_the_only_shared_number_or_a_dedicated_number_is_fixed() -> None:
    own = replace(STUDIO, number=OWN)

    assert fixed_number(STUDIO, [ONE]) == ONE
    assert fixed_number(STUDIO, [ONE, TWO]) is None
    assert fixed_number(own, [ONE, TWO]) == OWN
    assert our_numbers(own, [ONE, TWO]) == (ONE, TWO, OWN)


def test_a_first_text_gets_a_number_that_no_other_account_uses_for_the_phone() -> None:
    assert sticky_number({"b": ONE, "c": THREE}, "a", PHONE, [ONE, TWO, THREE]) == TWO


def test_a_first_text_gets_a_number_that_the_fewest_use_when_all_are_used() -> None:
    assert sticky_number({"b": ONE, "c": ONE, "d": TWO}, "a", PHONE, [ONE, TWO]) == TWO


def test_an_account_keeps_a_shared_sticky_sender_while_no_number_is_free() -> None:
    assert sticky_number({"a": ONE, "b": ONE, "c": ONE, "d": TWO}, "a", PHONE, [ONE, TWO]) == ONE


def test_an_account_with_a_shared_sticky_sender_moves_when_a_number_is_free() -> None:
    assert sticky_number({"a": ONE, "b": ONE}, "a", PHONE, [ONE, TWO]) == TWO


def test_a_sticky_sender_that_is_no_longer_our_number_is_replaced() -> None:
    assert sticky_number({"a": THREE, "b": ONE}, "a", PHONE, [ONE, TWO]) == TWO


def test_ties_are_spread_over_the_numbers() -> None:
    chosen = [sticky_number({}, "a", f"+1212555{index:04}", [ONE, TWO, THREE]) for index in range(300)]

    assert all(70 < chosen.count(number) < 130 for number in (ONE, TWO, THREE))


def test_the_last_account_to_text_before_sticky_senders_existed_keeps_the_number() -> None:
    assert initial_sticky_senders({ONE: "b", OWN: "c"}, [ONE, TWO]) == {"b": ONE}


@given(taken, shared)
def test_a_used_number_is_never_chosen_while_one_is_free(lines: dict[str, str], ours: list[str]) -> None:
    chosen = sticky_number(lines, "a", PHONE, ours)

    assert chosen in ours
    assert chosen not in lines.values() or set(ours) <= set(lines.values())


@given(taken, shared)
def test_a_chosen_number_is_chosen_again(lines: dict[str, str], ours: list[str]) -> None:
    chosen = sticky_number(lines, "a", PHONE, ours)

    assert sticky_number({**lines, "a": chosen}, "a", PHONE, ours) == chosen
