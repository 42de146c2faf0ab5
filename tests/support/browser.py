"""A browser for the hub's pages: it keeps cookies, follows redirects and fills in forms, as a person's does."""

import gzip
import re
from base64 import b64encode
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin

from hub import site_api
from hub.operator import operator_api
from hub.plan import pdf_api
from tests.support.fakes import REQUEST_ID, LambdaContext

HOST = "longcode.example"
PREFIX = "/prod"  # the stage of the API, which the functions do not know
MINIMUM_COMPRESSION_SIZE = 1024  # bytes: the template's
_MOST_REDIRECTS = 5
_FORM = "application/x-www-form-urlencoded"
_AGENT = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36"


class _Reader(HTMLParser):
    """Collects the visible words, the fields of the forms, and the addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.fields: dict[str, str] = {}
        self.buttons: dict[str, str] = {}
        self.addresses: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.typed = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        is_unticked = given.get("type") in {"checkbox", "radio"} and "checked" not in given
        if tag in {"input", "textarea"} and "name" in given and not is_unticked:
            self.fields[given["name"]] = given.get("value", "on" if "checked" in given else "")
        if tag == "select":
            self._select = given.get("name", "")
        if tag == "option" and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = given.get("value", "")
        if tag == "button" and "name" in given:
            self.buttons[given["name"]] = given.get("value", "")
        self.addresses += [given[name] for name in ("href", "src", "action") if name in given]

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.tags and self.tags[-1][0] == "textarea":
            self.typed += data


@dataclass
class Page:
    """A page as it arrived: its path below /hub/, or that of a mailed link, and what is on it."""

    path: str
    status: int
    headers: dict[str, list[str]]
    html: str

    @property
    def bytes(self) -> int:
        """The size of its body before API Gateway compresses it."""
        return len(self.html.encode())

    @property
    def bytes_sent(self) -> int:
        """The size of its body as API Gateway sends it: compressed, if it is large enough."""
        return len(gzip.compress(self.html.encode())) if self.bytes >= MINIMUM_COMPRESSION_SIZE else self.bytes

    @property
    def text(self) -> str:
        """The visible words, with single spaces."""
        return " ".join(" ".join(self._read.words).split())

    @property
    def fields(self) -> dict[str, str]:
        """The fields of its forms with their values."""
        return self._read.fields

    @property
    def buttons(self) -> dict[str, str]:
        """What its buttons post besides the fields."""
        return self._read.buttons

    @property
    def typed(self) -> str:
        """The words in its text box."""
        return self._read.typed

    @property
    def addresses(self) -> list[str]:
        """Where it points, resolved from where it is, below the host."""
        return [urljoin(f"{PREFIX}{_address(self.path)}", address) for address in self._read.addresses]

    @property
    def tags(self) -> list[tuple[str, dict[str, str]]]:
        """Its elements with their attributes."""
        return self._read.tags

    @property
    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.html)
        return reader


@dataclass
class Browser:
    """A browser with its cookies. `origin` is what it says of the page that a form is posted from."""

    cookies: dict[str, str] = field(default_factory=dict)
    origin: str | None = f"https://{HOST}"
    agent: str = _AGENT

    def get(self, path: str, query: str = "") -> Page:
        """Open a page by its path below /hub/, or a mailed link by its whole path, and follow redirects."""
        return self._follow(self._call("GET", path, None, query))

    def post(self, path: str, **fields: str) -> Page:
        """Post a form's fields, and follow the redirect."""
        page, _, query = path.partition("?")
        return self._follow(self._call("POST", page, urlencode(fields), query))

    def upload(self, page: Page, path: str, name: str, content: bytes, **fields: str) -> Page:
        """Post the form of a page with a file, as API Gateway passes it on: in Base64."""
        parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}' for key, value in fields.items()]
        parts += [
            f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'
            for key, value in page.fields.items()
            if key not in {"file", *fields}
        ]
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n'
        body = b"--limit\r\n" + "".join(f"{part}\r\n--limit\r\n" for part in parts).encode()
        body += head.encode() + content + b"\r\n--limit--\r\n"
        return self._follow(
            self._call("POST", path, b64encode(body).decode(), "", "multipart/form-data; boundary=limit")
        )

    def with_assets(self, page: Page) -> list[Page]:
        """Return a page, and the style sheet, script and picture that it loads."""
        assets = {address.partition("/hub/")[2] for address in page.addresses if "/assets/" in address}
        return [page, *map(self.get, sorted(assets))]

    def submit(self, page: Page, path: str, **fields: str) -> Page:
        """Post the form of a page with what a person has typed."""
        return self.post(path, **page.fields | fields)

    def sign_in(self, account: str, password: str) -> Page:
        """Sign in with an account number and password."""
        return self.submit(self.get("sign-in"), "sign-in", account=account, password=password)

    def _follow(self, page: Page) -> Page:
        for _ in range(_MOST_REDIRECTS):
            if page.status != 303:
                return page
            target = urljoin(f"{PREFIX}{_address(page.path)}", page.headers["Location"][0])
            path, _, query = target.removeprefix(f"{PREFIX}/hub/").partition("?")
            page = self._call("GET", path, None, query)
        raise AssertionError("too many redirects")

    def _call(self, method: str, path: str, body: str | None, query: str, kind: str = _FORM) -> Page:
        address = _address(path)
        headers = {"Host": HOST, "User-Agent": self.agent}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            headers["Content-Type"] = kind
            if self.origin:
                headers["Origin"] = self.origin
        pairs = dict(parse_qsl(query, keep_blank_values=True)) or None
        event: dict[str, Any] = {
            "resource": "/hub/{page+}",
            "path": address,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": pairs,
            "multiValueQueryStringParameters": {name: [value] for name, value in pairs.items()} if pairs else None,
            "pathParameters": None,
            "stageVariables": None,
            "requestContext": {
                "requestId": REQUEST_ID,
                "stage": PREFIX.strip("/"),
                "httpMethod": method,
                "path": f"{PREFIX}{address}",
                "identity": {"sourceIp": "192.0.2.1"},
            },
            "body": body,
            "isBase64Encoded": kind != _FORM,
        }
        answer = function_of(address).handler(event, LambdaContext())
        headers_out = answer["multiValueHeaders"]
        for cookie in headers_out.get("Set-Cookie", []):
            pair, *attributes = (part.strip() for part in cookie.split(";"))
            name, _, value = pair.partition("=")
            folder = "/hub/operator" if name == "operator" else "/hub"
            assert address.rpartition("/")[0] == folder, (
                "a cookie without a path is sent to the pages of its own folder"
            )
            if any(attribute.casefold().startswith("max-age=0") for attribute in attributes):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return Page(path, answer["statusCode"], headers_out, answer["body"])


def function_of(address: str) -> Any:
    """Return the function that a page belongs to: on AWS, three share the hub."""
    if address.startswith("/hub/invoice-pdf/"):
        return pdf_api
    return operator_api if re.match("/hub/operator(/|$)", address) else site_api


def _address(path: str) -> str:
    """Return the whole path of a page: those of mailed links begin with a slash, all others are below /hub/."""
    return path if path.startswith("/") else f"/hub/{path}" if path else "/hub"
