"""Each page of the hub: axe finds no fault, no page is wider than its window, and a finger hits what it aims at."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page

from admin import invoke
from broadcasts import draft_check
from clients import kept_imports
from hub.operator import operator_api
from hub.site import site
from hub.site_api import PAGES
from longcode.accounts import account_links, api_keys, people, sessions, sign_in_links, sign_ups
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, ReplyDelivery
from longcode.accounts.account_links import LinkKind
from longcode.accounts.api_keys import ApiKey
from longcode.accounts.passwords import KeyScope
from longcode.accounts.people import Person, Role
from longcode.aws import clients, queues
from longcode.billing import store as invoices
from longcode.billing.invoice import compute_invoice
from longcode.broadcasts import drafts
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.clients import join_pages
from longcode.clients.client import Audience
from longcode.clients.imports import KeptImport
from longcode.clients.join_pages import JoinPage
from longcode.clients.permission import Via, Writer
from longcode.jobs import HandleKeyword, OpenAccount, Product
from longcode.plans import store as price_list
from longcode.plans.plans import PlanChange
from longcode.table import keys, store
from longcode.table.writes import Put, attributes
from longcode.template import Template, TemplateVersion
from longcode.templates import store as template_store
from longcode.usage.usage import Usage
from longcode.webhooks import delivery
from longcode.webhooks import store as webhooks
from optout import list_import
from optout import worker as optout_worker
from tests.browser.conftest import ANNS
from tests.support.axe import COLOURS_ALONE, violations
from tests.support.broadcast_steps import advance, create_broadcast
from tests.support.fakes import client as write_client
from tests.support.fakes import studio, take_queued
from tests.support.reply_steps import receive
from tests.support.text_steps import accept
from tests.support.trigger_steps import fire_all, report_event, write_trigger

Ids = dict[str, str]
OPERATOR = "op@longcode.example"  # one of the tests' settings


def write_texts(account: Account) -> Ids:
    accept(account, now=clients.now(), client_id="ann")
    return {"digits": ANNS[1:]}


def write_clients(account: Account) -> Ids:
    now = clients.now()
    new = KeptImport(account=account.id, id="a" * 32, name="clients.csv", size=9, at=now, since=now, rows=0)
    kept_imports.begin(new, account, b"id,first_name,phone\n1,Ann,12\n", Writer(via=Via.IMPORT))
    write_client(account, "cal", "+12125550199", tags=("wedding", "2027"), status="active")
    return {"client_id": "ann", "import_id": new.id}


def write_consent(account: Account) -> Ids:
    now = clients.now()
    receive("SMstop", "STOP", phone=ANNS, at=now)
    new = KeptImport(
        account=account.id, id="e" * 32, name="stops.csv", size=9, at=now, since=now, rows=0, of="opt-outs"
    )
    kept_imports.begin(new, account, b"phone\n12\n", Writer(via=Via.IMPORT), run=list_import.run)
    join_pages.save(account, JoinPage(account=account.id, code="abcdefghjk", shown=True), None, now)
    return {"digits": ANNS[1:], "import_id": new.id, "code": "abcdefghjk"}


def write_broadcasts(account: Account) -> Ids:
    now = clients.now()
    receive("SMask", "Please stop texting me!!", phone=ANNS, at=now)
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), now)
    draft = BroadcastDraft(account=account.id, id="d" * 32, at=now, changed_at=now, body="Hello")
    draft = drafts.begin(replace(draft, audience=Audience(everyone=True)))
    draft_check.step(draft, draft_check.begin(draft, now), account, now)
    broadcast_id = create_broadcast(account, now=now)
    advance(now)
    return {"draft_id": draft.id, "broadcast_id": broadcast_id}


def write_templates(account: Account) -> Ids:
    body = "We open at 9, {{client.name}}."
    words = Template(account=account.id, name="hours", subject="", body=body, shortcut="hours")
    template_store.change_template(None, words, [TemplateVersion(subject="Before", body="We open at 8.")])
    accounts.change_settings(account.id, {"client_fields": {"album": "Album style"}})
    return {"name": words.name}


def write_automatic(account: Account) -> Ids:
    now = clients.now()
    accounts.change_settings(account.id, {"edition": "professional"})
    write_trigger()
    write_trigger(name="call", timing=None, sms_else_call=True)
    write_client(account, "cal", phones=())
    days = [str((now + timedelta(days=days)).date()) for days in (3, 4)]
    for client_id, day in zip(("ann", "cal"), days, strict=True):
        report_event(account, client_id, now, id=client_id, client_id=client_id, session_date=day)
    fire_all(now)
    text = accept(account, now=now, client_id="ben", send_at=now + timedelta(days=2))
    return {"name": "reminder", "month": days[0][:7], "message_id": text.id}


def write_plan(account: Account) -> Ids:
    begun = (PlanChange(clients.now() - timedelta(days=99), "medium"),)  # last month is compared, too
    older = attributes(replace(account, plan_changes=begun))
    store.write(Put(keys.account(account.id), {"type": "account", **older}))
    plan = price_list.of_month("2026-11")["medium"]
    invoices.issue(compute_invoice(account.id, "2026-11", plan, Usage(units_sent=1_100)), clients.now())
    return {"month": "2026-11"}


def write_settings(account: Account) -> Ids:
    now = clients.now()
    hooks = {"webhook_url": "https://studio.example/longcode", "webhook_secret": "whsec_c2VjcmV0"}
    accounts.change_settings(account.id, hooks | {"delivery": ReplyDelivery.WEBHOOK})
    tested = delivery.of_test(account.id, "hub", now)
    webhooks.create([tested])
    key = ApiKey(account=account.id, id="k1", name="Website", scope=KeyScope.READ, created_at=now)
    api_keys.create(key, "hash")
    bo = Person(account=account.id, id="bo", name="Bo", email="bo@x.example", role=Role.STAFF, added_at=now)
    sessions.begin(account.id, "Chrome", now, bo)
    return {"delivery_id": tested.id, "key_id": key.id}


def write_operators(account: Account) -> Ids:
    write_plan(account)
    studio("10000002", name="Büro Zoë", trial_units_a_day=50)
    order = {"do": "accounts.suspend", "account": account.id, "reason": "Unpaid", "by": "Ann"}
    invoke.act(order, clients.now())
    link = sign_in_links.request(people.in_operators_link(OPERATOR), "job", clients.now())
    return {"account_id": account.id, "month": "2026-11", "link": link or ""}


def write_links(account: Account) -> Ids:
    now = clients.now()
    form = OpenAccount(
        id="f",
        studio_name="Foxglove",
        email="new@studio.example",
        product=Product.SPECTRA,
        edition="standard",
        plan="small",
        country_code="1",
    )
    mailing = sign_ups.claim_mail(form, now)
    assert mailing
    return {
        "sign_in": sign_in_links.request(account.email, "job", now) or "",
        "password": account_links.request(LinkKind.PASSWORD, account.id, now),
        "address": account_links.request(LinkKind.ADDRESS, account.id, now, email="other@studio.example"),
        "sign_up": mailing.token,
        "plan": accounts.request_confirmation(account.id, "large", now),
    }


# Paths below the host. What stands between < and > is one of the ids that the function returns.
SUBJECTS: dict[str, tuple[Callable[[Account], Ids], tuple[str, ...]]] = {
    "texting": (
        write_texts,
        (
            *("/hub/home", "/hub/messages", "/hub/messages/<digits>", "/hub/messages/<digits>/link"),
            *("/hub/new", "/hub/failed", "/hub/more"),
        ),
    ),
    "clients": (
        write_clients,
        (
            *("/hub/clients", "/hub/clients/<client_id>", "/hub/clients/<client_id>/delete"),
            *("/hub/clients/import", "/hub/clients/import/<import_id>", "/hub/clients/export/all"),
        ),
    ),
    "consent": (
        write_consent,
        (
            *("/hub/opt-outs", "/hub/opt-outs/record", "/hub/opt-outs/<digits>"),
            *("/hub/opt-outs/import", "/hub/opt-outs/import/<import_id>", "/hub/consent", "/hub/consent/<digits>"),
            *("/hub/join-page", "/hub/join-page/print", "/join/<code>"),
        ),
    ),
    "broadcasts": (
        write_broadcasts,
        (
            *("/hub/broadcasts", "/hub/broadcasts/new"),
            *(f"/hub/broadcasts/new/<draft_id>/{step}" for step in ("whom", "what", "check", "go", "delete")),
            "/hub/broadcasts/<broadcast_id>",
            *(f"/hub/broadcasts/<broadcast_id>/{page}" for page in ("cancel", "calls", "replies", "again")),
        ),
    ),
    "templates": (
        write_templates,
        (
            *("/hub/templates", "/hub/new-template", "/hub/templates/<name>", "/hub/templates/<name>/delete"),
            *("/hub/canned-replies", "/hub/own-fields"),
        ),
    ),
    "automatic": (
        write_automatic,
        (
            *("/hub/triggers", "/hub/triggers/new", "/hub/triggers/<name>", "/hub/triggers/<name>/delete"),
            *("/hub/triggers/<name>/plan", "/hub/upcoming", "/hub/upcoming/calendar?month=<month>"),
            *("/hub/upcoming/cancel?message_id=<message_id>", "/hub/calls"),
        ),
    ),
    "plan": (
        write_plan,
        (
            *("/hub/plan", "/hub/plan/change?plan=large", "/hub/usage", "/hub/usage/<month>"),
            *("/hub/usage/<month>/sheet", "/hub/invoices", "/hub/invoices/<month>"),
        ),
    ),
    "settings": (
        write_settings,
        (
            *("/hub/account", "/hub/account/password", "/hub/account/close", "/hub/sending", "/hub/hours"),
            *("/hub/people", "/hub/notifications", "/hub/webhooks", "/hub/webhooks/secret", "/hub/webhooks/list"),
            *(
                "/hub/webhooks/sent/<delivery_id>",
                "/hub/keys",
                "/hub/keys/<key_id>/end",
                "/hub/export",
                "/hub/changes",
            ),
        ),
    ),
    "the operator": (
        write_operators,
        (
            *("/hub/operator/overview", "/hub/operator/accounts", "/hub/operator/accounts/<account_id>"),
            *("/hub/operator/money", "/hub/operator/money/<month>", "/hub/operator/changes"),
            *("/hub/operator/sign-in", "/hub/operator/sign-in/<link>"),
        ),
    ),
    "signing in": (
        write_links,
        (
            *("/hub/sign-in", "/hub/sign-in/<sign_in>", "/hub/sign-up", "/signup/address/<sign_up>"),
            *("/signup/confirm/<plan>", "/password/<password>", "/hub/address/<address>"),
            *("/hub/sign-in/old", "/hub/nowhere"),
        ),
    ),
}
# What a finger may miss: lower than 44 pixels, and no link within a sentence.
SMALL_TARGETS = """() => {
  const targets = document.querySelectorAll("button, summary, select, textarea, input:not([type=hidden]), a[href]");
  return [...targets].filter((one) => {
    if (one.matches(".skip") || !one.checkVisibility({ visibilityProperty: true })) return false;
    if (one.matches("a") && getComputedStyle(one).display === "inline") return false;
    const { height, width } = (one.closest("label") || one).getBoundingClientRect();
    return width > 1 && Math.round(height) < 44;
  }).map((one) => `${one.localName}.${one.className} ${one.textContent.trim().slice(0, 30)}`);
}"""
# The month with the longest name, so that no page is wider on another day than today.
LONGEST_MONTH = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const months = /\\b(January|February|March|April|June|July|August|October|November|December)\\b/g;
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(months, "September");
}"""
NOT_FOUND = {"/hub/sign-in/old", "/hub/nowhere"}
NO_PAGES = {
    "/hub": "leads to the home page",
    "/hub/operator": "leads to the overview",
    "/hub/assets/<name>": "style sheet, script and pictures",
    "/hub/invoice-pdf/<month>": "a PDF",
    "/hub/join-page/qr.svg": "a picture",
    "/hub/newest": "a mark, for the script",
    "/hub/suggest": "the choices below a field, which the script puts into a page",
}


