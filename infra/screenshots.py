"""`make screenshots`: write pictures of the hub to docs/screens, of a studio with a month of texts."""

import random
import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from hub.automatic import suggestions
from infra.local.lively_studio import NAMES
from longcode import months
from longcode.accounts import people, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.accounts.people import Person, Role
from longcode.aws import clients, queues
from longcode.billing import closing
from longcode.clients import join_pages
from longcode.clients.join_pages import JoinPage
from longcode.jobs import HandleKeyword
from longcode.plans.plans import PlanChange
from longcode.teamwork import store as teamwork
from longcode.teamwork.store import Note
from longcode.template import Template, TemplateVersion
from longcode.templates import store as template_store
from longcode.triggers import store as triggers
from optout import worker as optout_worker
from tests.support.fakes import FakeCarrier, studio, take_queued
from tests.support.fakes import client as write_client
from tests.support.hub_server import CHROMIUM_OPTIONS, chromium, serving_hub
from tests.support.local_aws import local_aws
from tests.support.reply_steps import receive
from tests.support.text_steps import accept, deliver
from tests.support.trigger_steps import report_event

FOLDER = Path(__file__).parents[1] / "docs" / "screens"
PAGES = {
    "home": "home",
    "conversation": "messages/12125551000",
    "clients": "clients",
}
_WIDE_PAGES = {
    "template": "templates/Proofs are ready",
    "plan": "plan",
    "trigger": "triggers/Session-reminder",
    "upcoming": "upcoming",
    "opt-outs": "opt-outs",
    "join-page": "join-page",
    "hours": "hours",
}
_SIZES: dict[str, ViewportSize] = {"wide": {"width": 1120, "height": 720}, "narrow": {"width": 390, "height": 844}}
_SHOTS = (("wide", "light"), ("wide", "dark"), ("narrow", "light"))

_PIXELS = """async (png) => {
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, picture.width, picture.height).data;
  let text = "";
  for (let at = 0; at < pixels.length; at += 32768) text += String.fromCharCode(...pixels.subarray(at, at + 32768));
  return [picture.width, picture.height, btoa(text)];
}"""

_NAMES = NAMES[:14]
_TEXTS = (
    "Hi {{client.first_name}}, your proofs are ready to look at.",
    "Hi {{client.first_name}}, see you tomorrow at 10:00!",
    "Hi {{client.first_name}}, two spring slots are left. Reply YES to take one.",
)
_TEMPLATE = Template(
    account="10000001",
    name="Proofs are ready",
    subject="After the session",
    body="Hi {{client.first_name|there}}, your proofs are ready. Come and choose those you like best!",
    shortcut="proofs",
)
_TEMPLATE_BEFORE = TemplateVersion(subject="", body="Your proofs are ready.", changed_by="Kim")
_FILE = """id,first_name,last_name,phone,sms,tags
c0,Zoë,Müller,(212) 555-1000,yes,wedding; 2027
2001,Hanna,Berg,(212) 555-0161,yes,family
2002,Omar,Said,212,yes,family
2003,Lena,Vogel,(212) 555-0163,maybe,
2004,Paul,Roy,(212) 555-0164,yes,wedding
"""
_HOURS = {day: [{"opens": "09:00", "closes": "17:00"}] for day in ("tuesday", "wednesday", "thursday", "friday")}
_AWAY = "Thank you for your text. We are closed now and open again {{studio.opens}}."
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
                _save(page, f"{name}-{size}-{scheme}")
            if (size, scheme) == ("wide", "light"):
                for name, path in _WIDE_PAGES.items():
                    page.goto(f"{address}/{path}")
                    _save(page, f"{name}-{size}-{scheme}")
                for name, show in _SHOWN.items():
                    show(page, address)
                    _save(page, f"{name}-{size}-{scheme}")
            context.close()


