"""The page of a trigger: its rule made by choosing parts, what it would do, and a trial with a record."""

from urllib.parse import quote

from hub import words
from hub.automatic import rule_form, rule_preview, suggestions
from hub.automatic.triggers import in_a_sentence, is_entitled
from hub.site import Page, actor, form_of_studio, go_to, page_of_studio, show, site
from hub.templating.preview import picker
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.aws.at_once import at_once
from longcode.errors import RequestError
from longcode.templates import store as template_store
from longcode.triggers import store as triggers
from longcode.triggers.trigger import Trigger
from triggers import rules_api

_UNNAMED = "new"
_SAME_NAME = "There is a trigger with this name already. Choose another name, or change that one."


@site.get("/hub/triggers/new")
@page_of_studio
def show_new(account: Account) -> Page:
    """Show the form of a new trigger, empty, as a suggestion fills it in, or with what was typed before."""
    if not is_entitled(account):
        return go_to("triggers")
    query = site.current_event.query_string_parameters or {}
    typed = query if "watches" in query else rule_form.of_trigger(suggestions.of_key(query.get("use", "")))
    return _page(account, None, typed, is_shown="use" in query)


@site.post("/hub/triggers/new")
@form_of_studio
def add(account: Account, fields: dict[str, str]) -> Page:
    """Write a new trigger, or show what it would do; the same form sent twice writes it once."""
    if fields.get("do") == "show":
        return _page(account, None, fields, is_shown=True)
    try:
        name = rule_form.name_of(fields)
        form = rule_form.read(fields, enabled=True)
        before = triggers.get(account.id, name)
        if before and before != rules_api.in_place_of(rules_api.trigger_of_form(account, name, form), before):
            raise RequestError(_SAME_NAME, field="name")
        rules_api.write(account, name, form, actor())
    except RequestError as refusal:
        return _page(account, None, fields, wrong=refusal)
    return _planned(name, form)


@site.post("/hub/triggers/new/shown")
@form_of_studio
def show_rule(account: Account, fields: dict[str, str]) -> Page:
    """Return what the trigger that somebody is making would do, for the script of the page."""
    shown = _shown(account, fields, fields.get("name", ""))
    return show("automatic/shown", shown=shown, studio=account, now=clients.now())


@site.get("/hub/triggers/<name>")
@page_of_studio
def show_trigger(account: Account, name: str) -> Page:
    """Show a trigger with its form, what it would do, and a trial with a record if one is chosen."""
    query = site.current_event.query_string_parameters or {}
    trigger = rules_api.existing(account.id, name)
    typed = query if "watches" in query else rule_form.of_trigger(trigger)
    return _page(account, trigger, typed, is_shown=True)


@site.post("/hub/triggers/<name>")
@form_of_studio
def save(account: Account, fields: dict[str, str], name: str) -> Page:
    """Change a trigger, or show what it would do if it were changed so."""
    trigger = rules_api.existing(account.id, name)
    if fields.get("do") == "show":
        return _page(account, trigger, fields, is_shown=True)
    try:
        form = rule_form.read(fields, enabled=trigger.enabled)
        rules_api.write(account, name, form, actor())
    except RequestError as refusal:
        return _page(account, trigger, fields, wrong=refusal)
    return _planned(name, form)


def _planned(name: str, form: rules_api.TriggerForm) -> Page:
    """Go on to plan for the records that are known, if the trigger has a timing."""
    place = f"triggers/{quote(name, safe='')}"
    return go_to(f"{place}/plan" if form.timing and form.enabled else f"{place}?saved=1")


def _page(
    account: Account,
    trigger: Trigger | None,
    typed: dict[str, str],
    *,
    is_shown: bool = False,
    wrong: RequestError | None = None,
) -> Page:
    query = site.current_event.query_string_parameters or {}
    now = clients.now()
    name = trigger.name if trigger else ""
    templates, shown, tried = at_once(
        lambda: template_store.template_names(account.id),
        lambda: _shown(account, typed, name) if is_shown and not wrong else None,
        lambda: rule_preview.trial(account, trigger, query, now) if trigger else None,
    )
    return show(
        "automatic/rule",
        account,
        wrong.status if wrong else 200,
        name=name,
        enabled=trigger.enabled if trigger else True,
        sentence=in_a_sentence(account, trigger) if trigger else "",
        typed=typed,
        kinds=rule_form.kinds(account),
        whens=rule_form.WHENS,
        dates=rule_form.DATES,
        templates=templates,
        groups=picker(account),
        wrong=wrong,
        why=words.refusal(wrong, account, now) if wrong else "",
        shown=shown,
        tried=tried,
        choices=rule_preview.choices(account, trigger, shown, now) if trigger else {},
        record=query.get("record", "") or query.get("pasted", ""),
        saved="saved" in query and not wrong,
        planned=rule_form.read_count(query.get("planned", "")),
        looked_at=rule_form.read_count(query.get("looked_at", "")),
        now=now,
    )


def _shown(account: Account, typed: dict[str, str], name: str) -> rule_preview.RulePreview:
    """Return what the trigger of a form would do, or why it can't be written so."""
    now = clients.now()
    try:
        form = rule_form.read(typed, enabled=True)
        trigger = rules_api.trigger_of_form(account, name or _UNNAMED, form)
    except RequestError as refusal:
        return rule_preview.RulePreview(refused=words.refusal(refusal, account, now))
    return rule_preview.of(account, trigger, now)
