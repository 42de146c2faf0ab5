"""Templates in the table, with their former words."""

from collections.abc import Sequence

from boto3.dynamodb.conditions import Attr, ConditionBase

from longcode.months import instant
from longcode.table import keys, store
from longcode.table.hub_keys import former_words
from longcode.table.writes import ABSENT, PRESENT, Delete, Put, Write, attributes, has_value, read
from longcode.template import Template, TemplateVersion


def get_template(account: str, name: str) -> Template | None:
    """Return a template, or None."""
    item = store.get(keys.template(account, name))
    return read(Template, item) if item else None


def template_page(account: str, after: str | None, limit: int) -> list[Template]:
    """Return up to `limit` templates in the order of their names, starting after a name."""
    start = keys.template(account, after) if after else None
    return [read(Template, item) for item in store.query(keys.template(account), after=start, limit=limit)]


def template_names(account: str) -> list[str]:
    """Return the names of all templates of an account, in order."""
    return [str(item["name"]) for item in store.query(keys.template(account), only=("name",))]


def with_shortcut(account: str) -> list[Template]:
    """Return the templates of an account that are canned replies."""
    return [read(Template, item) for item in store.query(keys.template(account), where=Attr("shortcut").exists())]


def name_of_words(account: str, words: str) -> str | None:
    """Return the name of the first template with these words, or None; spaces around them make no difference."""
    found = store.query(keys.template(account), only=("name", "body"), where=Attr("body").contains(words))
    return next((str(item["name"]) for item in found if item["body"].strip() == words), None)


def template_versions(account: str, name: str) -> list[TemplateVersion]:
    """Return the former words of a template, the newest first."""
    item = store.get(former_words(account, name)) or {}
    return [read(TemplateVersion, version) for version in item.get("versions", ())]


def put_template(template: Template) -> None:
    """Write a template, in place of one with its name."""
    store.write(_template_put(template, None))


def change_template(old: Template | None, new: Template, versions: Sequence[TemplateVersion], *others: Write) -> bool:
    """Write a template with its former words in place of `old`, which may have another name, with other writes.

    Return False if `old` has changed since it was read, or if there is one with the new name.
    """
    same = _unchanged(old) if old else ABSENT
    writes: list[Write] = [_template_put(new, same if old is None or old.name == new.name else ABSENT), *others]
    if versions:
        former = {"type": "former-words", "versions": [attributes(version) for version in versions]}
        writes.append(Put(former_words(new.account, new.name), former))
    if old and old.name != new.name:
        writes += [Delete(keys.template(old.account, old.name), same), Delete(former_words(old.account, old.name))]
    return store.try_write(*writes)


def delete_template(account: str, name: str, *others: Write) -> bool:
    """Delete a template and its former words, with other writes; return False if it does not exist."""
    deleted = Delete(keys.template(account, name), PRESENT)
    return store.try_write(deleted, Delete(former_words(account, name)), *others)


def _template_put(template: Template, when: ConditionBase | None) -> Put:
    return Put(keys.template(template.account, template.name), {"type": "template", **attributes(template)}, when)


def _unchanged(template: Template) -> ConditionBase:
    at = instant(template.changed_at) if template.changed_at else None
    return PRESENT & has_value("changed_at", at) & Attr("body").eq(template.body)
