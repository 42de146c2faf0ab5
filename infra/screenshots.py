"""`make screenshots`: write pictures of the hub to docs/screens, of a studio with a month of texts."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from longcode.accounts import sessions
from longcode.accounts.account import Account
from longcode.aws import clients, queues
from longcode.jobs import HandleKeyword
from longcode.plans.plans import PlanChange
from optout import worker as optout_worker
from tests.support.fakes import FakeCarrier, studio, take_queued
from tests.support.fakes import client as write_client
from tests.support.hub_server import CHROMIUM_OPTIONS, chromium, serving_hub
from tests.support.local_aws import local_aws
from tests.support.reply_steps import receive
from tests.support.text_steps import accept, deliver

FOLDER = Path(__file__).parents[1] / "docs" / "screens"
PAGES = {"home": "home", "conversation": "messages/12125551000", "clients": "clients"}
_SIZES: dict[str, ViewportSize] = {"wide": {"width": 1280, "height": 800}, "narrow": {"width": 390, "height": 844}}
_SHOTS = (("wide", "light"), ("wide", "dark"), ("narrow", "light"))

_NAMES = (
    *("Zoë Müller", "Ann Lee", "Søren Ångström", "Priya Natarajan", "Tom O’Brien", "Mei Chen", "Luis Ortega"),
    *("Fatima Haddad", "Grace Kim", "Noah Weber", "Chloé Martin", "Ivan Petrov", "Aisha Bello", "Emma Rossi"),
)
_TEXTS = (
    "Hi {{client.first_name}}, your proofs are ready to look at.",
    "Hi {{client.first_name}}, see you tomorrow at 10:00!",
    "Hi {{client.first_name}}, two spring slots are left. Reply YES to take one.",
)
_REPLIES = (
    "Thanks!",
    "Can I bring the dog?",
    "Yes please",
    "We are running ten minutes late 🙈",
    "Lovely, thank you!",
)


def main() -> None:
    """Write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with local_aws(), serving_hub() as address, _browser() as browser:
        account = open_studio()
        token = sessions.begin(account.id, "Chrome", clients.now())
        for size, scheme in _SHOTS:
            context = browser.new_context(viewport=_SIZES[size], color_scheme="dark" if scheme == "dark" else "light")
            context.add_cookies([{"name": "session", "value": token, "url": address}])
            page = context.new_page()
            for name, path in PAGES.items():
                page.goto(f"{address}/{path}")
                page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png")
            context.close()


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=[*CHROMIUM_OPTIONS])
        yield started
        started.close()


def open_studio() -> Account:
    """Open a studio that has texted its clients for two months, and has replies to answer."""
    random.seed(11)
    now = clients.now()
    opened = now - timedelta(days=90)
    account = studio(created_at=opened, plan_changes=(PlanChange(opened, "medium"),))
    for index, name in enumerate(_NAMES):
        first, _, last = name.partition(" ")
        tags = ("wedding",) if index % 3 == 0 else ("family", "2027") if index % 3 == 1 else ()
        write_client(account, f"c{index}", _phone(index), first_name=first, last_name=last, tags=tags)
    for days in range(55, -1, -1):
        at = now - timedelta(days=days, minutes=20)
        for index in random.sample(range(1, len(_NAMES)), random.choice((0, 1, 3, 5, 2, 9 if days % 7 == 0 else 4))):
            accept(account, f"{days}-{index}", now=at, client_id=f"c{index}", body=random.choice(_TEXTS))
            deliver(FakeCarrier(), at)
            if random.random() < 0.4:
                receive(
                    f"SM{days}-{index}", random.choice(_REPLIES), phone=_phone(index), at=at + timedelta(minutes=4)
                )
    accept(account, "last", now=now - timedelta(days=1), client_id="c0", body=_TEXTS[1])
    deliver(FakeCarrier(), now - timedelta(days=1))
    receive("SMdog", "Can I bring the dog?", phone=_phone(0), at=now - timedelta(minutes=3))
    receive("SMstop", "Please no more texts for now", phone=_phone(4), at=now - timedelta(minutes=9))
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), now)
    return account


def _phone(index: int) -> str:
    return f"+1212555{1000 + index}"


if __name__ == "__main__":
    main()
