"""What all pages of the hub keep to: headers, addresses, escaping, and one studio's data only."""

import re
from typing import Any

import pytest
from msgspec.structs import replace

from bench import broadcast_steps, hub_addresses
from hub import page
from hub.site import site
from hub.site_api import PAGES
from longcode.accounts import account_links
from longcode.accounts.account import Account
from longcode.accounts.account_links import LinkKind
from longcode.aws import clients
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.message import MessageKind
from longcode.messages import store as messages
from longcode.messages.compose import draft
from longcode.table import keys, store
from longcode.table.writes import Put
from tests.support.browser import MINIMUM_COMPRESSION_SIZE, PREFIX, Browser
from tests.support.fakes import NOW
from tests.support.reply_steps import PHONE

HOSTILE = "<script>alert(1)</script>\"'>&amp;"


def test_no_page_loads_anything_from_another_host_or_runs_words_as_script(
    account: Account, signed_in: Browser
) -> None:
    link = f"/password/{account_links.request(LinkKind.PASSWORD, account.id, clients.now())}"
    pages = [signed_in.get("home"), *map(Browser().get, ("", "sign-in", "nowhere", link, "/signup/confirm/x"))]

    for each in pages:
        policy = each.headers["Content-Security-Policy"][0]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
        assert "unsafe" not in policy
        assert all(address.startswith(f"{PREFIX}/hub/") or address.endswith("#main") for address in each.addresses), (
            each.addresses
        )
        assert [
            tag for tag, given in each.tags if any(name.startswith("on") or name == "style" for name in given)
        ] == []
        assert each.headers["Cache-Control"] == ["no-store"]
        assert each.headers["X-Content-Type-Options"] == ["nosniff"]


def test_assets_are_kept_for_a_year_under_a_name_that_changes_with_them() -> None:
    browser = Browser()
    sheet = next(address for address in browser.get("sign-in").addresses if address.endswith(".css"))

    found = browser.get(sheet.removeprefix(f"{PREFIX}/hub/"))

    assert (found.status, found.headers["Content-Type"]) == (200, ["text/css; charset=utf-8"])
    assert found.headers["Cache-Control"] == ["public, max-age=31536000, immutable"]
    assert found.html == (page.HERE / "assets" / "hub.css").read_text()


@pytest.mark.parametrize("path", ["assets/hub.css", "assets/../page.py", "assets/%2e%2e/page.py", "assets/", "x/y/z"])
def test_an_address_without_a_page_says_so(path: str) -> None:
    found = Browser().get(path)

    assert found.status == 404
    assert "There is no page at this address." in found.text


@pytest.mark.account(name=HOSTILE)
def test_hostile_names_are_shown_as_they_are_written(signed_in: Browser) -> None:
    home = signed_in.get("home")

    assert HOSTILE in home.text
    assert [given for tag, given in home.tags if tag == "script" and "src" not in given] == []


@pytest.mark.account(people=60)
def test_a_page_with_all_that_it_loads_is_small(account: Account, signed_in: Browser) -> None:
    new = draft(account=account.id, message_id="", kind=MessageKind.INDIVIDUAL, phone=PHONE, body="", now=NOW)
    for index in range(90):
        text = replace(new, id=f"m{index}", body=f"{index} words that a studio wrote in a text", by="Ann Lee")
        store.write(Put(keys.message(account.id, text.id), messages.item(text)))

    for path in ("home", "messages", "messages/12125550123", "clients", "new"):
        sent = signed_in.with_assets(signed_in.get(path))
        assert len(sent) == 4, path
        assert sum(each.bytes_sent for each in sent) < 60_000, path


def test_each_page_of_a_session_is_timed_or_the_benchmark_says_why_not() -> None:
    assert PAGES  # importing them has added their routes
    no_pages = (".csv", ".zip", ".svg", "/invoice-pdf/<month>")
    without_session = ("/hub/sign-", "/hub/operator", "/hub/address/", "/signup/", "/password/", "/join/")
    routes = {
        route.path
        for route in (*site._static_routes, *site._dynamic_routes)
        if route.method == "GET" and not route.path.endswith(no_pages) and not route.path.startswith(without_session)
    }
    draft = BroadcastDraft(account="1", id="d", at=NOW, changed_at=NOW)
    ways = hub_addresses.pages(["12125550123"] * 40) | broadcast_steps.pages(draft)
    opened = {f"/hub/{path}" for each in ways.values() for path, _ in each}
    static = {route for route in routes if "<" not in route}
    timed = {
        route
        for route in routes
        if any(
            path == route or (path not in static and re.fullmatch(re.sub(r"<\w+>", "[^/]+", route), path))
            for path in opened
        )
    }

    assert routes - timed == hub_addresses.NOT_TIMED.keys()


def test_the_gateway_compresses_pages_as_the_tests_count_them(template: dict[str, Any]) -> None:
    assert template["Resources"]["Api"]["Properties"]["MinimumCompressionSize"] == MINIMUM_COMPRESSION_SIZE
