from msgspec.structs import fields

from longcode.accounts.account import Account
from longcode.numbers.choose import Sender
from longcode.numbers.routing import our_numbers

ONE, TWO, OWN = "+15555550100", "+15555550101", "+15555550177"


def test_our_numbers_are_the_shared_ones_and_the_accounts_own() -> None:
    assert our_numbers(None, [ONE, TWO]) == (ONE, TWO)
    assert our_numbers(OWN, [ONE, TWO]) == (ONE, TWO, OWN)


def test_a_sender_has_the_attributes_types_and_defaults_of_its_account() -> None:
    of_account = {field.encode_name: (field.name, field.type, field.default) for field in fields(Account)}
    of_sender = {field.encode_name: (field.name, field.type, field.default) for field in fields(Sender)}

    assert of_sender.keys() - of_account.keys() == {"hour_filled_at"}  # no other reader needs it
    assert of_sender.items() - {("hour_filled_at", of_sender["hour_filled_at"])} <= of_account.items()
