"""Texts that are used often.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from longcode_client.calls import Calls, in_path
from longcode_client.items import Items


class NewName(TypedDict):
    """The new name of a template."""

    name: str


class Template(TypedDict):
    """A text that a studio uses often; the subject is shown in the hub and never sent.

    One with a `shortcut` is a canned reply: in the hub, `/` and the shortcut insert its words into a reply.
    `changed_at` and `changed_by`, a person of the hub, say who wrote these words; null if that was not kept.
    """

    account: str
    name: str
    subject: str
    body: str
    shortcut: NotRequired[str | None]
    changed_at: NotRequired[str | None]
    changed_by: NotRequired[str | None]


class TemplateForm(TypedDict):
    """A text that is used often. Its subject is shown in the hub and never sent.

    With a `shortcut` it is a canned reply: in a conversation of the hub, `/` and the shortcut insert it. One
    that is left out stays as it is; null removes it.
    """

    subject: NotRequired[str]
    body: str
    shortcut: NotRequired[str | None]


class TemplateVersion(TypedDict):
    """Former words of a template, which were written at `changed_at` by `changed_by`; null if that was not kept."""

    subject: str
    body: str
    changed_at: NotRequired[str | None]
    changed_by: NotRequired[str | None]


class Versions(TypedDict):
    """The former words of a template, the newest first."""

    items: list[TemplateVersion]


class TemplatesApi(Calls):
    """Texts that are used often."""

    def list_templates(self, *, limit: int | None = None, cursor: str | None = None) -> Items[Template]:
        """List templates by name."""
        return self._items("/templates", {"limit": limit}, "cursor", cursor)

    def show_template(self, name: str) -> Template:
        """Show a template."""
        answer: Template = self._call("GET", f"/templates/{in_path(name)}", repeatable=True).json()
        return answer

    def put_template(self, name: str, body: TemplateForm) -> Template:
        """Write a template.

        Unknown merge fields are refused, and a new one above the number that the plan allows.

        The words that it had are kept: see `GET /templates/{name}/versions`.
        """
        answer: Template = self._call("PUT", f"/templates/{in_path(name)}", body=body, repeatable=True).json()
        return answer

    def rename_template(self, name: str, body: NewName) -> Template:
        """Rename a template, also in the triggers that use it.

        A name that another template has is refused.
        """
        answer: Template = self._call("PATCH", f"/templates/{in_path(name)}", body=body).json()
        return answer

    def delete_template(self, name: str) -> None:
        """Delete a template and its former words.

        A trigger that uses it sends nothing any more.
        """
        self._call("DELETE", f"/templates/{in_path(name)}", repeatable=True)

    def list_template_versions(self, name: str) -> Versions:
        """List the former words of a template, the newest first, at most 20.

        `PUT` with some of them restores them.
        """
        answer: Versions = self._call("GET", f"/templates/{in_path(name)}/versions", repeatable=True).json()
        return answer
