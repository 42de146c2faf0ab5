"""The forms of templates and own fields, as people fill them in, with refusals that people understand."""

import re
from collections.abc import Mapping

from pydantic import ValidationError

from accounts.settings_forms import AccountSettings
from accounts.templates import MOST_OWN_FIELDS, NewName, TemplateForm
from hub.texting.texts import NO_WORDS, TOO_LONG
from longcode.errors import RequestError

NO_SHORTCUT = "Write a shortcut of small letters and digits, such as hours."
_NO_LABEL = "Write what the field is called, such as Album style, in at most 60 characters."
_REFUSALS = {
    "name": "Write a name such as Session reminder: letters, digits, spaces, no slash and no quotes.",
    "subject": "A subject has at most 200 characters.",
    "shortcut": NO_SHORTCUT,
}
_LONGEST_NAME = 30


def template_form(fields: Mapping[str, str]) -> TemplateForm:
    """Return the API's form; raise `RequestError` that names the field. A shortcut may begin with `/`."""
    shortcut = fields.get("shortcut", "").strip().removeprefix("/").casefold()
    body = fields.get("body", "").replace("\r\n", "\n")
    try:
        return TemplateForm(subject=fields.get("subject", ""), body=body, shortcut=shortcut or None)
    except ValidationError as error:
        raise _refusal(error, body) from error


def name(fields: Mapping[str, str]) -> str:
    """Return the name of a template; raise `RequestError` if it is none."""
    try:
        return NewName(name=" ".join(fields.get("name", "").split())).name
    except ValidationError as error:
        raise _refusal(error, "") from error


def own_field(known: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """Return a studio's fields with one more, or with another label; raise `RequestError` that names the field.

    Without a name, the label makes one: "Album style" becomes `album_style`.
    """
    label = fields.get("label", "").strip()
    field = fields.get("name", "").strip().casefold() or _made_of(label)
    if not label:
        raise RequestError(_NO_LABEL, field="label")
    labels = {**known, field: label}
    if len(labels) > MOST_OWN_FIELDS:
        raise RequestError(f"A studio has at most {MOST_OWN_FIELDS} fields. Remove one first.", field="label")
    try:
        AccountSettings(client_fields=labels)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "value_error":
            raise RequestError(
                "A file of clients has a column of this name. Write another one.", field="name"
            ) from error
        is_name = "[key]" in first["loc"]
        detail = "Write a name of small letters, digits and _, such as album." if is_name else _NO_LABEL
        raise RequestError(detail, field="name" if is_name else "label") from error
    return labels


def _refusal(error: ValidationError, body: str) -> RequestError:
    field = str((*error.errors()[0]["loc"], "name")[0])
    if field == "body":
        return RequestError(TOO_LONG if body.strip() else NO_WORDS, field="body")
    return RequestError(_REFUSALS[field], field=field)


def _made_of(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")[:_LONGEST_NAME]
