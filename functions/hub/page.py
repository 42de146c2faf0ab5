"""What all pages of the hub share: rendering, headers, cookies, and the guard against forms of other sites."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from json import dumps
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.shared.cookies import Cookie, SameSite
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from hub import words

HERE = Path(__file__).parent
_COOKIE = "session"
_UTF_8 = "; charset=utf-8"
_HTML = f"text/html{_UTF_8}"
_TYPES = {".css": f"text/css{_UTF_8}", ".js": f"text/javascript{_UTF_8}", ".svg": "image/svg+xml"}
# Marks in the header User-Agent, in the order in which they are looked for: Edge and Chrome also name Safari.
_BROWSERS = {"Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}
_NOT_TYPED = {
    "token",
    "key",
    "back",
    "account",
    "password",
    "sent",
    "saved",
    "template",
    "use",
    "canned",
    "preview",
    "whole",
    "seen",
    "theirs",
    "turn",
}
_SHORT_HASH = 12
MOST_BYTES = 5_500_000
"""How large the JSON of a page or file is at most: Lambda returns six megabytes."""

_TOO_LARGE = "This file is larger than what can be sent at once. The page Export has all data in smaller files."
_LONGEST_PLACE = 6_000  # API Gateway passes on ten kilobytes of headers (its quotas), and refuses an answer with more
_HEADERS: dict[str, str | list[str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
}


def render(path: str, template: str, status: int = 200, **values: Any) -> Response[str]:
    """Return the page at a path; `values` are those that its template shows."""
    found = _templates().get_template(f"{template}.html")
    html = found.render(asset=_asset_address, up=_up(path), **values)
    return Response(status, _HTML, html, _HEADERS)


def download(text: str, name: str) -> Response[str]:
    """Return a CSV file that the browser saves under a name, or a refusal of one that is too large for a response."""
    if not fits(text):
        return plain(_TOO_LARGE, 413)
    return Response(
        200, f"text/csv{_UTF_8}", text, _HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    )


def archive(content: bytes, name: str) -> Response[str]:
    """Return a ZIP file that the browser saves under a name."""
    headers = _HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    answer = Response(200, "application/zip", b64encode(content).decode(), headers)
    answer.base64_encoded = True  # given bytes, Powertools would validate them as text
    return answer


def fits(text: str) -> bool:
    """Return whether a file is below the six megabytes of JSON that Lambda returns."""
    return size_of(text) <= MOST_BYTES


def size_of(text: str) -> int:
    """Return how many bytes of JSON a text takes."""
    return len(dumps(text))


def private(file: Response[str]) -> Response[str]:
    """Return a file of a purpose's API with the headers of pages but the Content-Security-Policy."""
    headers = {name: value for name, value in _HEADERS.items() if name != "Content-Security-Policy"}
    file.headers = {**file.headers, **headers}
    return file


def plain(text: str, status: int = 200) -> Response[str]:
    """Return a text that the script of a page reads."""
    return Response(status, f"text/plain{_UTF_8}", text, _HEADERS)


def picture(svg: str) -> Response[str]:
    """Return a picture of a page, drawn for whoever is signed in."""
    return Response(200, _TYPES[".svg"], svg, _HEADERS)


def redirect(path: str, to: str, cookie: Cookie | None = None) -> Response[str]:
    """Return a redirect from a path to a page of the hub, `to` being its path below /hub/."""
    return Response(303, _HTML, "", _HEADERS | {"Location": f"{_up(path)}{to}"}, [cookie] if cookie else None)


def asset(name: str) -> Response[str] | None:
    """Return a file of the folder assets by the name that `render` gives it, which changes with its content."""
    for file in sorted((HERE / "assets").iterdir()):
        if _hashed_name(file) == name:
            headers: dict[str, str | list[str]] = {
                "Cache-Control": "public, max-age=31536000, immutable",
                "X-Content-Type-Options": "nosniff",
            }
            return Response(200, _TYPES[file.suffix], file.read_text(), headers)
    return None


def session_cookie(token: str, name: str = _COOKIE) -> Cookie:
    """Return the cookie of a session. Without a path, it is sent to the pages in the folder of the sign-in."""
    return Cookie(name, token, http_only=True, secure=True, same_site=SameSite.LAX_MODE)


def no_session_cookie(name: str = _COOKIE) -> Cookie:
    """Return the cookie that ends a session in the browser."""
    return Cookie(name, "", http_only=True, secure=True, same_site=SameSite.LAX_MODE, max_age=-1)


def session_token(headers: Mapping[str, str], cookie: str = _COOKIE) -> str:
    """Return the token in a request's cookies, "" without one."""
    pairs = (pair.strip().partition("=") for pair in _header(headers, "cookie").split(";"))
    return next((value for name, _, value in pairs if name == cookie), "")


def form_token(session: str) -> str:
    """Return the token that each form of a session has, and that no other site can know."""
    return hmac.new(session.encode(), b"form", sha256).hexdigest()


def is_form_token(given: str, session: str) -> bool:
    """Return whether a form has the token of the session that it was posted in."""
    return hmac.compare_digest(given.encode(errors="replace"), form_token(session).encode())


def browser(headers: Mapping[str, str]) -> str:
    """Return the name of a browser and its system, by which a person knows it in the list of sessions."""
    agent = _header(headers, "user-agent")
    name = next((shown for mark, shown in _BROWSERS.items() if mark in agent), "a browser")
    system = next((shown for mark, shown in _SYSTEMS.items() if mark in agent), "")
    return f"{name} on {system}" if system else name


def is_of_this_site(headers: Mapping[str, str]) -> bool:
    """Return whether the browser says that a form was posted from a page of this host; all browsers in use say it."""
    origin = _header(headers, "origin")
    _, _, host = origin.partition("://")
    return bool(host) and host == _header(headers, "host")


def typed_in(form: Mapping[str, str]) -> dict[str, str]:
    """Return what a person typed into a form: its fields without those that the page itself has, and credentials."""
    return {name: value for name, value in form.items() if value and name not in _NOT_TYPED}


def fitting(*places: str) -> str:
    """Return the first of some places that an answer's headers have room for, or the last one."""
    return next((place for place in places if len(place) <= _LONGEST_PLACE), places[-1])


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.casefold() == name), "")


def _up(path: str) -> str:
    """Return the way from a page up to /hub/: the address of the API has a prefix that the function does not know."""
    is_below = path.startswith("/hub/")
    return "../" * (path.count("/") - (2 if is_below else 1)) + ("" if is_below else "hub/")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= words.FILTERS
    environment.tests |= words.TESTS
    return environment


@cache
def _asset_address(name: str) -> str:
    return f"assets/{_hashed_name(HERE / 'assets' / name)}"


@cache
def _hashed_name(file: Path) -> str:
    return f"{file.stem}-{sha256(file.read_bytes()).hexdigest()[:_SHORT_HASH]}{file.suffix}"
