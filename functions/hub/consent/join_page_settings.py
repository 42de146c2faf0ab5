"""The owner's pages of the join page: turn it on, its words with their versions, its QR code, and a page to print."""

from io import BytesIO

from msgspec.structs import replace

from hub import page
from hub.site import Page, actor, form_of_owner, go_to, name_of_person, page_of_owner, show, site
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.aws.parameters import public_url
from longcode.changes import store as changes
from longcode.changes.change import ChangeKind, differences
from longcode.clients import join_pages
from longcode.clients.join_pages import LONGEST, JoinPage
from longcode.clients.words import one_line
from longcode.errors import NotFound, RequestError
from optout import join_confirmation, join_form

_NAMES = {"greeting": "greeting", "topics": "line about what the texts are about", "often": "line about how often"}


@site.get("/hub/join-page")
@page_of_owner
def show_settings(account: Account) -> Page:
    """Show the page's address, QR code and words."""
    return _page(account, site.current_event.query_string_parameters or {})


@site.post("/hub/join-page")
@form_of_owner
def save_settings(account: Account, fields: dict[str, str]) -> Page:
    """Turn the page on or off, and change its words."""
    kept = join_pages.of_account(account.id) or JoinPage(account=account.id, code=join_pages.new_code())
    try:
        said = {name: _line(fields, name) for name in LONGEST}
        changed = JoinPage(
            account=account.id,
            code=kept.code,
            shown="shown" in fields,
            greeting=said["greeting"],
            topics=said["topics"] or JoinPage(account="", code="").topics,
            often=said["often"] or JoinPage(account="", code="").often,
        )
        _save(account, changed)
    except RequestError as refusal:
        return _page(account, fields, refusal)
    return go_to("join-page?saved=1")


@site.post("/hub/join-page/renew")
@form_of_owner
def renew(account: Account, fields: dict[str, str]) -> Page:
    """Change the page's address, once; printed QR codes stop working."""
    kept = join_pages.of_account(account.id)
    if kept and fields.get("code") == kept.code:
        new = replace(kept, code=join_pages.new_code())
        _save(account, new)
    return go_to("join-page?renewed=1")


@site.get("/hub/join-page/qr.svg")
@page_of_owner
def show_code(account: Account) -> Page:
    """Return the QR code of the page's address as a picture."""
    import segno  # noqa: PLC0415 - only this picture needs it

    out = BytesIO()
    segno.make(_address(_existing(account)), error="m", micro=False).save(out, kind="svg", border=4, xmldecl=False)
    return page.picture(out.getvalue().decode())


@site.get("/hub/join-page/print")
@page_of_owner
def show_print(account: Account) -> Page:
    """Show the QR code with the studio's name and what it is for, to print."""
    kept = _existing(account)
    return show("consent/join_print", account, kept=kept, address=_address(kept))


def _save(account: Account, changed: JoinPage) -> None:
    """Write the page, and record what was changed of it."""
    before, now = join_pages.of_account(account.id), aws_clients.now()
    details = differences(_recorded(before), _recorded(changed), {"code"})
    records = [changes.new(account.id, ChangeKind.JOIN_PAGE, now, actor(), details=details)] if details else []
    join_pages.save(account, changed, name_of_person(), now, *records)


def _recorded(kept: JoinPage | None) -> dict[str, str | bool]:
    return {name: getattr(kept, name) for name in ("code", "shown", *LONGEST)} if kept else {}


def _existing(account: Account) -> JoinPage:
    kept = join_pages.of_account(account.id)
    if kept is None:
        raise NotFound("There is no join page yet. Turn it on first.")
    return kept


def _address(kept: JoinPage) -> str:
    return f"{public_url()}/join/{kept.code}"


def _line(fields: dict[str, str], name: str) -> str:
    said = one_line(fields.get(name, ""))
    if len(said) > LONGEST[name]:
        raise RequestError(f"The {_NAMES[name]} has at most {LONGEST[name]} characters.", field=name)
    return said


def _page(account: Account, given: dict[str, str], wrong: RequestError | None = None) -> Page:
    kept = join_pages.of_account(account.id)
    shown = kept or JoinPage(account=account.id, code="")
    typed = {name: getattr(shown, name) for name in LONGEST} | ({"shown": "on"} if shown.shown else {})
    if wrong or "greeting" in given:
        typed = given
    return show(
        "consent/join_page",
        account,
        wrong.status if wrong else 200,
        kept=kept,
        address=_address(kept) if kept else "",
        typed=typed,
        words=join_pages.words_of(account, shown),
        text=join_confirmation.text_to_confirm(account),
        versions=join_pages.versions(account.id)[::-1],
        longest=LONGEST,
        most_a_day=join_form.most_a_day(account, aws_clients.now()),
        saved="saved" in given and wrong is None,
        renewed="renewed" in given,
        wrong=wrong,
        now=aws_clients.now(),
    )