def shape(path: str) -> str:
    """Return a path without its query and the names of its ids."""
    return re.sub(r"<\w+>", "<>", path.partition("?")[0])


def test_every_page_of_the_site_is_looked_at() -> None:
    assert PAGES  # importing them has added their routes
    assert operator_api.PAGES
    routes = {route.path for route in (*site._static_routes, *site._dynamic_routes) if route.method == "GET"}
    pages = {shape(path) for path in routes - NO_PAGES.keys() if not path.endswith((".csv", ".zip"))}
    looked_at = {shape(path) for _, paths in SUBJECTS.values() for path in paths}

    assert pages - looked_at == set()
    assert looked_at - pages == NOT_FOUND
    assert NO_PAGES.keys() - routes <= {"/hub/invoice-pdf/<month>"}  # a function of its own on AWS


@pytest.mark.browser
@pytest.mark.enable_socket
@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_page_has_a_fault_of_accessibility_or_is_wider_than_a_phone(
    page: Page, hub: str, account: Account, faults: list[str], subject: str
) -> None:
    write, paths = SUBJECTS[subject]
    ids = write(account)
    found: list[tuple[object, ...]] = []
    if subject == "the operator":
        of_operator = sessions.begin(people.OPERATORS, "Chrome", clients.now(), people.operator(OPERATOR))
        page.context.add_cookies([{"name": "operator", "value": of_operator, "url": hub}])
    elif subject != "signing in":
        session = sessions.begin(account.id, "Chrome", clients.now())
        page.context.add_cookies([{"name": "session", "value": session, "url": hub}])
    page.route("**/*", lambda route: route.fallback() if route.request.method == "GET" else None)  # no work goes on
    for path in paths:
        address = re.sub(r"<(\w+)>", lambda match: ids[match[1]], path)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")  # otherwise its colours change slowly
        answer = page.goto(f"{hub.removesuffix('/hub')}{address}")
        arrived = (answer.status if answer else None, page.url.removeprefix(hub.removesuffix("/hub")))
        expected = (404 if path in NOT_FOUND else 200, address)
        found += [(path, arrived)] if arrived != expected else []
        found += [(path, fault["id"], fault["nodes"]) for fault in violations(page)]
        page.evaluate(LONGEST_MONTH)
        for width in (1920, 320, 390):
            page.set_viewport_size({"width": width, "height": 800})
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            found += [(path, width, overflow)] if overflow > 0 else []
        found += [(path, "small", small) for small in page.evaluate(SMALL_TARGETS)]
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="dark")
        found += [(path, "dark", fault["nodes"]) for fault in violations(page, *COLOURS_ALONE)]

    assert found == []
    faults[:] = [fault for fault in faults if "404 (Not Found)" not in fault]  # two of the pages are that
