"""A mail as HTML, as wide as 600 pixels at most: styles in the tags, as many mail programs need; light and dark.

It loads nothing from anywhere. Everything that a mail says is escaped here. A template engine would be slow to start.
"""

from html import escape

from longcode.mails.content import SENDER, Action, Facts, MailContent, Part, Quote, because, greeting

_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif"
_WRAPS = "overflow-wrap:anywhere;word-break:break-word"
# The colours of the hub. Mail programs that know dark mode take those of the style sheet instead.
_HEAD = """<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .surface { background: #14171c !important; }
  .raised { background: #1e222a !important; border-color: #323844 !important; }
  .bubble { background: #2f3541 !important; }
  .text { color: #e9ebef !important; }
  .quiet { color: #a3abb9 !important; }
  .accent { color: #9db9ff !important; }
  .note { color: #eeb35c !important; }
  .button { background: #3a5fd0 !important; color: #ffffff !important; }
}
</style>"""
_TABLE = '<table role="presentation" cellpadding="0" cellspacing="0" border="0"'
_TEXT, _QUIET, _ACCENT, _NOTE = "#1b1f27", "#5a6270", "#2750c4", "#8a5300"
_SURFACE, _RAISED, _BUBBLE, _LINE = "#f5f6f8", "#ffffff", "#e8ebf0", "#dde0e6"
_CELL = "padding:4px 16px 4px 0;vertical-align:top;text-align:left;font-size:15px;line-height:1.5"
_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<title>{{title}}</title>
{_HEAD.replace("{", "{{").replace("}", "}}")}
</head>
<body class="surface" style="margin:0;padding:0;background:{_SURFACE}">
{_TABLE} class="surface" width="100%" style="background:{_SURFACE}"><tr><td align="center" style="padding:24px 12px">
{_TABLE} width="600" style="width:100%;max-width:600px;{_FONT};{_WRAPS}">
<tr><td class="accent" style="padding:0 4px 12px;font-size:18px;font-weight:700;color:{_ACCENT}">Longcode</td></tr>
<tr><td class="raised" style="padding:24px 24px 8px;background:{_RAISED};border:1px solid {_LINE};border-radius:8px">
{{parts}}
</td></tr>
<tr><td class="quiet" style="padding:16px 4px;font-size:13px;line-height:1.5;color:{_QUIET}">
{{ending}}
</td></tr>
</table>
</td></tr></table>
</body>
</html>
"""


def html_part(content: MailContent, help_contact: str) -> str:
    """Return a mail as an HTML page."""
    action = [_button(content.action)] if content.action else []
    parts = [_paragraph(greeting(content)), *map(_html, content.parts), *action, *map(_html, content.after)]
    ending = [escape(f"{SENDER}. {because(content)}"), f"Questions: {_contact(help_contact)}"]
    if content.preferences:
        ending.append(_link(content.preferences, "Change which mails you get"))
    return _PAGE.format(title=escape(content.subject), parts="\n".join(parts), ending="<br>\n".join(ending))


def _html(part: Part) -> str:
    match part:
        case str():
            return _paragraph(part)
        case Facts(rows):
            return f'{_TABLE} style="margin:0 0 16px">{"".join(_row(*row) for row in rows)}</table>'
        case Quote():
            return _quote(part)


def _paragraph(text: str) -> str:
    return _lines(text, "margin:0 0 16px")


def _lines(text: str, style: str) -> str:
    """Return words as a paragraph that keeps their line breaks."""
    words = escape(text).replace("\n", "<br>")
    return f'<p dir="auto" class="text" style="{style};font-size:15px;line-height:1.5;color:{_TEXT}">{words}</p>'


def _row(name: str, value: str) -> str:
    return (
        f'<tr><th class="quiet" style="{_CELL};font-weight:400;color:{_QUIET}">{escape(name)}</th>'
        f'<td dir="auto" class="text" style="{_CELL};color:{_TEXT}">{escape(value)}</td></tr>'
    )


def _quote(quote: Quote) -> str:
    texts = "".join(
        f'{_lines(words, "margin:0")}<p class="quiet" style="margin:0 0 8px;font-size:13px;line-height:1.5;'
        f'color:{_QUIET}">{escape(time)}</p>'
        for time, words in quote.texts
    )
    note = f'<p class="note" style="margin:4px 0 8px;font-size:15px;color:{_NOTE}">{escape(quote.note)}</p>'
    answer = f'<p style="margin:4px 0 8px;font-size:15px">{_link(quote.url, "Answer")}</p>'
    return (
        f'{_TABLE} width="100%" style="margin:0 0 16px"><tr><td class="bubble"'
        f' style="padding:12px 16px 4px;background:{_BUBBLE};border-radius:16px">'
        f"{_lines(quote.who, 'margin:0 0 4px;font-weight:600')}"
        f"{texts}{note if quote.note else ''}{answer if quote.url else ''}</td></tr></table>"
    )


def _button(action: Action) -> str:
    return (
        f'<p style="margin:8px 0 8px"><a class="button" href="{escape(action.url)}"'
        f' style="display:inline-block;padding:12px 24px;font-size:15px;line-height:20px;font-weight:600;'
        f'color:{_RAISED};background:{_ACCENT};border-radius:8px;text-decoration:none">{escape(action.label)}</a></p>'
        f'<p class="quiet" style="margin:0 0 16px;font-size:13px;line-height:1.5;color:{_QUIET}">'
        f"Or copy this address: {escape(action.url)}</p>"
    )


def _link(url: str, label: str) -> str:
    return f'<a class="accent" href="{escape(url)}" style="color:{_ACCENT}">{escape(label)}</a>'


def _contact(help_contact: str) -> str:
    if help_contact.startswith("https://"):
        return _link(help_contact, help_contact)
    is_address = "@" in help_contact and not help_contact.count(" ")
    return _link(f"mailto:{help_contact}", help_contact) if is_address else escape(help_contact)
