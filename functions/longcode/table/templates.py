"""Templates: the texts that a studio uses most (facts S7)."""

from longcode.table import keys, store
from longcode.table.codec import attributes, read
from longcode.table.writes import PRESENT, Delete, Put
from longcode.template import Template


def get(account: str, name: str) -> Template | None:
    """Read a template."""
    found = store.get(keys.template(account, name))
    return read(Template, found) if found else None


def page(account: str, after: str | None, limit: int) -> list[Template]:
    """List templates in the order of their names."""
    start = keys.template(account, after) if after else None
    return [read(Template, item) for item in store.query(keys.template(account), after=start, limit=limit)]


def put(template: Template) -> None:
    """Write a template."""
    store.write(Put(keys.template(template.account, template.name), {"type": "template", **attributes(template)}))


def delete(account: str, name: str) -> bool:
    """Delete a template; tells whether it was there."""
    return store.try_write(Delete(keys.template(account, name), PRESENT))
