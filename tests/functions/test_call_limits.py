"""An account that calls without end is refused beyond its rate; others, and who calls as programs do, are not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, TypeVar

import pytest

from accounts import settings_api
from clients import api as clients_api
from infra import openapi
from longcode.accounts import sessions
from longcode.aws import clients
from longcode.errors import TooManyRequests
from longcode.usage import call_limits
from longcode.usage.call_limits import ALONE, MOST, WINDOW_SECONDS, CallLimits
from tests.support.browser import Browser, Page
from tests.support.crashes import recorded_calls
from tests.support.fakes import NOW, ApiResponse, call, studio
from tests.support.source_reading import resources_of_type

T = TypeVar("T", ApiResponse, Page)
HOSTILE, CALM = "10000001", "10000002"


class Share:
    """The counters of the table, in memory: what accounts may take in each window."""

    def __init__(self) -> None:
        self.taken: dict[tuple[str, int], int] = {}
        self.asked = 0

    def take(self, account: str, calls: int, now: datetime) -> bool:
        self.asked += 1
        place = account, int(now.timestamp()) // WINDOW_SECONDS
        if self.taken.get(place, 0) + calls > MOST:
            return False
        self.taken[place] = self.taken.get(place, 0) + calls
        return True


@pytest.fixture
def share() -> Share:
    return Share()


def passes(limits: CallLimits, share: Share, account: str, seconds: float, cost: int = 1) -> bool:
    try:
        limits.check(account, cost, share.take, NOW + timedelta(seconds=seconds))
    except TooManyRequests:
        return False
    return True


def flood(share: Share, processes: int, calls_a_second: int, seconds: int, cost: int = 1) -> list[float]:
    """Call from an account as often, at each process in turn; return the seconds at which a call passed."""
    limits = [CallLimits() for _ in range(processes)]
    times = [number / calls_a_second for number in range(calls_a_second * seconds)]
    return [at for index, at in enumerate(times) if passes(limits[index % processes], share, HOSTILE, at, cost)]


@pytest.mark.parametrize("processes", [1, 2, 20])
def test_a_flood_passes_at_fifty_calls_a_second_however_many_processes_take_it(share: Share, processes: int) -> None:
    passed = flood(share, processes, calls_a_second=200, seconds=60)

    assert len(passed) <= MOST * 60 / WINDOW_SECONDS + processes * (ALONE + 15)
    assert len(passed) >= 0.95 * MOST * 60 / WINDOW_SECONDS


def test_a_flood_costs_few_calls_to_the_table(share: Share) -> None:
    flood(share, processes=2, calls_a_second=200, seconds=60)

    assert share.asked <= 60 / WINDOW_SECONDS * (MOST / 10 + 2)


def test_another_account_passes_during_a_flood_in_the_same_process(share: Share) -> None:
    limits = CallLimits()
    calm = []
    for number in range(200 * 30):
        passes(limits, share, HOSTILE, number / 200)
        if number % 200 == 0:
            calm.append(passes(limits, share, CALM, number / 200))

    assert calm == [True] * 30


@pytest.mark.parametrize(
    ("calls", "pause", "asked"),
    [(300, 300, 0), (300, 5, 0), (10_000, 0.025, 1_000)],
    ids=["polled each five minutes", "a page of the hub", "10,000 PUTs"],
)
def test_ordinary_programs_never_see_the_limit(share: Share, calls: int, pause: float, asked: int) -> None:
    limits = CallLimits()

    assert all(passes(limits, share, CALM, number * pause) for number in range(calls))
    assert share.asked <= asked


def test_a_call_that_takes_seconds_counts_as_many(share: Share) -> None:
    """The costs of the routes, and that an account makes one import a second, or two broadcasts."""
    costs = {
        ("POST", "/clients/import"): 50,
        ("POST", "/hub/clients/import"): 50,
        ("POST", "/broadcasts"): 25,
        ("POST", f"/hub/broadcasts/new/{'d' * 32}/go"): 25,
        ("POST", f"/hub/broadcasts/new/{'d' * 32}/add-up"): 50,
        ("POST", f"/hub/broadcasts/new/{'d' * 32}/preview"): 5,
        ("POST", f"/hub/broadcasts/new/{'d' * 32}/check"): 10,
        ("GET", "/hub/changes"): 5,
        ("POST", "/broadcasts/b1/calls"): 25,
        ("POST", "/hub/opt-outs/import/a1"): 50,
        ("POST", "/triggers/reminder/plan"): 50,
        ("GET", "/hub/export/messages.csv"): 25,
        ("GET", "/hub/usage/2026-11/texts.csv"): 25,
        ("GET", "/usage/2026-11/texts"): 25,
        ("GET", "/broadcasts"): 5,
        ("GET", "/hub/broadcasts/b1/again"): 25,
        ("POST", "/hub/broadcasts/found"): 5,
        ("GET", "/hub/consent"): 5,
        ("POST", "/webhooks/test"): 50,
        ("POST", "/hub/webhooks/test"): 50,
        ("POST", "/webhooks/deliveries/d1/replay"): 10,
        ("GET", "/hub/broadcasts/b1"): 1,
        ("POST", "/messages"): 1,
    }
    assert {call: call_limits.cost_of(*call) for call in costs} == costs

    assert len(flood(share, 2, calls_a_second=10, seconds=60, cost=50)) == 60
    assert len(flood(Share(), 2, calls_a_second=10, seconds=60, cost=25)) == pytest.approx(120, abs=2)


@pytest.mark.parametrize("jump", [-86_400, -7, 7, 86_400])
def test_a_clock_that_jumps_closes_an_account_for_a_window_at_most(share: Share, jump: float) -> None:
    limits = CallLimits()
    for number in range(2 * MOST):
        passes(limits, share, HOSTILE, number / 1_000)

    assert passes(limits, share, HOSTILE, 1 + jump)
    for number in range(2 * MOST):
        passes(limits, share, HOSTILE, 1 + jump + number / 1_000)
    assert passes(limits, share, HOSTILE, 3 * WINDOW_SECONDS)


def test_a_process_remembers_the_newest_accounts_only(share: Share) -> None:
    limits = CallLimits()
    for number in range(10_001):
        passes(limits, share, str(number), 0)

    assert len(limits._left) == 10_000


@pytest.mark.usefixtures("aws")
def test_processes_share_the_windows_of_an_account_in_the_table() -> None:
    taken = [call_limits.take(HOSTILE, 50, NOW) for _ in range(6)]

    assert taken == [True] * 5 + [False]
    assert call_limits.take(CALM, 50, NOW)
    assert call_limits.take(HOSTILE, 50, NOW + timedelta(seconds=WINDOW_SECONDS))


@pytest.fixture
def flooded(aws: None) -> None:
    """A calm studio and a hostile one, which has made all calls of the next two minutes, and is known here."""
    studio(HOSTILE)
    studio(CALM)
    for window in range(24):
        call_limits.take(HOSTILE, MOST, clients.now() + timedelta(seconds=window * WINDOW_SECONDS))
    for _ in range(ALONE):
        call(settings_api, "GET", "/account", account=HOSTILE)


def first_refusal(ask: Callable[[], T]) -> T:
    """Call until a call is refused: while a test is slow, a process lets one pass each four seconds."""
    answers = (ask() for _ in range(10))
    return next(answer for answer in answers if answer.status == 429)


def test_the_limit_holds_for_every_route_that_needs_credentials(template: dict[str, Any]) -> None:
    names = set(openapi.RESOLVERS) - openapi.WITHOUT_PASSWORD
    limited = {name for name in names if import_module(name).app.check_calls is call_limits.check}
    (api,) = resources_of_type(template, "AWS::Serverless::Api").values()
    shared = {setting["ResourcePath"] for setting in api["MethodSettings"]}

    assert limited == names
    assert shared == {"/*", "/~1docs~1{file}"}, "a studio could take a limit for all from others"


@pytest.mark.usefixtures("flooded")
def test_a_refused_call_says_when_to_come_back_and_reads_nothing() -> None:
    made = []
    for _ in range(5):
        with recorded_calls() as calls:
            refused = first_refusal(lambda: call(settings_api, "GET", "/account", account=HOSTILE))
        made.append(calls)

    seconds = int(refused.headers["Retry-After"])
    assert (refused.status, refused.json["code"]) == (429, "too_many_requests")
    assert [] in made  # the first one in a window asks the table
    assert 1 <= seconds <= WINDOW_SECONDS
    assert refused.json["detail"].startswith("This account made more than 250 calls in 5 seconds; try again in ")
    assert refused.headers["Content-Type"] == "application/problem+json"


@pytest.mark.usefixtures("flooded")
def test_a_flood_leaves_anothers_calls_alone() -> None:
    assert first_refusal(lambda: call(clients_api, "GET", "/clients", account=HOSTILE))
    assert call(clients_api, "GET", "/clients", account=CALM).status == 200


@pytest.mark.usefixtures("flooded")
def test_the_limit_holds_for_the_hub_too_and_for_api_and_hub_together() -> None:
    browser, other = Browser(), Browser()
    for one, account in ((browser, HOSTILE), (other, CALM)):
        one.cookies["session"] = sessions.begin(account, "Chrome", clients.now())

    refused = first_refusal(lambda: browser.get("home"))

    assert refused.text.count("This account made more than 250 calls") == 1
    assert "Retry-After" in refused.headers
    assert first_refusal(lambda: browser.get("newest", "after=0"))
    assert other.get("home").status == 200


@pytest.mark.usefixtures("aws")
def test_a_call_now_and_then_writes_nothing_and_each_tenth_of_many_once() -> None:
    studio(CALM)
    with recorded_calls() as calls:
        for _ in range(ALONE + 25):
            call(settings_api, "GET", "/account", account=CALM)

    assert calls[:ALONE] == ["GetItem"] * ALONE
    assert 1 <= calls.count("UpdateItem") <= 3  # fewer if the test is slow
