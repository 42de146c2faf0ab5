"""`longcode partners`: a key is shown once, listed without its secret, and ended after a yes."""

import pytest

from tests.support.operator import longcode

pytestmark = pytest.mark.usefixtures("aws")


def test_a_key_is_shown_once_with_a_warning() -> None:
    made = longcode("partners", "make-key", "fotoware", "--name", "Fotoware Studio")
    listed = longcode("partners", "list")

    [key] = [word for word in made.printed.split() if word.startswith("lcp_")] or ["no key"]
    assert "The key is shown only now." in made.printed
    assert "fotoware Fotoware Studio" in listed.printed
    assert "Ann" in listed.printed
    assert key not in listed.printed


def test_a_key_is_ended_after_a_yes() -> None:
    key = longcode("--json", "partners", "make-key", "fotoware", "--name", "Fotoware Studio").answer["id"]

    unasked = longcode("partners", "end-key", key)
    ended = longcode("partners", "end-key", key, "--yes")

    assert unasked.exit_code == 2
    assert ended.printed == f"The key {key} of fotoware is ended. Its accounts stay."
    assert longcode("--json", "partners", "list").answer[0]["ended_at"] is not None


@pytest.mark.parametrize(("partner", "field"), [("Foto Ware", "PARTNER"), ("", "PARTNER")])
def test_a_partner_with_another_form_of_name_is_refused(partner: str, field: str) -> None:
    ended = longcode("partners", "make-key", partner, "--name", "Fotoware")

    assert ended.exit_code == 1
    assert f"({field})" in ended.printed


def test_a_key_that_is_not_there_cannot_be_ended() -> None:
    ended = longcode("partners", "end-key", "nokey", "--yes")

    assert (ended.exit_code, ended.printed) == (1, "There is no partner key 'nokey'. (KEY)")