def _save(page: Page, name: str) -> None:
    """Write a picture without the filters of the browser's PNG, which make one of plain areas a quarter larger."""
    blank = page.context.new_page()
    width, height, pixels = blank.evaluate(_PIXELS, b64encode(page.screenshot()).decode())
    blank.close()
    colours = bytearray(b64decode(pixels))
    del colours[3::4]
    rows = b"".join(b"\0" + colours[at : at + 3 * width] for at in range(0, len(colours), 3 * width))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    content = b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
        for kind, part in chunks
    )
    (FOLDER / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)


def _show_plans(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-up")


def _write_text(page: Page, address: str) -> None:
    """Write a text to a client, and wait for its preview."""
    page.goto(f"{address}/new?to=%2B12125551000")
    page.locator("#body").fill(f"{_TEXTS[0]} Come by any time this week 🎉")
    page.locator("#answer .words").wait_for()


def _check_broadcast(page: Page, address: str) -> None:
    """Prepare a broadcast, and wait for what it comes to."""
    page.goto(f"{address}/broadcasts/new")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("The text").fill(_TEXTS[2])
    page.get_by_role("button", name="Continue").click()
    page.locator(".counts").wait_for()


def _check_file(page: Page, address: str) -> None:
    """Hand in a file with clients, and wait for the report."""
    page.goto(f"{address}/clients/import")
    page.locator("#file").set_input_files({"name": "clients.csv", "mimeType": "text/csv", "buffer": _FILE.encode()})
    page.get_by_role("button", name="Check the file").click()
    page.locator(".counts").wait_for()


def _open_invoice(page: Page, address: str) -> None:
    page.goto(f"{address}/invoices")
    page.locator(".cards a").first.click()


_SHOWN = {
    "sign-up": _show_plans,
    "new-text": _write_text,
    "import": _check_file,
    "invoice": _open_invoice,
    "broadcast": _check_broadcast,
}


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
    account = studio(created_at=opened, plan_changes=(PlanChange(opened, "medium"),), edition="professional")
    template_store.change_template(None, _TEMPLATE, [replace(_TEMPLATE_BEFORE, changed_at=now - timedelta(days=4))])
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
    closing.close(account, months.previous(months.month_of(now)), lambda: now)
    _plan_reminders(account, now)
    _keep_consent(account, now)
    _share_a_conversation(account, now)
    return account


def _share_a_conversation(account: Account, now: datetime) -> None:
    """Add a colleague, who answers the first conversation and has written a note on it."""
    kim = Person(
        account=account.id,
        id="kim",
        name="Kim",
        email="kim@studio.example",
        role=Role.STAFF,
        added_at=account.created_at,
    )
    people.add(kim)
    teamwork.assign(account, _phone(0), kim.id, "Foxglove Portraits", now)
    words, at = "Dogs are welcome in the garden studio.", now - timedelta(minutes=1)
    teamwork.add_note(
        account, Note(account=account.id, phone=_phone(0), id="note", words=words, at=at, person=kim.id, by=kim.name)
    )


def _keep_consent(account: Account, now: datetime) -> None:
    """Have a client stop, turn the join page on, and set opening hours with an away text."""
    receive("SMend", "Stop", phone=_phone(6), at=now - timedelta(days=1))
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), now - timedelta(days=1))
    greeting = "Be the first to hear of mini sessions."
    join_pages.save(
        account, JoinPage(account=account.id, code="foxglove2026", shown=True, greeting=greeting), None, now
    )
    accounts.change_settings(account.id, {"opening_hours": _HOURS, "away_text": _AWAY})


def _plan_reminders(account: Account, now: datetime) -> None:
    """Write the ready-made triggers, and report sessions for which they plan texts."""
    for each in suggestions.ALL:
        triggers.put(replace(each.trigger, account=account.id, name=each.trigger.name.replace(" ", "-")))
    for index in range(6):
        day, status = (now + timedelta(days=2 + index)).date(), "tentative" if index == 2 else "confirmed"
        changes = {"id": f"s-{index}", "client_id": f"c{index}", "status": status, "session_date": str(day)}
        report_event(account, f"session-{index}", now, **changes)


def _phone(index: int) -> str:
    return f"+1212555{1000 + index}"


if __name__ == "__main__":
    main()
