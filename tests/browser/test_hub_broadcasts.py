"""A broadcast in a real browser: its numbers move while it goes out, and stand when it is done."""

import pytest
from playwright.sync_api import Page, expect

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from tests.support.broadcast_steps import advance, create_broadcast, deliver_bulk_texts
from tests.support.fakes import FakeCarrier

pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,
]  # Playwright talks to the browser over a pair of sockets


def test_the_numbers_of_a_broadcast_move_while_it_goes_out(signed_in: Page, hub: str, account: Account) -> None:
    accounts.change_settings(account.id, {"quiet_hours": False})
    broadcast_id = create_broadcast(account, now=clients.now())
    advance(clients.now())
    signed_in.clock.install()
    signed_in.goto(f"{hub}/broadcasts/{broadcast_id}")
    expect(signed_in.locator("#progress")).to_contain_text("0 of 2 texts handed over")

    deliver_bulk_texts(clients.now(), FakeCarrier())
    signed_in.clock.run_for(5000)

    expect(signed_in.locator("#progress")).to_contain_text("2 of 2 texts handed over")
    expect(signed_in.get_by_role("button", name="Pause")).to_be_hidden()
