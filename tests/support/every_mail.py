"""Has the service send a mail of every kind, each to an address of its own, as its flow sends it."""

from datetime import timedelta

from msgspec.structs import replace

from accounts import signup_worker
from admin.credentials import MailLink, mail_link
from billing.bill_worker import mail_invoice
from longcode.accounts import owner_notices
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus, NoticeKind, StatusChange
from longcode.aws import mail
from longcode.billing import notices
from longcode.billing.invoice import compute_invoice
from longcode.billing.notices import CHARGED, Notice
from longcode.jobs import MailSignInLink, OpenAccount, Product
from longcode.plans.plans import PastLimit, Plan
from longcode.table import store
from longcode.usage.usage import Usage
from sweeper import sweep_schedule
from tests.support.browser import Browser
from tests.support.fakes import NOW, PASSWORD, client, studio
from tests.support.reply_steps import receive, record_text

_MEDIUM = Plan("medium", "Medium", 35_000_000, 1_000, 40_000, PastLimit.CHARGE, version=3)
_ABOUT = {
    NoticeKind.KEY: "abcdefgh read",
    NoticeKind.WEBHOOK: "hooks.studio.example",
    NoticeKind.COUNTRIES: "AU, GB",
    NoticeKind.PLAN: "medium",
    NoticeKind.PERSON: "staff studio.example",
    NoticeKind.PERSON_REMOVED: "old@studio.example ann@studio.example",
    NoticeKind.ADDRESS_ASKED: "old@studio.example new@studio.example",
    NoticeKind.ADDRESS: "old@studio.example new@studio.example",
    NoticeKind.WRONG_PASSWORDS: "192.0.2.1",
    NoticeKind.STOPPED: "It sent 2,001 texts within a day, and at most 100 on the days before.",
    NoticeKind.REPLIES: "2,040",
}


def send_every_mail(name: str, words: str) -> None:
    """Send them: of or to a studio and people with this name, about replies with these words."""
    _sign_ups(name)
    account = studio(name=name)
    mail_link(MailLink(account=account.id, by="Ann"), NOW)
    signup_worker.mail_sign_in_link(MailSignInLink(id="j", email=account.email), NOW)
    owner = Browser()
    owner.sign_in(account.id, PASSWORD)
    owner.submit(owner.get("people"), "people", name=name, email="invited@studio.example")
    drawn = compute_invoice(account.id, "2026-11", _MEDIUM, Usage(units_sent=1_100, units_received=20), studio=name)
    mail_invoice(replace(drawn, number="2026-11-000123"), account)
    used = Notice(counter=CHARGED, month="2026-11", day=None, percent=80, used=812, limit=1_000, plan=_MEDIUM)
    mail.send(
        account.email, notices.content(account, used, "Some advice.", can_change=True, url="https://longcode.example")
    )
    for number, kind in enumerate(NoticeKind):
        of_kind = studio(f"2000000{number}", name=name)
        about = _ABOUT.get(kind, "")
        store.write(owner_notices.new(of_kind.id, kind, NOW, about))
    _replies(studio("10000002", name=name), name, words)
    sweep_schedule.sweep(NOW + timedelta(minutes=16))


def _sign_ups(name: str) -> None:
    form = OpenAccount(
        id="form-1",
        studio_name=name,
        email="new@studio.example",
        product=Product.SPECTRA,
        edition="Professional",
        plan="medium",
        country_code="1",
    )
    signup_worker.process_sign_up(form, NOW)
    signup_worker.process_sign_up(replace(form, id="form-2", address_confirmed=True), NOW)
    known = studio("30000001", name=name, email="known@studio.example")
    signup_worker.process_sign_up(replace(form, id="form-3", email=known.email, plan="large"), NOW)
    closed = studio("30000002", name=name, email="closed@studio.example")
    accounts.set_status(closed, StatusChange(at=NOW, to=AccountStatus.CLOSED))
    signup_worker.process_sign_up(replace(form, id="form-4", email=closed.email), NOW)


def _replies(account: Account, name: str, words: str) -> None:
    """Receive a reply to one studio, and two to another, of which one may be an opt-out."""
    another = studio("40000001", name=name)
    asks = "Please stop texting me!!"
    for number, (of, body) in enumerate(((account, words), (another, words), (another, asks))):
        phone, client_id, message_id = f"+1212555012{number}", f"c{number}", f"m{number}"
        client(of, client_id, phone, first_name=name)
        record_text(of, NOW - timedelta(hours=1), phone=phone, client_id=client_id, message_id=message_id)
        receive(f"SM{number}", body, phone=phone)
