"""Texts that are used often.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from longcode_client.calls import Calls, in_path
from longcode_client.items import Items


class Template(TypedDict):
    """A text that a studio uses often; the subject is shown in the hub and never sent."""

    account: str
    name: str
    subject: str
    body: str


class TemplateForm(TypedDict):
    """A text that is used often. Its subject is shown in the hub and never sent."""

    subject: NotRequired[str]
    body: str


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
        """
        answer: Template = self._call("PUT", f"/templates/{in_path(name)}", body=body, repeatable=True).json()
        return answer

    def delete_template(self, name: str) -> None:
        """Delete a template."""
        self._call("DELETE", f"/templates/{in_path(name)}", repeatable=True)
