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


def test_the_only_shared_number_and_an_accounts_own_are_known_without_asking() -> None:
    own = replace(STUDIO, number=OWN)

    assert fixed_number(STUDIO, [ONE]) == ONE
    assert fixed_number(STUDIO, [ONE, TWO]) is None
    assert fixed_number(own, [ONE, TWO]) == OWN
    assert our_numbers(own, [ONE, TWO]) == (ONE, TWO, OWN)


def test_a_first_text_goes_over_a_number_that_nobody_else_has_with_the_phone() -> None:
    assert sticky_number({"b": ONE, "c": THREE}, "a", PHONE, [ONE, TWO, THREE]) == TWO


def test_when_all_are_taken_it_goes_over_one_that_the_fewest_have() -> None:
    assert sticky_number({"b": ONE, "c": ONE, "d": TWO}, "a", PHONE, [ONE, TWO]) == TWO


def test_an_account_keeps_its_line_also_beside_others_while_no_number_is_free() -> None:
    assert sticky_number({"a": ONE, "b": ONE, "c": ONE, "d": TWO}, "a", PHONE, [ONE, TWO]) == ONE


def test_an_account_that_shares_its_line_moves_when_a_number_is_free() -> None:
    assert sticky_number({"a": ONE, "b": ONE}, "a", PHONE, [ONE, TWO]) == TWO


def test_a_line_over_a_number_that_is_no_longer_ours_is_chosen_anew() -> None:
    assert sticky_number({"a": THREE, "b": ONE}, "a", PHONE, [ONE, TWO]) == TWO


def test_ties_are_spread_over_the_numbers() -> None:
    chosen = [sticky_number({}, "a", f"+1212555{index:04}", [ONE, TWO, THREE]) for index in range(300)]

    assert all(70 < chosen.count(number) < 130 for number in (ONE, TWO, THREE))


def test_who_last_talked_over_a_number_before_there_were_lines_goes_on_there() -> None:
    assert initial_sticky_senders({ONE: "b", OWN: "c"}, [ONE, TWO]) == {"b": ONE}


@given(taken, shared)
def test_a_number_that_is_shared_by_others_is_never_chosen_while_one_is_free(
    lines: dict[str, str], ours: list[str]
) -> None:
    chosen = sticky_number(lines, "a", PHONE, ours)

    assert chosen in ours
    assert chosen not in lines.values() or set(ours) <= set(lines.values())


@given(taken, shared)
def test_what_was_chosen_once_is_chosen_again(lines: dict[str, str], ours: list[str]) -> None:
    chosen = sticky_number(lines, "a", PHONE, ours)

    assert sticky_number({**lines, "a": chosen}, "a", PHONE, ours) == chosen
